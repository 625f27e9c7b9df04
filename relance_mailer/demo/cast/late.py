"""Debtors who cannot pay, or will not."""

from __future__ import annotations

from decimal import Decimal

from relance_mailer.demo.model import Debtor, Pays, Person, Says, bill

DEBTORS = (
    Debtor(
        code="C10",
        name="Maçonnerie Ferreira",
        trade="maçonnerie",
        script="échéancier en trois fois",
        script_en="payment plan in three parts",
        emails=("ferreira@maconnerie-ferreira.example",),
        person="José Ferreira",
        street="55 route de Bordeaux",
        town="33600 Pessac",
        siren="903010007",
        program="gmail",
        bills=(bill("F26-1001", "2026-02-10", "3600.00"), bill("F26-1002", "2026-02-20", "900.00")),
        steps=(
            Says(1, 1, "plan"),
            Pays(1, 14, ("F26-1001", "F26-1002"), Decimal("1500.00")),
            Pays(1, 30, ("F26-1001", "F26-1002"), Decimal("1500.00")),
            Pays(1, 44, ("F26-1001", "F26-1002"), Decimal("1500.00")),
        ),
        expected="""
            03-02 reminder1 F26-1001 F26-1002
            03-03 held payment_plan F26-1001 F26-1002
            03-03 understood payment_plan
            03-16 paid 1500.00 F26-1001 F26-1002
            04-01 paid 1500.00 F26-1001 F26-1002
            04-15 paid 1500.00 F26-1001 F26-1002
            04-15 released payment_plan F26-1001 F26-1002
        """,
    ),
    Debtor(
        code="C12",
        name="Immobilière Saint-Roch",
        trade="gestion immobilière",
        script="silence, mise en demeure, contentieux",
        script_en="silence, formal notice, hand-over",
        emails=("comptabilite@immo-saint-roch.example",),
        person="Service comptabilité",
        street="70 boulevard Saint-Roch",
        town="06300 Nice",
        siren="903012003",
        bills=(bill("F26-1201", "2026-01-20", "6780.00"), bill("F26-1202", "2026-01-27", "1310.00")),
        steps=(Person(3, 9, "approve"),),
        expected="""
            03-02 reminder1 F26-1201 F26-1202
            03-09 reminder2 F26-1201 F26-1202
            03-16 reminder3 F26-1201 F26-1202
            03-25 approved F26-1201 F26-1202
            03-25 formal_notice F26-1201 F26-1202
            04-10 handed over F26-1201 F26-1202
        """,
    ),
    Debtor(
        code="C13",
        name="Créations Lunelle",
        trade="agencement",
        script="redressement judiciaire",
        script_en="insolvency",
        emails=("contact@creations-lunelle.example",),
        person="Élodie Lunel",
        street="4 rue des Tanneurs",
        town="59000 Lille",
        siren="903013001",
        program="outlook",
        bills=(
            bill("F26-1301", "2026-02-11", "2240.00"),
            bill("F26-1302", "2026-02-25", "990.00"),
            bill("F26-1303", "2026-03-20", "1675.00"),
        ),
        steps=(Says(1, 4, "insolvent"),),
        expected="""
            03-02 reminder1 F26-1301 F26-1302
            03-06 held insolvency
            03-06 understood insolvency
        """,
    ),
)
