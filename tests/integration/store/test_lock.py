from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import relance_mailer
from relance_mailer.errors import AlreadyRunningError, StoreError
from relance_mailer.store.lock import RunLock

HOLDER = """
import sys
from pathlib import Path
from relance_mailer.store.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_pid_of_the_first_until_it_is_killed(tmp_path: Path) -> None:
    database = tmp_path / "relance.db"
    root = str(Path(relance_mailer.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": root},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError, match=rf"pid {holder.pid}\b"):
            RunLock(database).acquire()
        holder.kill()
        holder.wait()
    with RunLock(database) as lock:
        assert lock.path.read_text() == f"{os.getpid()}\n"


def test_the_lock_is_free_again_after_its_release(tmp_path: Path) -> None:
    database = tmp_path / "relance.db"
    with RunLock(database), pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
        RunLock(database).acquire()
    lock = RunLock(database)
    lock.acquire()
    lock.release()
    lock.release()
    with RunLock(database):
        assert (tmp_path / "relance.db.lock").exists()


def test_a_lock_that_cannot_be_opened_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"relance\.db\.lock cannot be opened"):
        RunLock(tmp_path / "nowhere" / "relance.db").acquire()
