"""Debtors who promise, and who mostly pay."""

from __future__ import annotations

from datetime import date

from relance_mailer.demo.model import Debtor, Pays, Person, Says, bill

DEBTORS = (
    Debtor(
        code="C01",
        name="Menuiserie Kerbrat SARL",
        trade="menuiserie",
        script="promesse tenue",
        script_en="promise kept",
        emails=("compta@menuiserie-kerbrat.example",),
        person="Anne Kerbrat",
        street="8 rue du Port",
        town="29200 Brest",
        siren="903001006",
        program="outlook",
        bills=(
            bill("F26-0101", "2026-02-20", "1250.00"),
            bill("F26-0102", "2026-02-26", "480.60"),
            bill("F26-0103", "2026-03-31", "2310.00"),
        ),
        steps=(
            Says(1, 1, "promise", on=date(2026, 3, 20)),
            Pays(1, 21, ("F26-0101", "F26-0102")),
            Pays(2, 9, ("F26-0103",)),
        ),
        expected="""
            03-02 reminder1 F26-0101 F26-0102
            03-03 held promise_to_pay until 03-25 F26-0101 F26-0102
            03-03 promised 03-20 F26-0101 F26-0102
            03-03 understood promise_to_pay
            03-23 kept F26-0101 F26-0102
            03-23 paid 1730.60 F26-0101 F26-0102
            03-23 predue F26-0103
            03-23 released promise_to_pay F26-0101 F26-0102
            04-01 paid 2310.00 F26-0103
        """,
    ),
    Debtor(
        code="C02",
        name="Peintures Rossignol SAS",
        trade="peinture en bâtiment",
        script="promesse rompue, puis tenue",
        script_en="promise broken, then kept",
        emails=("gerance@peintures-rossignol.example",),
        person="Paul Rossignol",
        street="21 avenue Foch",
        town="45000 Orléans",
        siren="903002004",
        program="gmail",
        bills=(
            bill("F26-0201", "2026-02-16", "3120.00"),
            bill("F26-0202", "2026-02-24", "890.40"),
            bill("F26-0203", "2026-04-13", "1410.00"),
        ),
        steps=(
            Says(1, 2, "promise", on=date(2026, 3, 11)),
            Says(2, 1, "promise_again", on=date(2026, 3, 27)),
            Pays(2, 13, ("F26-0201", "F26-0202")),
            Pays(3, 10, ("F26-0203",)),
        ),
        expected="""
            03-02 reminder1 F26-0201 F26-0202
            03-04 held promise_to_pay until 03-16 F26-0201 F26-0202
            03-04 promised 03-11 F26-0201 F26-0202
            03-04 understood promise_to_pay
            03-17 broken F26-0201 F26-0202
            03-17 reminder2 F26-0201 F26-0202
            03-18 held promise_to_pay until 04-01 F26-0201 F26-0202
            03-18 promised 03-27 F26-0201 F26-0202
            03-18 understood promise_to_pay
            03-30 kept F26-0201 F26-0202
            03-30 paid 4010.40 F26-0201 F26-0202
            03-30 released promise_to_pay F26-0201 F26-0202
            04-03 predue F26-0203
            04-13 paid 1410.00 F26-0203
        """,
    ),
    Debtor(
        code="C14",
        name="Librairie du Passage",
        trade="librairie",
        script="règle avant la première relance",
        script_en="pays before the first reminder",
        emails=("bonjour@librairie-du-passage.example",),
        person="Inès Moreau",
        street="3 passage Pommeraye",
        town="44000 Nantes",
        siren="903014009",
        bills=(
            bill("F26-1401", "2026-03-04", "316.20"),
            bill("F26-1402", "2026-03-06", "742.00"),
            bill("F26-1403", "2026-04-24", "128.90"),
        ),
        steps=(Pays(1, 3, ("F26-1401", "F26-1402")), Pays(2, 9, ("F26-1403",))),
        expected="""
            03-02 predue F26-1401 F26-1402
            03-05 paid 1058.20 F26-1401 F26-1402
            04-14 predue F26-1403
            04-23 paid 128.90 F26-1403
        """,
    ),
    Debtor(
        code="C16",
        name="Commune de Valsonne-le-Vieux",
        trade="collectivité",
        script="organisme public : mandat, puis virement",
        script_en="public body: order, then transfer",
        emails=("finances@valsonne-le-vieux.example",),
        person="Service des finances",
        street="1 place de la Mairie",
        town="69170 Valsonne-le-Vieux",
        siren="903016004",
        kind="public",
        program="thunderbird",
        greylists=True,
        bills=(
            bill("F26-1601", "2026-02-13", "12900.00"),
            bill("F26-1602", "2026-02-24", "2480.00"),
            bill("F26-1603", "2026-04-10", "950.00"),
        ),
        steps=(
            Says(1, 3, "mandate", on=date(2026, 3, 19)),
            Pays(1, 18, ("F26-1601", "F26-1602")),
            Pays(2, 10, ("F26-1603",)),
        ),
        expected="""
            03-02 deferred F26-1601 F26-1602
            03-02 reminder1 F26-1601 F26-1602
            03-05 held promise_to_pay until 03-24 F26-1601 F26-1602
            03-05 promised 03-19 F26-1601 F26-1602
            03-05 understood promise_to_pay
            03-20 kept F26-1601 F26-1602
            03-20 paid 15380.00 F26-1601 F26-1602
            03-20 released promise_to_pay F26-1601 F26-1602
            03-31 predue F26-1603
            04-10 paid 950.00 F26-1603
        """,
    ),
    Debtor(
        code="C17",
        name="Harbour Joinery Ltd",
        trade="joinery",
        script="promesse tenue, en anglais",
        script_en="promise kept, in English",
        emails=("accounts@harbour-joinery.example",),
        person="Tom Ashby",
        street="14 Quay Street",
        town="BS1 4DJ Bristol",
        country="GB",
        language="en",
        program="outlook",
        bills=(bill("F26-1701", "2026-02-23", "5400.00"), bill("F26-1702", "2026-03-30", "1875.00")),
        steps=(
            Says(1, 2, "promise_en", on=date(2026, 3, 18)),
            Pays(1, 17, ("F26-1701",)),
            Pays(2, 10, ("F26-1702",)),
        ),
        expected="""
            03-02 reminder1 F26-1701
            03-04 held promise_to_pay until 03-23 F26-1701
            03-04 promised 03-18 F26-1701
            03-04 understood promise_to_pay
            03-19 kept F26-1701
            03-19 paid 5400.00 F26-1701
            03-19 released promise_to_pay F26-1701
            03-20 predue F26-1702
            03-30 paid 1875.00 F26-1702
        """,
    ),
    Debtor(
        code="C18",
        name="Liffey Fit-Out Ltd",
        trade="fit-out",
        script="demande une copie, puis règle",
        script_en="asks for a copy, then pays",
        emails=("ap@liffey-fitout.example",),
        person="Aoife Byrne",
        street="2 Custom House Quay",
        town="D01 X2Y3 Dublin",
        country="IE",
        language="en",
        program="gmail",
        bills=(
            bill("F26-1801", "2026-02-20", "2260.00"),
            bill("F26-1802", "2026-02-26", "640.00"),
            bill("F26-1803", "2026-04-08", "1120.00"),
        ),
        steps=(
            Says(1, 1, "copy_en"),
            Person(1, 4, "release", ("C18",), why="copies sent"),
            Pays(1, 7, ("F26-1801", "F26-1802")),
            Pays(2, 8, ("F26-1803",)),
        ),
        expected="""
            03-02 reminder1 F26-1801 F26-1802
            03-03 held document_request F26-1801 F26-1802
            03-03 understood document_request
            03-06 released document_request F26-1801 F26-1802
            03-09 paid 2900.00 F26-1801 F26-1802
            03-30 predue F26-1803
            04-07 paid 1120.00 F26-1803
        """,
    ),
    Debtor(
        code="C19",
        name="Pharmacie Corvin",
        trade="pharmacie",
        script="accuse réception, puis règle",
        script_en="acknowledges, then pays",
        emails=("contact@pharmacie-corvin.example",),
        person="Léa Corvin",
        street="40 rue Nationale",
        town="37000 Tours",
        siren="903019008",
        program="apple",
        bills=(
            bill("F26-1901", "2026-02-24", "1540.00"),
            bill("F26-1902", "2026-02-24", "233.10"),
            bill("F26-1903", "2026-04-22", "512.00"),
        ),
        steps=(Says(1, 1, "received"), Pays(2, 2, ("F26-1901", "F26-1902")), Pays(3, 8, ("F26-1903",))),
        expected="""
            03-02 reminder1 F26-1901 F26-1902
            03-03 held acknowledgement until 03-09 F26-1901 F26-1902
            03-03 understood acknowledgement
            03-11 reminder2 F26-1901 F26-1902
            03-13 paid 1773.10 F26-1901 F26-1902
            04-13 predue F26-1903
            04-21 paid 512.00 F26-1903
        """,
    ),
)
