"""A calendar invitation, or the answer to one: it proposes a meeting, and what that means for a debt a person says."""

from __future__ import annotations

from relance_mailer.replies.model import Intent, Invitation, Understanding


def words_with(invitation: Invitation | None, own: str) -> str:
    """Return the author's words, and under them what stands in the invitation only: its subject and when it begins."""
    if invitation is None:
        return own
    told = " – ".join(one for one in (invitation.summary, invitation.starts) if one and one not in own)
    return "\n\n".join(filter(None, (own, told)))


def as_other(said: Understanding) -> Understanding:
    """Return what such words were understood to say, without any conclusion: they may be about the meeting alone."""
    return Understanding(
        Intent.OTHER,
        needs_review=True,
        invoices=said.invoices,
        flags=said.flags,
        reply_text=said.reply_text,
        language=said.language,
    )
