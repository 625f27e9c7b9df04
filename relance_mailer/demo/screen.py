"""What a person sees of the demo: who stands where and why, what happens, and at the end how it went."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from relance_mailer.demo.model import START
from relance_mailer.demo.outcome import Outcome, Story
from relance_mailer.demo.play import Play
from relance_mailer.demo.story import Event, merged
from relance_mailer.dunning.decide import Reason, Send, Wait
from relance_mailer.dunning.money import Money
from relance_mailer.services.plan import DebtorPlan, decisions
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

_SCROLL = 200  #: events kept; as many are shown as the terminal has lines
_TABLE_LINES = 7  #: title, head and borders of both panes

#: key: (French, English)
_WORDS = {
    "title": ("Démonstration · {day} · {sent} envoyés, {received} reçus · q : terminer", "Demo · {day} · {sent} sent, {received} received · q: end"),
    "debtor": ("Débiteur", "Debtor"),
    "script": ("Scénario", "Script"),
    "owed": ("Reste dû", "Owed"),
    "last": ("Dernier événement", "Last event"),
    "stands": ("Où en est-on", "Where it stands"),
    "events": ("Événements", "Events"),
    "settled": ("tout est réglé", "all is settled"),
    "leaving": ("part : {stage}", "leaving: {stage}"),
    "until": (", jusqu'au {day}", ", until {day}"),
    "ended": ("{days} jours joués : {sent} messages envoyés, {received} reçus, {in_doubt} en doute, {duplicates} en double.", "{days} days played: {sent} messages sent, {received} received, {in_doubt} in doubt, {duplicates} duplicates."),
    "sent": ("Envoyés", "Sent"),
    "understood": ("Compris", "Understood"),
    "held": ("Mis en attente", "Held"),
    "verdict": ("Histoire", "Story"),
    "as_expected": ("conforme", "as expected"),
    "different": ("DIFFÉRENTE", "DIFFERENT"),
    "all_well": ("Tout s'est passé comme prévu.", "All went as expected."),
    "kept": ("Base, configuration et messages (.eml) : {where}", "Database, configuration and messages (.eml): {where}"),
    "what.sent": ("envoi : {detail}", "sent: {detail}"),
    "what.understood": ("réponse comprise : {detail}", "answer understood: {detail}"),
    "what.machine": ("réponse d'un automate : {detail}", "a machine's answer: {detail}"),
    "what.held": ("en attente : {detail}", "on hold: {detail}"),
    "what.released": ("fin de l'attente : {detail}", "hold ended: {detail}"),
    "what.promised": ("promesse pour le {detail}", "promise for {detail}"),
    "what.kept": ("promesse tenue", "promise kept"),
    "what.partially kept": ("promesse tenue en partie", "promise kept in part"),
    "what.broken": ("promesse rompue", "promise broken"),
    "what.withdrawn": ("promesse remplacée", "promise replaced"),
    "what.disputed": ("litige : {detail}", "dispute: {detail}"),
    "what.resolved": ("litige réglé", "dispute settled"),
    "what.paid": ("règlement reçu : {detail}", "payment received: {detail}"),
    "what.credited": ("avoir : {detail}", "credit note: {detail}"),
    "what.approved": ("mise en demeure approuvée", "formal notice approved"),
    "what.deferred": ("reporté par le serveur", "put off by the server"),
    "what.undelivered": ("non remis", "not delivered"),
    "what.superseded": ("message retiré", "message withdrawn"),
    "what.in doubt": ("en doute", "in doubt"),
    "what.handed over": ("passage au contentieux", "handed over"),
}  # fmt: skip
_COLOURS = {"sent": "cyan", "paid": "green", "kept": "green", "broken": "red", "undelivered": "red", "held": "yellow", "handed over": "magenta"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Tongue:
    language: str

    def __call__(self, key: str, **arguments: object) -> str:
        if key not in _WORDS:
            return key.partition(".")[2]
        return _WORDS[key][0 if self.language == "fr" else 1].format(**arguments)

    def day(self, month_and_day: str) -> str:
        """Write a story's "03-20" as people do."""
        try:
            day = date.fromisoformat(f"{START.year}-{month_and_day}")
        except ValueError:  # a promise that names no day
            return "?"
        return formats.short_date(day, self.language)

    def event(self, event: Event) -> str:
        """Say an event in words."""
        detail = event.detail
        if event.what in ("sent", "understood", "held", "released"):
            key, _, rest = detail.partition(" ")
            kind = {"sent": "stage", "understood": "intent"}.get(event.what, "hold")
            said = say(f"{kind}.{key}", self.language)
            day = self.day(rest.removeprefix("until ")) if rest.startswith("until ") else ""
            detail = said + (self("until", day=day) if day else f" ({rest})" if rest else "")
        elif event.what == "promised":
            detail = self.day(detail)
        elif event.what in ("paid", "credited"):
            detail = formats.money(Money(Decimal(detail), "EUR"), self.language)
        elif event.what == "disputed":
            detail = say(f"dispute.{detail}", self.language)
        words = self(f"what.{event.what}", detail=detail)
        return f"{words}  {' '.join(event.numbers)}".rstrip()


class Screen:
    """The live picture: redrawn once a day."""

    def __init__(self, console: Console, language: str) -> None:
        self._console = console
        self._say = _Tongue(language)
        self._events: deque[Event] = deque(maxlen=_SCROLL)
        self._last: dict[str, Event] = {}
        self._live = Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def day(self, play: Play, news: Sequence[Event]) -> None:
        """Show a day's end."""
        told = merged(news)
        self._events.extend(told)
        self._last |= {event.debtor: event for event in told}
        self._live.update(Group(self._table(play), self._scroll(play)), refresh=True)

    def _table(self, play: Play) -> Table:
        title = self._say(
            "title",
            day=formats.long_date(play.day, self._say.language),
            sent=len(play.post.letters),
            received=play.post.received,
        )
        table = Table(title=title, box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
        for key, ratio in (("debtor", 5), ("script", 5), ("owed", None), ("last", 7), ("stands", 8)):
            justify: Literal["left", "right"] = "left" if ratio else "right"
            table.add_column(self._say(key), no_wrap=True, ratio=ratio, justify=justify)
        with play.office.db.read() as session:
            plans = {
                plan.file.debtor.reference: plan for plan in decisions(play.office, session, play.clock.now())
            }
        for debtor in play.cast:
            last = self._last.get(debtor.code)
            owed, stands = self._standing(play, plans.get(debtor.code))
            table.add_row(escape(debtor.name), escape(debtor.script), owed, self._coloured(last), stands)
        return table

    def _standing(self, play: Play, plan: DebtorPlan | None) -> tuple[str, Text]:
        """Return what is owed, and why nothing leaves now for the oldest open invoice."""
        open_ = (
            [case for case in plan.file.cases if case.outstanding and not case.invoice.is_credit_note]
            if plan
            else []
        )
        if plan is None or not open_:
            return "", Text(self._say("settled"), style="green")
        owed = sum((case.outstanding for case in open_), Money.zero(open_[0].outstanding.currency))
        decision = plan.decisions[open_[0].invoice.id]
        language = self._say.language
        if isinstance(decision, Send):
            words = self._say("leaving", stage=say(f"stage.{decision.stage.key}", language))
        else:
            detail = (
                ", ".join(say(f"hold.{key}", language) for key in decision.detail.split(", "))
                if decision.reason is Reason.HELD
                else decision.detail
            )
            words = say(f"reason.{decision.reason}", language, detail=detail)
        if isinstance(decision, Wait) and decision.until:
            day = play.office.today(decision.until)
            words += self._say("until", day=formats.short_date(day, language))
        return formats.money(owed, language), Text(words)

    def _scroll(self, play: Play) -> Panel:
        room = max(3, self._console.height - len(play.cast) - _TABLE_LINES)
        names = {debtor.code: debtor.name for debtor in play.cast}
        lines = [self._line(event, names) for event in list(self._events)[-room:]]
        return Panel(Group(*lines), title=self._say("events"), box=box.ROUNDED, height=room + 2)

    def _line(self, event: Event, names: dict[str, str]) -> Text:
        line = Text(f"{event.at:%d/%m %H:%M}  {names.get(event.debtor, event.debtor):<32.32}  ", no_wrap=True)
        return line.append_text(self._coloured(event))

    def _coloured(self, event: Event | None) -> Text:
        if event is None:
            return Text()
        return Text(
            self._say.event(event), style=_COLOURS.get(event.what, ""), no_wrap=True, overflow="ellipsis"
        )


def print_day(console: Console, language: str, play: Play, news: Sequence[Event]) -> None:
    """Print a day's events, where there is no terminal to draw on."""
    names = {debtor.code: debtor.name for debtor in play.cast}
    tell = _Tongue(language)
    for event in merged(news):
        words = f"{event.at:%Y-%m-%d %H:%M}  {names.get(event.debtor, event.debtor):<32}  {tell.event(event)}"
        console.print(words, markup=False, highlight=False, soft_wrap=True)


def print_summary(console: Console, language: str, outcome: Outcome, where: str) -> None:
    """Print at the end what was sent, understood and held, and how each story went."""
    tell = _Tongue(language)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for key in ("debtor", "script", "sent", "understood", "held", "verdict"):
        table.add_column(tell(key), overflow="fold")
    for story in outcome.stories:
        table.add_row(*_row(story, tell))
    console.print(table)
    counts = {name: getattr(outcome, name) for name in ("days", "sent", "received", "in_doubt", "duplicates")}
    console.print(tell("ended", **counts), highlight=False)
    if outcome.as_expected:
        console.print(tell("all_well"), style="bold green")
    if where:
        console.print(tell("kept", where=where), markup=False, soft_wrap=True)


def _row(story: Story, tell: _Tongue) -> tuple[str, ...]:
    language = tell.language
    stages = ", ".join(say(f"stage.{key}", language) for key in story.stages)
    intents = ", ".join(say(f"intent.{key}", language) for key in story.intents)
    holds = ", ".join(dict.fromkeys(say(f"hold.{hold['reason']}", language) for hold in story.holds))
    verdict = f"[green]{tell('as_expected')}[/]" if story.as_expected else f"[bold red]{tell('different')}[/]"
    return escape(story.debtor.name), escape(story.debtor.script), stages, intents, holds, verdict


@contextlib.contextmanager
def key_pressed(key: str, act: Callable[[], None]) -> Iterator[None]:
    """Act when a key is pressed, without waiting for the line's end; does nothing without a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def look() -> None:
        if sys.stdin.read(1).lower() == key:
            act()

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, look)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
