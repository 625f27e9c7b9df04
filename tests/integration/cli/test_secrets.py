"""Passwords: from wherever they come and whatever fails, never printed, logged, kept, or in a traceback."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import structlog
from rich.console import Console
from rich.traceback import Traceback

from relance_mailer import bootstrap
from relance_mailer import config as configuration
from relance_mailer.cli import common
from relance_mailer.config import servers
from tests.integration.cli.conftest import Type
from tests.integration.mail.imap_server import imap_server
from tests.integration.mail.servers import smtp_server
from tests.support.office import make_office

SECRET = "s3same-0uvre-t0i"
ROOT = Path(__file__).parents[3]
#: How the password is given: the configuration's line, the environment, the file's content.
WAYS: dict[str, tuple[str, dict[str, str], str]] = {
    "words": (f'password = "{SECRET}"', {}, ""),
    "variable": ('password_env = "RELANCE_TEST_PASSWORD"', {"RELANCE_TEST_PASSWORD": SECRET}, ""),
    "file": ('password_file = "mail.password"', {}, SECRET + "\n"),
    "credential": ('password_file = "mail.password"', {"CREDENTIALS_DIRECTORY": "credentials"}, SECRET),
}


def _office(folder: Path, way: str, smtp_port: int = 9, imap_port: int = 9) -> tuple[Path, dict[str, str]]:
    """Set an office up whose two passwords are given in one way; return its configuration and environment."""
    line, environment, content = WAYS[way]
    path = make_office(folder, language="en", smtp_port=smtp_port, imap_port=imap_port)
    text = path.read_text("utf-8").replace('password = "pw"', line)
    path.write_text(
        text.replace('rate = "unlimited"', f'rate = "unlimited"\nusername = "compta"\n{line}'), "utf-8"
    )
    path.chmod(0o600)
    place = folder / environment.get("CREDENTIALS_DIRECTORY", "")
    place.mkdir(exist_ok=True)
    if content:
        (place / "mail.password").write_text(content, "utf-8")
        (place / "mail.password").chmod(0o600)
    if "CREDENTIALS_DIRECTORY" in environment:
        environment = {"CREDENTIALS_DIRECTORY": str(place)}
    return path, environment


async def _type(*arguments: object, **environment: str) -> str:
    """Type a command in a process of its own; return all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-m", "relance_mailer", *map(str, arguments)),
        cwd=ROOT,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode()


def _kept(folder: Path) -> list[str]:
    """Return the files that hold the secret, less those that it was put into."""
    holding = [
        path.name for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    return [name for name in holding if name not in {"mail.password", "config.toml"}]


@pytest.mark.parametrize("way", WAYS)
async def test_servers_that_refuse_it_are_told_without_it(tmp_path: Path, way: str) -> None:
    async with smtp_server() as smtp, imap_server() as imap:
        path, environment = _office(tmp_path, way, smtp.port, imap.port)
        checked = await _type("check", "-c", path, **environment)
        ticked = await _type("tick", "-c", path, **environment)
    assert "username and the password" in checked, "both servers were asked, and refused"
    assert "cannot be read" in ticked or "refus" in ticked or "credentials" in ticked, ticked
    assert SECRET not in checked + ticked
    assert _kept(tmp_path) == []


def _unreadable(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _not_text(file: Path) -> None:
    file.write_bytes(SECRET.encode() + b"\xe9")


def _two_lines(file: Path) -> None:
    file.write_text(f"{SECRET}\nanother\n")


def _empty(file: Path) -> None:
    file.write_text("\n")


@pytest.mark.parametrize("spoil", [Path.unlink, _unreadable, _not_text, _two_lines, _empty])
def test_a_file_that_cannot_be_used_is_named_without_its_content(
    tmp_path: Path, typed: Type, spoil: Any
) -> None:
    path, _ = _office(tmp_path, "file")
    spoil(tmp_path / "mail.password")
    done = typed("tick", "-c", path)
    assert done.code == 2
    assert f"password_file {tmp_path / 'mail.password'}" in done.err
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize(("value", "state"), [(None, "is not set"), ("", "is empty")])
def test_a_variable_that_is_not_there_is_named(
    tmp_path: Path, typed: Type, monkeypatch: pytest.MonkeyPatch, value: str | None, state: str
) -> None:
    path, _ = _office(tmp_path, "variable")
    monkeypatch.delenv("RELANCE_TEST_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("RELANCE_TEST_PASSWORD", value)
    done = typed("tick", "-c", path)
    assert done.code == 2
    assert f"RELANCE_TEST_PASSWORD that password_env names {state}" in done.err


def _crash(path: Path) -> Exception:
    """Fail where settings and accounts are at hand, as a mistake of ours would."""
    settings = configuration.load(path)
    accounts = bootstrap.make_accounts(settings)
    assert accounts.smtp.password == SECRET, "the account has it"
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {accounts!r}"
    try:
        return RuntimeError(int(shown))
    except ValueError as error:
        return error


def test_a_traceback_with_all_its_variables_does_not_show_it(tmp_path: Path) -> None:
    path, _ = _office(tmp_path, "file")
    error = _crash(path)
    lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    screen = Console(file=io.StringIO(), width=400)
    screen.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    shown = "".join(lines) + screen.file.getvalue()  # type: ignore[attr-defined]
    assert "accounts = " in shown
    assert SECRET not in shown


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, _Screen])
def test_the_log_of_a_crash_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    path, _ = _office(tmp_path, "words")
    out = stream()
    monkeypatch.setattr(sys, "stderr", out)
    before = structlog.get_config()
    try:
        common.configure_log(configuration.load(path))
        structlog.get_logger("test").error("crashed", exc_info=_crash(path))
    finally:
        structlog.configure(**before)
    assert "crashed" in out.getvalue()
    assert "ValueError" in out.getvalue()
    assert SECRET not in out.getvalue()


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_password_that_everybody_may_read_is_told(tmp_path: Path, mode: int, told: bool) -> None:
    for way, file in (("words", "config.toml"), ("file", "mail.password")):
        folder = tmp_path / way
        folder.mkdir()
        path, _ = _office(folder, way)
        (folder / file).chmod(mode)
        settings = configuration.load(path)
        found = servers.exposed([settings.smtp, *settings.mailboxes], path)
        assert found == ((folder / file,) if told else ())


def test_a_file_without_a_password_may_be_read(tmp_path: Path) -> None:
    path, _ = _office(tmp_path, "variable")
    path.chmod(0o644)
    settings = configuration.load(path)
    assert servers.exposed([settings.smtp, *settings.mailboxes], path) == ()
