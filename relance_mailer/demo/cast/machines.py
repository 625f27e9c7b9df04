"""Debtors whose machines answer, or who are not where one writes."""

from __future__ import annotations

from datetime import date

from relance_mailer.demo.model import Debtor, Machine, Pays, Person, Says, bill

DEBTORS = (
    Debtor(
        code="C07",
        name="Cabinet Lenoir Architectes",
        trade="architecture",
        script="absence avec date de retour",
        script_en="away, with a date of return",
        emails=("c.lenoir@lenoir-architectes.example",),
        person="Claire Lenoir",
        street="9 rue des Arts",
        town="31000 Toulouse",
        siren="903007003",
        program="apple",
        bills=(
            bill("F26-0701", "2026-02-12", "4200.00"),
            bill("F26-0702", "2026-02-27", "1150.00"),
            bill("F26-0703", "2026-04-20", "880.00"),
        ),
        steps=(
            Machine(1, 0, "absence", on=date(2026, 3, 16)),
            Says(2, 1, "promise", on=date(2026, 3, 31)),
            Pays(2, 15, ("F26-0701", "F26-0702")),
            Pays(3, 10, ("F26-0703",)),
        ),
        expected="""
            03-02 machine absence
            03-02 reminder1 F26-0701 F26-0702
            03-17 reminder2 F26-0701 F26-0702
            03-18 held promise_to_pay until 04-03 F26-0701 F26-0702
            03-18 promised 03-31 F26-0701 F26-0702
            03-18 understood promise_to_pay
            04-01 kept F26-0701 F26-0702
            04-01 paid 5350.00 F26-0701 F26-0702
            04-01 released promise_to_pay F26-0701 F26-0702
            04-10 predue F26-0703
            04-20 paid 880.00 F26-0703
        """,
    ),
    Debtor(
        code="C08",
        name="Électricité Marchand SAS",
        trade="électricité",
        script="adresse morte, second contact",
        script_en="dead address, second contact",
        emails=("compta@electricite-marchand.example", "direction@electricite-marchand.example"),
        person="Luc Marchand",
        street="33 rue de l'Industrie",
        town="67000 Strasbourg",
        siren="903008001",
        program="outlook",
        bills=(
            bill("F26-0801", "2026-02-23", "1765.00"),
            bill("F26-0802", "2026-03-09", "540.00"),
            bill("F26-0803", "2026-04-17", "2020.00"),
        ),
        steps=(
            Machine(1, 0, "bounce"),
            Pays(2, 7, ("F26-0801", "F26-0802")),
            Pays(3, 8, ("F26-0803",)),
        ),
        expected="""
            03-02 machine bounce
            03-02 predue F26-0802
            03-02 predue F26-0802
            03-02 reminder1 F26-0801
            03-02 reminder1 F26-0801
            03-02 undelivered F26-0801 F26-0802
            03-09 paid 2305.00 F26-0801 F26-0802
            04-07 predue F26-0803
            04-15 paid 2020.00 F26-0803
        """,
    ),
    Debtor(
        code="C09",
        name="Clinique vétérinaire des Halles",
        trade="clinique vétérinaire",
        script="filtre qui demande une preuve d'humanité",
        script_en="a filter asks for proof of a human",
        emails=("accueil@veto-des-halles.example",),
        spare="dr.blanc@veto-des-halles.example",
        person="Dr Julie Blanc",
        street="6 place des Halles",
        town="21000 Dijon",
        siren="903009009",
        program="gmail",
        bills=(
            bill("F26-0901", "2026-02-24", "870.00"),
            bill("F26-0902", "2026-02-26", "195.00"),
            bill("F26-0903", "2026-04-21", "310.00"),
        ),
        steps=(
            Machine(1, 0, "challenge"),
            Person(1, 2, "contact", ("F26-0901",)),
            Pays(2, 7, ("F26-0901", "F26-0902")),
            Pays(3, 7, ("F26-0903",)),
        ),
        expected="""
            03-02 machine challenge
            03-02 reminder1 F26-0901 F26-0902
            03-02 undelivered F26-0901 F26-0902
            03-04 reminder1 F26-0901 F26-0902
            03-11 paid 1065.00 F26-0901 F26-0902
            04-13 predue F26-0903
            04-20 paid 310.00 F26-0903
        """,
    ),
    Debtor(
        code="C15",
        name="Isolation Plus SARL",
        trade="isolation",
        script="répond d'une adresse inconnue",
        script_en="answers from an unknown address",
        emails=("contact@isolation-plus.example",),
        person="Marie-Christine Aubert",
        street="18 chemin des Sources",
        town="38000 Grenoble",
        siren="903015006",
        program="apple",
        bills=(bill("F26-1501", "2026-02-19", "1490.00"), bill("F26-1502", "2026-02-20", "610.00")),
        steps=(
            Says(1, 1, "promise", on=date(2026, 3, 13), sender="mc.aubert@courriel-perso.example", spam=True),
            Says(2, 1, "promise", on=date(2026, 3, 13)),
            Pays(2, 7, ("F26-1501", "F26-1502")),
        ),
        expected="""
            03-02 reminder1 F26-1501 F26-1502
            03-03 held unverified_sender until 03-06 F26-1501 F26-1502
            03-03 understood promise_to_pay from_unverified
            03-09 reminder2 F26-1501 F26-1502
            03-10 held promise_to_pay until 03-18 F26-1501 F26-1502
            03-10 promised 03-13 F26-1501 F26-1502
            03-10 understood promise_to_pay
            03-16 kept F26-1501 F26-1502
            03-16 paid 2100.00 F26-1501 F26-1502
            03-16 released promise_to_pay F26-1501 F26-1502
        """,
    ),
)
