"""Commands that show: plan, explain, replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    LookOption,
    app,
    look,
    print_json,
    say,
)
from relance_mailer.cli.tables import print_heading, print_table
from relance_mailer.dunning.money import Money
from relance_mailer.dunning.policy import DEFAULT
from relance_mailer.services import explain as stories
from relance_mailer.services import outlook as outlooks
from relance_mailer.services import views
from relance_mailer.services.explain import Story
from relance_mailer.services.office import Office
from relance_mailer.services.outlook import Outlook, PlannedNotice
from relance_mailer.services.views import Answer, Inbox
from relance_mailer.texts import formats
from relance_mailer.texts.words import certainty
from relance_mailer.texts.words import say as words

WARNING, QUIET = "yellow", "dim"
_SHOWN = 100  #: characters of what a debtor wrote
_GAP = "  "
#: How the state of a notice is called; what is only proposed is told by whether it needs approval.
_STATES = {
    "awaiting_approval": "plan.awaiting_approval",
    "recorded": "plan.recorded",
    "sent": "plan.redirected",
}


def _sum(money: Money) -> dict[str, str]:
    return {"currency": money.currency, "amount": f"{money.amount:f}"}


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def plan(
    config: ConfigOption = DEFAULT_CONFIG,
    at: LookOption = "",
    days: Annotated[
        int, typer.Option(min=0, max=3_660, help="Also what would leave in so many days to come.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show what would leave, and why the rest waits; changes nothing."""
    with look(config, at) as (office, now):
        seen = outlooks.outlook(office, now, days)
        if as_json:
            print_json(_plan_json(office, seen))
        else:
            _print_plan(office, seen)


def _plan_json(office: Office, seen: Outlook) -> dict[str, Any]:
    return {
        "at": views.iso(seen.at, office),
        "mode": seen.mode,
        "gates": list(seen.obstacles),
        "notices": [_notice_json(office, notice) for notice in seen.notices],
        "waiting": [
            {
                "invoice": waiting.invoice,
                "debtor": waiting.debtor,
                "debtor_name": waiting.debtor_name,
                "reason": waiting.words,
                "code": waiting.reason,
                "until": views.iso(waiting.until, office),
            }
            for waiting in seen.waiting
        ],
        "rehearsed": [_notice_json(office, notice) for notice in seen.rehearsed],
    }


def _notice_json(office: Office, notice: PlannedNotice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "state": notice.state,
        "at": views.iso(notice.at, office),
        "creditor": office.config.creditor.key,
        "debtor": notice.debtor,
        "debtor_name": notice.debtor_name,
        "to": notice.to,
        "channel": "email",
        "template": notice.template,
        "needs_approval": notice.needs_approval,
        "totals": [_sum(total) for total in notice.totals],
        "invoices": [
            {
                "number": line.number,
                "stage": line.stage,
                "outstanding": f"{line.outstanding.amount:f}",
                "currency": line.outstanding.currency,
            }
            for line in notice.lines
        ],
    }


def _above(language: str, mode: str, obstacles: tuple[str, ...]) -> None:
    """Say the mode, and why nothing leaves at all."""
    say(words("now.mode", language, words=words(f"mode.{mode}", language)))
    for obstacle in obstacles:
        print_heading(words("now.blocked", language, words=obstacle), style=WARNING)


def _print_plan(office: Office, seen: Outlook) -> None:
    language = office.config.language
    _above(language, seen.mode, seen.obstacles)
    print_heading(f"\n{words('plan.leaves', language)}")
    if seen.notices:
        _print_notices(office, seen.notices)
    else:
        say(words("plan.nothing", language))
    if seen.rehearsed:
        print_heading(f"\n{words('plan.rehearsed', language)}")
        _print_notices(office, seen.rehearsed)
    print_heading(f"\n{words('plan.waiting', language)}")
    if seen.waiting:
        heads = [words(f"head.{name}", language) for name in ("invoice", "debtor", "why", "until")]
        rows = [
            [waiting.invoice, waiting.debtor_name, waiting.words, _when(office, waiting.until)]
            for waiting in seen.waiting
        ]
        print_table(heads, rows)
    else:
        say(words("plan.none_waiting", language))


def _print_notices(office: Office, notices: Sequence[PlannedNotice]) -> None:
    names = ("when", "debtor", "stage", "invoices", "total", "state")
    heads = [words(f"head.{name}", office.config.language) for name in names]
    print_table(heads, [_plan_row(office, notice) for notice in notices])


def _plan_row(office: Office, notice: PlannedNotice) -> list[str]:
    language = office.config.language
    proposed = "plan.needs_approval" if notice.needs_approval else "plan.proposed"
    state = _STATES.get(notice.state, proposed if notice.id is None else "plan.queued")
    return [
        _when(office, notice.at),
        notice.debtor_name,
        words(f"stage.{notice.stage}", language),
        ", ".join(line.number for line in notice.lines),
        " + ".join(formats.money(total, language) for total in notice.totals),
        words(state, language, notice=notice.id),
    ]


def _when(office: Office, at: Any) -> str:
    return "" if at is None else views.instant_words(at, office)


# ── explain ──────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def explain(
    number: Annotated[str, typer.Argument(metavar="INVOICE", help="The invoice's number.")],
    config: ConfigOption = DEFAULT_CONFIG,
    at: LookOption = "",
    as_json: JsonOption = False,
) -> None:
    """Tell the story of one invoice: what happened, why nothing leaves now, what comes next and when."""
    with look(config, at) as (office, now):
        story = stories.explain(office, number, now)
        if as_json:
            print_json(_story_json(office, story))
        else:
            _print_story(office, story)


def _story_json(office: Office, story: Story) -> dict[str, Any]:
    return {
        "invoice": story.number,
        "debtor": story.debtor,
        "debtor_name": story.debtor_name,
        "segment": story.segment or None,
        "policy": story.policy,
        "credit_note": story.credit_note,
        "issued": story.issued.isoformat(),
        "due": story.due.isoformat(),
        "total": f"{story.total.amount:f}",
        "outstanding": f"{story.outstanding.amount:f}",
        "currency": story.total.currency,
        "days_overdue": story.days_overdue,
        "settled": [
            {
                "kind": part.kind,
                "on": part.on.isoformat() if part.on else None,
                "amount": f"{part.amount.amount:f}",
            }
            for part in story.settled
        ],
        "events": [
            {"at": views.iso(told.at, office), "kind": told.kind, "words": told.words, "by": told.by or None}
            for told in story.events
        ],
        "mode": story.mode,
        "gates": list(story.obstacles),
        "decision": story.decision,
        "reason": story.reason or None,
        "why": story.why,
        "until": views.iso(story.until, office),
        "next": {
            "stage": story.next_stage or None,
            "at": views.iso(story.next_at, office),
            "words": story.next,
        },
    }


def _print_story(office: Office, story: Story) -> None:
    language = office.config.language
    title = "now.credit_note" if story.credit_note else "now.invoice"
    print_heading(
        words(
            title,
            language,
            number=formats.clean(story.number),
            debtor=story.debtor_name,
            reference=story.debtor,
        )
    )
    days = {"issued": views.day_words(story.issued, language), "due": views.day_words(story.due, language)}
    say(words("now.terms", language, total=formats.money(story.total, language), **days))
    _print_custom(story, language)
    if not story.credit_note:
        _print_owed(story, language)
    say("")
    print_table(
        [words("head.when", language), words("head.what", language), words("head.who", language)],
        [[views.instant_words(told.at, office), told.words, told.by] for told in story.events],
    )
    say("")
    _above(language, story.mode, story.obstacles)
    print_heading(words("now.why", language, words=story.why))
    print_heading(words("now.next", language, words=story.next))


def _print_custom(story: Story, language: str) -> None:
    """Say what is special about the debtor: a policy of its own, a segment."""
    told = [words("now.segment", language, segment=story.segment)] if story.segment else []
    if story.policy != DEFAULT:
        told.append(words("now.policy", language, policy=words(f"policy.{story.policy}", language)))
    if told:
        say(", ".join(told))


def _print_owed(story: Story, language: str) -> None:
    owed = words("now.owed", language, outstanding=formats.money(story.outstanding, language))
    late = f" – {words('now.late', language, days=story.days_overdue)}" if story.days_overdue else ""
    print_heading(owed + late)
    for part in story.settled:
        amount, on = formats.money(part.amount, language), views.day_words(part.on, language)
        say("  " + words(f"now.{part.kind}", language, amount=amount, on=on))


# ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def replies(
    config: ConfigOption = DEFAULT_CONFIG,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that nobody has to deal with.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the classified answers, newest first, and what waits for a person."""
    with look(config) as (office, _):
        inbox = views.inbox(office, only_waiting=not everything)
        if as_json:
            print_json(_inbox_json(office, inbox))
        else:
            _print_inbox(office, inbox, everything=everything)


def _inbox_json(office: Office, inbox: Inbox) -> dict[str, Any]:
    return {
        "replies": [_answer_json(office, answer) for answer in inbox.answers],
        "tasks": [
            {
                "id": task.id,
                "kind": task.kind,
                "subject": task.subject,
                "words": task.words,
                "owner": task.owner or None,
                "since": views.iso(task.since, office),
                "remind_on": task.remind_on.isoformat() if task.remind_on else None,
            }
            for task in inbox.tasks
        ],
    }


def _answer_json(office: Office, answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "at": views.iso(answer.received_at, office),
        "from": answer.sender,
        "subject": answer.subject,
        "debtor": answer.debtor or None,
        "intent": answer.intent,
        "words": answer.words,
        "confidence": answer.confidence,
        "needs_review": answer.needs_review,
        "promise_date": answer.promise_date,
        "effect": answer.effect,
        "waits": answer.waits,
        "sender": answer.trust or None,
        "matched": answer.matched or None,
        "candidates": list(answer.maybe),
        "to_check": list(answer.odd),
        "reply_text": answer.text,
    }


def _print_inbox(office: Office, inbox: Inbox, *, everything: bool) -> None:
    language = office.config.language
    for answer in inbox.answers:
        _print_answer(office, answer)
    if not inbox.answers:
        say(words("replies.none" if everything else "replies.none_open", language))
    if inbox.tasks:
        print_heading(f"\n{words('replies.tasks', language)}")
        heads = ["id", *(words(f"head.{name}", language) for name in ("when", "task", "owner"))]
        rows = [
            [f"task:{task.id}", _when(office, task.since), task.words, words(f"owner.{task.owner}", language)]
            for task in inbox.tasks
        ]
        print_table(heads, rows)
    waiting = [f"reply:{answer.id}" for answer in inbox.answers if answer.waits]
    waiting += [f"task:{task.id}" for task in inbox.tasks]
    if waiting:
        say(f"\n{words('replies.next', language, what=waiting[0])}")


def _print_answer(office: Office, answer: Answer) -> None:
    """Print an answer's facts on one line, and under it what its sender wrote and what was done."""
    language = office.config.language
    promised = views.iso_day_words(answer.promise_date, language)
    facts = [
        f"reply:{answer.id}",
        views.instant_words(answer.received_at, office),
        answer.sender,
        answer.debtor or words("replies.unknown", language),
        f"{answer.words} ({certainty(answer.confidence, language)})",
        words("replies.promised", language, day=promised) if promised else "",
        words("replies.waits", language) if answer.waits else "",
    ]
    line = _GAP.join(cleaned for fact in facts if (cleaned := formats.clean(fact)))
    print_heading(line, style="bold" if answer.waits else QUIET)
    effect = f"→ {answer.effect}" if answer.effect else ""
    for told in (answer.subject, _first_line(answer.text), effect, answer.matched, *answer.maybe):
        if told:
            say(f"    {told}")


def _first_line(text: str) -> str:
    """Return the first line that says something, without what could move a terminal, cut at its limit."""
    line = next((cleaned for line in text.splitlines() if (cleaned := formats.clean(line))), "")
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1].rstrip()}…"
