"""What follows from how a message was matched and how far its sender is proven (rule 3); what is kept of it, and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relance_mailer.replies.token import notices_of_subject, plus_address, return_path, verify_return_path
from relance_mailer.replies.trust import Signature
from relance_mailer.services import desk, views
from relance_mailer.store.tables import ContactRow, HoldRow, PromiseRow, ReplyRow
from tests.integration.mail.servers import smtp_server
from tests.support.world import OUR_ADDRESS, World, answer, bounce, letter

PROMISE = "Bonjour,\n\nnous réglerons le 20 mars 2026.\n\nCordialement\nMme Durand\n"
SERVER = {
    "host": "127.0.0.1",
    "port": 1,
    "tls": "none",
    "name": "inbox",
    "authserv_id": "mx.creditor.example",
}


# ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────


def test_another_debtors_token_goes_to_the_team_and_moves_nothing_of_its_owner(world: World) -> None:
    world.owing("durand@debtor.example")
    world.owing("compta@other.example", name="Other")
    world.plan()
    world.deliver()
    to = plus_address(OUR_ADDRESS, 1, world.office.key)
    world.take(letter(PROMISE, sender="compta@other.example", to=to))
    reply = world.one(ReplyRow)
    assert (reply.debtor_id, reply.notice_id, sorted(reply.candidates)) == (None, None, [1, 2])
    assert world.tasks() == ["unmatched"]
    assert world.rows(PromiseRow) == []
    assert [row.debtor_id for row in world.rows(HoldRow)] == [2]  # the sender's own case pauses


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("m.leroy@cabinet.example", {"Cc": "durand@debtor.example"}),  # a stranger, with a copy to the debtor
        ("durand@deb-tor.example", {}),  # a domain that resembles the debtor's
        ("durand@debtor.example", {"Authentication_Results": "mx.creditor.example; dmarc=fail"}),
    ],
)
def test_a_formal_notice_waits_for_whatever_may_come_from_its_debtor(
    world: World, sender: str, headers: dict[str, Any]
) -> None:
    world.configure(mailboxes=[SERVER])
    world.formal()
    world.take(letter("Bonjour, à propos de vos relances …", sender=sender, **headers))
    world.later(days=10)
    assert world.plan().awaiting_approval == 0
    desk.handle_reply(world.office, 1, world.now, "Jo")
    assert world.plan().awaiting_approval == 1


def test_an_answer_to_a_notice_that_is_paid_meanwhile_is_looked_at(world: World) -> None:
    debtor, paid = world.owing()
    notice = world.remind()
    world.pay(paid, "1250.00")
    still = world.invoice(debtor)
    world.take(answer(notice, PROMISE))
    reply = world.one(ReplyRow)
    assert (reply.needs_review, reply.origin["doubts"]) == (True, ["settled_notice"])
    assert [row.invoice_id for row in world.rows(HoldRow)] == [still]
    assert world.rows(PromiseRow) == []
    assert "answers a message whose invoices are settled" in reply.effect


def test_an_old_thread_used_for_another_invoice_is_about_that_one(world: World) -> None:
    debtor, paid = world.owing()
    notice = world.remind()
    world.pay(paid, "1250.00")
    still = world.invoice(debtor, number="F-2026-900")
    world.take(answer(notice, "Nous réglerons la facture F-2026-900 le 20 mars 2026."))
    assert world.one(PromiseRow).invoice_id == still
    assert world.one(ReplyRow).origin["doubts"] == []


def test_a_debtor_that_names_anothers_invoice_makes_no_promise(world: World) -> None:
    world.owing()
    notice = world.remind()
    world.invoice(world.debtor("b@b.example", name="Other"), number="B-2026-77")
    world.take(answer(notice, "Nous réglerons la facture B-2026-77 le 20 mars 2026."))
    reply = world.one(ReplyRow)
    assert (reply.origin["doubts"], reply.needs_review) == (["other_number"], True)
    assert world.rows(PromiseRow) == []
    assert len(world.holds()) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "la réponse irait ailleurs"), ("en", "an answer would go elsewhere")]
)
def test_what_is_odd_stands_in_the_effect_and_in_the_ledger(world: World, language: str, words: str) -> None:
    world.configure(language=language)
    world.owing()
    world.take(answer(world.remind(), PROMISE, Reply_To="x@elsewhere.example"))
    reply = world.one(ReplyRow)
    assert words in reply.effect
    origin = world.told(f"reply:{reply.id}", "understood")["origin"]
    assert origin["flags"] == [{"flag": "reply_to_elsewhere", "detail": "x@elsewhere.example"}]
    assert origin == reply.origin


def test_a_contact_whose_answers_would_go_elsewhere_is_not_given_up(world: World) -> None:
    world.owing()
    words = "Ce n'est pas la bonne adresse, merci d'écrire à la comptabilité."
    world.take(answer(world.remind(), words, Reply_To="x@elsewhere.example"))
    assert world.one(ContactRow).state == "usable"


# ── signatures ───────────────────────────────────────────────────────────────────────────────────────────────


def verifying(world: World, result: str) -> list[str]:
    """Let signatures be what a test says; return whose are asked for."""
    asked_for: list[str] = []

    def verify(_raw: bytes, domain: str) -> tuple[Signature, ...]:
        asked_for.append(domain)
        return (Signature("debtor.example", "s1", result, "v=DKIM1; p=AAAA"),)

    world.office = replace(world.office, verify=verify)
    return asked_for


def test_a_signature_is_kept_with_the_key_as_seen(world: World) -> None:
    world.owing()
    notice = world.remind()
    asked_for = verifying(world, "pass")
    world.take(answer(notice, PROMISE, DKIM_Signature="d=debtor.example; s=s1"))
    reply = world.one(ReplyRow)
    kept = {
        "domain": "debtor.example",
        "selector": "s1",
        "result": "pass",
        "key": "v=DKIM1; p=AAAA",
        "why": "",
    }
    assert reply.origin["signatures"] == [kept]
    assert world.told(f"reply:{reply.id}", "understood")["origin"]["signatures"] == [kept]
    assert (asked_for, reply.origin["flags"]) == (["debtor.example"], [])


def test_a_signature_that_does_not_fit_is_shown(world: World) -> None:
    world.owing()
    notice = world.remind()
    verifying(world, "fail")
    world.take(answer(notice, PROMISE, DKIM_Signature="d=debtor.example; s=s1"))
    assert "sender not authenticated (DKIM failed)" in world.one(ReplyRow).effect


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("durand@debtor.example", {}),  # nothing is signed
        (OUR_ADDRESS, {"DKIM_Signature": "d=creditor.example; s=s1"}),  # a colleague's
        (
            "durand@debtor.example",
            {"DKIM_Signature": "x", "Authentication_Results": "mx.creditor.example; dkim=pass"},
        ),
        ("durand@debtor.example", {"DKIM_Signature": "x", "Auto_Submitted": "auto-replied"}),  # a machine's
    ],
)
def test_nobody_asks_the_dns_where_there_is_no_need(
    world: World, sender: str, headers: dict[str, Any]
) -> None:
    world.configure(mailboxes=[SERVER])
    world.owing()
    asked_for = verifying(world, "pass")
    world.take(letter(PROMISE, sender=sender, **headers))
    assert asked_for == []


# ── the envelope and the subject ─────────────────────────────────────────────────────────────────────────────


async def test_the_envelope_bears_the_signed_return_path_where_configured(world: World) -> None:
    world.owing()
    world.configure(smtp__return_path="plus")
    world.plan()
    async with smtp_server() as peer:
        await world.drain(peer.port, smtp__return_path="plus")
    [mail] = peer.received
    assert verify_return_path(mail.mail_from, world.office.key) == 1


def test_a_report_to_the_signed_return_path_unserves_its_notice(world: World) -> None:
    world.owing("forwarded@debtor.example")
    notice = world.remind()
    path = return_path(OUR_ADDRESS, notice.id or 0, world.office.key)
    world.take(f"Delivered-To: {path}\r\n".encode() + bounce("elsewhere@provider.example"))
    assert world.notice(1).state == "bounced"


def test_a_report_to_a_forged_return_path_changes_nothing(world: World) -> None:
    world.owing("forwarded@debtor.example")
    world.remind()
    forged = f"Delivered-To: compta+n1-{'a' * 16}@creditor.example\r\n".encode()
    world.take(forged + bounce("elsewhere@provider.example"))
    assert world.notice(1).state == "sent"


def test_a_subject_bears_its_token_where_configured(world: World) -> None:
    world.configure(smtp__subject_token=True)
    world.owing()
    notice = world.remind()
    assert notices_of_subject(notice.subject, world.office.key) == (1,)
    world.take(letter(PROMISE, subject=f"[#88] {notice.subject}", sender="support@tickets.example"))
    assert (world.one(ReplyRow).notice_id, world.one(ReplyRow).matched_by) == (1, "token")


# ── what the team sees ───────────────────────────────────────────────────────────────────────────────────────


def shown(world: World, language: str) -> views.Answer:
    world.configure(language=language)
    [found] = views.inbox(world.office, only_waiting=False).answers
    return found


def test_likely_debtors_are_listed_the_likeliest_first_with_the_reasons(world: World) -> None:
    world.owing("shared@group.example", "durand@debtor.example", name="Dupont SARL")
    world.owing("shared@group.example", name="Other branch")
    world.take(letter("Bonjour", sender="shared@group.example", Cc="durand@debtor.example"))
    english, french = shown(world, "en"), shown(world, "fr")
    assert english.maybe == (
        "perhaps Dupont SARL (45%: known address, same domain, in copy)",
        "perhaps Other branch (45%: known address, same domain)",
    )
    assert french.maybe[0] == "peut-être Dupont SARL (45\u00a0% : adresse connue, même domaine, en copie)"
    assert english.matched == ""


def test_a_match_is_shown_with_its_certainty_and_its_reasons(world: World) -> None:
    world.owing()
    world.take(answer(world.remind(), PROMISE, sender="new@debtor.example"))
    english = shown(world, "en")
    assert english.matched == "matched at 99%: answers one of your messages, same domain"
    assert english.odd == ("new@debtor.example is none of this debtor's known addresses",)
    assert shown(world, "fr").odd == ("new@debtor.example n'est pas une adresse connue de ce débiteur",)
    assert (english.trust, english.maybe) == ("domain", ())


def test_what_a_person_matched_is_not_said_to_be_told_by_signs(world: World) -> None:
    world.owing(reference="C77")
    world.take(letter("Bonjour", sender="who@elsewhere.example"))
    desk.match_reply(world.office, 1, "C77", world.now, "Jo")
    assert (shown(world, "en").matched, shown(world, "en").maybe) == ("", ())
