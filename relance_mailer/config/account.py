"""What the sending account may do and needs, where the configuration leaves it to what is known of the provider."""

from __future__ import annotations

from relance_mailer.config import providers
from relance_mailer.config.servers import Smtp

CAREFUL = "30/minute"  #: the pace where a provider is not known, or publishes none


def rates(smtp: Smtp) -> tuple[str, ...]:
    """Return the limits to keep to, as `mail.rate` reads them; none if it may send without limit."""
    if smtp.rate == "unlimited":
        return ()
    if smtp.rate == "auto":
        provider = providers.of_smtp(smtp)
        return provider.rates if provider and provider.rates else (CAREFUL,)
    return tuple(rate.strip() for rate in smtp.rate.split(","))


def blind_copies(smtp: Smtp) -> tuple[str, ...]:
    """Return whom a blind copy of each notice goes to.

    With "auto", ourselves, unless the provider is known to file a copy: a copy too many in the inbox is recognised and
    costs nothing; where there is none at all, only a bounce or a person can settle a doubt.
    """
    if smtp.bcc:
        return (smtp.bcc,)
    provider = providers.of_smtp(smtp) if smtp.sent_copy == "auto" else None
    filed = provider is not None and provider.sent_copy is True
    wanted = smtp.sent_copy == "bcc" or (smtp.sent_copy == "auto" and not filed)
    return (smtp.from_address,) if wanted else ()
