"""What looks like one and stands twice: several debtors with one address, one debtor under two references; near numbers.

Pointed out when an import brings it, never put right by the program: a group's companies may well share an accounts
department. Everything is looked up in tables, so that the work grows with the file and not with its square.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from relance_mailer.intake.cells import plain
from relance_mailer.services.import_run import Newcomer, Run, chunks
from relance_mailer.store import imports
from relance_mailer.store.session import Session

#: What a company is, not what it is called, as `plain` writes it: before its name …
_FORMS_BEFORE = (
    "sarl sas sasu eurl sa sci snc scp scop selarl selas sca scs gie earl gaec eirl ets etablissements societe ste "
    "entreprise monsieur madame m mme mr mrs"
)
#: … and after it; Europe's commonest legal forms.
_FORMS_AFTER = (
    "ei ltd limited llp llc plc inc gmbh ag kg ohg ug ek mbh bv nv sprl srl bvba vof spa sl slu sau lda oy oyj ab as "
    "aps sro kft doo sp zoo et cie co compagnie company"
)
_BEFORE = frozenset(_FORMS_BEFORE.split())
_AFTER = _BEFORE | frozenset(_FORMS_AFTER.split())
_INITIALS = re.compile(r"\b(?:\w )+\w\b")  # S.A.R.L. is "s a r l" once its points are gone
_MOST = 5  #: names in one sentence
_MOST_UNKNOWN = 1_000  #: unknown numbers for which near ones are looked for
_MOST_OWN = 200  #: invoices of a debtor among which one slip of the pen is forgiven


def company(name: str) -> str:
    """Return a name without case, accents, punctuation and legal form; "" if nothing is left."""
    words = _INITIALS.sub(lambda found: found[0].replace(" ", ""), plain(name)).split()
    while words and words[0] in _BEFORE:
        del words[0]
    while words and words[-1] in _AFTER:
        del words[-1]
    return " ".join(words)


def number_key(number: str) -> str:
    """Return an invoice's number without case, punctuation and leading zeros: F-2026-0042 and f2026/42 are alike."""
    parts = re.findall(r"[a-z]+|[0-9]+", plain(number))
    return "-".join(part.lstrip("0") or "0" for part in parts)


def one_slip(one: str, other: str) -> bool:
    """Tell whether two numbers differ by one character put in, left out, mistaken or swapped with its neighbour."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    rest, other_rest = one[start:], other[start:]
    swapped = rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:]
    return rest[1:] == other_rest[1:] or swapped


def point_out(run: Run, session: Session) -> None:
    """Note which debtors that came in look like others, and which known invoices the unknown numbers may mean."""
    addresses = [newcomer for newcomer in run.newcomers if newcomer.address]
    debtors = [newcomer for newcomer in run.newcomers if not newcomer.address]
    if addresses:
        _one_address(run, session, addresses)
    if debtors:
        _one_debtor(run, session, debtors)
    if run.unknown:
        _near_numbers(run, session)


def _one_address(run: Run, session: Session, newcomers: Collection[Newcomer]) -> None:
    """Note the addresses that came in at one debtor and are another's too."""
    holders: defaultdict[str, dict[str, str]] = defaultdict(dict)  # by address: names by reference
    for some in chunks(sorted({newcomer.address for newcomer in newcomers})):
        for address, reference, name in imports.holders(session, run.creditor_id, some):
            holders[address][reference] = name
    lines: dict[str, int] = {}
    for newcomer in newcomers:
        holders[newcomer.address][newcomer.reference] = newcomer.name
        lines.setdefault(newcomer.address, newcomer.line)
    for address, line in lines.items():
        if len(holders[address]) > 1:
            run.point_out(line, "import.one_address", address=address, debtors=_named(holders[address]))


def _one_debtor(run: Run, session: Session, newcomers: Collection[Newcomer]) -> None:
    """Note the debtors that came in and have the number or the name of one with another reference."""
    known: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)  # by identity: names by reference
    for reference, name, siren, vat in imports.parties(session, run.creditor_id):
        for identity in identities(name, siren, vat):
            known[identity][reference] = name
    told: set[frozenset[str]] = set()
    for newcomer in newcomers:
        for identity in identities(newcomer.name, newcomer.siren, newcomer.vat):
            known[identity][newcomer.reference] = newcomer.name  # in a dry run it is not among the known
    for newcomer in newcomers:
        for kind, value in identities(newcomer.name, newcomer.siren, newcomer.vat):
            alike = known[kind, value]
            if len(alike) > 1 and (group := frozenset(alike)) not in told:
                told.add(group)
                run.point_out(newcomer.line, f"import.one_debtor.{kind}", value=value, debtors=_named(alike))


def identities(name: str, siren: str, vat: str) -> Iterator[tuple[str, str]]:
    """Yield what a debtor may be known by, the surest first."""
    number = siren or (vat[4:] if vat.startswith("FR") and len(vat) == 13 else "")  # FR, a key, the SIREN
    if number:
        yield "siren", number
    elif vat:
        yield "vat", vat
    if called := company(name):
        yield "name", called


def _named(debtors: Mapping[str, str]) -> str:
    names = [f"{name} ({reference})" for reference, name in sorted(debtors.items())]
    more = f" +{len(names) - _MOST}" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _near_numbers(run: Run, session: Session) -> None:
    """Note which known invoice an unknown number most likely means."""
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for known in imports.numbers(session, run.creditor_id):
        by_key[number_key(known)].append(known)
    own: dict[int, list[str]] = {}
    for line, number, debtor_id in run.unknown[:_MOST_UNKNOWN]:
        key = number_key(number)
        alike = by_key.get(key, [])
        if not alike and debtor_id is not None:
            if debtor_id not in own:
                own[debtor_id] = imports.numbers_of(session, debtor_id, _MOST_OWN)
            alike = [known for known in own[debtor_id] if one_slip(number_key(known), key)]
        if len(alike) == 1:
            run.point_out(line, "import.near_number", number=number, near=alike[0])
