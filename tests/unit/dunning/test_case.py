from dataclasses import replace
from datetime import date

import pytest

from relance_mailer.dunning.case import addressee, missing_for_formal_notice
from relance_mailer.dunning.invoice import DebtorKind, Party
from tests.support.dunning import FRANCE, contact

TODAY = date(2026, 4, 7)
LATER = date(2026, 6, 30)
CREDITOR = Party("Exemple SARL", "12 rue des Lilas", "75011", "Paris", "FR", "732829320")
DEBTOR = Party("Client SA", "1 rue Neuve", "69001", "Lyon", "FR", "552100554")


def missing(
    creditor: Party = CREDITOR, debtor: Party = DEBTOR, kind: DebtorKind = DebtorKind.PROFESSIONAL
) -> tuple[str, ...]:
    return missing_for_formal_notice(creditor, "A. Martin", "gérante", debtor, kind)


def test_the_first_usable_contact_is_written_to() -> None:
    whom = addressee([contact(2), contact(1), contact(0, usable=False)], TODAY, FRANCE)
    assert whom.contact == contact(1).contact
    assert whom.back_on is None


def test_with_nobody_usable_there_is_nobody() -> None:
    assert addressee([], TODAY, FRANCE).contact is None
    assert addressee([contact(usable=False)], TODAY, FRANCE).contact is None


def test_of_several_who_are_away_for_long_the_first_back_is_waited_for() -> None:
    whom = addressee(
        [contact(0, absent_until=LATER), contact(1, absent_until=date(2026, 6, 5))], TODAY, FRANCE
    )
    assert whom.contact == contact(1).contact
    assert whom.back_on == date(2026, 6, 8)  # the 7th is a Sunday


def test_a_past_absence_is_none() -> None:
    assert addressee([contact(absent_until=date(2026, 4, 5))], TODAY, FRANCE).back_on is None
    assert addressee([contact(absent_until=date(2026, 4, 6))], TODAY, FRANCE).back_on == date(2026, 4, 8)


def test_a_complete_formal_notice_lacks_nothing() -> None:
    assert missing() == ()


@pytest.mark.parametrize(
    ("name", "capacity", "lacks"), [("", "gérante", "signer_name"), ("A. Martin", "", "signer_capacity")]
)
def test_a_formal_notice_needs_a_signer_with_capacity(name: str, capacity: str, lacks: str) -> None:
    assert missing_for_formal_notice(CREDITOR, name, capacity, DEBTOR, DebtorKind.PROFESSIONAL) == (lacks,)


@pytest.mark.parametrize("side", ["creditor", "debtor"])
@pytest.mark.parametrize(
    ("without", "lacks"),
    [
        ({"name": ""}, "name"),
        ({"street": ""}, "address"),
        ({"postal_code": "", "city": ""}, "address"),
        ({"siren": ""}, "siren"),
        ({"siren": "", "vat": "FR44732829320"}, "siren"),  # in France the SIREN is named
    ],
)
def test_a_formal_notice_needs_each_party_s_name_address_and_siren(
    side: str, without: dict[str, str], lacks: str
) -> None:
    creditor = replace(CREDITOR, **without) if side == "creditor" else CREDITOR
    debtor = replace(DEBTOR, **without) if side == "debtor" else DEBTOR
    assert missing(creditor, debtor) == (f"{side}_{lacks}",)


def test_a_consumer_has_no_siren_and_a_foreign_company_a_vat_number() -> None:
    nameless = replace(DEBTOR, siren="")
    assert missing(debtor=nameless, kind=DebtorKind.CONSUMER) == ()
    assert missing(debtor=nameless, kind=DebtorKind.UNKNOWN) == ("debtor_siren",)
    assert missing(debtor=replace(nameless, country="BE", vat="BE0428759497")) == ()
    assert missing(debtor=replace(nameless, country="BE")) == ("debtor_siren",)


def test_everything_that_lacks_is_told_at_once() -> None:
    nobody = Party("")
    assert missing_for_formal_notice(nobody, "", "", nobody, DebtorKind.PROFESSIONAL) == (
        "signer_name",
        "signer_capacity",
        "creditor_name",
        "creditor_address",
        "creditor_siren",
        "debtor_name",
        "debtor_address",
        "debtor_siren",
    )
