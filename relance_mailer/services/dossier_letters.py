"""The messages of a case file, read: what left, what came back, what colleagues wrote; each bound to its ledger entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from relance_mailer.errors import NotFoundError, UnreadableError
from relance_mailer.evidence.chronology import TEXT_LIMIT, Letter
from relance_mailer.replies.model import Message
from relance_mailer.replies.quoting import own_text
from relance_mailer.services.dossier_scope import Scope
from relance_mailer.services.office import Office
from relance_mailer.services.reader import Reader
from relance_mailer.store import blobs
from relance_mailer.store.ledger import Kind, Recorded
from relance_mailer.store.session import Session
from relance_mailer.store.tables import MessageRow
from relance_mailer.texts.words import say


@dataclass(frozen=True, slots=True)
class Kept:
    """A message and the entry that proves its bytes: `attempted` for what left, `received` for what came."""

    sequence: int
    letter: Letter


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a message before it is read; `text` None where it has to be taken from its bytes."""

    sha256: str
    way: str
    subject: str = ""
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    text: str | None = None
    notice: str = ""


def letters(
    session: Session, office: Office, scope: Scope, entries: Sequence[Recorded], reader: Reader
) -> list[Kept]:
    """Return the messages in the order of their entries; what no entry proves is left out."""
    kept: list[Kept] = []
    known = _known(scope)
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        if name in known and known[name].sha256 not in seen:
            seen.add(known[name].sha256)
            kept.append(
                Kept(entry.sequence, _letter(session, office, known[name], entry, len(kept) + 1, reader))
            )
    return kept


def _name(entry: Recorded) -> str:
    return entry.subject if entry.kind in (Kind.ATTEMPTED, Kind.RECEIVED) else ""


def _known(scope: Scope) -> dict[str, _Known]:
    """Return the messages by the subject of the entry that proves them."""
    found: dict[str, _Known] = {}
    for notice in scope.notices:
        found[f"notice:{notice.id}"] = _Known(
            notice.sha256, "out", notice.subject, "", notice.message_id, text=notice.own_text
        )
    for row in scope.colleagues:
        found[f"blob:{row.sha256}"] = _of_message(row, "colleague")
    for _, row in scope.copies:
        found[f"blob:{row.sha256}"] = _of_message(row, "copy", text="")
    texts = {notice.id: notice.own_text for notice in scope.notices}
    for reply, row in scope.replies:
        text = reply.reply_text or None
        found[f"blob:{row.sha256}"] = _of_message(row, "in", text, texts.get(reply.notice_id, ""))
    return found


def _of_message(row: MessageRow, way: str, text: str | None = None, notice: str = "") -> _Known:
    return _Known(row.sha256, way, row.subject, row.from_address, row.message_id, row.sent_at, text, notice)


def _letter(
    session: Session, office: Office, known: _Known, entry: Recorded, number: int, reader: Reader
) -> Letter:
    day = entry.at.astimezone(office.config.creditor.zone).date()
    file = f"messages/{number:04}_{day.isoformat()}_{known.way}.eml"
    try:
        raw = blobs.get(session, known.sha256)
    except NotFoundError:  # erased; whatever else is wrong with it stops the export
        return Letter("", known.sha256, known.way, "", "", "", known.message_id, None, "")
    try:
        message = reader.read(raw).message
    except UnreadableError:
        words = say("dossier.unreadable", office.config.language)
        return Letter(
            file,
            known.sha256,
            known.way,
            known.subject,
            known.sender,
            "",
            known.message_id,
            known.sent_at,
            known.text if known.text is not None else words,
        )
    text, quoted = _text(known, message)
    return Letter(
        file=file,
        sha256=known.sha256,
        way=known.way,
        subject=message.subject or known.subject,
        sender=f"{message.from_name} <{message.from_address}>" if message.from_name else message.from_address,
        recipients=", ".join(_recipients(message)),
        message_id=message.message_id or known.message_id,
        sent_at=message.sent_at,
        text=text[: TEXT_LIMIT + 1],
        quoted=quoted,
        attachments=tuple(one.name for one in message.attachments if one.name),
    )


def _text(known: _Known, message: Message) -> tuple[str, bool]:
    """Return the author's own words, and whether a quotation stands beside them in the message."""
    if known.way in ("out", "copy"):
        return known.text or "", False
    own = own_text(message.text, known.notice or None)
    return known.text if known.text is not None else own.text, bool(own.quoted)


def _recipients(message: Message) -> Iterator[str]:
    yield from message.to
    yield from message.cc
