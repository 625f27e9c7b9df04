"""The road on real servers: one daemon a database, which ends cleanly, reloads, and never forgets what it was sending."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from relance_mailer.texts.load import packaged_templates
from tests.support.road import MONDAY, PATIENCE, Invoice, Road, Running, command, plain

pytestmark = pytest.mark.real


@contextmanager
def _silent_at_the_dot() -> Iterator[tuple[int, threading.Event]]:
    """An SMTP server that takes one whole message and never says what became of it; its port, and "it has it"."""
    has_it = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_take_in_silence, args=(server, has_it))
        thread.start()
        try:
            yield server.getsockname()[1], has_it
        finally:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def _take_in_silence(server: socket.socket, has_it: threading.Event) -> None:
    server.settimeout(PATIENCE)
    connection, _ = server.accept()
    connection.settimeout(PATIENCE)
    with connection, connection.makefile("rwb") as lines:

        def say(words: bytes) -> None:
            lines.write(words + b"\r\n")
            lines.flush()

        say(b"220 silent.example ESMTP")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                say(b"354 go on")
                while lines.readline() != b".\r\n":
                    pass
                has_it.set()
            else:
                say(b"250 ok")


def test_a_second_run_on_the_same_database_is_refused(road: Road) -> None:
    road.install()
    with road.daemon(MONDAY) as running:
        running.wait_for("running")
        refused = road.run("run", code=1)
        assert str(running.process.pid) in refused.err
        assert road.run("tick", at=MONDAY, code=1).err.startswith("relance-mailer: ")
        assert running.stop() == 0
    assert road.run("tick", at=MONDAY, code=None).code != 2
    road.invoices(Invoice("F-1", "DURAND", road.bed.user("durand")))
    assert road.tick(MONDAY)["sent"] == 1  # the lock went with its holder


def test_stopped_while_a_send_waits_at_its_final_dot_it_ends_in_time_and_the_notice_is_in_doubt(
    road: Road,
) -> None:
    road.install()
    debtor = road.bed.user("durand")
    road.invoices(Invoice("F-1", "DURAND", debtor))
    postfix = road.settings["smtp"]["port"]
    with _silent_at_the_dot() as (port, has_it), road.daemon(MONDAY, smtp={"port": port}) as running:
        assert has_it.wait(PATIENCE), running.text()
        assert running.stop(10) == 0
    [notice] = road.notices_to(debtor)
    assert notice["state"] == "in_doubt"
    assert road.rows("notice_invoice")[0]["active"] == 1
    [task] = road.tasks("in_doubt")
    assert debtor in task["words"]

    road.configure(smtp={"port": postfix})
    road.invoices(Invoice("F-2", "AUTRE", road.bed.user("autre")))
    assert (
        road.tick(MONDAY + timedelta(days=1))["sent"] == 1
    )  # the road is open, and yet it is not resent on a guess
    assert road.inbox(debtor) == []
    road.run(
        "approve", "doubt", str(notice["id"]), "--not-sent", "--by", "nadia", at=MONDAY + timedelta(days=1)
    )
    assert road.tick(MONDAY + timedelta(days=1))["sent"] == 1
    assert len(road.inbox(debtor)) == 1


def _reload(running: Running, event: str, n: int = 1) -> None:
    before = len(running.said("running"))
    running.signal(signal.SIGHUP)
    running.wait_for(event, n)
    running.wait_for("running", before + 1)


def _reminded(road: Road, number: str) -> str:
    """Import one more late invoice of a new debtor, and return the sender and text of what it gets."""
    debtor = road.bed.user("client")
    road.invoices(Invoice(number, f"CLIENT-{number}", debtor))
    [message] = road.bed.wait_for(debtor)
    return f"{message['From']}\n{plain(message)}"


def test_sighup_takes_changed_texts_and_settings_and_refuses_broken_ones_in_words(road: Road) -> None:
    road.install()
    template = road.folder / "templates/fr/reminder1.md"
    template.parent.mkdir(parents=True)
    original = (packaged_templates() / "fr/reminder1.md").read_text("utf-8")
    with road.daemon(MONDAY) as running:
        before = _reminded(road, "F-1")
        assert "Bien à vous tous" not in before
        assert "Atelier Martin" not in before

        template.write_text(f"{original}\nBien à vous tous\n", "utf-8")
        road.configure(smtp={"from_name": "Atelier Martin"})
        _reload(running, "reloading")
        after = _reminded(road, "F-2")
        assert "Bien à vous tous" in after
        assert "Atelier Martin" in after

        good = road.config.read_text("utf-8")
        for broken, words in (
            (good.replace("from_name", "fromm_name"), "fromm_name"),
            (
                good.replace('password = "pw"', 'password_env = "RELANCE_NO_SUCH_VARIABLE"'),
                "RELANCE_NO_SUCH_VARIABLE",
            ),
        ):
            assert broken != good
            road.config.write_text(broken, "utf-8")
            _reload(running, "reloading")
            refused = running.said("the new configuration cannot be used; the old one goes on")
            assert words in refused[-1]["error"]
        road.config.write_text(good, "utf-8")
        assert "Atelier Martin" in _reminded(road, "F-3")
        template.write_text(f"{original}\n{{% if %}}\n", "utf-8")
        _reload(running, "reloading")
        assert (
            "reminder1.md"
            in running.said("the new configuration cannot be used; the old one goes on")[-1]["error"]
        )
        assert "Bien à vous tous" in _reminded(road, "F-4")
    assert command(["--help"], road.folder).code == 0


def test_signals_that_come_while_it_reloads_are_neither_fatal_nor_lost(road: Road) -> None:
    road.install()
    with road.daemon(MONDAY) as running:
        running.wait_for("running")
        running.signal(signal.SIGHUP)
        for n in range(1, 4):
            running.wait_for("reloading", n)  # it has let go of one life and has not yet begun the next
            running.signal(signal.SIGHUP)
        running.wait_for("reloading", 4)
        assert running.stop() == 0
        assert running.said("stopped")
