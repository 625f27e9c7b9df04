"""Whose a message is, and how far its sender is proven. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # What speaks for a debtor (replies.match.By)
    "match.thread": ("répond à l'un de vos messages", "answers one of your messages"),
    "match.token": ("porte la marque d'un de vos messages", "bears the mark of one of your messages"),
    "match.embedded": ("contient l'un de vos messages", "contains one of your messages"),
    "match.sender": ("adresse connue", "known address"),
    "match.domain": ("même domaine", "same domain"),
    "match.number": ("cite {numbers}", "names {numbers}"),
    "match.short_number": ("semble citer {numbers}", "seems to name {numbers}"),
    "match.copy": ("en copie", "in copy"),
    "match.lookalike": ("domaine ressemblant", "similar domain"),
    # What about a sender a person should see (replies.trust.Flag)
    "flag.first_time_sender": ("{detail} n'est pas une adresse connue de ce débiteur", "{detail} is none of this debtor's known addresses"),
    "flag.lookalike_domain": ("domaine qui peut être confondu : {detail}", "domain that can be taken for another: {detail}"),
    "flag.reply_to_elsewhere": ("la réponse irait ailleurs : {detail}", "an answer would go elsewhere: {detail}"),
    "flag.authentication_failed": ("expéditeur non authentifié ({detail} en échec)", "sender not authenticated ({detail} failed)"),
    # Why a person should look at a match (replies.match.Doubt)
    "doubt.other_sender": ("écrit par un autre débiteur", "written by another debtor"),
    "doubt.other_number": ("cite la facture d'un autre débiteur", "names another debtor's invoice"),
    "doubt.settled_notice": ("répond à un message dont les factures sont soldées", "answers a message whose invoices are settled"),
    # In lists
    "origin.odd": ("à vérifier : {words}", "to be checked: {words}"),
    "origin.maybe": ("peut-être {debtor} ({certainty} : {signs})", "perhaps {debtor} ({certainty}: {signs})"),
    "origin.matched": ("rattaché à {certainty} : {signs}", "matched at {certainty}: {signs}"),
}  # fmt: skip
