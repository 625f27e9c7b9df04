"""The debtors of the demo."""

from __future__ import annotations

from relance_mailer.demo.cast import contested, late, machines, plain
from relance_mailer.demo.model import Debtor

CAST: tuple[Debtor, ...] = (*plain.DEBTORS, *contested.DEBTORS, *machines.DEBTORS, *late.DEBTORS)
