"""Debtors who contest, or say that they have paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from relance_mailer.demo.model import Debtor, Pays, Person, Says, bill

DEBTORS = (
    Debtor(
        code="C03",
        name="Garage Vasseur",
        trade="garage automobile",
        script="litige fondé : avoir",
        script_en="founded dispute: credit note",
        emails=("garage@garage-vasseur.example",),
        person="Denis Vasseur",
        street="Zone artisanale des Prés",
        town="80000 Amiens",
        siren="903003002",
        program="thunderbird",
        bills=(
            bill("F26-0301", "2026-02-13", "960.00"),
            bill("F26-0302", "2026-02-27", "415.00"),
            bill("F26-0303", "2026-04-10", "1288.00"),
        ),
        steps=(
            Says(1, 1, "double", about=("F26-0301",)),
            Pays(1, 8, ("F26-0302",)),
            Person(1, 10, "credit", ("F26-0301",), Decimal("960.00")),
            Person(1, 10, "release", ("F26-0301",), why="credit note"),
            Pays(2, 10, ("F26-0303",)),
        ),
        expected="""
            03-02 reminder1 F26-0301 F26-0302
            03-03 disputed duplicate F26-0301
            03-03 held acknowledgement until 03-09 F26-0302
            03-03 held dispute F26-0301
            03-03 understood dispute
            03-10 paid 415.00 F26-0302
            03-12 credited -960.00 A26-0301
            03-12 released dispute F26-0301
            03-12 resolved F26-0301
            03-31 predue F26-0303
            04-10 paid 1288.00 F26-0303
        """,
    ),
    Debtor(
        code="C04",
        name="Hôtel du Parc",
        trade="hôtellerie",
        script="litige non fondé : la livraison est prouvée",
        script_en="unfounded dispute: delivery is proven",
        emails=("direction@hotel-du-parc.example",),
        person="Sylvie Hamon",
        street="5 allée du Parc",
        town="03200 Vichy",
        siren="903004000",
        program="apple",
        bills=(
            bill("F26-0401", "2026-02-18", "2890.00"),
            bill("F26-0402", "2026-02-25", "1120.00"),
            bill("F26-0403", "2026-04-15", "760.00"),
        ),
        steps=(
            Says(1, 3, "not_delivered"),
            Person(1, 11, "release", ("C04",), why="delivery note signed"),
            Pays(2, 6, ("F26-0401", "F26-0402")),
            Pays(3, 8, ("F26-0403",)),
        ),
        expected="""
            03-02 reminder1 F26-0401 F26-0402
            03-05 disputed not_delivered F26-0401 F26-0402
            03-05 held dispute F26-0401 F26-0402
            03-05 understood dispute
            03-13 released dispute F26-0401 F26-0402
            03-13 reminder2 F26-0401 F26-0402
            03-13 resolved F26-0401 F26-0402
            03-19 paid 4010.00 F26-0401 F26-0402
            04-07 predue F26-0403
            04-15 paid 760.00 F26-0403
        """,
    ),
    Debtor(
        code="C05",
        name="Boulangerie Le Fournil",
        trade="boulangerie",
        script="déjà réglé, confirmé par la banque",
        script_en="already paid, the bank confirms",
        emails=("lefournil@boulangerie-fournil.example",),
        person="Marc Petit",
        street="17 Grande Rue",
        town="25000 Besançon",
        siren="903005007",
        program="gmail",
        bills=(bill("F26-0501", "2026-02-20", "689.00"), bill("F26-0502", "2026-04-03", "702.50")),
        steps=(
            Says(1, 1, "paid", on=date(2026, 2, 27)),
            Pays(1, 4, ("F26-0501",), paid_on=date(2026, 2, 27)),
            Pays(2, 10, ("F26-0502",)),
        ),
        expected="""
            03-02 reminder1 F26-0501
            03-03 held already_paid until 03-10 F26-0501
            03-03 understood already_paid
            03-06 paid 689.00 F26-0501
            03-06 released already_paid F26-0501
            03-24 predue F26-0502
            04-03 paid 702.50 F26-0502
        """,
    ),
    Debtor(
        code="C06",
        name="Transports Delmas",
        trade="transport routier",
        script="« déjà réglé », que rien ne confirme",
        script_en="“already paid”, nothing confirms it",
        emails=("facturation@transports-delmas.example",),
        person="Karim Delmas",
        street="12 quai des Docks",
        town="76600 Le Havre",
        siren="903006005",
        program="outlook",
        bills=(bill("F26-0601", "2026-02-20", "1980.00"), bill("F26-0602", "2026-02-20", "340.00")),
        steps=(Says(1, 1, "paid", on=date(2026, 2, 24)), Pays(3, 7, ("F26-0601", "F26-0602"))),
        expected="""
            03-02 reminder1 F26-0601 F26-0602
            03-03 held already_paid until 03-10 F26-0601 F26-0602
            03-03 understood already_paid
            03-11 reminder2 F26-0601 F26-0602
            03-23 reminder3 F26-0601 F26-0602
            03-30 paid 2320.00 F26-0601 F26-0602
        """,
    ),
    Debtor(
        code="C11",
        name="Restaurant La Criée",
        trade="restauration",
        script="paie une facture, conteste l'autre",
        script_en="pays one invoice, disputes the other",
        emails=("lacriee@restaurant-la-criee.example",),
        person="Hugo Salaün",
        street="2 quai de la Pêche",
        town="17000 La Rochelle",
        siren="903011005",
        program="thunderbird",
        bills=(bill("F26-1101", "2026-02-17", "1340.00"), bill("F26-1102", "2026-02-24", "2150.00")),
        steps=(
            Says(1, 2, "both", on=date(2026, 3, 17), about=("F26-1101", "F26-1102")),
            Pays(1, 16, ("F26-1101",)),
            Person(1, 17, "credit", ("F26-1102",), Decimal("300.00")),
            Person(1, 17, "release", ("F26-1102",), why="credit note"),
            Pays(2, 7, ("F26-1102",), Decimal("1850.00")),
        ),
        expected="""
            03-02 reminder1 F26-1101 F26-1102
            03-04 disputed quantity F26-1102
            03-04 held dispute F26-1102
            03-04 held promise_to_pay until 03-20 F26-1101
            03-04 promised 03-17 F26-1101
            03-04 understood dispute
            03-18 kept F26-1101
            03-18 paid 1340.00 F26-1101
            03-18 released promise_to_pay F26-1101
            03-19 credited -300.00 A26-1102
            03-19 released dispute F26-1102
            03-19 reminder2 F26-1102
            03-19 resolved F26-1102
            03-26 paid 1850.00 F26-1102
        """,
    ),
)
