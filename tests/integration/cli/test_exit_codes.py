"""The program as a process of its own: 0 done, 1 it found something wrong, 2 wrong usage or configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.office import make_office


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["plan", "-c", "config.toml"], 0, ""),
        (["explain", "F-404", "-c", "config.toml"], 1, "F-404"),
        (["check", "-c", "config.toml"], 1, ""),
        (["plan", "-c", "nowhere.toml"], 2, "there is no configuration nowhere.toml"),
        (["plan", "--days", "many"], 2, "--days"),
        (["no-such-command"], 2, "no-such-command"),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    make_office(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "relance_mailer", *arguments],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
