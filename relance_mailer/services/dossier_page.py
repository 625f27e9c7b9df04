"""What people and programs read first in a case file: the chronology's content, the README, the manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relance_mailer import __version__
from relance_mailer.dunning.debtor_kind import effective_kind, siren_of
from relance_mailer.dunning.invoice import Debtor
from relance_mailer.evidence.chronology import Chronology, Letter, visible
from relance_mailer.evidence.verify import FORMAT, VERSION
from relance_mailer.services import dossier_account, dossier_story
from relance_mailer.services.dossier_letters import Kept
from relance_mailer.services.dossier_scope import Scope
from relance_mailer.services.office import Office
from relance_mailer.store import cases
from relance_mailer.store import dossier as store
from relance_mailer.store.ledger import Head, Kind, Recorded
from relance_mailer.store.session import Session
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

_CHRONOLOGY = {"fr": "chronologie.html"}
_README = {"fr": "LISEZMOI.txt"}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which part of the chain is exported, from `first` to `last`; when and by whom."""

    first: int
    last: Head
    at: datetime
    by: str


def chronology_name(language: str) -> str:
    """Return what the chronology's file is called."""
    return _CHRONOLOGY.get(language, "chronology.html")


def readme_name(language: str) -> str:
    """Return what the README's file is called."""
    return _README.get(language, "README.txt")


# ── what people read ─────────────────────────────────────────────────────────────────────────────────────


def page_of(
    session: Session,
    office: Office,
    scope: Scope,
    entries: Sequence[Recorded],
    kept: Sequence[Kept],
    excerpt: Excerpt,
) -> Chronology:
    """Return what the chronology shows, as of the export."""
    debtor_id = scope.debtor.id
    assert debtor_id is not None
    language = office.config.language
    [file] = cases.load(session, office.view(excerpt.at), [debtor_id])
    invoice_id = scope.invoice.id if scope.invoice else None
    account = dossier_account.account(session, office, file, invoice_id, office.today(excerpt.at))
    events = dossier_story.events(_facts(session, office, scope, kept), entries)
    return Chronology(
        language=language,
        zone=office.config.creditor.zone,
        at=excerpt.at,
        by=excerpt.by,
        program=__version__,
        creditor=office.config.creditor.party,
        debtor=file.debtor.party,
        reference=file.debtor.reference,
        kind=say(f"dossier.kind.{_kind(file.debtor)}", language),
        contacts=tuple(_contact(row.name, row.address) for row in store.contacts_of(session, debtor_id)),
        invoice=scope.invoice.number if scope.invoice else "",
        invoices=tuple(account.lines),
        settled=tuple(account.settled),
        totals=account.totals,
        spans=tuple(account.spans),
        claim=account.claim,
        unknown_rate=account.unknown_rate,
        facts=_counts(entries, [one.letter for one in kept]),
        events=events,
        head=(excerpt.first, excerpt.last.sequence, excerpt.last.hash),
    )


def _facts(session: Session, office: Office, scope: Scope, kept: Sequence[Kept]) -> dossier_story.Facts:
    assert scope.debtor.id is not None
    return dossier_story.Facts(
        language=office.config.language,
        scope=scope,
        members=store.members_of(session, [row.id for row in scope.notices if row.id is not None]),
        invoices={row.id or 0: row for row in store.invoices_of(session, scope.debtor.id)},
        letters={one.letter.sha256: one.letter for one in kept},
    )


def _kind(debtor: Debtor) -> str:
    """Return the kind by which interest is claimed or not, and what proves it where nobody stated it."""
    kind = effective_kind(debtor.kind, debtor.party.siren, debtor.party.vat)
    if kind is debtor.kind:
        return kind
    return "by_siren" if siren_of(debtor.party.siren) else "by_vat"


def _contact(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def _counts(entries: Sequence[Recorded], letters: Sequence[Letter]) -> tuple[tuple[str, int], ...]:
    kinds = [entry.kind for entry in entries]
    sent = sum(
        1
        for entry in entries
        if entry.kind == Kind.SENT and (entry.payload or {}).get("mode", "live") == "live"
    )
    counted = (
        ("sent", sent),
        ("failed", kinds.count(Kind.FAILED)),
        ("received", sum(letter.way == "in" for letter in letters)),
        ("promised", kinds.count(Kind.PROMISED)),
        ("broken", kinds.count(Kind.PROMISE_BROKEN)),
        ("disputed", kinds.count(Kind.DISPUTED)),
    )
    return tuple((key, number) for key, number in counted if number or key in ("sent", "received"))


def readme(page: Chronology) -> str:
    """Return the text that says what is inside and how to verify it."""
    language = page.language
    about = say("dossier.readme_invoice", language, number=page.invoice) if page.invoice else ""
    debtor = formats.clean(page.debtor.name)
    local = page.at.astimezone(page.zone)
    words = say(
        "dossier.readme",
        language,
        debtor=debtor,
        line="=" * (len(debtor) + (20 if language == "fr" else 12)),
        creditor=formats.clean(page.creditor.name),
        reference=formats.clean(page.reference),
        about=formats.clean(about).removeprefix(" ") if about else "",
        at=f"{formats.long_date(local.date(), language)}, {local:%H:%M:%S%z}",
        by=formats.clean(page.by),
        program=page.program,
        chronology=chronology_name(language),
        last=page.head[1],
        hash=page.head[2],
        several=say("dossier.readme_several", language) if page.invoice else "",
    )
    return visible(words)


# ── what programs read ───────────────────────────────────────────────────────────────────────────────────


def manifest(office: Office, page: Chronology, kept: Sequence[Kept], previous: str) -> bytes:
    """Return the summary for programs; `previous` is the hash before the excerpt's first entry."""
    first, last, own = page.head
    said = {
        "format": FORMAT,
        "version": VERSION,
        "program": page.program,
        "language": page.language,
        "creditor": {
            "key": office.config.creditor.key,
            "name": page.creditor.name,
            "siren": page.creditor.siren,
        },
        "debtor": {"reference": page.reference, "name": page.debtor.name, "siren": page.debtor.siren},
        "invoice": page.invoice or None,
        "exported_at": page.at.astimezone(page.zone).isoformat(),
        "exported_by": page.by,
        "ledger": {
            "first": first,
            "previous": previous,
            "last": last,
            "hash": own,
            "told": len(page.events),
        },
        "outstanding": [
            {"currency": total.principal.currency, "amount": f"{total.principal.amount:f}"}
            for total in page.totals
        ],
        "messages": [
            {
                "file": one.letter.file or None,
                "sha256": one.letter.sha256,
                "way": one.letter.way,
                "message_id": one.letter.message_id,
                "sequence": one.sequence,
            }
            for one in kept
        ],
        "erased": sorted({one.letter.sha256 for one in kept if not one.letter.file}),
    }
    return json.dumps(said, ensure_ascii=True, indent=2).encode("ascii") + b"\n"
