"""What every service works with: one creditor's database, settings, policy, texts, clock and keys, put together once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from relance_mailer.clock import Clock
from relance_mailer.config import Config
from relance_mailer.dunning.calendar import Place, WorkingDays
from relance_mailer.dunning.notice import Mode
from relance_mailer.dunning.policy import DEFAULT, NEVER, Policy, Pursuit
from relance_mailer.dunning.rates import RateTable
from relance_mailer.replies.trust import Signature
from relance_mailer.store.cases import Standpoint
from relance_mailer.store.db import Database
from relance_mailer.store.installation import InstallationState
from relance_mailer.texts.load import Templates
from relance_mailer.texts.render import Renderer

#: Who acts, where no person does.
BOT = "relance-mailer"


@dataclass(frozen=True, slots=True)
class Office:
    """One creditor's office.

    Attributes:
        policy: the installation's: its gates and its brake are everybody's, its stages those of debtors that name none.
        policies: those that debtors may name.
        mode: where messages go now; shadow while the installation is not trusted, whatever is configured.
        reads_since: when this process began to watch the mailboxes; nothing leaves before it has read them.
        verify: verifies a message's signatures (its bytes, the sender's domain), by keys from the DNS; None: nobody does.
        key: signs the tokens by which our own mail and the answers to it are recognised.
    """

    db: Database
    config: Config
    creditor_id: int
    policy: Policy
    rates: RateTable
    templates: Templates
    renderer: Renderer
    clock: Clock
    key: bytes
    mode: Mode
    installation: InstallationState
    reads_since: datetime | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    verify: Callable[[bytes, str], tuple[Signature, ...]] | None = None

    def policy_of(self, name: str) -> Policy:
        """Return the policy that debtors call `name`; one that sends nothing if the configuration lacks it."""
        if name == DEFAULT:
            return self.policy
        if name == NEVER:
            return self.policy.without_stages(NEVER, Pursuit.NEVER)
        return self.policies.get(name) or self.policy.without_stages(name, Pursuit.UNKNOWN)

    def today(self, now: datetime) -> date:
        """Return the creditor's calendar day at `now`."""
        return now.astimezone(self.policy.window.zone).date()

    def view(self, now: datetime) -> Standpoint:
        """Return the standpoint from which facts are loaded at `now`."""
        return Standpoint(
            self.creditor_id, self.place, self.policy.window.zone, self.mode.track, self.today(now)
        )

    @property
    def place(self) -> Place:
        """Where the creditor works."""
        return Place(self.config.creditor.country, self.config.creditor.subdivision)

    @property
    def days(self) -> WorkingDays:
        """The creditor's working days."""
        return WorkingDays.of(self.place)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Addresses that are ours, lower case."""
        ours = (self.config.smtp.from_address, self.config.smtp.bcc, *self.config.creditor.addresses)
        return frozenset(address.lower() for address in ours if address)
