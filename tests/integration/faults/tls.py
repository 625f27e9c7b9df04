"""Certificates, good and bad, of an authority of the tests' own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import trustme

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """Server contexts, and the file of the authority that signed them."""

    ca_file: str
    other_ca_file: str  #: of an authority that signed none of them
    good: ssl.SSLContext
    expired: ssl.SSLContext
    elsewhere: ssl.SSLContext  #: for another host

    @classmethod
    def found(cls, folder: Path) -> Self:
        """Found an authority and have it sign."""
        ours, other = trustme.CA(), trustme.CA()
        ours.cert_pem.write_to_path(str(folder / "ca.pem"))
        other.cert_pem.write_to_path(str(folder / "other.pem"))
        return cls(
            ca_file=str(folder / "ca.pem"),
            other_ca_file=str(folder / "other.pem"),
            good=_serving(ours.issue_cert("127.0.0.1")),
            expired=_serving(
                ours.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2021))
            ),
            elsewhere=_serving(ours.issue_cert("mail.example")),
        )


def _serving(certificate: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
