"""A server that echoes what it was sent: neither password nor token shows anywhere afterwards."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.errors import ImapError, SmtpError
from relance_mailer.mail.imap import ImapAccount, Mailbox
from relance_mailer.mail.secrets import hidden
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection, Withheld
from tests.integration.mail.lines import line_server, usual

if TYPE_CHECKING:
    from collections.abc import Callable

RAW = b"From: a@b.example\r\nSubject: x\r\n\r\nend\r\n"

PASSWORD = 'hunter+2/é"x\\'


def echoes(reply: Callable[[str], str]) -> Callable[[str], str]:
    def answer(line: str) -> str:
        return reply(line) if line.startswith("AUTH") or " " not in line else usual(line)

    return answer


def forms(secret: str) -> list[str]:
    """The secret itself, and what of it shows in base64 wherever it begins there."""
    data = secret.encode()
    inner = [base64.b64encode(b"\0" * n + data).decode()[2 + n : 8 + n] for n in range(3)]
    return [secret, base64.b64encode(data).decode(), *inner]


def shows_nothing_of(secret: str, error: BaseException | None) -> None:
    while error is not None:
        shown = (
            f"{error} {error!r} {error.args} {getattr(error, 'answer', '')} {getattr(error, 'message', '')}"
        )
        assert not [form for form in forms(secret) if form in shown]
        error = error.__cause__ or error.__context__


async def yes() -> bool:
    return True


async def send(port: int) -> Accepted | Withheld:
    account = SmtpAccount(
        "127.0.0.1",
        port,
        tls="none",
        username="compta",
        password=PASSWORD,
        timeout=5,
        local_hostname="t.example",
    )
    async with SmtpConnection(account) as connection:
        return await connection.deliver("compta@creditor.example", ["debtor@debtor.example"], RAW, yes)


@pytest.mark.parametrize(
    "reply",
    [
        lambda line: f"535 5.7.8 Error: {line}",
        lambda line: "535 5.7.8 Error: " + base64.b64decode(line.split()[-1]).decode().replace("\0", " "),
        lambda line: f"535 5.7.8 password {PASSWORD} is wrong",
        lambda line: f"454 4.7.0 <{base64.b64encode(PASSWORD.encode()).decode()}>",
    ],
    ids=["as sent", "decoded", "plain", "base64"],
)
async def test_a_server_that_echoes_the_password_shows_it_to_nobody(reply: Callable[[str], str]) -> None:
    async with line_server("AUTH PLAIN", answer=echoes(reply)) as peer:
        with pytest.raises(SmtpError) as caught:
            await send(peer.port)
    assert peer.verbs("AUTH")  # it was sent, and echoed
    error: BaseException | None = caught.value
    while error is not None:
        shown = (
            f"{error} {error!r} {error.args} {getattr(error, 'answer', '')} {getattr(error, 'message', '')}"
        )
        assert not [form for form in forms(PASSWORD) if form in shown]
        error = error.__cause__ or error.__context__
    assert "…" in caught.value.answer


@pytest.mark.parametrize("code", [535, 454])
async def test_a_server_that_echoes_a_token_shows_neither_the_first_nor_the_renewed(code: int) -> None:
    def answer(line: str) -> str:
        return f"{code} 5.7.8 refused: {line}" if line.startswith("AUTH") else usual(line)

    async with line_server("AUTH XOAUTH2", answer=answer) as peer:
        account = SmtpAccount(
            "127.0.0.1",
            peer.port,
            tls="none",
            username="compta@creditor.example",
            token=lambda rejected: "ya29.renewed-token" if rejected else "ya29.first-token",
            timeout=5,
            local_hostname="t.example",
        )
        with pytest.raises(SmtpError) as caught:
            await SmtpConnection(account).__aenter__()
    assert len(peer.verbs("AUTH")) == (2 if code == 535 else 1)
    assert "…" in caught.value.answer
    for token in ("ya29.first-token", "ya29.renewed-token"):
        shows_nothing_of(token, caught.value)


async def test_the_words_of_a_250_show_no_password_either() -> None:
    def answer(line: str) -> str:
        return "235 2.7.0 ok" if line.startswith("AUTH") else usual(line)

    async with line_server("AUTH PLAIN", answer=answer, final=f"250 Ok {PASSWORD}") as peer:
        accepted = await send(peer.port)
    assert isinstance(accepted, Accepted)
    assert accepted.answer == "Ok …"


@pytest.mark.parametrize("password", [PASSWORD, "sesame-ouvre\\toi"], ids=["PLAIN", "LOGIN"])
async def test_a_mailbox_server_that_echoes_shows_no_password(password: str) -> None:
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            heard.append(line)
            tag, _, rest = line.partition(" ")
            if rest.startswith("CAPABILITY"):
                writer.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n")
                writer.write(f"{tag} OK done\r\n".encode())
            elif rest.endswith("AUTHENTICATE PLAIN"):
                writer.write(b"+ \r\n")
                answer = (await reader.readline()).decode().rstrip("\r\n")
                writer.write(f"{tag} NO {answer} is wrong\r\n".encode())
            else:
                writer.write(f"{tag} NO you said {rest} {password}\r\n".encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = ImapAccount(
        "main", "127.0.0.1", port, tls="none", username="compta", password=password, timeout=5
    )

    def look() -> None:
        with Mailbox(account):
            pass

    async with server:
        with pytest.raises(ImapError) as caught:
            await asyncio.to_thread(look)
    assert any("LOGIN" in line or "AUTHENTICATE" in line for line in heard)
    assert "…" in caught.value.answer
    shows_nothing_of(password, caught.value)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=40),
    st.binary(max_size=8),
    st.binary(max_size=8),
)
def test_whatever_stands_around_it_in_base64_nothing_of_a_secret_is_left(
    secret: str, before: bytes, after: bytes
) -> None:
    coded = base64.b64encode(before + secret.encode() + after).decode()
    assert coded not in hidden(f"535 said {coded} {secret}", secret)
    assert secret not in hidden(f"535 said {coded} {secret}", secret).replace("535 said ", "")


@pytest.mark.parametrize("words", ["535 5.7.8 Error: authentication failed", "Ok: queued as 4Qx7Kd1zzz"])
def test_other_words_stay_as_they_are(words: str) -> None:
    assert hidden(words, "sésame-ouvre-toi", "", "a") == words
