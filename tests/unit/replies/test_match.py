"""Where a message belongs, and how far its sender is trusted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relance_mailer.replies.match import (
    MAX_NUMBERS,
    By,
    Known,
    Match,
    NoticeRef,
    SenderTrust,
    candidate_addresses,
    candidate_ids,
    candidate_numbers,
    dmarc_failed,
    match,
    named_numbers,
)
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message

MAIL = Path(__file__).parents[2] / "data" / "mail"
OURS = "<n1.relance@atelier.example>"
THEIRS = "<n2.relance@atelier.example>"
KNOWN = Known(
    notices={OURS: NoticeRef(11, 1, ("F2026-0042",)), THEIRS: NoticeRef(22, 2, ("F2026-0099",))},
    contacts={"jean@client.example": (1,), "anne@autre.example": (2,), "cabinet@compta.example": (1, 2)},
    domains={"client.example": (1,), "autre.example": (2,), "gmail.com": (1,), "groupe.example": (1, 2)},
    open_numbers={1: ("F2026-0042", "F2026-0043"), 2: ("F2026-0099",)},
    authserv_ids=frozenset({"mx.atelier.example"}),
)
FAILED = (
    "Authentication-Results: mx.atelier.example; spf=pass; dmarc=fail (p=none) header.from=client.example"
)
PASSED = "Authentication-Results: mx.atelier.example 1; dmarc=pass"


def mail(sender: str, *headers: str) -> Message:
    return read("\n".join([f"From: {sender}", "To: compta@atelier.example", *headers, "", "x"]).encode())


def reply_to(message_id: str) -> str:
    return f"In-Reply-To: {message_id}"


def test_candidates_are_the_newest_first() -> None:
    message = mail("a@b.example", "In-Reply-To: <3@x>", "References: <1@x> <2@x> <3@x>")
    assert candidate_ids(message) == ("<3@x>", "<2@x>", "<1@x>")


def test_the_parent_of_exchange_is_a_candidate() -> None:
    assert candidate_ids(mail("a@b.example", "x-ms-exchange-parent-message-id: <7@x>")) == ("<7@x>",)


def test_the_embedded_original_is_a_candidate() -> None:
    assert "<n77.relance@atelier.example>" in candidate_ids(read((MAIL / "bounce-postfix.eml").read_bytes()))


def test_candidate_addresses_begin_with_the_sender() -> None:
    message = mail("a@b.example", "Cc: c@d.example", "Delivered-To: <compta+r1-x@atelier.example>")
    assert candidate_addresses(message) == (
        "a@b.example",
        "compta@atelier.example",
        "c@d.example",
        "compta+r1-x@atelier.example",
    )


def test_failed_recipients_are_candidates() -> None:
    assert "parti@client.example" in candidate_addresses(read((MAIL / "bounce-postfix.eml").read_bytes()))


@pytest.mark.parametrize(
    "words",
    [
        "F-12",
        "f-12",
        "(F-12)",
        "n°F-12.",
        "« F-12 »",
        "facture F\u201112 ?",
        "F-12/F-13",
        "**F-12**",
        "a\nF-12\n",
    ],
)
def test_what_may_be_a_number_is_looked_up(words: str) -> None:
    message = mail("a@b.example")
    assert "F-12" in candidate_numbers(message, words)
    assert "F-12" in candidate_numbers(replace(message, subject=words), "")


def test_words_are_no_numbers_and_no_more_are_looked_up_than_can_be() -> None:
    assert candidate_numbers(mail("a@b.example"), "Bonjour, merci de rappeler la comptabilité.") == ()
    many = " ".join(f"n{number}" for number in range(10_000))
    assert len(candidate_numbers(mail("a@b.example"), many)) == MAX_NUMBERS
    assert len(candidate_numbers(mail("a@b.example"), "1" * 1_000_000)) < 3


def test_a_known_sender_in_our_thread() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "oui", KNOWN)
    assert found == Match(notice_id=11, debtor_id=1, by=By.THREAD, sender=SenderTrust.KNOWN)


def test_a_first_time_sender_at_the_debtors_domain_in_our_thread() -> None:
    assert match(mail("neuf@client.example", reply_to(OURS)), "", KNOWN).sender == SenderTrust.DOMAIN


def test_a_stranger_in_our_thread_is_attached_but_unverified() -> None:
    found = match(mail("qui@ailleurs.example", reply_to(OURS)), "", KNOWN)
    assert (found.debtor_id, found.sender) == (1, SenderTrust.UNVERIFIED)


def test_another_debtors_contact_in_our_thread_is_unverified() -> None:
    found = match(mail("anne@autre.example", reply_to(OURS)), "", KNOWN)
    assert (found.debtor_id, found.sender) == (1, SenderTrust.UNVERIFIED)


def test_a_providers_domain_is_nobodys() -> None:
    assert match(mail("neuf@gmail.com", reply_to(OURS)), "", KNOWN).sender == SenderTrust.UNVERIFIED


def test_a_contact_shared_by_two_debtors_is_known_in_the_thread_of_one() -> None:
    assert match(mail("cabinet@compta.example", reply_to(THEIRS)), "", KNOWN).sender == SenderTrust.KNOWN


def test_failed_dmarc_makes_a_known_sender_unverified() -> None:
    found = match(mail("jean@client.example", reply_to(OURS), FAILED), "", KNOWN)
    assert (found.debtor_id, found.sender) == (1, SenderTrust.UNVERIFIED)


@pytest.mark.parametrize(
    "header", [PASSED, FAILED.replace("mx.atelier", "mx.menteur"), "X-A: b", "Authentication-Results: "]
)
def test_other_results_or_none_are_no_failure(header: str) -> None:
    assert match(mail("jean@client.example", reply_to(OURS), header), "", KNOWN).sender == SenderTrust.KNOWN


def test_only_the_topmost_result_of_our_server_counts() -> None:
    assert not dmarc_failed(mail("jean@client.example", PASSED, FAILED), KNOWN.authserv_ids)


def test_a_comment_cannot_hide_a_failure() -> None:
    header = "Authentication-Results: mx.atelier.example; (dmarc=pass) dmarc=fail"
    assert dmarc_failed(mail("jean@client.example", header), KNOWN.authserv_ids)


def test_a_token_names_the_notice() -> None:
    found = match(mail("jean@client.example"), "", replace(KNOWN, tokens=(NoticeRef(11, 1),)))
    assert (found.notice_id, found.by) == (11, By.TOKEN)


def test_the_thread_says_more_than_the_token_of_the_same_debtor() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "", replace(KNOWN, tokens=(NoticeRef(12, 1),)))
    assert (found.notice_id, found.by) == (11, By.THREAD)


def test_thread_and_token_of_two_debtors_leave_it_to_a_person() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "", replace(KNOWN, tokens=(NoticeRef(22, 2),)))
    assert (found.debtor_id, found.ambiguous) == (None, (1, 2))


def test_the_original_in_a_bounce_names_the_notice() -> None:
    known = replace(KNOWN, notices={"<n77.relance@atelier.example>": NoticeRef(77, 1)})
    found = match(read((MAIL / "bounce-postfix.eml").read_bytes()), "", known)
    assert (found.notice_id, found.by) == (77, By.EMBEDDED)


def test_a_bounce_without_original_is_matched_by_its_recipient() -> None:
    known = replace(KNOWN, contacts={"parti@client.example": (1,)})
    found = match(read((MAIL / "bounce-postfix.eml").read_bytes()), "", known)
    assert (found.notice_id, found.debtor_id, found.by) == (None, 1, By.EMBEDDED)


def test_invoices_named_in_the_thread_are_listed() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "la F2026-0043 et la F2026-0099", KNOWN)
    assert found.invoices == ("F2026-0043",)


def test_a_number_and_its_debtors_contact_match() -> None:
    found = match(mail("jean@client.example"), "facture f2026-0042 payée", KNOWN)
    assert found == Match(debtor_id=1, invoices=("F2026-0042",), by=By.NUMBER, sender=SenderTrust.KNOWN)


def test_a_number_in_the_subject_counts() -> None:
    assert match(mail("jean@client.example", "Subject: F2026-0042"), "", KNOWN).by == By.NUMBER


def test_a_number_decides_between_the_debtors_of_one_contact() -> None:
    assert match(mail("cabinet@compta.example"), "F2026-0099", KNOWN).debtor_id == 2


def test_a_number_from_a_stranger_is_about_its_debtor_but_speaks_for_nobody() -> None:
    found = match(mail("qui@ailleurs.example"), "F2026-0042", KNOWN)
    assert found == Match(debtor_id=1, invoices=("F2026-0042",), by=By.NUMBER, sender=SenderTrust.UNVERIFIED)


def test_numbers_of_two_debtors_from_a_stranger_leave_it_to_a_person() -> None:
    found = match(mail("qui@ailleurs.example"), "F2026-0042, F2026-0099", KNOWN)
    assert found == Match(ambiguous=(1, 2))


def test_another_debtors_number_never_moves_a_message_to_it() -> None:
    found = match(mail("jean@client.example"), "F2026-0099", KNOWN)
    assert (found.debtor_id, found.invoices, found.by) == (1, (), By.SENDER)


def test_a_contact_alone_matches_its_debtor() -> None:
    assert match(mail("jean@client.example"), "bonjour", KNOWN).by == By.SENDER


def test_a_domain_alone_matches_but_is_unverified() -> None:
    found = match(mail("neuf@client.example"), "bonjour", KNOWN)
    assert (found.debtor_id, found.by, found.sender) == (1, By.DOMAIN, SenderTrust.UNVERIFIED)


@pytest.mark.parametrize("sender", ["cabinet@compta.example", "neuf@groupe.example"])
def test_a_sender_of_two_debtors_is_ambiguous(sender: str) -> None:
    assert match(mail(sender), "bonjour", KNOWN) == Match(ambiguous=(1, 2))


def test_a_stranger_matches_nobody() -> None:
    assert match(mail("qui@ailleurs.example"), "bonjour", KNOWN) == Match()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("facture F-12.", True),
        ("(f-12)", True),
        ("F‑12", True),
        ("F-12/F-13", True),
        ("F-123", False),
        ("AF-12", False),
        ("F-12-3", False),
        ("2026-F-12", False),
        ("F-12.5", False),
        ("", False),
    ],
)
def test_a_number_counts_only_whole(words: str, found: bool) -> None:
    assert ("F-12" in named_numbers(words, ["F-12", "F-13"])) is found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("facture 2026", ("2026",)),
        ("factures n° 2026 et 2027", ("2026", "2027")),
        ("le 3 novembre 2026", ()),
        ("facture de 2026,50 €", ()),
        ("en 2026/2027", ()),
    ],
)
def test_short_numbers_need_a_word_before_them(words: str, found: tuple[str, ...]) -> None:
    assert named_numbers(words, ["2026", "2027"]) == found


def test_two_numbers_joined_by_a_slash_are_both_named() -> None:
    assert named_numbers("100456/100457", ["100456", "100457"]) == ("100456", "100457")
