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
}  # fmt: skip
