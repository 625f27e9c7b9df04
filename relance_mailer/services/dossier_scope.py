"""What belongs to a case file: whose it is, which notices and messages, which subjects of the ledger."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from relance_mailer.dunning.notice import Mode
from relance_mailer.errors import NotFoundError
from relance_mailer.services.office import Office
from relance_mailer.store import dossier as store
from relance_mailer.store import ledger, parties, stories
from relance_mailer.store.ledger import Kind
from relance_mailer.store.session import Session
from relance_mailer.store.tables import DebtorRow, InvoiceRow, MessageRow, NoticeRow, ReplyRow

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What a case file is about, and all that belongs to it.

    Attributes:
        invoice: None if it is about all of the debtor.
        notices: those of the live track; a rehearsal (shadow, redirect) never went to the debtor.
        replies: what came back, from people and machines.
        copies: our own notices as read back from a mailbox, by the notice's id.
        colleagues: what people wrote to the debtor by hand.
        subjects: what the ledger calls all this.
    """

    debtor: DebtorRow
    invoice: InvoiceRow | None
    notices: tuple[NoticeRow, ...]
    replies: tuple[tuple[ReplyRow, MessageRow], ...]
    copies: tuple[tuple[int, MessageRow], ...]
    colleagues: tuple[MessageRow, ...]
    subjects: frozenset[str]

    @property
    def subject(self) -> str:
        """What the ledger calls the case file's own subject."""
        return f"invoice:{self.invoice.id}" if self.invoice else f"debtor:{self.debtor.id}"

    @property
    def name(self) -> str:
        """What people call it: the invoice's number, or the debtor's reference."""
        return self.invoice.number if self.invoice else self.debtor.reference


def find(session: Session, office: Office, what: str) -> Scope:
    """Return the scope of the debtor or invoice called `what`; NotFoundError, with the nearest names, if none is."""
    try:
        debtor_id, invoice_id = parties.find(session, office.creditor_id, what)
    except NotFoundError as error:
        raise NotFoundError(f"{error}{_near(session, office.creditor_id, what)}") from error
    debtor = store.debtor(session, debtor_id)
    if invoice_id is None:
        return _gathered(session, office, debtor, None)
    return _gathered(session, office, debtor, parties.find_invoice(session, office.creditor_id, what))


def _near(session: Session, creditor_id: int, what: str) -> str:
    """Return what may have been meant: debtors by their name, else whatever is written almost so."""
    names = store.named_like(session, creditor_id, what, _SUGGESTED) if len(what) > 1 else []
    names = names or difflib.get_close_matches(what, store.all_names(session, creditor_id), _SUGGESTED)
    return f"; did you mean {', '.join(map(repr, names))}?" if names else ""


def _gathered(session: Session, office: Office, debtor: DebtorRow, invoice: InvoiceRow | None) -> Scope:
    assert debtor.id is not None
    creditor_id = office.creditor_id
    replies = store.replies_of(session, debtor.id)
    if invoice is None:
        notices = store.notices_of(session, debtor.id)
        subjects = store.subjects_of(session, debtor.id)
    else:
        notices = _about_invoice(session, invoice)
        about = {row.id for row, _ in _replies_about(session, debtor.id, invoice, notices)}
        replies = [pair for pair in replies if pair[0].id in about]
        subjects = _of_invoice(session, debtor.id, invoice, notices)
    copies = _copies(session, creditor_id, notices)
    colleagues = _colleagues(session, creditor_id, debtor.id)
    messages = [message for _, message in (*replies, *copies)] + colleagues
    subjects |= {f"notice:{row.id}" for row in notices} | {f"reply:{row.id}" for row, _ in replies}
    subjects |= {f"blob:{message.sha256}" for message in messages}
    return Scope(
        debtor, invoice, tuple(notices), tuple(replies), tuple(copies), tuple(colleagues), frozenset(subjects)
    )


def _about_invoice(session: Session, invoice: InvoiceRow) -> list[NoticeRow]:
    assert invoice.id is not None
    return [row for row in stories.notices_about(session, invoice.id) if row.track == Mode.LIVE.track]


def _replies_about(
    session: Session, debtor_id: int, invoice: InvoiceRow, notices: list[NoticeRow]
) -> list[tuple[ReplyRow, MessageRow]]:
    assert invoice.id is not None
    ids = [notice.id for notice in notices if notice.id is not None]
    return stories.replies_about(session, debtor_id, invoice.id, invoice.number, ids)


def _of_invoice(session: Session, debtor_id: int, invoice: InvoiceRow, notices: list[NoticeRow]) -> set[str]:
    """The subjects of an invoice and of its debtor's frame: who it is, where it was written to, what settled it."""
    assert invoice.id is not None
    return {
        f"debtor:{debtor_id}",
        f"invoice:{invoice.id}",
        *(f"contact:{notice.contact_id}" for notice in notices if notice.contact_id),
        *(f"payment:{payment}" for payment in stories.payments_of(session, invoice.id)),
        *(f"promise:{promise}" for promise in store.promises_of(session, invoice.id)),
    }


def _copies(session: Session, creditor_id: int, notices: list[NoticeRow]) -> list[tuple[int, MessageRow]]:
    ids = {
        message_id: notice.id
        for notice in notices
        for message_id in (notice.message_id, notice.provider_id)
        if message_id and notice.id is not None
    }
    rows = store.copies_of(session, creditor_id, ids)
    return [(ids[row.message_id], row) for row in rows]


def _colleagues(session: Session, creditor_id: int, debtor_id: int) -> list[MessageRow]:
    noted = ledger.entries(session, creditor_id, f"debtor:{debtor_id}", kinds=[Kind.NOTED])
    digests = {
        str(entry.payload["message"]) for entry in noted if entry.payload and "message" in entry.payload
    }
    return store.messages_called(session, creditor_id, digests)
