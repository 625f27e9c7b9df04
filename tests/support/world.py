"""An office in a folder of its own, whose debtors, invoices, payments and answers a test writes in a line each.

The database, the reader's child process and the services are the real ones; only the clock stands still until it is set.
Nothing here decides anything: what a debtor owes stands in rows, what it writes in bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlmodel import Session, SQLModel, col, select

from relance_mailer import bootstrap, config
from relance_mailer.clock import FixedClock
from relance_mailer.errors import Scope, SmtpError
from relance_mailer.mail.imap import Batch, Fetched, Folder
from relance_mailer.services import first_run, gates, receive, send
from relance_mailer.services.follow_up import FollowedUp, follow_up
from relance_mailer.services.gates import Gate
from relance_mailer.services.mail_sink import MailSink
from relance_mailer.services.office import Office
from relance_mailer.services.outbox import Drained, Outbox
from relance_mailer.services.plan import PlanReport, plan
from relance_mailer.services.reader import Reader
from relance_mailer.services.receive import Received
from relance_mailer.store import blobs, ledger
from relance_mailer.store.db import Database
from relance_mailer.store.group import GroupCommit
from relance_mailer.store.ledger import Recorded
from relance_mailer.store.tables import (
    AllocationRow,
    ContactRow,
    DebtorRow,
    FolderRow,
    HoldRow,
    ImportRow,
    InvoiceRow,
    NoticeInvoiceRow,
    NoticeRow,
    PaymentRow,
    TaskRow,
)
from tests.support import moved

#: A Tuesday, half past ten in Paris: no holiday near, the window open.
TUESDAY = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
OUR_ADDRESS = "compta@creditor.example"
DEBTOR_ADDRESS = "durand@debtor.example"
IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "FR7630004000031234567890143"

Row = TypeVar("Row", bound=SQLModel)

_SETTINGS: dict[str, dict[str, Any]] = {
    "creditor": {
        "name": "Menuiserie Martin",
        "street": "1 rue des Lilas",
        "postal_code": "75011",
        "city": "Paris",
        "siren": "732829320",
        "signer_name": "A. Martin",
        "signer_capacity": "gérante",
        "iban": IBAN,
    },
    "sending": {"mode": "live"},
    "smtp": {
        "host": "127.0.0.1",
        "port": 1,
        "tls": "none",
        "from_address": OUR_ADDRESS,
        "rate": "unlimited",
        "sent_copy": "none",
        "timeout": 5,
        "dot_timeout": 5,
    },
}
_MAILBOX = {"host": "127.0.0.1", "port": 1, "tls": "none", "name": "inbox"}


def make_config(folder: Path, **changes: Any) -> config.Config:
    """Return a configuration; a change is written `section__key=value`, or `key=value` at the top."""
    data: dict[str, Any] = {section: dict(values) for section, values in _SETTINGS.items()}
    data["mailboxes"] = [dict(_MAILBOX)]
    data["rehearsal"] = {}
    data["language"] = "en"
    for name, value in changes.items():
        section, _, key = name.partition("__")
        if key:
            data.setdefault(section, {})[key] = value
        else:
            data[section] = value
    return config.parse(data, folder / "config.toml")


def install(folder: Path, *, approved: bool = True) -> Path:
    """Make a migrated database and its state file, for worlds to copy; its first run in live is approved, or not yet."""
    settings = make_config(folder)
    bootstrap.install(settings, FixedClock(TUESDAY))
    if approved:
        with bootstrap.open_office(settings, at=TUESDAY) as office:
            first_run.approve(office, TUESDAY, "Claire")
    return folder


class World:
    """One creditor's office at a chosen instant, fresh in every respect until a test says otherwise."""

    def __init__(self, folder: Path, seed: Path, reader: Reader, **changes: Any) -> None:
        for name in ("relance.db", "relance.db.state.json"):
            shutil.copy(seed / name, folder / name)
        moved.settle(folder / "relance.db.state.json")
        self.folder = folder
        self.clock = FixedClock(TUESDAY)
        self.reader = reader
        self._changes = changes
        self._numbers = count(1)
        settings = make_config(folder, **changes)
        self.db = Database(settings.database)
        self.office: Office = bootstrap.make_office(settings, self.db, self.clock)
        self.freshen()

    # ── the office ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def today(self) -> date:
        return self.office.today(self.now)

    def at(self, instant: datetime, *, fresh: bool = True) -> None:
        """Move the clock; everything was just read and imported, unless a test wants it old."""
        self.clock.set(instant)
        if fresh:
            self.freshen()

    def later(self, *, fresh: bool = True, **time: float) -> None:
        """Move the clock on by days, hours, minutes."""
        self.at(self.now + timedelta(**time), fresh=fresh)

    def freshen(self) -> None:
        """Read the inbox to its end, and import payments, now."""
        with self.db.write() as session:
            self._folder(session, "INBOX", "inbox").read_to_end_at = self.now
            session.add(self._import())

    def _folder(self, session: Session, name: str, role: str) -> FolderRow:
        row = session.get(FolderRow, (self.office.creditor_id, "inbox", name))
        if row is None:
            row = FolderRow(
                mailbox="inbox", name=name, creditor_id=self.office.creditor_id, role=role, uidvalidity=1
            )
            session.add(row)
        return row

    def _import(self) -> ImportRow:
        return ImportRow(
            creditor_id=self.office.creditor_id,
            kind="payments",
            file_name="payments.csv",
            sha256="",
            imported_at=self.now,
            added=0,
            changed=0,
            unchanged=0,
            refused=0,
            tells_payments=True,
        )

    def configure(self, **changes: Any) -> None:
        """Read the configuration and the templates anew, as a reload does."""
        self._changes |= changes
        settings = make_config(self.folder, **self._changes)
        self.office = bootstrap.make_office(settings, self.db, self.clock)

    def edit_template(self, name: str, change: Callable[[str], str]) -> None:
        """Edit a template as the admin does, and read it anew."""
        packaged = self.office.templates.path(name)
        mine = self.folder / "templates" / name
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text(change(packaged.read_text("utf-8")), "utf-8")
        self.configure()

    # ── what is owed ─────────────────────────────────────────────────────────────────────────────────────

    def debtor(self, *addresses: str, name: str = "Dupont SARL", **values: Any) -> int:
        """Add a debtor with its contacts, the first to be written to first."""
        given = {
            "reference": f"C{next(self._numbers)}",
            "kind": "professional",
            "language": "en",
            "country": "FR",
            "siren": "552100554",
            "street": "2 rue du Port",
            "postal_code": "69001",
            "city": "Lyon",
        }
        with self.db.write() as session:
            creditor_id = self.office.creditor_id
            row = DebtorRow(creditor_id=creditor_id, name=name, created_at=self.now, **{**given, **values})
            session.add(row)
            session.flush()
            assert row.id is not None
            for rank, address in enumerate(addresses or (DEBTOR_ADDRESS,)):
                domain = address.rpartition("@")[2]
                contact = ContactRow(
                    creditor_id=creditor_id, debtor_id=row.id, address=address, domain=domain, rank=rank
                )
                session.add(contact)
            return row.id

    def invoice(self, debtor_id: int, **values: Any) -> int:
        """Add an invoice, `overdue` days past its due date, to be looked at now."""
        return self.invoices(debtor_id, [values])[0]

    def invoices(self, debtor_id: int, many: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add several."""
        rows = [InvoiceRow(**self._invoice(debtor_id, **values)) for values in many]
        with self.db.write() as session:
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows if row.id is not None]

    def _invoice(
        self, debtor_id: int, *, overdue: int = 5, total: str = "1250.00", **values: Any
    ) -> dict[str, Any]:
        due = self.today - timedelta(days=overdue)
        given = {
            "creditor_id": self.office.creditor_id,
            "debtor_id": debtor_id,
            "number": f"F-2026-{next(self._numbers):03}",
            "issued": due - timedelta(days=30),
            "due": due,
            "total_minor": int(Decimal(total) * 100),
            "currency": "EUR",
            "first_seen": self.today,
            "next_look_at": self.now,
        }
        return {**given, **values}

    def owing(self, *addresses: str, overdue: int = 5, **values: Any) -> tuple[int, int]:
        """Add a debtor with one overdue invoice; return both ids."""
        debtor_id = self.debtor(*addresses, **values)
        return debtor_id, self.invoice(debtor_id, overdue=overdue)

    def pay(self, invoice_id: int, amount: str, on: date | None = None) -> None:
        """Let a payment come in, as an import of payments keeps it."""
        minor, day = int(Decimal(amount) * 100), on or self.today
        with self.db.write() as session:
            invoice = session.get(InvoiceRow, invoice_id)
            assert invoice is not None
            payment = PaymentRow(
                creditor_id=invoice.creditor_id,
                debtor_id=invoice.debtor_id,
                key=f"bank-{next(self._numbers)}",
                paid_on=day,
                amount_minor=minor,
                currency=invoice.currency,
                imported_at=self.now,
            )
            session.add(payment)
            session.flush()
            allocation = AllocationRow(
                creditor_id=invoice.creditor_id,
                invoice_id=invoice_id,
                payment_id=payment.id,
                kind="payment",
                amount_minor=minor,
                currency=invoice.currency,
                as_of=day,
            )
            session.add(allocation)
            for row in session.exec(select(InvoiceRow).where(InvoiceRow.debtor_id == invoice.debtor_id)):
                row.next_look_at = self.now
                session.add(row)

    def served(self, invoice_id: int, *stages: str, track: str = "live") -> None:
        """Write down that stages of an invoice were served, eight days apart, the last one two weeks ago."""
        with self.db.write() as session:
            invoice = session.get(InvoiceRow, invoice_id)
            assert invoice is not None
            for place, stage in enumerate(reversed(stages)):
                on = self.now - timedelta(days=14 + 8 * place)
                notice = NoticeRow(
                    creditor_id=invoice.creditor_id,
                    debtor_id=invoice.debtor_id,
                    mode="live" if track == "live" else "shadow",
                    track=track,
                    stage=stage,
                    kind="reminder",
                    state="sent" if track == "live" else "recorded",
                    template="",
                    facts="",
                    to_address=DEBTOR_ADDRESS,
                    subject="",
                    own_text="",
                    message_id=f"<{invoice_id}.{stage}@creditor.example>",
                    sha256=blobs.put(session, b"an old notice"),
                    created_at=on,
                    rendered_at=on,
                    left_at=on,
                )
                session.add(notice)
                session.flush()
                assert notice.id is not None
                member = NoticeInvoiceRow(
                    notice_id=notice.id,
                    invoice_id=invoice_id,
                    creditor_id=invoice.creditor_id,
                    stage=stage,
                    track=track,
                    outstanding_minor=invoice.total_minor,
                    currency=invoice.currency,
                    served_on=self.office.today(on),
                )
                session.add(member)

    def formal(self, *addresses: str, **values: Any) -> tuple[int, int]:
        """Add a debtor whose one invoice has had its three reminders: the formal notice is next."""
        debtor_id, invoice_id = self.owing(*addresses, overdue=50, **values)
        self.served(invoice_id, "reminder1", "reminder2", "reminder3")
        return debtor_id, invoice_id

    # ── what leaves ──────────────────────────────────────────────────────────────────────────────────────

    def plan(self) -> PlanReport:
        return plan(self.office, self.now)

    def follow_up(self) -> FollowedUp:
        return follow_up(self.office, self.now)

    def gates(self) -> tuple[Gate, ...]:
        with self.db.read() as session:
            return gates.closed(session, self.office, self.now)

    def claim(self, limit: int = 100) -> send.Claims:
        with self.db.write() as session:
            return send.claim(session, self.office, self.now, limit)

    def start(self, claimed: send.Claimed) -> bool:
        with self.db.write() as session:
            return claimed.notice_id in send.steps(session, self.office, [claimed], [], self.now)

    def accept(self, claimed: send.Claimed, answer: str = "2.0.0 Ok: queued as 4Qx7") -> None:
        with self.db.write() as session:
            send.steps(session, self.office, [], [send.Delivered(claimed, 250, answer, "4Qx7")], self.now)

    def refuse(
        self, claimed: send.Claimed, code: int, answer: str, *, scope: Scope = Scope.RECIPIENT
    ) -> None:
        error = SmtpError(answer, permanent=code >= 500, scope=scope, phase="rcpt", code=code)
        with self.db.write() as session:
            send.refused(session, self.office, claimed, error, self.now)

    def lose(self, claimed: send.Claimed) -> None:
        """Begin an attempt whose end nobody learns."""
        assert self.start(claimed)
        with self.db.write() as session:
            send.lost(
                session, self.office, claimed.notice_id, claimed.attempt_id, "connection lost", self.now
            )

    def deliver(self) -> list[int]:
        """Hand over, with the server's 250, whatever may leave; return the notices' ids."""
        claims = self.claim()
        for claimed in claims.claimed:
            assert self.start(claimed)
            self.accept(claimed)
        return [claimed.notice_id for claimed in claims.claimed]

    def remind(self) -> NoticeRow:
        """Plan and deliver one notice, and return it."""
        self.plan()
        [notice_id] = self.deliver()
        return self.notice(notice_id)

    async def drain(self, port: int, outbox: Outbox | None = None, **changes: Any) -> Drained:
        """Hand over what is due to the server at `port`."""
        if outbox is not None:
            return await outbox.drain()
        async with self.outbox(port, **changes) as fresh:
            return await fresh.drain()

    def outbox(self, port: int, **changes: Any) -> _OpenOutbox:
        self.configure(smtp__port=port, **changes)
        return _OpenOutbox(self.office)

    # ── what comes in ────────────────────────────────────────────────────────────────────────────────────

    def fetch(
        self, *raws: bytes, folder: str = "INBOX", uidvalidity: int = 1, first_uid: int | None = None
    ) -> None:
        """Store messages as the mailbox's watcher hands them on."""
        role = {"INBOX": "inbox", "Sent": "sent", "Junk": "junk"}[folder]
        uid = first_uid or next(self._numbers)
        messages = tuple(Fetched(uid + place, self.now, raw) for place, raw in enumerate(raws))
        for _ in raws[1:]:
            next(self._numbers)
        batch = Batch(uidvalidity, uid + len(raws), messages)
        MailSink(self.office).store("inbox", Folder(folder, role), batch)

    def take(self, *raws: bytes, **where: Any) -> Received:
        """Store messages and read them."""
        self.fetch(*raws, **where)
        return receive.read_waiting(self.office, self.reader)

    # ── what is known afterwards ─────────────────────────────────────────────────────────────────────────

    def rows(self, table: type[Row], /, **values: Any) -> list[Row]:
        """Return the rows of a table that have these values, in the order of their first column."""
        with self.db.read() as session:
            statement = select(table)
            for name, value in values.items():
                statement = statement.where(getattr(table, name) == value)
            key = next(iter(cast(Any, table).__table__.primary_key.columns))
            return list(session.exec(statement.order_by(col(key))))

    def one(self, table: type[Row], /, **values: Any) -> Row:
        [row] = self.rows(table, **values)
        return row

    def notice(self, notice_id: int) -> NoticeRow:
        return self.one(NoticeRow, id=notice_id)

    def states(self) -> list[str]:
        return [row.state for row in self.rows(NoticeRow)]

    def tasks(self) -> list[str]:
        """Return the kinds of the tasks that wait for a person."""
        return [row.kind for row in self.rows(TaskRow) if row.done_at is None]

    def task(self, kind: str) -> TaskRow:
        [row] = [row for row in self.rows(TaskRow, kind=kind) if row.done_at is None]
        return row

    def holds(self) -> list[tuple[str, date | None]]:
        """Return reason and last day of the pauses that nobody released."""
        return [(row.reason, row.until) for row in self.rows(HoldRow) if row.released_at is None]

    def bytes_of(self, sha256: str) -> bytes:
        with self.db.read() as session:
            return blobs.get(session, sha256)

    def entries(self, subject: str = "", **which: Any) -> list[Recorded]:
        subjects = (subject,) if subject else ()
        with self.db.read() as session:
            return ledger.entries(session, self.office.creditor_id, *subjects, **which)

    def story(self, notice_id: int) -> list[str]:
        """Return what the ledger tells about a notice, in order."""
        return [entry.kind for entry in self.entries(f"notice:{notice_id}")]

    def told(self, subject: str, kind: str) -> Mapping[str, Any]:
        """Return what the last entry of a kind about a subject says."""
        payload = [entry.payload for entry in self.entries(subject) if entry.kind == kind][-1]
        assert payload is not None
        return payload

    def verify(self) -> None:
        """The chain of the ledger holds."""
        with self.db.read() as session:
            found = ledger.verify(session, self.office.creditor_id)
        assert found.holds, found.problems


class _OpenOutbox:
    """An outbox with a group of commits of its own, for `async with`."""

    def __init__(self, office: Office) -> None:
        self._group = GroupCommit(office.db)
        self._outbox = Outbox(office, self._group, bootstrap.make_accounts(office.config, office.clock).smtp)

    async def __aenter__(self) -> Outbox:
        return self._outbox

    async def __aexit__(self, *_exception: object) -> None:
        await self._group.stop()


@contextmanager
def opened(folder: Path, seed: Path, reader: Reader, **changes: Any) -> Iterator[World]:
    """Open a world, and see at its end that the ledger's chain still holds."""
    world = World(folder, seed, reader, **changes)
    try:
        yield world
        world.verify()
    finally:
        world.db.close()


# ── what others write ────────────────────────────────────────────────────────────────────────────────────────

_letters = count(1)


def letter(
    text: str,
    *,
    sender: str = DEBTOR_ADDRESS,
    to: str = OUR_ADDRESS,
    subject: str = "Votre facture",
    at: datetime = TUESDAY,
    **headers: str,
) -> bytes:
    """Return a person's message as a server hands it on; `In_Reply_To="<x>"` and the like add headers."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = headers.pop("Message_ID", f"<letter-{next(_letters)}@debtor.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def answer(notice: NoticeRow, text: str, **values: Any) -> bytes:
    """Return an answer in the notice's thread."""
    given = {"subject": f"Re: {notice.subject}", "In_Reply_To": notice.message_id}
    return letter(text, **{**given, **values})


def bounce(recipient: str, original_id: str = "", *, status: str = "5.1.1", at: datetime = TUESDAY) -> bytes:
    """Return a delivery report (RFC 3464) about a message to `recipient`; a status 4.x.x is a delay."""
    delayed = status.startswith("4")
    words = "User unknown" if status == "5.1.1" else "try again"
    original = f"From: {OUR_ADDRESS}\nTo: {recipient}\nSubject: Rappel\n"
    original += f"Message-ID: {original_id}\n" if original_id else ""
    lines = f"""Return-Path: <>
From: MAILER-DAEMON@creditor.example (Mail Delivery System)
To: {OUR_ADDRESS}
Subject: {"Delayed Mail (still being retried)" if delayed else "Undelivered Mail Returned to Sender"}
Auto-Submitted: auto-replied
Date: {format_datetime(at)}
Message-ID: <report-{next(_letters)}@creditor.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="R"

--R
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered to one or more recipients.

--R
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.creditor.example

Final-Recipient: rfc822; {recipient}
Action: {"delayed" if delayed else "failed"}
Status: {status}
Diagnostic-Code: smtp; {"450" if delayed else "550"} {status} <{recipient}>: {words}

--R
Content-Type: message/rfc822

{original}
Le texte de la relance.
--R--
"""
    return lines.replace("\n", "\r\n").encode()
