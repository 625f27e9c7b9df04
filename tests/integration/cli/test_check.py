"""check: every question has an answer, its level and its remedy; real servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from relance_mailer.mail.imap import ImapAccount
from relance_mailer.mail.smtp import SmtpAccount
from relance_mailer.services import check as checks
from relance_mailer.services import desk
from relance_mailer.services.check import Finding, Level
from tests.integration.cli.conftest import Type
from tests.integration.mail.imap_server import PASSWORD, USER, imap_server
from tests.integration.mail.servers import serving, smtp_server
from tests.support.office import make_office
from tests.support.world import World, letter


def _found(world: World) -> dict[str, Finding]:
    """The findings about the office by what was asked; the worst where several answer one question."""
    order = tuple(Level)
    found = sorted(checks.of_office(world.office, world.now), key=lambda finding: order.index(finding.level))
    return {finding.what: finding for finding in found}


def test_an_office_in_order_has_no_error_and_no_warning(world: World) -> None:
    assert {finding.level for finding in _found(world).values()} == {Level.OK}
    assert _found(world).keys() == {
        *("database", "installation", "ledger", "mode", "sending", "IBAN", "creditor"),
        *("late-payment rates", "templates", "to be dealt with", "messages in doubt"),
    }


def _old(world: World) -> None:
    world.later(fresh=False, days=10)


def _stop(world: World) -> None:
    desk.stop_all(world.office, world.now, "Claire")


def _copy(world: World) -> None:
    (world.folder / "relance.db.state.json").unlink()
    world.configure()


def _other_iban(world: World) -> None:
    world.configure(creditor__iban="FR7630004000031234567890143")


def _nameless(world: World) -> None:
    world.configure(creditor__signer_name="")


def _far_future(world: World) -> None:
    world.at(world.now.replace(year=2036))


def _bad_template(world: World) -> None:
    world.edit_template("fr/reminder1.md", lambda text: text + "\n{{ nonsense }}\n")


def _stranger(world: World) -> None:
    world.owing()
    world.remind()
    world.take(letter("Qui êtes-vous ?", sender="nobody@elsewhere.example", at=world.now))


def _doubt(world: World) -> None:
    world.owing()
    world.plan()
    [claimed] = world.claim().claimed
    world.lose(claimed)


@pytest.mark.parametrize(
    ("happens", "what", "level", "words", "remedy"),
    [
        (_old, "sending", Level.ERROR, "payments are not up to date", "import payments"),
        (_stop, "sending", Level.WARNING, "everything is stopped by Claire", "release all"),
        (_copy, "installation", Level.ERROR, "is missing", "release installation"),
        (_copy, "mode", Level.ERROR, "shadow: nothing leaves (live ✗)", "release installation"),
        (_other_iban, "sending", Level.ERROR, "is not accepted", "approve iban"),
        (_nameless, "creditor", Level.WARNING, "the signer's name", "[creditor]"),
        (_far_future, "late-payment rates", Level.WARNING, "2036-01-01", "[[rates]]"),
        (_bad_template, "templates", Level.ERROR, "nonsense", "reminder1.md, line"),
        (
            _stranger,
            "to be dealt with",
            Level.WARNING,
            "1 waiting, since 10 Mar 2026",
            "relance-mailer replies",
        ),
        (_doubt, "messages in doubt", Level.WARNING, "1 → durand@debtor.example", "approve doubt 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    world: World, happens: Callable[[World], None], what: str, level: Level, words: str, remedy: str
) -> None:
    happens(world)
    found = _found(world)[what]
    assert found.level is level
    assert words in found.words
    assert remedy in found.remedy


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_sending_server_that_answers_is_well() -> None:
    async with smtp_server() as peer:
        account = SmtpAccount("127.0.0.1", peer.port, tls="none", username="compta", password="sésame")
        found = await checks.of_smtp(account, "en")
    assert (found.level, found.what) == (Level.OK, "smtp")
    assert found.words == f"127.0.0.1:{peer.port} answers, clear text, login accepted"
    assert peer.received == []


async def test_a_wrong_password_is_told_by_the_servers_own_words() -> None:
    async with smtp_server() as peer:
        account = SmtpAccount("127.0.0.1", peer.port, tls="none", username="compta", password="wrong")
        found = await checks.of_smtp(account, "en")
    assert found.level is Level.ERROR
    assert "535" in found.words or "credentials" in found.words
    assert found.remedy == "check username and the password"


async def test_an_unknown_authority_is_told_as_such() -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    async with smtp_server(wrap=serving(certificate)) as peer:
        found = await checks.of_smtp(SmtpAccount("127.0.0.1", peer.port, tls="tls"), "en")
    assert found.level is Level.ERROR
    assert "certificate" in found.remedy


async def test_a_mailbox_tells_its_folders_and_which_are_missing() -> None:
    async with imap_server() as peer:
        await peer.add_folder("Sent")
        account = ImapAccount("inbox", "127.0.0.1", peer.port, tls="none", username=USER, password=PASSWORD)
        reached, folders, missing = await asyncio.to_thread(checks.of_imap, account, "en")
    assert reached.level is Level.OK
    assert folders.words == "folders read: INBOX (inbox), Sent (sent)"
    assert (missing.level, missing.words) == (Level.WARNING, "folder not found: \\Junk")


async def test_a_refused_login_to_the_mailbox_is_an_error() -> None:
    async with imap_server() as peer:
        account = ImapAccount("inbox", "127.0.0.1", peer.port, tls="none", username=USER, password="no")
        [found] = await asyncio.to_thread(checks.of_imap, account, "en")
    assert found.level is Level.ERROR
    assert found.what == "imap inbox"
    assert found.remedy == "check username and the password"


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_shows_every_line_and_ends_with_1_on_an_error(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    done = typed("check", "-c", path)
    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines() if "smtp" in line] == ["ERROR"]
    told = typed("check", "-c", path, "--json").json
    assert told["level"] == "error"
    assert {finding["what"] for finding in told["findings"]} >= {"smtp", "imap inbox", "mode", "templates"}
    assert all(finding["remedy"] for finding in told["findings"] if finding["level"] == "error")


def test_on_the_first_day_nothing_read_and_nothing_imported_is_no_error(tmp_path: Path, typed: Type) -> None:
    findings = typed("check", "-c", make_office(tmp_path, language="en"), "--json").json["findings"]
    assert [found["level"] for found in findings if found["what"] == "sending"] == ["warning", "warning"]


def test_without_a_database_the_servers_are_looked_at_all_the_same(tmp_path: Path, typed: Type) -> None:
    path = make_office(tmp_path, language="en")
    (tmp_path / "relance.db").unlink()
    told = typed("check", "-c", path, "--json").json
    assert [finding["what"] for finding in told["findings"]] == ["database", "smtp", "imap inbox"]
    assert "db migrate" in told["findings"][0]["words"]


def test_a_password_that_is_nowhere_is_an_error(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_office(tmp_path, language="en")
    path.write_text(path.read_text().replace('password = "pw"', 'password_env = "RELANCE_NOWHERE"'))
    monkeypatch.delenv("RELANCE_NOWHERE", raising=False)
    findings = typed("check", "-c", path, "--json").json["findings"]
    [found] = [finding for finding in findings if finding["what"] == "passwords"]
    assert "RELANCE_NOWHERE" in found["words"]


@pytest.mark.parametrize("at", ["soon", "2026-03-02T10:00:00+01:00"])
def test_moving_the_clock_needs_an_instant_and_a_rehearsal(tmp_path: Path, typed: Type, at: str) -> None:
    path = make_office(tmp_path)
    path.write_text(path.read_text("utf-8").replace("[rehearsal]", ""), "utf-8")
    assert typed("check", "-c", path, "--at", at).code == 2


def test_a_configuration_that_cannot_be_read_is_wrong_usage(tmp_path: Path, typed: Type) -> None:
    done = typed("check", "-c", tmp_path / "none.toml")
    assert done.code == 2
    assert "relance-mailer init" in done.err
