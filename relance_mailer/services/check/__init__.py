"""Is everything as it must be to send, receive and decide? One finding a question, each with its remedy."""

from __future__ import annotations

from relance_mailer.services.check.domain import Domain, of_domain, system_resolver
from relance_mailer.services.check.finding import Finding, Level, failed, finding, worst
from relance_mailer.services.check.machine import of_clock, of_machine
from relance_mailer.services.check.office import of_office
from relance_mailer.services.check.servers import of_imap, of_smtp
from relance_mailer.services.check.settings import (
    language_of,
    of_settings,
    unreadable,
    without_missing_passwords,
)
from relance_mailer.services.check.together import Question, answers

__all__ = [
    "Domain",
    "Finding",
    "Level",
    "Question",
    "answers",
    "failed",
    "finding",
    "language_of",
    "of_clock",
    "of_domain",
    "of_imap",
    "of_machine",
    "of_office",
    "of_settings",
    "of_smtp",
    "system_resolver",
    "unreadable",
    "without_missing_passwords",
    "worst",
]
