"""Every entry that the ledger may hold has its sentence, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.decide import Reason, Wait
from relance_mailer.services.gates import Gate, GateKind
from relance_mailer.services.telling import Letter, Teller
from relance_mailer.services.views import decision_words, gate_words
from relance_mailer.store.ledger import Kind, Recorded
from relance_mailer.texts.words import WORDS, say

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
#: What concerns an office, never an invoice.
OF_THE_OFFICE = {Kind.SWITCHED, Kind.IBAN_ACCEPTED, Kind.INSTALLATION_RELEASED}


def _tell(kind: str, payload: dict[str, Any] | None, language: str = "en", subject: str = "notice:7") -> str:
    teller = Teller(language, "F-1", "EUR", {"ab": Letter("durand@debtor.example", "Re: F-1")})
    return teller.tell(Recorded(1, AT, kind, "Claire", subject, 1, payload))


@pytest.mark.parametrize("kind", sorted(set(Kind) - OF_THE_OFFICE))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_has_words_even_where_its_payload_lacks_what_they_name(kind: Kind, language: str) -> None:
    told = _tell(kind, {}, language)
    assert told
    assert told != kind


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        (Kind.IMPORTED, {"new": {"total": "1250.00 EUR", "due": "2026-03-05"}, "file": "a.csv"}, "imported from a.csv: €1,250.00, due on 5 Mar 2026"),
        (Kind.IMPORTED, {"old": {"due": "2026-03-05"}, "new": {"due": "2026-03-09"}, "file": "b.csv"}, "changed by b.csv: due date 5 Mar 2026 → 9 Mar 2026"),
        (Kind.PAID, {"amount": "500.00 EUR", "paid_on": "2026-03-09", "settles": {"F-1": "200.00 EUR"}}, "payment of €500.00 on 9 Mar 2026, €200.00 of it for this invoice"),
        (Kind.ALLOCATED, {"what": "payment:3", "amount": "50.00 EUR"}, "€50.00 of payment:3 allocated to this invoice by Claire"),
        (Kind.ALLOCATED, {"file": "a.csv", "balance": "90.00 EUR", "as_of": "2026-03-09"}, "a.csv: balance €90.00 on 9 Mar 2026"),
        (Kind.SENT, {"code": 250, "answer": "2.0.0 Ok: queued as 4Qx7", "mode": "live"}, "message 7 sent; the server answered: 250 2.0.0 Ok: queued as 4Qx7"),
        (Kind.SENT, {"mode": "shadow", "left": False}, "message 7: would have left (shadow, nothing is sent)"),
        (Kind.SENT, {"mode": "redirect", "code": 250, "answer": "ok"}, "message 7 sent to the team (redirect mode); the server answered: 250 ok"),
        (Kind.DEFERRED, {"phase": "rcpt", "code": 451, "answer": "4.7.1 later"}, "message 7 refused for now (rcpt): 451 4.7.1 later; it will be tried again"),
        (Kind.SETTLED, {"left": False, "proof": "Claire"}, "message 7: it did not leave, says Claire"),
        (Kind.HELD, {"reason": "dispute", "owner": "accounts"}, "on hold without an end, owner accounts: dispute"),
        (Kind.PROMISED, {"date": "2026-03-20", "amount": "80.50", "grace_until": "2026-03-25"}, "promise to pay €80.50 on 20 Mar 2026; waiting until 25 Mar 2026"),
        (Kind.PROMISED, {"date": None, "amount": None, "grace_until": "2026-03-25"}, "promise to pay, no date given; waiting until 25 Mar 2026"),
        (Kind.APPROVED, {"by": "Claire"}, "message 7 approved by Claire"),
    ],
)  # fmt: skip
def test_what_an_entry_says_is_told(kind: Kind, payload: dict[str, Any], told: str) -> None:
    assert _tell(kind, payload) == told


def test_a_message_is_named_by_its_sender_and_subject() -> None:
    told = _tell(Kind.RECEIVED, {}, subject="blob:ab")
    assert told == "message received from durand@debtor.example: “Re: F-1”"


@given(st.sampled_from([Kind.RENDERED, Kind.FAILED, Kind.PAID, Kind.NOTED]), st.text())
def test_others_words_come_in_as_one_harmless_line(kind: Kind, words: str) -> None:
    payload = {"subject": words, "to": words, "bounce": words, "label": words, "from": words}
    told = _tell(kind, payload)
    assert not [char for char in told if ord(char) < 32 or char in "\x7f\u2028\u2029\u202e"]


@pytest.mark.parametrize("reason", sorted(Reason))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_to_wait_has_words(reason: Reason, language: str) -> None:
    assert decision_words(Wait(None, reason, detail="dispute"), language)


def test_a_hold_is_told_by_its_name_not_its_key() -> None:
    held = Wait(None, Reason.HELD, detail="promise_to_pay, to_check")
    assert decision_words(held, "fr") == "en attente : promesse de règlement, réponse à vérifier"


@pytest.mark.parametrize("kind", sorted(GateKind))
def test_every_gate_has_its_sentence_and_its_remedy(kind: GateKind) -> None:
    assert {f"gate.{kind}", f"check.gate.remedy.{kind}"} <= WORDS.keys()


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_name_the_same_things(key: str) -> None:
    marks = {name: f"<{name}>" for pair in WORDS[key] for name in _names(pair)}
    french, english = (say(key, language, **marks) for language in ("fr", "en"))
    assert {mark for mark in marks.values() if mark in french} == {
        mark for mark in marks.values() if mark in english
    }


def _names(words: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(words) if name]


def test_french_sentences_hold_no_key_and_no_iso_date() -> None:
    assert _tell(Kind.DISPUTED, {"reason": "quality"}, "fr") == "contestée : qualité"
    held = _tell(Kind.HELD, {"reason": "dispute", "owner": "accounts"}, "fr")
    assert held == "en attente sans terme, suivie par la comptabilité : litige"
    assert "(92\u00a0%)" in _tell(Kind.UNDERSTOOD, {"intent": "dispute", "confidence": 0.92}, "fr")
    assert "dernier import : 22/09/2025)" in gate_words(Gate(GateKind.PAYMENTS, "2025-09-22"), "fr")
    assert "dernier import : jamais)" in gate_words(Gate(GateKind.PAYMENTS), "fr")
