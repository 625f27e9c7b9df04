import pytest

from relance_mailer.dunning.debtor_kind import effective_kind, siren_of, vat_of
from relance_mailer.dunning.invoice import DebtorKind

SIREN, VAT = "404833048", "FR83404833048"


@pytest.mark.parametrize(
    ("siren", "vat"), [(SIREN, ""), ("", VAT), ("", "BE0697449992"), ("", "GB980780684")]
)
def test_an_unknown_debtor_with_a_valid_number_counts_as_professional(siren: str, vat: str) -> None:
    assert effective_kind(DebtorKind.UNKNOWN, siren, vat) is DebtorKind.PROFESSIONAL


@pytest.mark.parametrize(
    ("siren", "vat"), [("", ""), ("404833047", ""), ("000000000", ""), ("", "FR00"), ("", "FR12000000000")]
)
def test_an_unknown_debtor_without_a_valid_number_stays_unknown(siren: str, vat: str) -> None:
    assert effective_kind(DebtorKind.UNKNOWN, siren, vat) is DebtorKind.UNKNOWN


@pytest.mark.parametrize("kind", [DebtorKind.CONSUMER, DebtorKind.PUBLIC, DebtorKind.PROFESSIONAL])
def test_a_stated_kind_stays_whatever_the_numbers_say(kind: DebtorKind) -> None:
    assert effective_kind(kind, SIREN, VAT) is kind


def test_a_siret_gives_its_siren() -> None:
    assert siren_of("732 829 320 00074") == "732829320"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("fr 83 404 833 048", VAT),
        ("GB 980 7806 84", "GB980780684"),
        ("CHE-107.787.577 TVA", "CHE107787577TVA"),
        ("NO 995 525 828 MVA", "NO995525828MVA"),
    ],
)
def test_a_vat_number_is_kept_without_spaces_its_country_first(written: str, kept: str) -> None:
    assert vat_of(written) == kept
