"""The dunning policy: which stage when, and the limits that every notice respects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from relance_mailer.dunning.calendar import Window


class StageKind(StrEnum):
    """What a stage is to the law and to the reader."""

    PRE_DUE = "pre_due"  #: before the due date
    REMINDER = "reminder"
    FORMAL_NOTICE = "formal_notice"  #: mise en demeure: alone, approved by a person, with a deadline
    HANDOVER = "handover"  #: no message: a person takes over


class Entry(StrEnum):
    """Where an invoice first seen late begins."""

    FIRST = "first"  #: at the first courteous reminder
    FITTING = "fitting"  #: at the reminder that its age asks for, never at a formal notice


class Pursuit(StrEnum):
    """Whether a policy sends anything at all."""

    STAGED = "staged"
    NEVER = "never"  #: a person wants this debtor never to be reminded
    UNKNOWN = "unknown"  #: the configuration lacks the policy that the debtor names: nothing stands in for it


#: The installation's own policy, which every debtor follows until somebody says otherwise, and the one that never reminds.
DEFAULT, NEVER = "default", "none"
#: Every word for these two; no policy of one's own can be called so.
RESERVED = {
    **dict.fromkeys((DEFAULT, "defaut", "par_defaut", "standard"), DEFAULT),
    **dict.fromkeys((NEVER, "aucun", "aucune", "jamais", "never"), NEVER),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a policy.

    Attributes:
        key: its name in the database, in the templates' file names and on the screen.
        offset_days: calendar days after the due date (negative: before), moved to the next working day.
        deadline_days: calendar days that a formal notice gives, moved to the next working day.
        shows_claim: late-payment interest and the fixed compensation are shown.
    """

    key: str
    kind: StageKind
    offset_days: int
    deadline_days: int = 0
    needs_approval: bool = False
    shows_claim: bool = False


#: The procedure that French practice recommends.
DEFAULT_STAGES = (
    Stage("predue", StageKind.PRE_DUE, -10),
    Stage("reminder1", StageKind.REMINDER, 3),
    Stage("reminder2", StageKind.REMINDER, 15),
    Stage("reminder3", StageKind.REMINDER, 30, shows_claim=True),
    Stage("formal_notice", StageKind.FORMAL_NOTICE, 45, 15, needs_approval=True, shows_claim=True),
    Stage("handover", StageKind.HANDOVER, 60),
)


@dataclass(frozen=True, slots=True)
class Brake:
    """When a run is unusual enough to ask a person first (rule 8)."""

    times_usual: int = 3
    first_contacts: int = 20
    floor: int = 10  #: a run of at most so many messages is never unusual by its size


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides for the invoices of the debtors that follow it.

    Attributes:
        name: what debtors and the configuration call it.
        pursuit: whether it sends anything; one that does not has no stages.
        min_days_between: calendar days between two messages to one debtor.
        max_payment_age: working days since payments or balances last came in.
        max_inbox_age: since every watched folder was last read to its end.
        courtesy_holds: so many short holds by answers that commit to nothing; then a person decides.
        replaced_promises: so many promises replaced by later ones; then a person decides.
    """

    name: str = DEFAULT
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    entry: Entry = Entry.FIRST
    window: Window = field(default_factory=Window)
    min_days_between: int = 5
    max_payment_age: int = 3
    max_inbox_age: timedelta = timedelta(minutes=30)
    courtesy_holds: int = 2
    replaced_promises: int = 2
    brake: Brake = Brake()
    pursuit: Pursuit = Pursuit.STAGED

    def without_stages(self, name: str, pursuit: Pursuit) -> Policy:
        """Return a policy called `name` that sends nothing, its hours and limits those of this one."""
        return replace(self, name=name, stages=(), pursuit=pursuit)

    def stage(self, key: str) -> Stage:
        """Return the stage called `key`; KeyError if the policy has none."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)

    def index(self, key: str) -> int:
        """Return how far along `key` is; KeyError if the policy has none."""
        return self.stages.index(self.stage(key))
