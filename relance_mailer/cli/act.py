"""Commands by which people decide: hold, release, approve, stop-all."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from relance_mailer.cli.common import (
    DEFAULT_CONFIG,
    AtOption,
    ByOption,
    ConfigOption,
    app,
    office,
    person,
    say,
)
from relance_mailer.errors import InputError
from relance_mailer.services import desk

approvals = typer.Typer(no_args_is_help=True, help="Approve what waits for a person.")
app.add_typer(approvals, name="approve")

WhatArgument = Annotated[str, typer.Argument(help="An invoice's number or a debtor's reference.")]


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
        say(f"{what}: on hold until {until}" if until else f"{what}: on hold, owner {person(by)}")


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
            say("messages may leave again")
        elif what == "installation":
            desk.release_installation(opened, now, who)
            say(
                "this installation is trusted from now on; a `run` under way notices when it is reloaded (SIGHUP)"
            )
        elif "@" in what:
            desk.revive(opened, what, now, who)
            say(f"{what}: written to again")
        else:
            ended = desk.release(opened, what, why, now, who)
            say(f"{what}: {ended} hold(s) released" if ended else f"{what}: there was no hold")


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
        say(f"{what}: done")


@app.command("stop-all")
def stop_all(config: ConfigOption = DEFAULT_CONFIG, by: ByOption = "", at: AtOption = "") -> None:
    """Let nothing leave until `release all`."""
    with office(config, at) as opened:
        desk.stop_all(opened, opened.clock.now(), person(by))
        say("nothing leaves until `relance-mailer release all`")


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
            say(
                f"{leaves.astimezone(opened.policy.window.zone):%Y-%m-%d %H:%M}\n{text.subject}\n\n{text.text}"
            )
        elif refuse:
            desk.refuse_notice(opened, notice_id, refuse, opened.clock.now(), person(by))
            say(f"notice {notice_id}: refused; its invoices are on hold, owner {person(by)}")
        else:
            leaves = desk.approve_notice(opened, notice_id, opened.clock.now(), person(by))
            say(
                f"notice {notice_id}: approved, leaves {leaves.astimezone(opened.policy.window.zone):%Y-%m-%d %H:%M}"
            )


@approvals.command("run")
def approve_run(config: ConfigOption = DEFAULT_CONFIG, by: ByOption = "", at: AtOption = "") -> None:
    """Let an unusual run go on, for a day."""
    with office(config, at) as opened:
        desk.approve_run(opened, opened.clock.now(), person(by))
        say("the run may go on, for 24 hours")


@approvals.command("iban")
def approve_iban(config: ConfigOption = DEFAULT_CONFIG, by: ByOption = "", at: AtOption = "") -> None:
    """Accept the configuration's IBAN."""
    with office(config, at) as opened:
        say(f"{desk.approve_iban(opened, opened.clock.now(), person(by))}: accepted")


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
        say(f"notice {notice_id}: {'sent' if sent else 'not sent; it is decided anew'}")
