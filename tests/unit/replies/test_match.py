"""Where a message belongs, and how far its sender is trusted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relance_mailer.replies.match import (
    CERTAINTY,
    By,
    Doubt,
    Known,
    Match,
    NoticeRef,
    SenderTrust,
    candidate_addresses,
    candidate_ids,
    match,
    words_of,
)
from relance_mailer.replies.message import read
from relance_mailer.replies.model import Message
from relance_mailer.replies.numbers import looked_up

MAIL = Path(__file__).parents[2] / "data" / "mail"
OURS = "<n1.relance@atelier.example>"
THEIRS = "<n2.relance@atelier.example>"
KNOWN = Known(
    notices={OURS: NoticeRef(11, 1), THEIRS: NoticeRef(22, 2)},
    contacts={"jean@client.example": (1,), "anne@autre.example": (2,), "cabinet@compta.example": (1, 2)},
    domains={"client.example": (1,), "autre.example": (2,), "groupe.example": (1, 2)},
    numbers={1: ("F2026-0042", "F2026-0043"), 2: ("F2026-0099",)},
)


def place(found: Match) -> tuple[int | None, int | None, By, SenderTrust]:
    return found.notice_id, found.debtor_id, found.by, found.sender


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


def test_numbers_are_looked_up_in_the_subject_and_in_the_authors_words() -> None:
    assert "F-12" in looked_up(words_of(mail("a@b.example"), "la F-12"))
    assert "F-12" in looked_up(words_of(replace(mail("a@b.example"), subject="F-12"), ""))


def test_a_known_sender_in_our_thread() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "oui", KNOWN)
    assert place(found) == (11, 1, By.THREAD, SenderTrust.KNOWN)


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


def test_a_known_sender_that_our_server_suspects_is_unverified() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "", replace(KNOWN, suspect=True))
    assert (found.debtor_id, found.sender) == (1, SenderTrust.UNVERIFIED)


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
    assert place(found) == (None, 1, By.NUMBER, SenderTrust.KNOWN)
    assert found.invoices == ("F2026-0042",)


def test_a_number_in_the_subject_counts() -> None:
    assert match(mail("jean@client.example", "Subject: F2026-0042"), "", KNOWN).by == By.NUMBER


def test_a_number_decides_between_the_debtors_of_one_contact() -> None:
    assert match(mail("cabinet@compta.example"), "F2026-0099", KNOWN).debtor_id == 2


def test_a_number_from_a_stranger_is_about_its_debtor_but_speaks_for_nobody() -> None:
    found = match(mail("qui@ailleurs.example"), "F2026-0042", KNOWN)
    assert place(found) == (None, 1, By.NUMBER, SenderTrust.UNVERIFIED)


def test_numbers_of_two_debtors_from_a_stranger_leave_it_to_a_person() -> None:
    found = match(mail("qui@ailleurs.example"), "F2026-0042, F2026-0099", KNOWN)
    assert (found.debtor_id, found.ambiguous) == (None, (1, 2))


def test_another_debtors_number_never_moves_a_message_to_it() -> None:
    found = match(mail("jean@client.example"), "F2026-0099", KNOWN)
    assert (found.debtor_id, found.invoices, found.by) == (1, (), By.SENDER)
    assert found.doubts == (Doubt.OTHER_NUMBER,)


def test_a_contact_alone_matches_its_debtor() -> None:
    assert match(mail("jean@client.example"), "bonjour", KNOWN).by == By.SENDER


def test_a_domain_alone_matches_but_is_unverified() -> None:
    found = match(mail("neuf@client.example"), "bonjour", KNOWN)
    assert (found.debtor_id, found.by, found.sender) == (1, By.DOMAIN, SenderTrust.UNVERIFIED)


@pytest.mark.parametrize("sender", ["cabinet@compta.example", "neuf@groupe.example"])
def test_a_sender_of_two_debtors_is_ambiguous(sender: str) -> None:
    found = match(mail(sender), "bonjour", KNOWN)
    assert (found.debtor_id, found.ambiguous) == (None, (1, 2))
    assert {one.certainty for one in found.candidates} < {0.45, 0.3}  # half of what it would be for one alone


def test_a_stranger_matches_nobody() -> None:
    assert match(mail("qui@ailleurs.example"), "bonjour", KNOWN) == Match()


# ── a token is somebody's ────────────────────────────────────────────────────────────────────────────────────


def test_another_debtors_token_matches_nothing() -> None:
    found = match(mail("anne@autre.example"), "", replace(KNOWN, tokens=(NoticeRef(11, 1),)))
    assert (found.notice_id, found.debtor_id, found.by) == (None, None, By.NONE)
    assert {one.debtor_id for one in found.candidates} == {1, 2}


def test_a_colleague_at_another_debtors_domain_with_its_token_matches_nothing() -> None:
    found = match(mail("neuf@autre.example"), "", replace(KNOWN, tokens=(NoticeRef(11, 1),)))
    assert found.debtor_id is None


def test_a_report_from_another_debtors_server_is_about_the_notice_whose_token_it_bears() -> None:
    report = mail("MAILER-DAEMON@autre.example")
    assert match(report, "", replace(KNOWN, tokens=(NoticeRef(11, 1),))).notice_id == 11


def test_a_strangers_token_names_the_notice_and_speaks_for_nobody() -> None:
    found = match(mail("expert@cabinet.example"), "", replace(KNOWN, tokens=(NoticeRef(11, 1),)))
    assert place(found) == (11, 1, By.TOKEN, SenderTrust.UNVERIFIED)


# ── how sure it is ───────────────────────────────────────────────────────────────────────────────────────────


def test_every_sign_has_its_certainty() -> None:
    assert set(CERTAINTY) == set(By) - {By.NONE}
    assert all(0 < value < 1 for value in CERTAINTY.values())


def test_signs_of_different_kinds_add_up_and_signs_of_one_kind_do_not() -> None:
    sender = match(mail("jean@client.example"), "", KNOWN).certainty  # its domain too
    assert sender == CERTAINTY[By.SENDER]
    assert match(mail("jean@client.example"), "F2026-0042", KNOWN).certainty > sender
    thread = match(mail("jean@client.example", reply_to(OURS)), "", KNOWN).certainty
    assert CERTAINTY[By.THREAD] < thread == 0.99  # and no sum of signs is a proof


def test_a_sign_for_another_debtor_takes_from_the_certainty() -> None:
    alone = match(mail("qui@ailleurs.example", reply_to(OURS)), "", KNOWN)
    against = match(mail("anne@autre.example", reply_to(OURS)), "", KNOWN)
    assert against.doubts == (Doubt.OTHER_SENDER,)
    assert [one.debtor_id for one in against.candidates] == [1, 2]
    assert alone.doubts == ()


def test_candidates_say_what_speaks_for_them_the_strongest_first() -> None:
    [candidate] = match(mail("jean@client.example", reply_to(OURS)), "la 0042", KNOWN).candidates
    assert candidate.by == (By.THREAD, By.SENDER, By.DOMAIN, By.SHORT)
    assert candidate.invoices == ("F2026-0042",)


@pytest.mark.parametrize("words", ["la 0042", "n° 42", "votre facture 0042", "F 2026 0042", "f2026/0042"])
def test_a_shortened_or_otherwise_written_number_decides_between_the_debtors_of_one_contact(
    words: str,
) -> None:
    assert match(mail("cabinet@compta.example"), words, KNOWN).debtor_id == 1


def test_a_shortened_number_of_two_debtors_leaves_it_to_a_person() -> None:
    known = replace(KNOWN, numbers={1: ("F2026-0412",), 2: ("A-0412",)})
    found = match(mail("cabinet@compta.example"), "la 0412", known)
    assert (found.debtor_id, set(found.ambiguous)) == (None, {1, 2})


def test_a_shortened_number_from_a_stranger_says_nothing() -> None:
    assert match(mail("qui@ailleurs.example"), "la 0042", KNOWN).candidates == ()


def test_an_old_thread_of_one_debtor_about_anothers_invoice_is_for_a_person() -> None:
    found = match(mail("cabinet@compta.example", reply_to(OURS)), "la F2026-0099", KNOWN)
    assert (found.debtor_id, set(found.ambiguous)) == (None, {1, 2})


def test_a_thread_in_which_another_debtors_invoice_is_named_is_doubtful() -> None:
    found = match(mail("jean@client.example", reply_to(OURS)), "la F2026-0099", KNOWN)
    assert (found.debtor_id, found.doubts) == (1, (Doubt.OTHER_NUMBER,))


def test_a_copy_to_a_contact_makes_its_debtor_likely_and_no_more() -> None:
    found = match(mail("expert@cabinet.example", "Cc: jean@client.example"), "bonjour", KNOWN)
    assert (found.debtor_id, found.ambiguous, found.candidates[0].by) == (None, (1,), (By.COPY,))


def test_a_similar_domain_makes_its_debtor_likely_and_no_more() -> None:
    found = match(mail("jean@client-example.test"), "bonjour", replace(KNOWN, alike=(1,)))
    assert (found.debtor_id, found.ambiguous, found.candidates[0].by) == (None, (1,), (By.LOOKALIKE,))
