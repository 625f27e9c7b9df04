"""The rules of dunning as settings: the policy, the pauses, the rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from relance_mailer.config.fields import LocalTime, Settings
from relance_mailer.dunning.calendar import Window
from relance_mailer.dunning.policy import DEFAULT, DEFAULT_STAGES, Brake, Entry, Policy, Stage, StageKind
from relance_mailer.dunning.rates import RateTable
from relance_mailer.errors import ConfigError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class StageSettings(Settings):
    """One stage of a policy of one's own."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: StageKind
    offset_days: int
    deadline_days: int = 0
    needs_approval: bool = False
    shows_claim: bool = False


class PolicyRules(Settings):
    """What one dunning policy may have otherwise than another; what is not given is the installation's."""

    entry: Entry = Entry.FIRST
    min_days_between: int = Field(default=5, ge=1)
    window_days: tuple[Weekday, ...] = _DAYS[:5]
    window_start: LocalTime = time(9)
    window_end: LocalTime = time(17)
    courtesy_holds: int = Field(default=2, ge=0)
    replaced_promises: int = Field(default=2, ge=0)
    stages: tuple[StageSettings, ...] = ()

    @model_validator(mode="after")
    def _stages_in_order(self) -> PolicyRules:
        for wrong, msg in _faults(self.stages):
            if wrong:
                raise ValueError(msg)
        return self


class PolicySettings(PolicyRules):
    """The installation's dunning policy; what is not given keeps its default."""

    max_payment_age: int = Field(default=3, ge=0)  #: working days
    max_inbox_age: int = Field(default=30, ge=1)  #: minutes
    brake_times_usual: int = Field(default=3, ge=1)
    brake_first_contacts: int = Field(default=20, ge=0)

    def policy(self, zone: ZoneInfo, name: str = DEFAULT) -> Policy:
        """Return the policy that these settings describe, its window in `zone`."""
        days = frozenset(_DAYS.index(day) for day in self.window_days)
        stages = tuple(Stage(**stage.model_dump()) for stage in self.stages) or DEFAULT_STAGES
        return Policy(
            name=name,
            stages=stages,
            entry=self.entry,
            window=Window(days, self.window_start, self.window_end, zone),
            min_days_between=self.min_days_between,
            max_payment_age=self.max_payment_age,
            max_inbox_age=timedelta(minutes=self.max_inbox_age),
            courtesy_holds=self.courtesy_holds,
            replaced_promises=self.replaced_promises,
            brake=Brake(self.brake_times_usual, self.brake_first_contacts),
        )

    def with_rules(self, rules: PolicyRules) -> PolicySettings:
        """Return these settings with what `rules` give; ValueError if both together make no sense."""
        both = self.model_copy(update={key: getattr(rules, key) for key in rules.model_fields_set})
        both.check_window()
        return both

    def check_window(self) -> None:
        """Raise ValueError if the sending window never opens."""
        try:
            Window(frozenset(map(_DAYS.index, self.window_days)), self.window_start, self.window_end)
        except ConfigError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _opens(self) -> PolicySettings:
        self.check_window()
        return self


def _faults(stages: Sequence[StageSettings]) -> Iterator[tuple[bool, str]]:
    """Yield what may be wrong with a policy's stages, and whether it is."""
    kinds = [stage.kind for stage in stages]
    formal = [stage for stage in stages if stage.kind is StageKind.FORMAL_NOTICE]
    offsets = [stage.offset_days for stage in stages]
    before = kinds[: kinds.index(StageKind.FORMAL_NOTICE)] if formal else []
    yield len({stage.key for stage in stages}) != len(stages), "two stages have the same key"
    yield (
        offsets != sorted(set(offsets)),
        "the stages must stand in order, each with a later offset_days than the last",
    )
    yield (
        any((stage.kind is StageKind.PRE_DUE) != (stage.offset_days < 0) for stage in stages),
        'offset_days is below 0 for kind = "pre_due" and not below 0 for every other kind',
    )
    yield (
        not all(stage.needs_approval for stage in formal),
        "a formal notice always needs a person: set needs_approval = true",
    )
    yield (
        any((stage.kind is StageKind.FORMAL_NOTICE) != (stage.deadline_days > 0) for stage in stages),
        "a formal notice, and nothing else, gives a deadline: set deadline_days",
    )
    yield len(formal) > 1, "a policy has one formal notice"
    yield (
        bool(formal) and StageKind.REMINDER not in before,
        "a formal notice comes after at least one reminder",
    )
    yield StageKind.HANDOVER in kinds[:-1], "nothing comes after the handover"


class HoldSettings(Settings):
    """How long an answer pauses, in working days (the reply taxonomy's table)."""

    promise_grace: int = Field(default=3, ge=0)
    promise_longest: int = Field(default=30, ge=1)  #: calendar days; a later promise has an owner and no end
    promise_without_date: int = Field(default=7, ge=1)
    already_paid: int = Field(default=5, ge=1)
    document_request: int = Field(default=5, ge=1)
    wrong_contact: int = Field(default=5, ge=1)
    acknowledgement: int = Field(default=4, ge=1)
    other: int = Field(default=3, ge=1)
    review: int = Field(default=3, ge=1)


class Privacy(Settings):
    """How long what concerns nobody here is kept."""

    unmatched_days: int = Field(default=30, ge=1)  #: calendar days


class Rate(Settings):
    """A half-year's ECB main refinancing rate, in percent, where the program does not know it yet."""

    effective_from: date
    ecb: Decimal

    @model_validator(mode="after")
    def _plausible(self) -> Rate:
        try:
            RateTable().with_override(self.effective_from, self.ecb)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self
