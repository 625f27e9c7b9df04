"""The debtors, and the person in the accounts team, as they act out their scripts."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from random import Random

from relance_mailer.demo import files, programs
from relance_mailer.demo.files import PERSON, Transfer
from relance_mailer.demo.model import Bill, Debtor, Letter, Machine, Pays, Person, Says, Step
from relance_mailer.demo.post import PostOffice
from relance_mailer.demo.programs import Author, Reply
from relance_mailer.demo.wordings import text_of
from relance_mailer.dunning.calendar import PARIS
from relance_mailer.dunning.notice import NoticeState
from relance_mailer.services import desk
from relance_mailer.services.import_ import ImportReport, import_invoices
from relance_mailer.services.office import Office
from relance_mailer.store import notices, parties

Act = Callable[[], Awaitable[None]]
_FIRST_HOUR, _MINUTES = time(10), 6 * 60  #: people act within these minutes of the day


class Actors:
    """Puts on the agenda what each letter that arrives makes its debtor, and the person, do."""

    def __init__(
        self,
        cast: Sequence[Debtor],
        seed: int,
        office: Office,
        post: PostOffice,
        at: Callable[[datetime, Act], None],
        check: Callable[[ImportReport], None],
    ) -> None:
        self._cast = cast
        self._seed = seed
        self._office = office
        self._post = post
        self._at = at
        self._check = check
        self._chance = {debtor.code: Random(f"{seed} {debtor.code}") for debtor in cast}  # noqa: S311
        self._by_address = {
            address: debtor for debtor in cast for address in (*debtor.emails, debtor.spare) if address
        }
        self._letters: Counter[str] = Counter()
        self._issued: set[str] = set()
        self._bank: list[tuple[date, Transfer]] = []

    def begin(self, day: date) -> None:
        """Take up what no letter sets off."""
        for debtor in self._cast:
            self._take_up(debtor, 0, day, None)

    def receive(self, letter: Letter) -> None:
        """A letter arrives at a debtor's."""
        debtor = self._by_address[letter.to]
        self._letters[debtor.code] += 1
        self._take_up(debtor, self._letters[debtor.code], self._today(), letter)

    def issued(self, day: date) -> list[tuple[Debtor, Bill]]:
        """Return the invoices issued up to `day` that were not exported yet."""
        rows = [
            (debtor, bill)
            for debtor in self._cast
            for bill in debtor.bills
            if bill.issued <= day and bill.number not in self._issued
        ]
        self._issued |= {bill.number for _, bill in rows}
        return rows

    def transfers(self, day: date) -> list[Transfer]:
        """Return the payments that the bank's file of `day` tells."""
        found = [transfer for on, transfer in self._bank if on <= day]
        self._bank = [(on, transfer) for on, transfer in self._bank if on > day]
        return found

    def _take_up(self, debtor: Debtor, number: int, today: date, letter: Letter | None) -> None:
        for step in debtor.steps:
            if step.letter == number:
                self._schedule(debtor, step, today + timedelta(days=step.days), letter)

    def _schedule(self, debtor: Debtor, step: Step, day: date, letter: Letter | None) -> None:
        chance = self._chance[debtor.code]
        hour = self._hour(debtor, day)
        match step, letter:
            case Machine(), Letter():
                now = self._now() + timedelta(minutes=1)
                self._at(now, lambda: self._answer_by_machine(debtor, step, letter))
            case Says(), Letter():
                text = text_of(debtor, step, chance)
                self._at(hour, lambda: self._answer(debtor, step, letter, text))
            case Pays(), _:
                self._bank.append((day, self._transfer(debtor, step, day)))
            case Person(), _:
                self._at(hour, lambda: asyncio.to_thread(self._person, debtor, step))
            case _:
                msg = f"{debtor.code}: {step} answers no letter"
                raise ValueError(msg)

    def _hour(self, debtor: Debtor, day: date) -> datetime:
        """Return when people act on a day: what concerns one debtor happens at one hour, in the script's order."""
        chance = Random(f"{self._seed} {debtor.code} {day}")  # noqa: S311 - no secret
        return datetime.combine(day, _FIRST_HOUR, PARIS) + timedelta(minutes=chance.randrange(_MINUTES))

    def _now(self) -> datetime:
        return self._office.clock.now().astimezone(PARIS)

    def _today(self) -> date:
        return self._now().date()

    # ── what debtors do ──────────────────────────────────────────────────────────────────────────────────────────

    def _transfer(self, debtor: Debtor, step: Pays, day: date) -> Transfer:
        amount = step.amount or sum(debtor.bill(number).total for number in step.about)
        paid_on = step.paid_on or self._working_day_before(day)
        reference = f"VIR-{day:%Y%m%d}-{debtor.code}"
        return Transfer(debtor, step.about, amount, paid_on, reference)  # type: ignore[arg-type]

    def _working_day_before(self, day: date) -> date:
        before = (day - timedelta(days=number) for number in itertools.count(1))
        return next(earlier for earlier in before if self._office.days.is_open(earlier))

    async def _answer(self, debtor: Debtor, step: Says, letter: Letter, text: str) -> None:
        author = Author(debtor.person, step.sender or letter.to, debtor.language)
        original = programs.opened(letter)
        reply = Reply(author, text, self._now(), original)
        raw = programs.answer(reply, debtor.program, self._message_id(author.address))
        if step.spam:
            raw = b"X-Spam-Flag: YES\r\n" + raw
        await self._post.post(author.address, _answer_to(original), raw)

    async def _answer_by_machine(self, debtor: Debtor, step: Machine, letter: Letter) -> None:
        author = Author(debtor.person, letter.to, debtor.language)
        original, at, identity = programs.opened(letter), self._now(), self._message_id(letter.to)
        if step.kind == "bounce":
            to = str(original["From"].addresses[0].addr_spec)
            await self._post.post("", to, programs.bounce(letter.to, letter, to, at, identity))
        elif step.kind == "challenge":
            raw = programs.challenge(author, original, at, identity)
            await self._post.post(author.address, _answer_to(original), raw)
        else:
            assert step.on is not None
            raw = programs.absence(author, original, at, step.on, identity)
            await self._post.post(author.address, _answer_to(original), raw)

    def _message_id(self, address: str) -> str:
        """Return an identity that this seed gives again."""
        debtor = self._by_address.get(address)
        chance = self._chance[debtor.code if debtor else self._cast[0].code]
        return f"<{chance.getrandbits(96):024x}@{address.rpartition('@')[2]}>"

    # ── what the person does ─────────────────────────────────────────────────────────────────────────────────────

    def _person(self, debtor: Debtor, step: Person) -> None:
        now = self._office.clock.now()
        match step.does:
            case "approve":
                for notice_id in self._awaiting(debtor):
                    desk.approve_notice(self._office, notice_id, now, PERSON)
            case "release":
                for what in step.about:
                    desk.release(self._office, what, step.why, now, PERSON)
            case "credit":
                assert step.amount is not None
                number = step.about[0].replace("F", "A", 1)
                note = Bill(number, self._today() + timedelta(days=30), -step.amount)
                data = files.invoices([(debtor, note, debtor.emails)])
                self._check(import_invoices(self._office, data, f"{number}.csv", now, PERSON))
            case "contact":
                emails = (*debtor.emails, debtor.spare)
                data = files.invoices([(debtor, debtor.bill(number), emails) for number in step.about])
                self._check(import_invoices(self._office, data, f"{debtor.code}.csv", now, PERSON))

    def _awaiting(self, debtor: Debtor) -> list[int]:
        with self._office.db.read() as session:
            debtor_id, _ = parties.find(session, self._office.creditor_id, debtor.code)
            rows = notices.in_states(session, self._office.creditor_id, [NoticeState.AWAITING_APPROVAL])
        return [row.id for row in rows if row.debtor_id == debtor_id and row.id is not None]


def _answer_to(original: EmailMessage) -> str:
    field = original["Reply-To"] or original["From"]
    return str(field.addresses[0].addr_spec)
