"""A notice's life: its states, what may follow what, and how decisions become messages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from relance_mailer.dunning.case import InvoiceCase
from relance_mailer.dunning.decide import Send
from relance_mailer.dunning.policy import Policy, Stage, StageKind
from relance_mailer.errors import ConflictError


class Mode(StrEnum):
    """Where messages go (rule 9)."""

    SHADOW = "shadow"  #: nowhere: only what would have been sent is kept
    REDIRECT = "redirect"  #: to the team's own address
    LIVE = "live"

    @property
    def track(self) -> str:
        """The track on which its notices advance: only live ones serve a stage."""
        return "live" if self is Mode.LIVE else "rehearsal"


class NoticeState(StrEnum):
    """Where a notice stands."""

    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    CLAIMED = "claimed"  #: a process has taken it; nothing has left
    SENDING = "sending"  #: committed before DATA
    DEFERRED = "deferred"  #: refused for now; the same bytes will be tried again
    SENT = "sent"  #: 250 received
    IN_DOUBT = "in_doubt"  #: nobody knows whether the server took it
    FAILED = "failed"  #: refused for good, nothing arrived
    BOUNCED = "bounced"  #: accepted, then returned
    SUPERSEDED = "superseded"  #: its facts changed, or it grew old, before it left
    REFUSED = "refused"  #: a person said no
    RECORDED = "recorded"  #: shadow mode: it would have been sent


class NoticeEvent(StrEnum):
    """What may happen to a notice."""

    APPROVE = "approve"
    REFUSE = "refuse"
    CLAIM = "claim"
    UNCLAIM = "unclaim"  #: given back untried, or found claimed at start
    START = "start"  #: about to send DATA
    ACCEPT = "accept"  #: 250
    DEFER = "defer"  #: 4xx
    FAIL = "fail"  #: 5xx
    LOSE = "lose"  #: no answer after the content began to leave, or found `sending` at start
    FOUND = "found"  #: its copy or a person proves that it left
    NOT_SENT = "not_sent"  #: a person says that it did not leave
    BOUNCE = "bounce"  #: a final bounce
    SUPERSEDE = "supersede"
    RECORD = "record"


_S, _E = NoticeState, NoticeEvent
TRANSITIONS: dict[tuple[NoticeState, NoticeEvent], NoticeState] = {
    (_S.AWAITING_APPROVAL, _E.APPROVE): _S.QUEUED,
    (_S.AWAITING_APPROVAL, _E.REFUSE): _S.REFUSED,
    (_S.AWAITING_APPROVAL, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.QUEUED, _E.CLAIM): _S.CLAIMED,
    (_S.QUEUED, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.QUEUED, _E.REFUSE): _S.REFUSED,
    (_S.QUEUED, _E.RECORD): _S.RECORDED,
    (_S.DEFERRED, _E.CLAIM): _S.CLAIMED,
    (_S.DEFERRED, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.DEFERRED, _E.REFUSE): _S.REFUSED,
    (_S.CLAIMED, _E.START): _S.SENDING,
    (_S.CLAIMED, _E.UNCLAIM): _S.QUEUED,
    (_S.CLAIMED, _E.DEFER): _S.DEFERRED,
    (_S.CLAIMED, _E.FAIL): _S.FAILED,
    (_S.CLAIMED, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.SENDING, _E.ACCEPT): _S.SENT,
    (_S.SENDING, _E.DEFER): _S.DEFERRED,
    (_S.SENDING, _E.FAIL): _S.FAILED,
    (_S.SENDING, _E.LOSE): _S.IN_DOUBT,
    (_S.IN_DOUBT, _E.FOUND): _S.SENT,
    (_S.IN_DOUBT, _E.NOT_SENT): _S.FAILED,
    (_S.IN_DOUBT, _E.BOUNCE): _S.BOUNCED,
    (_S.SENT, _E.BOUNCE): _S.BOUNCED,
    (_S.SENDING, _E.FOUND): _S.SENT,
    (_S.SENDING, _E.BOUNCE): _S.BOUNCED,
}

#: Its invoices' stages are taken: nothing else may be sent for them (rule 1).
ACTIVE = frozenset(
    {_S.AWAITING_APPROVAL, _S.QUEUED, _S.CLAIMED, _S.SENDING, _S.DEFERRED, _S.SENT, _S.IN_DOUBT, _S.RECORDED}
)
#: Not yet handed to a server; superseded without a trace at anybody's.
UNSENT = frozenset({_S.AWAITING_APPROVAL, _S.QUEUED, _S.CLAIMED, _S.DEFERRED})
#: Served: it counts as having reached the debtor (rule 1), or would have (shadow).
SERVED = frozenset({_S.SENT, _S.RECORDED})


def advance(state: NoticeState, event: NoticeEvent) -> NoticeState:
    """Return the state after `event`; ConflictError if it cannot happen in `state`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        msg = f"a notice that is {state} cannot {event}"
        raise ConflictError(msg) from None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A message that should leave: to one debtor, about these invoices, with the text of `stage`."""

    stage: Stage
    cases: tuple[tuple[InvoiceCase, Stage], ...]


def group(sends: list[tuple[InvoiceCase, Send]], policy: Policy) -> list[Proposal]:
    """Return the messages of one debtor and run: at most one that needs no approval, and its formal notice.

    A formal notice stands alone, with only the invoices at that stage; all others share one message whose text is that
    of the highest stage. Where a policy has reminders that need approval too, they share one of their own: nothing
    leaves unapproved in another's company, and nothing waits for another's approval.
    """
    kinds: dict[tuple[bool, bool], list[tuple[InvoiceCase, Stage]]] = defaultdict(list)
    for case, send in sends:
        stage = send.stage
        kinds[stage.kind is StageKind.FORMAL_NOTICE, stage.needs_approval].append((case, stage))
    proposals = []
    for _, members in sorted(kinds.items(), key=lambda entry: entry[0], reverse=True):
        members.sort(key=lambda member: (member[0].invoice.due, member[0].invoice.number))
        highest = max((stage for _, stage in members), key=lambda stage: policy.index(stage.key))
        proposals.append(Proposal(highest, tuple(members)))
    return proposals
