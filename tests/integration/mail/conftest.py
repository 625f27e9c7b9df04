"""Certificates of an authority of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.integration.mail.servers import Certificates, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    other.cert_pem.write_to_path(str(folder / "other.pem"))
    past = datetime(2020, 1, 1, tzinfo=UTC)
    return Certificates(
        ca_file=str(folder / "ca.pem"),
        other_ca_file=str(folder / "other.pem"),
        good=serving(authority.issue_cert("127.0.0.1", "localhost")),
        expired=serving(
            authority.issue_cert("127.0.0.1", not_before=past, not_after=past.replace(year=2021))
        ),
        elsewhere=serving(authority.issue_cert("mail.example")),
    )
