"""What a person's decision did. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # What a person's decision did
    "act.held_until": ("{what} : en attente jusqu'au {until} inclus", "{what}: on hold until {until}, that day included"),
    "act.held": ("{what} : en attente, à lever par {by}", "{what}: on hold, to be released by {by}"),
    "act.released": ("{what} : {n} blocage levé|{what} : {n} blocages levés", "{what}: {n} hold released|{what}: {n} holds released"),
    "act.no_hold": ("{what} : aucun blocage", "{what}: there was no hold"),
    "act.revived": ("{what} : on lui écrit de nouveau", "{what}: written to again"),
    "act.released_all": ("Les messages peuvent de nouveau partir.", "Messages may leave again."),
    "act.released_installation": ("Cette installation est reconnue ; un `run` en cours le voit à son prochain rechargement (SIGHUP).", "This installation is trusted; a `run` under way notices at its next reload (SIGHUP)."),
    "act.stopped": ("Rien ne part plus jusqu'à `relance-mailer release all`.", "Nothing leaves until `relance-mailer release all`."),
    "act.allocated": ("{amount} de {what} affectés à {invoice}, qui doit encore {owed}", "{amount} of {what} is for {invoice}, which now owes {owed}"),
    "act.allocated_rest": (" ; reste {rest} à affecter", "; {rest} of it left to allocate"),
    "act.all_allocated": ("Tous les règlements et avoirs sont affectés.", "Every payment and credit note is allocated."),
    "act.in_balance": ("{invoice} : {amount} (dans son solde)", "{invoice}: {amount} (in its balance)"),
    "act.counted": ("{invoice} : {amount}", "{invoice}: {amount}"),
    "head.date": ("Date", "Date"), "head.unallocated": ("Non affecté", "Not allocated"),
    "head.counts": ("Compté en attendant sur", "Counts meanwhile against"), "head.label": ("Libellé", "Label"),
    "act.done": ("{what} : traité", "{what}: done"),
    "act.approved": ("Mise en demeure {notice} approuvée : part le {at}", "Formal notice {notice} approved: leaves {at}"),
    "act.refused": ("Mise en demeure {notice} refusée ; ses factures sont en attente, à lever par {by}", "Formal notice {notice} refused; its invoices are on hold, to be released by {by}"),
    "act.would_leave": ("Partirait le {at}, à {to}", "Would leave {at}, to {to}"),
    "act.shown": ("Message {notice} à {to} ({state}, {mode})", "Message {notice} to {to} ({state}, {mode})"),
    "act.reply_shown": ("Réponse {reply} de {sender}, {at}, dans {place}", "Reply {reply} from {sender}, {at}, in {place}"),
    "act.no_text": ("(aucun texte lisible ; le message est conservé tel quel)", "(no text that could be read; the message is kept as it came)"),
    "act.matched": ("{what} : rattachée à {debtor}, dont les factures sont en attente le temps de la lire", "{what}: matched to {debtor}, whose invoices pause while it is read"),
    "act.run_approved": ("L'envoi peut continuer, pendant 24 heures.", "The run may go on, for 24 hours."),
    "act.iban": ("IBAN {old} → {new} : accepté par {by}", "IBAN {old} → {new}: accepted by {by}"),
    "act.iban.none": ("(aucun)", "(none)"),
    "act.iban.same_person": (
        "IBAN {old} → {new} : {by} ne peut pas l'accepter, il faut une seconde personne. Qu'elle compare le nouvel IBAN au RIB de la banque, puis tape `relance-mailer approve iban --by SON-NOM` (son nom entier, non celui de ce compte)",
        "IBAN {old} → {new}: {by} cannot accept it, a second person must. Let that person compare the new IBAN with the bank's own papers, then type `relance-mailer approve iban --by THEIR-NAME` (the full name, not this account's)",
    ),
    "act.doubt_sent": ("Message {notice} : parti", "Message {notice}: sent"),
    "act.doubt_not_sent": ("Message {notice} : pas parti ; la suite est décidée à nouveau", "Message {notice}: not sent; what follows is decided anew"),
    "tick.done": ("reçus {received}, préparés {planned}, envoyés {sent}, à blanc {recorded}, reportés {deferred}, échoués {failed}, en doute {in_doubt}", "received {received}, planned {planned}, sent {sent}, recorded {recorded}, deferred {deferred}, failed {failed}, in doubt {in_doubt}"),
}  # fmt: skip
