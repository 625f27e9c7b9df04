from __future__ import annotations

import json
from datetime import date
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from relance_mailer.replies.classify import batch_line, classify
from relance_mailer.replies.model import Intent, MachineKind

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = {
    "id", "intent", "also", "confidence", "needs_review", "promise_date", "promise_amount", "paid_date", "return_date",
    "invoices", "per_invoice", "new_contact", "dispute_reason", "flags", "reply_text", "because", "language", "machine",
}  # fmt: skip
NOTICE = "Bonjour,\n\nSauf erreur, la facture FA-2025-0412 de 1 250,00 € reste impayée.\n\nCordialement\nChêne clair\n"
ACCOUNT = {
    "debtor": "Menuiserie Lorraine",
    "open_invoices": [
        {"number": "FA-2025-0412", "amount": "1250.00", "currency": "EUR", "due": "2025-10-31"}
    ],
}


def mail(text: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Anne Petit <a.petit@lorraine.example>"
    message["To"] = "compta@chene-clair.example"
    message["Subject"] = "Re: Facture FA-2025-0412"
    message["Date"] = "Wed, 19 Nov 2025 23:30:00 -0500"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def reader(raw: bytes) -> Callable[[str], bytes]:
    return lambda _path: raw


def answer(raw: bytes, **line: Any) -> dict[str, Any]:
    given = {"id": "a1", "eml": "a1.eml", "notice": NOTICE, "account": ACCOUNT, **line}
    found: dict[str, Any] = json.loads(batch_line(json.dumps(given), reader(raw)))
    return found


def test_an_answer_is_read_without_the_notice_quoted_under_it() -> None:
    quoted = "".join(f"> {line}\n" for line in NOTICE.splitlines())
    raw = mail(
        f"Bonjour,\n\nNous réglerons vendredi.\n\nLe 17/11/2025 à 10:02, Chêne clair a écrit :\n{quoted}"
    )
    found = classify(raw, notice=NOTICE, account=None, creditor=None)
    assert (found.intent, found.machine) == (Intent.PROMISE_TO_PAY, None)
    assert "impayée" not in found.reply_text


def test_the_sending_day_is_the_date_header_s_own_in_its_own_zone() -> None:
    # 23:30 on the 19th in New York is the 20th in Paris
    found = classify(
        mail("Payment goes out today, we will pay today."), notice=None, account=None, creditor=None
    )
    assert found.promise_date == date(2025, 11, 19)


def test_without_a_date_header_the_day_of_receipt_stands_in() -> None:
    raw = mail("We will pay today.").replace(b"Date: Wed, 19 Nov 2025 23:30:00 -0500\n", b"")
    assert classify(raw, notice=None, account=None, creditor=None).promise_date is None
    received = date(2025, 11, 20)
    found = classify(raw, notice=None, account=None, creditor=None, received_on=received)
    assert found.promise_date == received


def test_an_absence_is_an_automatic_reply_with_its_day_of_return() -> None:
    raw = mail(
        "Je suis absente jusqu'au 28 novembre inclus.", Auto_Submitted="auto-replied", Subject="Absence"
    )
    found = classify(raw, notice=None, account=None, creditor=None)
    assert found.intent is Intent.AUTO_REPLY
    assert found.machine is not None
    assert found.machine.kind is MachineKind.ABSENCE
    assert found.return_date == date(2025, 11, 29)
    assert not found.needs_review


def test_a_line_in_gives_a_line_out_with_every_key() -> None:
    found = answer(mail("Nous verserons 500,00 € vendredi pour la FA-2025-0412."))
    assert set(found) == KEYS
    assert found["id"] == "a1"
    assert found["intent"] == "promise_to_pay"
    assert found["promise_date"] == "2025-11-21"
    assert found["promise_amount"] == "500.00"
    assert found["invoices"] == ["FA-2025-0412"]
    assert found["machine"] is found["per_invoice"] is found["new_contact"] is found["dispute_reason"] is None
    assert found["also"] == found["flags"] == []
    assert 0 <= found["confidence"] <= 1


def test_a_machine_s_line_says_what_kind_it_is() -> None:
    raw = mail(
        "I am out of the office until 28 November.",
        Auto_Submitted="auto-replied",
        Subject="Automatic reply: x",
    )
    found = answer(raw)
    assert found["intent"] == "auto_reply"
    assert found["return_date"] == "2025-11-29"
    assert set(found["machine"]) == {
        "kind", "final", "address_dead", "status", "reason", "recipients", "original_message_id",
    }  # fmt: skip
    assert found["machine"]["kind"] == "absence"


def test_the_creditor_may_be_absent_null_or_told() -> None:
    raw = mail("Viré hier sur FR76 3000 6000 0112 3456 7890 189.")
    known = {"ibans": ["FR7630006000011234567890189"], "addresses": [], "country": "FR"}
    other = {**known, "ibans": ["GB82WEST12345698765432"]}
    assert (
        answer(raw)["flags"]
        == answer(raw, creditor=None)["flags"]
        == answer(raw, creditor=known)["flags"]
        == []
    )
    assert answer(raw, creditor=other)["flags"] == ["bank_change"]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[1, 2]",
        "{}",
        '{"id": "a1"}',
        '{"id": "a1", "eml": "x", "account": "nobody"}',
        '{"id": "a1", "eml": "x", "account": {"open_invoices": [{"number": "1"}]}}',
        '{"id": "a1", "eml": "x", "account": {"open_invoices": [{"number": "1", "amount": "much", "currency": "EUR", "due": "2025-01-01"}]}}',
        '{"id": "a1", "eml": "x", "notice": 7}',
        "[" * 100_000,
    ],
)
def test_a_bad_line_still_gets_its_line(line: str) -> None:
    found = json.loads(batch_line(line, reader(mail("Nous réglerons vendredi."))))
    assert set(found) == KEYS | {"error"}
    assert found["id"] == ("a1" if '"a1"' in line else None)
    assert (found["intent"], found["needs_review"]) == ("other", True)


def test_a_missing_file_still_gets_its_line() -> None:
    def missing(path: str) -> bytes:
        raise FileNotFoundError(path)

    found = json.loads(batch_line(json.dumps({"id": 7, "eml": "gone.eml"}), missing))
    assert found["id"] == 7
    assert "gone.eml" in found["error"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff" * 500, b"Subject: x\n\n", b"MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--"],
)
def test_what_is_hardly_a_message_goes_to_a_person(raw: bytes) -> None:
    found = answer(raw)
    assert (found["intent"], found["needs_review"]) == ("other", True)
