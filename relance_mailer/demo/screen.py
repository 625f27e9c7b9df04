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

from babel.dates import format_skeleton
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from relance_mailer.demo.model import START, Debtor
from relance_mailer.demo.outcome import Outcome, Story
from relance_mailer.demo.play import Play
from relance_mailer.demo.story import Event, merged
from relance_mailer.dunning.decide import Decision, Reason, Send, Wait
from relance_mailer.dunning.money import Money
from relance_mailer.services.plan import DebtorPlan, decisions
from relance_mailer.texts import formats
from relance_mailer.texts.words import say

_SCROLL = 200  #: events kept; as many are shown as the terminal has lines
_FRAME_LINES = 7  #: title, head and borders of both panes
_PASSING = frozenset({Reason.NOT_DUE, Reason.GAP, Reason.WINDOW})  #: waits that say no more than their end
_FEWEST_EVENTS = 4  #: shown even where the table has to give way
#: Columns with their share of the width (None: as wide as needed) and the narrowest terminal that shows them.
_COLUMNS: tuple[tuple[str, int | None, int], ...] = (
    ("debtor", 6, 0),
    ("script", 7, 110),
    ("owed", None, 0),
    ("last", 6, 90),
    ("stands", 7, 0),
)

#: key: (French, English)
_WORDS = {
    "title": ("Démonstration · {day} · {sent} envoyés, {received} reçus · q : terminer", "Demo · {day} · {sent} sent, {received} received · q: end"),
    "debtor": ("Débiteur", "Debtor"),
    "script": ("Scénario", "Script"),
    "owed": ("Reste dû", "Owed"),
    "last": ("Dernier événement", "Last event"),
    "stands": ("Où en est-on", "Where it stands"),
    "events": ("Événements", "Events"),
    "others": ("… et {n} autres", "… and {n} others"),
    "settled": ("tout est réglé", "all is settled"),
    "leaving": ("part : {stage}", "leaving: {stage}"),
    "until": (", jusqu'au {day}", ", until {day}"),
    "next": ("prochaine étape le {day}", "next step on {day}"),
    "ended": ("{days} jours joués : {sent} messages envoyés, {received} reçus, {in_doubt} en doute, {duplicates} en double.", "{days} days played: {sent} messages sent, {received} received, {in_doubt} in doubt, {duplicates} duplicates."),
    "sent": ("Envoyés", "Sent"),
    "understood": ("Compris", "Understood"),
    "held": ("Mis en attente", "Held"),
    "verdict": ("Histoire", "Story"),
    "as_expected": ("conforme", "as expected"),
    "different": ("DIFFÉRENTE", "DIFFERENT"),
    "so_far": ("conforme jusque-là", "as expected so far"),
    "well_so_far": ("Tout s'est passé comme prévu jusqu'ici ; la suite n'a pas été jouée.", "All went as expected so far; the rest was not played."),
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
        return self.short(day)

    def short(self, day: date) -> str:
        """Write a day without its year, which is the same all along."""
        return format_skeleton("MMMd", day, locale=formats.locale(self.language))

    def event(self, event: Event, *, full: bool = True) -> str:
        """Say an event in words, with the invoices it is about and how long it lasts or without."""
        detail = event.detail
        if event.what in ("sent", "understood", "held", "released"):
            key, _, rest = detail.partition(" ")
            kind = {"sent": "stage", "understood": "intent"}.get(event.what, "hold")
            said = say(f"{kind}.{key}", self.language)
            if rest.startswith("until "):
                said += self("until", day=self.day(rest.removeprefix("until "))) if full else ""
            else:
                said += f" ({rest})" if rest else ""
            detail = said
        elif event.what == "promised":
            detail = self.day(detail)
        elif event.what in ("paid", "credited"):
            detail = formats.money(Money(Decimal(detail), "EUR"), self.language)
        elif event.what == "disputed":
            detail = say(f"dispute.{detail}", self.language)
        words = self(f"what.{event.what}", detail=detail)
        return f"{words}  {' '.join(event.numbers)}" if full and event.numbers else words


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
        self._live.update(self.picture(play, news), refresh=True)

    def picture(self, play: Play, news: Sequence[Event]) -> Group:
        """Return how things stand at a day's end, cut to the terminal's size."""
        told = merged(news)
        self._events.extend(told)
        for event in told:  # the latest last
            self._last.pop(event.debtor, None)
            self._last[event.debtor] = event
        shown = self._shown(play.cast)
        rows = len(shown) + (len(shown) < len(play.cast))
        return Group(self._table(play, shown), self._scroll(play, rows))

    def _shown(self, cast: Sequence[Debtor]) -> list[Debtor]:
        """Return the debtors that the terminal has room for: those of whom there was news last, in the cast's order."""
        room = max(1, self._console.height - _FRAME_LINES - _FEWEST_EVENTS)
        if len(cast) <= room:
            return list(cast)
        newest = list(reversed(self._last))
        ranked = sorted(
            cast, key=lambda debtor: newest.index(debtor.code) if debtor.code in newest else len(newest)
        )
        kept = {debtor.code for debtor in ranked[: room - 1]}
        return [debtor for debtor in cast if debtor.code in kept]

    def _table(self, play: Play, shown: Sequence[Debtor]) -> Table:
        columns = [column for column in _COLUMNS if self._console.width >= column[2]]
        table = Table(title=self._title(play), box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
        for key, ratio, _ in columns:
            justify: Literal["left", "right"] = "left" if ratio else "right"
            table.add_column(self._say(key), no_wrap=True, ratio=ratio, justify=justify)
        with play.office.db.read() as session:
            plans = {
                plan.file.debtor.reference: plan for plan in decisions(play.office, session, play.clock.now())
            }
        for debtor in shown:
            cells = self._cells(play, debtor, plans.get(debtor.code))
            table.add_row(*(cells[key] for key, _, _ in columns))
        if others := len(play.cast) - len(shown):
            table.add_row(self._say("others", n=others), style="dim")
        return table

    def _title(self, play: Play) -> str:
        day = formats.long_date(play.day, self._say.language)
        return self._say("title", day=day, sent=len(play.post.letters), received=play.post.received)

    def _cells(self, play: Play, debtor: Debtor, plan: DebtorPlan | None) -> dict[str, str | Text]:
        owed, stands = self._standing(play, plan)
        return {
            "debtor": escape(debtor.name),
            "script": escape(debtor.story(self._say.language)),
            "owed": owed,
            "last": self._coloured(self._last.get(debtor.code), full=False),
            "stands": stands,
        }

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
        return formats.money(owed, language), Text(self._why(play, decision))

    def _why(self, play: Play, decision: Decision) -> str:
        """Say what a decision means for the one who looks on."""
        language = self._say.language
        if isinstance(decision, Send):
            return self._say("leaving", stage=say(f"stage.{decision.stage.key}", language))
        until = play.office.today(decision.until) if isinstance(decision, Wait) and decision.until else None
        if until and decision.reason in _PASSING:
            return self._say("next", day=self._say.short(until))
        detail = decision.detail
        if decision.reason is Reason.HELD:
            words = ", ".join(say(f"hold.{key}", language) for key in detail.split(", "))
        else:
            words = say(f"reason.{decision.reason}", language, detail=detail)
        return f"{words} → {self._say.short(until)}" if until else words

    def _scroll(self, play: Play, rows: int) -> Panel:
        room = max(_FEWEST_EVENTS, self._console.height - rows - _FRAME_LINES)
        names = {debtor.code: debtor.name for debtor in play.cast}
        lines = [self._line(event, names) for event in list(self._events)[-room:]]
        return Panel(Group(*lines), title=self._say("events"), box=box.ROUNDED, height=room + 2)

    def _line(self, event: Event, names: dict[str, str]) -> Text:
        day = f"{self._say.short(event.at.date()):>6}"
        line = Text(f"{day} {event.at:%H:%M}  {names.get(event.debtor, event.debtor):<32.32}  ", no_wrap=True)
        return line.append_text(self._coloured(event))

    def _coloured(self, event: Event | None, *, full: bool = True) -> Text:
        if event is None:
            return Text()
        return Text(
            self._say.event(event, full=full),
            style=_COLOURS.get(event.what, ""),
            no_wrap=True,
            overflow="ellipsis",
        )


def print_day(console: Console, language: str, play: Play, news: Sequence[Event]) -> None:
    """Print a day's events, where there is no terminal to draw on."""
    names = {debtor.code: debtor.name for debtor in play.cast}
    tell = _Tongue(language)
    for event in merged(news):
        words = f"{event.at:%Y-%m-%d %H:%M}  {names.get(event.debtor, event.debtor):<32}  {tell.event(event)}"
        console.print(words, markup=False, highlight=False, soft_wrap=True)


def print_summary(console: Console, language: str, outcome: Outcome, where: str, *, days: int) -> None:
    """Print at the end what was sent, understood and held, and how each story went; `days` were to be played."""
    tell = _Tongue(language)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for key in ("debtor", "script", "sent", "understood", "held", "verdict"):
        table.add_column(tell(key), overflow="fold")
    for story in outcome.stories:
        table.add_row(*_row(story, tell, whole=outcome.days >= days))
    console.print(table)
    counts = {name: getattr(outcome, name) for name in ("days", "sent", "received", "in_doubt", "duplicates")}
    console.print(tell("ended", **counts), highlight=False)
    if outcome.as_expected:
        console.print(tell("all_well" if outcome.days >= days else "well_so_far"), style="bold green")
    if where:
        console.print(tell("kept", where=where), markup=False, soft_wrap=True)


def _row(story: Story, tell: _Tongue, *, whole: bool) -> tuple[str, ...]:
    language = tell.language
    stages = ", ".join(say(f"stage.{key}", language) for key in story.stages)
    intents = ", ".join(say(f"intent.{key}", language) for key in story.intents)
    holds = ", ".join(dict.fromkeys(say(f"hold.{hold['reason']}", language) for hold in story.holds))
    verdict = (
        f"[green]{tell('as_expected' if whole else 'so_far')}[/]"
        if story.as_expected
        else f"[bold red]{tell('different')}[/]"
    )
    return escape(story.debtor.name), escape(story.debtor.story(language)), stages, intents, holds, verdict


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
