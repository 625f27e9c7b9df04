"""Checks the training material: `python training/check.py [FILE …]` names every line that does not hold.

A line is one reply as its author wrote it, without the quoted reminder, with what it means (training/README.md).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "replies"
INTENTS = (
    "bounce", "auto_reply", "insolvency", "dispute", "already_paid", "promise_to_pay", "payment_plan", "hardship",
    "document_request", "wrong_contact", "stop_contact", "acknowledgement", "other",
)  # fmt: skip
REASONS = (
    "price", "quantity", "quality", "not_delivered", "not_ordered", "duplicate", "wrong_company", "contract_ended",
    "credit_note_due", "refusal", "other",
)  # fmt: skip
FLAGS = ("bank_change", "threat", "angry", "lawyer")
LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
KEYS = {
    "id": str, "writer": str, "lang": str, "sent": str, "open": list, "text": str, "intent": str, "also": list,
    "because": list, "promise_date": str | None, "promise_amount": str | None, "paid_date": str | None,
    "return_date": str | None, "invoices": list, "per_invoice": dict | None, "new_contact": str | None,
    "dispute_reason": str | None, "flags": list,
}  # fmt: skip


def faults(line: dict[str, Any]) -> Iterator[str]:
    """Yield in words whatever is wrong with one reply."""
    for key, kind in KEYS.items():
        if key not in line:
            yield f"{key} is missing"
        elif not isinstance(line[key], kind):
            yield f"{key} is {line[key]!r}"
    if extra := line.keys() - KEYS:
        yield f"unknown: {sorted(extra)}"
    if not all(key in line and isinstance(line[key], kind) for key, kind in KEYS.items()):
        return
    yield from _labels(line)
    yield from _values(line)


def _labels(line: dict[str, Any]) -> Iterator[str]:
    if line["lang"] not in LANGUAGES:
        yield f"lang {line['lang']!r}"
    for intent in (line["intent"], *line["also"], *(line["per_invoice"] or {}).values()):
        if intent not in INTENTS:
            yield f"intent {intent!r}"
    if line["intent"] in line["also"]:
        yield "also repeats the intent"
    if unknown := set(line["flags"]) - set(FLAGS):
        yield f"flags {sorted(unknown)}"
    disputed = "dispute" in (line["intent"], *line["also"])
    if (line["dispute_reason"] is not None) != disputed:
        yield "dispute_reason stands with a dispute, and only there"
    if line["dispute_reason"] not in (None, *REASONS):
        yield f"dispute_reason {line['dispute_reason']!r}"
    if not line["because"] and line["intent"] != "other":
        yield "because is empty"
    for words in line["because"]:
        if words not in line["text"]:
            yield f"because is not in the text: {words!r}"


def _values(line: dict[str, Any]) -> Iterator[str]:
    try:
        if datetime.fromisoformat(line["sent"]).tzinfo is None:
            yield "sent has no offset"
    except ValueError:
        yield f"sent {line['sent']!r}"
    for key in ("promise_date", "paid_date", "return_date"):
        try:
            if line[key] is not None:
                date.fromisoformat(line[key])
        except ValueError:
            yield f"{key} {line[key]!r}"
    if line["promise_amount"] is not None and not re.fullmatch(r"\d+\.\d{2}", line["promise_amount"]):
        yield f"promise_amount {line['promise_amount']!r}"
    numbers = [invoice.get("number") for invoice in line["open"]]
    for invoice in line["open"]:
        if set(invoice) != {"number", "amount", "currency", "due"}:
            yield f"open {invoice!r}"
    named = [*line["invoices"], *(line["per_invoice"] or {})]
    if unknown := set(named) - set(numbers):
        yield f"not an open invoice: {sorted(unknown)}"
    if not line["text"].strip():
        yield "text is empty"


def main(names: list[str]) -> int:
    """Check the files named, or all; print what is wrong and how many of each intent there are."""
    paths = [Path(name) for name in names] or sorted(FOLDER.glob("*.jsonl"))
    seen: Counter[str] = Counter()
    texts: dict[str, str] = {}
    wrong = 0
    for path in paths:
        for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
            try:
                line = json.loads(raw)
                found = list(faults(line))
            except ValueError as error:
                line, found = {}, [f"no JSON: {error}"]
            words = " ".join(str(line.get("text", "")).lower().split())
            if words and words in texts:
                found.append(f"the same text stands in {texts[words]}")
            texts[words] = f"{path.name}:{number}"
            seen[f"{line.get('lang')} {line.get('intent')}"] += 1
            wrong += bool(found)
            for words in found:
                print(f"{path.name}:{number}: {words}")
    for key, count in sorted(seen.items()):
        print(f"{count:6} {key}")
    print(f"{sum(seen.values())} replies, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
