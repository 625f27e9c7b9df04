"""MAIL and RCPT said together (RFC 2920): whatever the server answers, and however its answers are cut, they mean the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance_mailer.errors import Scope, SmtpError
from relance_mailer.mail.smtp import Accepted, SmtpAccount, SmtpConnection, Withheld

RAW = b"From: a@b.example\r\nSubject: x\r\n\r\nend\r\n"
SENDER = "compta@creditor.example"
DEBTORS = ("a@debtor.example", "b@debtor.example", "c@debtor.example")
QUEUED = "250 2.0.0 Ok: queued as 4Qx7"
OK = "250 2.0.0 Ok"


@dataclass
class Server:
    """Answers MAIL and RCPT of each message by a list, in pieces; "" hangs up."""

    messages: list[list[str]]
    offers: bool = True
    cuts: Sequence[int] = ()  #: sizes of the pieces, the rest in one
    port: int = 0
    reads: list[bytes] = field(default_factory=list)  #: what came at once
    accepted: int = 0
    answers: list[str] = field(default_factory=list)  #: those to come of this message
    begun: bool = False

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example ESMTP\r\n")
        pending, cuts = b"", list(self.cuts)
        while chunk := await reader.read(65_536):
            self.reads.append(chunk)
            pending += chunk
            *lines, pending = pending.split(b"\r\n")
            said, over = self.reply([line.decode() for line in lines])
            while said:
                size = cuts.pop(0) if cuts else len(said)
                writer.write(said[:size].encode())
                said = said[size:]
                for _ in range(3):
                    await asyncio.sleep(0)
            if over:
                break
        writer.close()
        await writer.wait_closed()

    def reply(self, lines: Sequence[str]) -> tuple[str, bool]:
        said = []
        for line in lines:
            verb = line[:4].upper()
            if verb == "EHLO":
                said.append(
                    "250-mx.example\r\n250-PIPELINING\r\n250 SIZE" if self.offers else "250 mx.example"
                )
            elif verb in ("MAIL", "RCPT"):
                answer = self.named(verb)
                if not answer:
                    return _lines(said), True
                said.append(answer)
            elif verb in ("DATA", "QUIT", "RSET", ".   "):
                said.append({"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, OK))
            elif line == ".":
                self.accepted += 1
                said.append(QUEUED)
            if verb == "QUIT" or (said and "421" in said[-1]):
                return _lines(said), True
        return _lines(said), False

    def named(self, verb: str) -> str:
        if verb == "MAIL":
            self.answers = self.messages.pop(0) if self.messages else []
        elif not self.begun:
            return "503 5.5.1 MAIL first"
        answer = self.answers.pop(0) if self.answers else OK
        if verb == "MAIL":
            self.begun = answer.startswith("250")
        return answer


def _lines(said: Sequence[str]) -> str:
    return "".join(f"{line}\r\n" for line in said)


@contextlib.asynccontextmanager
async def serving(
    *messages: Sequence[str], offers: bool = True, cuts: Sequence[int] = ()
) -> AsyncIterator[Server]:
    server = Server([list(answers) for answers in messages], offers, cuts)
    talks: list[asyncio.Task[None] | None] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        with contextlib.suppress(OSError):  # the client leaves whom it does not understand
            await server.hold(reader, writer)

    listener = await asyncio.start_server(one, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await asyncio.gather(*filter(None, talks))
        await listener.wait_closed()


async def yes() -> bool:
    return True


async def deliver(connection: SmtpConnection, recipients: Sequence[str] = DEBTORS[:1]) -> Accepted | Withheld:
    return await connection.deliver(SENDER, recipients, RAW, yes)


def connected(server: Server) -> SmtpConnection:
    return SmtpConnection(SmtpAccount("127.0.0.1", server.port, tls="none", timeout=5, dot_timeout=5))


async def outcome(server: Server) -> object:
    """What became of a message to three, and of the next one on the same connection."""
    told: list[object] = []
    async with connected(server) as connection:
        for _ in range(2):
            if not connection.usable:
                told.append("closed")
                break
            try:
                told.append(await deliver(connection, DEBTORS))
            except SmtpError as error:
                said = error.answer if error.code else ""  # how a loss is called depends on who noticed it
                told.append((error.scope, error.permanent, error.phase, error.code, said))
    return told, server.accepted


async def test_sender_and_recipients_are_named_in_one_breath_where_the_server_offers_it() -> None:
    async with serving() as server, connected(server) as connection:
        assert isinstance(await deliver(connection, DEBTORS), Accepted)
    [together] = [chunk for chunk in server.reads if chunk.startswith(b"MAIL")]
    assert together.split() == [
        b"MAIL", b"FROM:<compta@creditor.example>", f"SIZE={len(RAW)}".encode(),
        b"RCPT", b"TO:<a@debtor.example>", b"RCPT", b"TO:<b@debtor.example>", b"RCPT", b"TO:<c@debtor.example>",
    ]  # fmt: skip


async def test_elsewhere_they_are_named_one_by_one() -> None:
    async with serving(offers=False) as server, connected(server) as connection:
        assert isinstance(await deliver(connection), Accepted)
    assert [chunk.split()[0] for chunk in server.reads if chunk[:4] in (b"MAIL", b"RCPT")] == [
        b"MAIL",
        b"RCPT",
    ]


async def test_nothing_of_the_content_is_asked_for_before_the_envelope_is_answered() -> None:
    asked: list[bool] = []
    async with serving() as server, connected(server) as connection:

        async def before_data() -> bool:
            asked.append(any(b"DATA" in chunk for chunk in server.reads))
            return True

        await connection.deliver(SENDER, DEBTORS, RAW, before_data)
    assert asked == [False]


async def test_a_refused_sender_is_the_accounts_matter_and_the_connection_stays_in_step() -> None:
    """The answers to the recipients, said already, are read and are nobody's fault."""
    async with serving(["451 4.3.0 later"]) as server, connected(server) as connection:
        with pytest.raises(SmtpError, match="later") as caught:
            await deliver(connection, DEBTORS[:2])
        assert (caught.value.scope, caught.value.phase, caught.value.code) == (Scope.ACCOUNT, "mail", 451)
        assert connection.usable
        assert await deliver(connection) == Accepted(250, QUEUED[4:], "4Qx7", {})
    assert server.accepted == 1


async def test_each_recipients_refusal_is_its_own() -> None:
    async with (
        serving([OK, "550 5.1.1 unknown", OK, "452 4.2.2 full"]) as server,
        connected(server) as connection,
    ):
        accepted = await deliver(connection, DEBTORS)
    assert isinstance(accepted, Accepted)
    assert accepted.refused == {DEBTORS[0]: (550, "5.1.1 unknown"), DEBTORS[2]: (452, "4.2.2 full")}


async def test_an_answer_that_comes_with_the_hanging_up_is_heard() -> None:
    async with serving([OK, "421 4.7.0 closing"]) as server, connected(server) as connection:
        with pytest.raises(SmtpError, match="closing") as caught:
            await deliver(connection)
        assert (caught.value.phase, caught.value.code, connection.usable) == ("rcpt", 421, False)


ANSWER = st.sampled_from(
    [OK, OK, OK, "250-first\r\n250 last", "251 forwarded", "450 4.2.0 greylisted", "452 4.5.3 too many",
     "550 5.1.1 unknown", "550 5.4.5 daily limit", "554 5.7.1 relay denied", "421 4.3.2 closing", "nonsense", ""]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(ANSWER, max_size=4), max_size=2), st.lists(st.integers(1, 40), max_size=30))
def test_together_or_one_by_one_whatever_is_answered_means_the_same(
    messages: list[list[str]], cuts: list[int]
) -> None:
    async def found(*, together: bool) -> object:
        async with serving(*messages, offers=together, cuts=cuts) as server:
            return await outcome(server)

    assert asyncio.run(found(together=True)) == asyncio.run(found(together=False))
