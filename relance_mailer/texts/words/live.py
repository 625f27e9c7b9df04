"""What is said on the way to live: the first run, what leaves next, what a pass did. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "gate.first_run": ("premier envoi réel : il attend l'accord d'une personne (`relance-mailer approve first-run --by NOM`)", "first run in live: it waits for a person (`relance-mailer approve first-run --by NAME`)"),
    "act.first_run": ("Premier envoi réel autorisé par {by}.", "First run in live approved by {by}."),
    # What leaves next; `counted` takes the first form for none and one (in English for one alone), else the second
    "forecast.leaves": ("Partent ensuite : {messages} à {debtors}, {sums} en tout, à partir du {at}", "Leaving next: {messages} to {debtors}, {sums} in all, from {at} on"),
    "forecast.messages": ("{n} message|{n} messages", "{n} message|{n} messages"),
    "forecast.debtors": ("{n} débiteur|{n} débiteurs", "{n} debtor|{n} debtors"),
    "forecast.line": ("  {at}  {debtor} : {stage}, {sums}", "  {at}  {debtor}: {stage}, {sums}"),
    "forecast.more": ("  et {n} autre|  et {n} autres", "  and {n} more|  and {n} more"),
    "forecast.nothing": ("Rien ne part d'ici {days} jours.", "Nothing leaves within {days} days."),
    # plan after shadow or redirect
    "plan.rehearsed": ("Serait parti (essais des 7 derniers jours)", "Would have been sent (rehearsed in the last 7 days)"),
    "plan.recorded": ("à blanc (n° {notice})", "shadow (no. {notice})"),
    "plan.redirected": ("envoyé à l'équipe (n° {notice})", "sent to the team (no. {notice})"),
    # What `run` tells a person at its terminal: `log.` and the event of the log entry, whose values these are
    "log.running": ("En marche, mode {words}. Boîtes surveillées : {mailboxes}.", "Running, mode {words}. Mailboxes watched: {mailboxes}."),
    "log.next to leave": ("{words} (factures en attente : {waiting} ; messages à approuver : {to_approve})", "{words} (invoices waiting: {waiting}; messages to approve: {to_approve})"),
    "log.nothing leaves": ("Rien ne part : {why}", "Nothing leaves: {why}"),
    "log.messages may leave again": ("Les messages peuvent de nouveau partir.", "Messages may leave again."),
    "log.unusual run: waiting for a person": ("{words}", "{words}"),
    "log.a message could not be written": ("Un message n'a pas pu être écrit : {why}", "A message could not be written: {why}"),
    "log.messages in doubt: a copy, a bounce or a person will tell": ("Messages en doute : {notices} ; une copie, un retour ou une personne tranchera.", "Messages in doubt: {notices}; a copy, a bounce or a person will tell."),
    "log.failed": ("Échec, nouvel essai au prochain passage : {error}", "Failed, tried again at the next look: {error}"),
    "log.stopping: what is being sent comes to its end first": ("Arrêt : ce qui est en cours d'envoi se termine d'abord.", "Stopping: what is being sent comes to its end first."),
    "log.reading the configuration anew: what is being sent comes to its end first": ("Relecture de la configuration : ce qui est en cours d'envoi se termine d'abord.", "Reading the configuration anew: what is being sent comes to its end first."),
    "log.stopped": ("Arrêté.", "Stopped."),
    "log.reloading": ("Rechargement.", "Reloading."),
    "log.the new configuration cannot be used; the old one goes on": ("La nouvelle configuration est inutilisable, l'ancienne reste en vigueur : {error}", "The new configuration cannot be used; the old one goes on: {error}"),
    "log.notice sent": ("Message n° {notice} envoyé à {to}.", "Message no. {notice} sent to {to}."),
    "log.notice in doubt": ("Message n° {notice} en doute : {answer}", "Message no. {notice} in doubt: {answer}"),
    "log.notice refused": ("Message n° {notice} refusé ({phase}) : {answer}", "Message no. {notice} refused ({phase}): {answer}"),
    "log.copy refused": ("Copie du message n° {notice} à {to} refusée : {answer}", "Copy of message no. {notice} to {to} refused: {answer}"),
    "log.mail server refuses us; the queue rests": ("Le serveur d'envoi nous refuse ({phase}) : {answer} ; nouvel essai le {until}", "The mail server refuses us ({phase}): {answer}; tried again {until}"),
    "log.mailbox cannot be read": ("Boîte {mailbox} illisible : {error}", "Mailbox {mailbox} cannot be read: {error}"),
    "log.waiting for a person": ("Attend une personne : {task}", "Waiting for a person: {task}"),
}  # fmt: skip
