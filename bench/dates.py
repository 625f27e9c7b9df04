"""Dates: how many phrases a library and ours read right, and what ours finds in the training material.

    python bench/dates.py                    # tests/data/dates/*.tsv, ours; dateparser too where it is installed
    python bench/dates.py --material         # training/replies/*.jsonl, the files held back
    python bench/dates.py --material --seen  # the files that the words were tuned on
    python bench/dates.py --phrases-missed   # what ours reads wrong

A line of a table is a phrase, the day it means when written on Wednesday 19 November 2025 (`-`: no date at all) and
perhaps `paid` (read backwards), `due` (the invoice was due on 10 November) or `US`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from relance_mailer.replies import dates
from relance_mailer.replies.clauses import read_body
from relance_mailer.replies.dates.lexicon import LANGUAGES
from relance_mailer.replies.promised_sum import promise_amount

try:
    import dateparser
    from dateparser.search import search_dates
except ImportError:
    dateparser = None

ROOT = Path(__file__).resolve().parent.parent
SENT, DUE = date(2025, 11, 19), date(2025, 11, 10)
#: Files whose mistakes were looked at while the words were written; all others are held back.
SEEN = {"fr-artisans", "fr-bureaux-et-public", "fr-tous-les-jours", "en-accounts-payable", "en-everyday"}
SEEN |= {"en-trades-and-offices", "de-betriebe", "es-empresas", "it-aziende", "nl-bedrijven", "pt-empresas"}


def phrases(language: str) -> Iterator[tuple[str, date | None, str]]:
    """The lines of a language's table."""
    table = ROOT / "tests" / "data" / "dates" / f"{language}.tsv"
    for line in table.read_text("utf-8").splitlines():
        text, day, *flags = line.split("\t")
        full = day if len(day) > 5 else f"2025-{day}"
        yield text, None if day == "-" else date.fromisoformat(full), " ".join(flags)


def ours(text: str, flags: str, language: str) -> date | None:
    country = "US" if "US" in flags else ""
    due = DUE if "due" in flags else None
    past = "paid" in flags
    found = dates.find_dates(text, SENT, due=due, country=country, past=past, language=language)
    return found[-1].date if found else None


def library(text: str, flags: str, language: str) -> date | None:
    """What dateparser makes of a phrase, alone or searched in it, whichever finds something first."""
    settings = {
        "RELATIVE_BASE": datetime(2025, 11, 19, 12),  # noqa: DTZ001 (it takes no other)
        "PREFER_DATES_FROM": "past" if "paid" in flags else "future",
        "DATE_ORDER": "MDY" if "US" in flags else "DMY",
    }
    whole = dateparser.parse(text, languages=[language], settings=settings)
    if whole is None:
        found = search_dates(text, languages=[language], settings=settings) or []
        whole = found[-1][1] if found else None
    return whole.date() if whole else None


def show_phrases(*, missed: bool) -> None:
    total = Counter()
    for language in LANGUAGES:
        rows = list(phrases(language))
        for text, day, flags in rows:
            told, untold = ours(text, flags, language) == day, ours(text, flags, "") == day
            total[language, "ours"] += told
            total[language, "ours, language not told"] += untold
            if missed and not (told and untold):
                print(
                    language,
                    repr(text),
                    "means",
                    day,
                    "read",
                    ours(text, flags, language),
                    ours(text, flags, ""),
                )
            if dateparser:
                total[language, "dateparser"] += library(text, flags, language) == day
        shares = "  ".join(
            f"{name} {count / len(rows):6.1%}" for (of, name), count in total.items() if of == language
        )
        print(f"{language}  {len(rows):4} phrases  {shares}")


def material(*, seen: bool) -> Iterator[dict]:
    """The replies of the files looked at, or of those held back."""
    for file in sorted((ROOT / "training" / "replies").glob("*.jsonl")):
        if (file.stem in SEEN) == seen:
            yield from map(json.loads, file.read_text("utf-8").splitlines())


def body_of(text: str) -> str:
    sentences = read_body(text).sentences
    return text[: sentences[-1].end] if sentences else text


def read_row(row: dict, field: str, *, told: bool) -> str | None:
    sent = datetime.fromisoformat(row["sent"]).date()
    text, language = body_of(row["text"]), row["lang"]
    country = "US" if {invoice["currency"] for invoice in row["open"]} == {"USD"} else ""
    if field == "promise_date":
        dues = [date.fromisoformat(invoice["due"]) for invoice in row["open"] if invoice.get("due")]
        found = dates.promise_date(
            text, sent, due=max(dues, default=None), country=country, language=language, told=told
        )
    elif field == "paid_date":
        found = dates.paid_date(text, sent, country=country, language=language, told=told)
    elif field == "return_date":
        found = dates.return_date(text, sent)
    else:
        sums = [Decimal(invoice["amount"]) for invoice in row["open"]]
        value = promise_amount(text, open_sums=sums, language=language, told=told)
        return str(value) if value is not None else None
    return found.isoformat() if found else None


OF = {
    "promise_date": {"promise_to_pay"},
    "paid_date": {"already_paid"},
    "return_date": {"auto_reply"},
    "promise_amount": {"promise_to_pay"},
}


def same(read: str | None, label: str | None) -> bool:
    if read is None or label is None:
        return read == label
    try:
        return Decimal(read) == Decimal(label)
    except ArithmeticError:
        return read == label


def show_material(missed: str, *, seen: bool) -> None:
    rows = list(material(seen=seen))
    for field, intents in OF.items():
        for all_rows in (False, True):
            if all_rows and field == "return_date":  # only ever asked of an absence
                continue
            count: dict[str, Counter] = defaultdict(Counter)
            for row in rows:
                if not all_rows and not intents & {row["intent"], *row["also"]}:
                    continue
                read, label = read_row(row, field, told=all_rows), row[field]
                right = same(read, label)
                for name in (row["lang"], "all"):
                    count[name]["messages"] += 1
                    count[name]["labelled"] += label is not None
                    count[name]["found"] += label is not None and right
                    count[name]["wrong"] += read is not None and not right
                if missed == field + (" all" if all_rows else "") and not right:
                    print(row["id"], row["sent"][:10], row["intent"], row["also"], label, "read", read)
                    print("   ", " / ".join(row["text"].split("\n"))[:700])
            print(f"\n{field}, {'all messages' if all_rows else 'messages that carry it'}")
            for name, c in sorted(count.items()):
                share = c["found"] / c["labelled"] if c["labelled"] else 1
                print(
                    f"  {name:4} {c['messages']:5} messages  {c['labelled']:4} dated  found {share:6.1%}"
                    f"  wrong in {c['wrong'] / c['messages']:5.1%} ({c['wrong']})"
                )


def main(arguments: list[str]) -> None:
    if "--material" in arguments:
        missed = next((a.partition("=")[2] for a in arguments if a.startswith("--missed=")), "")
        show_material(missed, seen="--seen" in arguments)
    else:
        show_phrases(missed="--phrases-missed" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
