"""Files of debtors: which columns and words are understood, what is refused, and how several rows become one debtor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.dunning.invoice import DebtorKind, Role
from relance_mailer.dunning.policy import DEFAULT, NEVER, RESERVED
from relance_mailer.errors import InputError
from relance_mailer.intake.cells import CellError
from relance_mailer.intake.debtors import (
    DEBTOR_COLUMNS,
    ContactRecord,
    DebtorRecord,
    a_policy,
    a_role,
    parse_debtors,
)
from relance_mailer.intake.form import Hints
from relance_mailer.intake.reasons import Reason
from relance_mailer.intake.records import RowError, explain

POLICIES = ("key_accounts", "public_bodies")
#: What a debtor's row may say, in the words of the record.
FULL = {
    "name": "Dupont SARL",
    "kind": DebtorKind.PROFESSIONAL,
    "language": "fr",
    "country": "FR",
    "street": "1 rue Neuve",
    "postal_code": "01000",
    "city": "Bourg-en-Bresse",
    "siren": "732829320",
    "vat": "FR44732829320",
    "segment": "Grands comptes",
    "policy": "key_accounts",
}


def parse(*lines: str, **options: object) -> tuple[list[DebtorRecord], list[RowError]]:
    data = "\n".join(lines).encode()
    return parse_debtors(data, policies=POLICIES, **options)  # type: ignore[arg-type]


def only(*lines: str) -> DebtorRecord:
    [record], errors = parse(*lines)
    assert errors == []
    return record


def refusals(*lines: str) -> list[tuple[int, str, Reason]]:
    return [(error.line, error.field, error.reason) for error in parse(*lines)[1]]


# Columns


def test_every_particular_is_read_from_a_french_file() -> None:
    record = only(
        "Code client;Raison sociale;Type de client;Langue;Pays;Adresse;CP;Ville;SIRET;N° TVA;Segment;Scénario",
        "C1;Dupont SARL;Entreprise;français;France;1 rue Neuve;01000;Bourg-en-Bresse;732 829 320 00074;"
        "FR 44 732829320;Grands comptes;Key accounts",
    )
    assert (record.reference, record.line, record.said) == ("C1", 2, FULL)
    assert record.contacts == {}


def test_every_particular_is_read_from_an_english_file_in_any_order() -> None:
    record = only(
        "Policy,Customer group,VAT number,SIREN,City,Postcode,Street,Country,Language,Customer type,Name,Customer code",
        "KEY ACCOUNTS,Grands comptes,FR44732829320,732829320,Bourg-en-Bresse,01000,1 rue Neuve,FR,fr,business,"
        "Dupont SARL,C1",
    )
    assert record.said == FULL


def test_an_empty_cell_and_an_unknown_kind_say_nothing() -> None:
    record = only("Code client;Nom;Type;Langue;Ville;Scénario", "C1;Dupont;inconnu;;;")
    assert record.said == {"name": "Dupont"}


@pytest.mark.parametrize("name", ["Raison sociale", "Client", "Nom"])
def test_without_a_column_for_the_code_the_file_is_refused(name: str) -> None:
    """A name is no identity: two debtors may share it, and one may change it."""
    with pytest.raises(InputError, match="Code client"):
        parse(f"{name};Ville", "Dupont;Lyon")


def test_a_row_without_a_code_is_refused() -> None:
    assert refusals("Code client;Nom", ";Dupont") == [(2, "Code client", Reason.MISSING)]


def test_no_two_columns_share_a_name() -> None:
    from relance_mailer.intake.header import canonical

    names: dict[str, str] = {}
    for column in DEBTOR_COLUMNS:
        for name in column.names:
            assert names.setdefault(canonical(name), column.field) == column.field, name


# Contacts


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("E-mail comptabilité", Role.ACCOUNTS),
        ("Email compta", Role.ACCOUNTS),
        ("Courriel facturation", Role.ACCOUNTS),
        ("Accounts e-mail", Role.ACCOUNTS),
        ("Accounts payable email", Role.ACCOUNTS),
        ("E-mail direction", Role.MANAGEMENT),
        ("Management e-mail", Role.MANAGEMENT),
        ("E-mail commercial", Role.PURCHASING),
        ("E-mail achats", Role.PURCHASING),
        ("Purchasing email", Role.PURCHASING),
        ("E-mail", None),
        ("Courriel", None),
    ],
)
def test_a_column_of_addresses_says_whose_they_are(header: str, role: Role | None) -> None:
    record = only(f"Code client;{header}", "C1;Anne@Client.example, b@client.example")
    assert record.contacts == {
        address: ContactRecord(address, "", role) for address in ("anne@client.example", "b@client.example")
    }


def test_several_columns_of_addresses_stand_in_one_row_and_the_person_is_the_first_columns() -> None:
    record = only(
        "Code client;E-mail comptabilité;E-mail direction;E-mail commercial;E-mail;Contact;Rôle",
        "C1;compta@c.example;dir@c.example;achats@c.example;anne@c.example;Anne Durand;gérante",
    )
    assert list(record.contacts.values()) == [
        ContactRecord("compta@c.example", "", Role.ACCOUNTS),
        ContactRecord("anne@c.example", "Anne Durand", Role.MANAGEMENT),
        ContactRecord("achats@c.example", "", Role.PURCHASING),
        ContactRecord("dir@c.example", "", Role.MANAGEMENT),
    ]


def test_without_a_plain_address_the_person_is_that_of_the_first_one() -> None:
    record = only("Code client;E-mail direction;E-mail compta;Contact", "C1;d@c.example;a@c.example;Anne")
    assert record.contacts["a@c.example"].name == "Anne"
    assert record.contacts["d@c.example"].name == ""


def test_an_address_under_two_heads_has_the_role_that_is_written_to_first() -> None:
    record = only("Code client;E-mail direction;E-mail compta", "C1;Same@c.example;same@c.example")
    assert record.contacts == {"same@c.example": ContactRecord("same@c.example", "", Role.ACCOUNTS)}


def test_rows_with_the_same_code_add_contacts_to_one_debtor() -> None:
    record = only(
        "Code client;Nom;Contact;E-mail;Fonction",
        "C1;Dupont;Anne;anne@c.example;comptable",
        "C1;;Luc;luc@c.example;PDG",
        "C1;Dupont;;anne@c.example;",
    )
    assert record.line == 2
    assert record.said == {"name": "Dupont"}
    assert list(record.contacts.values()) == [
        ContactRecord("anne@c.example", "Anne", Role.ACCOUNTS),
        ContactRecord("luc@c.example", "Luc", Role.MANAGEMENT),
    ]


def test_what_a_later_row_adds_is_taken_and_what_it_contradicts_is_refused() -> None:
    header = "Code client;Nom;Ville;E-mail"
    [record], errors = parse(header, "C1;Dupont;;", "C1;;Lyon;", "C1;Durand;Lyon;x@c.example")
    assert record.said == {"name": "Dupont", "city": "Lyon"}
    assert record.contacts == {}
    [error] = errors
    assert (error.line, error.field, error.reason, error.arguments) == (
        4,
        "Nom",
        Reason.CONFLICTING_DEBTOR,
        ("2",),
    )
    [_], [other] = parse(header, "C1;Dupont;;", "C1;;Lyon;", "C1;;Nice;")
    assert other.arguments == ("3",), "the line that says it first, not the debtor's first line"


# Words


@pytest.mark.parametrize(
    ("cell", "role"),
    [
        ("Comptabilité", Role.ACCOUNTS),
        ("Responsable comptabilité fournisseurs", Role.ACCOUNTS),
        ("Directeur financier", Role.ACCOUNTS),
        ("accounts payable", Role.ACCOUNTS),
        ("DAF", Role.ACCOUNTS),
        ("Directrice des achats", Role.PURCHASING),
        ("Acheteur", Role.PURCHASING),
        ("Gérant", Role.MANAGEMENT),
        ("PDG", Role.MANAGEMENT),
        ("Managing director", Role.MANAGEMENT),
        ("Autre", Role.OTHER),
        ("other", Role.OTHER),
    ],
)
def test_what_a_contact_does_is_told_in_french_or_english(cell: str, role: Role) -> None:
    assert a_role(cell) is role


@pytest.mark.parametrize("cell", ["plombier", "42", "?"])
def test_a_role_that_nobody_knows_is_refused(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        a_role(cell)
    assert caught.value.reason is Reason.BAD_ROLE


@pytest.mark.parametrize("cell", ["Key accounts", "key_accounts", "KEY-ACCOUNTS", "  Kéy   Accounts "])
def test_a_policy_is_found_whatever_case_accents_and_spaces(cell: str) -> None:
    assert a_policy(cell, POLICIES) == "key_accounts"


@pytest.mark.parametrize(
    ("cell", "name"), [("Aucune", NEVER), ("none", NEVER), ("Défaut", DEFAULT), ("Par défaut", DEFAULT)]
)
def test_two_policies_every_installation_has(cell: str, name: str) -> None:
    assert a_policy(cell, ()) == name


def test_every_reserved_word_is_understood() -> None:
    assert {a_policy(word, ()) for word in RESERVED} == {DEFAULT, NEVER}


def test_without_policies_of_one_s_own_a_refused_name_says_so() -> None:
    with pytest.raises(CellError) as raised:
        a_policy("doux", ())
    assert raised.value.reason is Reason.NO_POLICIES


def test_a_policy_that_the_configuration_lacks_is_refused_and_the_others_are_named() -> None:
    _, [error] = parse("Code client;Nom;Scénario", "C1;Dupont;doux")
    assert error.reason is Reason.UNKNOWN_POLICY
    words = explain(error, "fr")
    assert "key_accounts, public_bodies" in words
    assert "aucune" in words


# Numbers


@pytest.mark.parametrize(
    ("header", "cell", "reason"),
    [
        ("SIREN", "732829321", Reason.BAD_SIREN),
        ("SIRET", "73282932000075", Reason.BAD_SIREN),
        ("N° TVA", "FR00732829320", Reason.BAD_VAT),
        ("N° TVA", "DE136695977", Reason.BAD_VAT),
        ("N° TVA", "732829320", Reason.BAD_VAT),
        ("Pays", "Atlantide", Reason.BAD_COUNTRY),
        ("Langue", "klingon", Reason.BAD_LANGUAGE),
        ("Type", "association", Reason.BAD_KIND),
        ("E-mail compta", "compta@", Reason.BAD_EMAIL),
        ("Rôle", "plombier", Reason.BAD_ROLE),
        ("Segment", "x" * 65, Reason.TOO_LONG),
        ("Nom", "Dupont\x85Bcc: x@y.example", Reason.CONTROL),
    ],
)
def test_what_is_wrong_refuses_its_row_in_words_and_no_other(header: str, cell: str, reason: Reason) -> None:
    records, errors = parse(f"Code client;{header}", f"C1;{cell}", "C2;")
    assert [(error.line, error.field, error.reason) for error in errors] == [(2, header, reason)]
    assert all(explain(errors[0], language) for language in ("fr", "en"))
    assert [record.reference for record in records] == ["C2"]


@pytest.mark.parametrize(
    "number",
    [
        "DE136695976",
        "BE0428759497",
        "ESA13585625",
        "IT00743110157",
        "NL004495445B01",
        "ATU13585627",
        "FR44732829320",
    ],
)
def test_a_vat_number_of_any_country_of_the_union_is_taken(number: str) -> None:
    assert only("Code client;N° TVA", f"C1;{number}").said == {"vat": number}


def test_a_french_vat_number_of_another_siren_is_refused() -> None:
    header = "Code client;SIREN;N° TVA"
    assert refusals(header, "C1;552100554;FR44732829320") == [(2, "N° TVA", Reason.SIREN_VAT_DIFFER)]
    assert refusals(header, "C1;552100554;DE136695976") == []


# The form of the file


def test_a_column_of_ones_own_is_named_by_a_hint() -> None:
    [record], errors = parse(
        "Clé;Libellé", "C1;Dupont", hints=Hints(columns={"debtor_reference": "Clé", "debtor_name": "Libellé"})
    )
    assert (errors, record.reference, record.said) == ([], "C1", {"name": "Dupont"})


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", ""]),
        st.sampled_from(["", "Dupont", "Durand"]),
        st.sampled_from(["", "a@c.example", "A@c.example", "b@c.example", "not an address"]),
        st.sampled_from(["", "compta", "direction", "plombier"]),
    ),
    max_size=8,
)


@given(ROWS)
def test_every_row_is_in_a_record_or_refused_and_none_contradicts_another(
    rows: list[tuple[str, ...]],
) -> None:
    lines = ["Code client;Nom;E-mail;Rôle", *(";".join(row) for row in rows)]
    records, errors = parse(*lines)
    refused = {error.line for error in errors}
    assert len({record.reference for record in records}) == len(records)
    for line, (code, name, address, _) in enumerate(rows, 2):
        if line in refused or not any(rows[line - 2]):
            continue
        [record] = [record for record in records if record.reference == code]
        assert name in ("", record.said.get("name"))
        assert not address or address.lower() in record.contacts
