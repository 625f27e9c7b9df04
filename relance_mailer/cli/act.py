"""Commands by which people decide: hold, release, allocate, approve, stop-all."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ByOption,
    ConfigOption,
    JsonOption,
    app,
    office,
    person,
    print_json,
    say,
)
from relance_mailer.cli.tables import print_table
from relance_mailer.errors import InputError
from relance_mailer.services import allocate as allocating
from relance_mailer.services import desk, first_run, forecast, views
from relance_mailer.services.allocate import Allocated, Unallocated
from relance_mailer.services.office import Office
from relance_mailer.texts import formats
from relance_mailer.texts.words import counted
from relance_mailer.texts.words import say as words

approvals = typer.Typer(no_args_is_help=True, help="Approve what waits for a person.")
app.add_typer(approvals, name="approve")

_WIDE = 200  #: characters of a line that are written at once

WhatArgument = Annotated[str, typer.Argument(help="An invoice's number or a debtor's reference.")]


def _tell(opened: Office, key: str, **arguments: object) -> None:
    """Say what came of it, in the team's language."""
    say(words(key, opened.config.language, **arguments))


@app.command()
def hold(
    what: WhatArgument,
    until: Annotated[str, typer.Option(help="Last day held, YYYY-MM-DD; without it, until released.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a word.")] = "manual",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Pause an invoice, or all of a debtor."""
    with office(config, at) as opened:
        desk.hold(opened, what, _day(until), reason, opened.clock.now(), person(by))
        told = "act.held_until" if until else "act.held"
        _tell(opened, told, what=what, until=until, by=person(by))


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"--until {text!r} is no day (for example 2026-03-31)"
        raise InputError(msg) from error


@app.command()
def release(
    what: Annotated[
        str,
        typer.Argument(
            help='An invoice number, a debtor reference, an address, "all" (after stop-all) or "installation".'
        ),
    ],
    why: Annotated[str, typer.Option(help="Why, in words.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """End pauses; `release all` undoes stop-all; `release installation` trusts this database on this machine."""
    with office(config, at) as opened:
        now, who = opened.clock.now(), person(by)
        if what == "all":
            desk.release_all(opened, now, who)
            _tell(opened, "act.released_all")
        elif what == "installation":
            desk.release_installation(opened, now, who)
            _tell(opened, "act.released_installation")
        elif "@" in what:
            desk.revive(opened, what, now, who)
            _tell(opened, "act.revived", what=what)
        else:
            ended = desk.release(opened, what, why, now, who)
            language = opened.config.language
            told = (
                counted("act.released", language, ended, what=what)
                if ended
                else words("act.no_hold", language, what=what)
            )
            say(told)


# ── allocating ───────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def allocate(
    what: Annotated[
        str, typer.Argument(help="payment:ID, a payment's bank reference, or a credit note's number.")
    ] = "",
    invoice: Annotated[str, typer.Argument(help="The number of the invoice that it is for.")] = "",
    amount: Annotated[str, typer.Option(help="How much of it, 123.45; without it, all that is left.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say which invoice a payment or credit note is for; without arguments, list what is not allocated."""
    if what and not invoice:
        msg = f"{what} to which invoice? relance-mailer allocate {what} INVOICE"
        raise typer.BadParameter(msg)
    with office(config, at) as opened:
        now = opened.clock.now()
        if not what:
            _print_unallocated(opened, allocating.unallocated(opened, now), as_json=as_json)
            return
        done = allocating.allocate(opened, what, invoice, _amount(amount), now, person(by))
        if as_json:
            print_json(_allocated_json(done))
        else:
            language = opened.config.language
            left = words("act.allocated_rest", language, rest=formats.money(done.rest, language))
            told = words(
                "act.allocated",
                language,
                amount=formats.money(done.amount, language),
                what=done.what,
                invoice=done.invoice,
                owed=formats.money(done.outstanding, language),
            )
            say(told + left if done.rest else told)


def _allocated_json(done: Allocated) -> dict[str, str]:
    return {
        "what": done.what,
        "invoice": done.invoice,
        "currency": done.amount.currency,
        "amount": f"{done.amount.amount:f}",
        "rest": f"{done.rest.amount:f}",
        "outstanding": f"{done.outstanding.amount:f}",
    }


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        msg = f"--amount {text!r} is no sum (for example 123.45)"
        raise InputError(msg) from error


def _print_unallocated(opened: Office, found: Sequence[Unallocated], *, as_json: bool) -> None:
    if as_json:
        print_json({"unallocated": [_unallocated_json(loose) for loose in found]})
    elif not found:
        _tell(opened, "act.all_allocated")
    else:
        language = opened.config.language
        names = ("what", "debtor", "date", "total", "unallocated", "counts", "label")
        heads = [words(f"head.{name}", language) for name in names]
        print_table(heads, [_unallocated_cells(loose, language) for loose in found])


def _unallocated_cells(loose: Unallocated, language: str) -> Sequence[str]:
    against = ", ".join(
        words(
            "act.in_balance" if one.in_balance else "act.counted",
            language,
            invoice=one.invoice,
            amount=formats.money(one.amount, language),
        )
        for one in loose.counted
    )
    debtor = f"{loose.debtor_name} ({loose.debtor})" if loose.debtor else ""
    return (
        loose.what,
        debtor,
        views.day_words(loose.on, language),
        formats.money(loose.amount, language),
        formats.money(loose.rest, language),
        against,
        loose.words,
    )


def _unallocated_json(loose: Unallocated) -> dict[str, Any]:
    return {
        "what": loose.what,
        "kind": loose.source.value,
        "debtor": loose.debtor or None,
        "debtor_name": loose.debtor_name or None,
        "on": loose.on.isoformat(),
        "currency": loose.amount.currency,
        "amount": f"{loose.amount.amount:f}",
        "rest": f"{loose.rest.amount:f}",
        "label": loose.words or None,
        "counts_against": [
            {"invoice": one.invoice, "amount": f"{one.amount.amount:f}", "in_balance": one.in_balance}
            for one in loose.counted
        ],
    }


# ── dealing with what waits ──────────────────────────────────────────────────────────────────────────────────────


@app.command("done")
def done(
    what: Annotated[str, typer.Argument(help='"reply:ID" or "task:ID", as `replies` shows them.')],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Say that an answer or a task was dealt with; holds stay until they end or are released."""
    kind, _, number = what.partition(":")
    if kind not in ("reply", "task") or not number.isdigit():
        msg = f"{what!r}: write reply:ID or task:ID, as `relance-mailer replies` shows them"
        raise InputError(msg)
    with office(config, at) as opened:
        handle = desk.handle_reply if kind == "reply" else desk.do_task
        handle(opened, int(number), opened.clock.now(), person(by))
        _tell(opened, "act.done", what=what)


@app.command("match")
def match(
    what: Annotated[str, typer.Argument(help='"reply:ID", as `replies` shows it.')],
    debtor: Annotated[
        str, typer.Argument(help="The debtor's reference, or the number of an invoice of its own.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Say which debtor an answer comes from; its invoices pause for a look."""
    kind, _, number = what.partition(":")
    if kind != "reply" or not number.isdigit():
        msg = f"{what!r}: write reply:ID, as `relance-mailer replies` shows it"
        raise InputError(msg)
    with office(config, at) as opened:
        found = desk.match_reply(opened, int(number), debtor, opened.clock.now(), person(by))
        _tell(opened, "act.matched", what=what, debtor=found)


@app.command("show")
def show(
    what: Annotated[
        str, typer.Argument(help='A message\'s number, as `plan` and `explain` show it, or "reply:ID".')
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show a message as it was written (sent, waiting, what shadow would have sent), or what an answer says."""
    kind, _, number = what.rpartition(":")
    if kind not in ("", "reply") or not number.isdigit():
        msg = f"{what!r}: write a message's number, as `plan` and `explain` show it, or reply:ID, as `replies` does"
        raise InputError(msg)
    with office(config) as opened:
        if kind:
            _show_reply(opened, int(number))
        else:
            _show_notice(opened, int(number))


def _show_notice(opened: Office, notice_id: int) -> None:
    found = desk.read_notice(opened, notice_id)
    _tell(opened, "act.shown", notice=notice_id, to=found.to_address, state=found.state, mode=found.mode)
    say(f"{found.subject}\n\n{found.own_text}")


def _show_reply(opened: Office, reply_id: int) -> None:
    reply, message = desk.read_reply(opened, reply_id)
    at = views.instant_words(message.sent_at or message.fetched_at, opened)
    place = formats.clean(f"{message.mailbox}/{message.folder}")
    _tell(opened, "act.reply_shown", reply=reply_id, sender=message.from_address, at=at, place=place)
    text = _writable(reply.reply_text.strip()) or words("act.no_text", opened.config.language)
    say(f"{formats.clean(message.subject)}\n\n{text}")


def _writable(text: str) -> str:
    """Return text of others line by line, with nothing in it that moves a terminal's cursor."""
    pieces = [line[at : at + _WIDE] for line in text.splitlines() for at in range(0, len(line) or 1, _WIDE)]
    return "\n".join(map(formats.clean, pieces))


@app.command("stop-all")
def stop_all(config: ConfigOption = DEFAULT_CONFIG, by: ByOption = "", at: AtOption = "") -> None:
    """Let nothing leave until `release all`."""
    with office(config, at) as opened:
        desk.stop_all(opened, opened.clock.now(), person(by))
        _tell(opened, "act.stopped")


@approvals.command("notice")
def notice(
    notice_id: Annotated[int, typer.Argument(help="The notice's id, as `plan` and `check` show it.")],
    refuse: Annotated[str, typer.Option(help="Refuse it, for this reason.")] = "",
    show: Annotated[bool, typer.Option("--show", help="Only show it as it would leave.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Approve (or refuse) a formal notice."""
    with office(config, at) as opened:
        if show:
            leaves, text = desk.preview_notice(opened, notice_id, opened.clock.now())
            to = desk.read_notice(opened, notice_id).to_address
            _tell(opened, "act.would_leave", at=views.instant_words(leaves, opened), to=to)
            say(f"{text.subject}\n\n{text.text}")
        elif refuse:
            desk.refuse_notice(opened, notice_id, refuse, opened.clock.now(), person(by))
            _tell(opened, "act.refused", notice=notice_id, by=person(by))
        else:
            leaves = desk.approve_notice(opened, notice_id, opened.clock.now(), person(by))
            _tell(opened, "act.approved", notice=notice_id, at=views.instant_words(leaves, opened))


@approvals.command("run")
def approve_run(config: ConfigOption = DEFAULT_CONFIG, by: ByOption = "", at: AtOption = "") -> None:
    """Let an unusual run go on, for a day."""
    with office(config, at) as opened:
        desk.approve_run(opened, opened.clock.now(), person(by))
        _tell(opened, "act.run_approved")


@approvals.command("first-run")
def approve_first_run(
    show: Annotated[bool, typer.Option("--show", help="Only show what would leave.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Let the first run in live go, once for good."""
    with office(config, at) as opened:
        now = opened.clock.now()
        seen = forecast.forecast(opened, now) if show else first_run.approve(opened, now, person(by))
        if not show:
            _tell(opened, "act.first_run", by=person(by))
        for line in forecast.told(opened, seen):
            say(line)


@approvals.command("iban")
def approve_iban(
    by: Annotated[
        str, typer.Option("--by", help="The second person, who compared it with the bank's papers.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    at: AtOption = "",
) -> None:
    """Accept the configuration's IBAN in place of the one before, as a second person."""
    who = by.strip()
    if not who:
        msg = "name the second person who accepts the IBAN"
        raise typer.BadParameter(msg, param_hint="--by")
    with office(config, at) as opened:
        old, new = desk.approve_iban(opened, opened.clock.now(), who, _login())
        say(desk.iban_words("act.iban", opened, old, new, who))


def _login() -> str:
    """Return the user logged in, "" where the system has no name for it (a container's bare number)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


@approvals.command("doubt")
def doubt(
    notice_id: Annotated[int, typer.Argument(help="The notice's id.")],
    sent: Annotated[bool, typer.Option("--sent/--not-sent", help="Whether it left.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
    at: AtOption = "",
) -> None:
    """Say whether a message in doubt left."""
    with office(config, at) as opened:
        desk.settle_doubt(opened, notice_id, sent=sent, now=opened.clock.now(), by=person(by))
        _tell(opened, "act.doubt_sent" if sent else "act.doubt_not_sent", notice=notice_id)
