"""The peer's half that runs inside its own virtual environment: `prepare FOLDER`, then `run FOLDER N`.

`prepare` makes the database: modules, a company, its chart of accounts, a fiscal year, a dunning procedure with one
level that sends an e-mail. `run` does the measured work in bulk calls of Tryton's own server-side interface, which
are its fastest: create parties and posted moves, create the dunnings, process them. It prints one JSON line.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import resource
import sys
import time
from decimal import Decimal
from pathlib import Path

import trytond.config as trytond_config

MODULE = "account_dunning_email"
DATABASE = "peer"
TODAY = dt.date.today()  # noqa: DTZ011  the peer asks the time itself
DUE = TODAY - dt.timedelta(days=20)
SUM = Decimal("1234.56")
#: The locks that posting asks for, taken at once: without them Tryton would begin the import again, twice.
LOCKED = ["account_journal_period", "ir_sequence", "ir_sequence_strict"]


def prepare(folder: Path) -> None:
    """Make the empty but configured company in FOLDER/peer.sqlite."""
    from proteus import Model, Wizard
    from proteus import config as proteus_config
    from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
    from trytond.modules.company.tests.tools import create_company

    client = proteus_config.set_trytond(DATABASE, config_file=str(folder / "trytond.conf"))
    module = Model.get("ir.module").find([("name", "=", MODULE)])
    Model.get("ir.module").click(module, "activate")
    Wizard("ir.module.activate_upgrade").execute("upgrade")
    create_company(config=client)
    create_chart(config=client)
    create_fiscalyear(today=(DUE, TODAY)).click("create_period")

    procedure = Model.get("account.dunning.procedure")(name="Relances")
    level = procedure.levels.new()
    level.sequence = 1
    level.overdue = dt.timedelta(days=3)
    level.send_email = True
    level.email_from = "compta@creditor.example"
    procedure.save()


def run(folder: Path, n: int) -> None:
    """Import, plan and send; prints the seconds of each and the peak memory of this process."""
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    begun = time.perf_counter()
    trytond_config.update_etc(str(folder / "trytond.conf"))
    Pool.start()
    pool = Pool(DATABASE)
    pool.init()
    with Transaction().start(DATABASE, 0, readonly=True):
        user = pool.get("res.user").search([("login", "=", "admin")])[0].id
        with Transaction().set_user(user):
            context = pool.get("res.user").get_preferences(context_only=True)
    marks = [begun, time.perf_counter()]
    for step in (_import, _plan, _send):
        with Transaction().start(DATABASE, user, context=context, _lock_tables=LOCKED):
            step(pool, n)
        marks.append(time.perf_counter())
    seconds = [round(after - before, 2) for before, after in itertools.pairwise(marks)]
    figures = dict(zip(("start_s", "import_s", "plan_s", "send_s"), seconds, strict=True))
    figures["total_s"] = round(marks[-1] - marks[1], 2)
    figures["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    with Transaction().start(DATABASE, user, context=context, readonly=True):
        figures["dunnings"] = pool.get("account.dunning").search([], count=True)
        figures["marked_done"] = pool.get("account.dunning").search([("state", "=", "waiting")], count=True)
        figures["emails_on_record"] = pool.get("ir.email").search([], count=True)
    print(json.dumps(figures))


def _import(pool, n: int) -> None:  # noqa: ANN001
    """n parties, each with its address, and n posted moves with one receivable line that is overdue."""
    accounts = pool.get("account.account")
    moves = pool.get("account.move")
    parties = pool.get("party.party")
    (procedure,) = pool.get("account.dunning.procedure").search([])
    (journal,) = pool.get("account.journal").search([("code", "=", "REV")])
    (period,) = pool.get("account.period").search([("start_date", "<=", DUE), ("end_date", ">=", DUE)])
    (receivable,) = accounts.search([("type.receivable", "=", True), ("closed", "!=", True)], limit=1)
    (revenue,) = accounts.search([("type.revenue", "=", True), ("closed", "!=", True)], limit=1)
    made = parties.create([
        {
            "name": f"Débiteur {i:05d}",
            "dunning_procedure": procedure.id,
            "contact_mechanisms": [("create", [{"type": "email", "value": f"d{i:05d}@debtor.example"}])],
        }
        for i in range(n)
    ])  # fmt: skip
    posted = moves.create([
        {
            "period": period.id,
            "journal": journal.id,
            "date": DUE,
            "lines": [("create", [
                {"account": revenue.id, "credit": SUM, "debit": Decimal(0)},
                {
                    "account": receivable.id,
                    "debit": SUM,
                    "credit": Decimal(0),
                    "party": party.id,
                    "maturity_date": DUE,
                    "description": f"Facture F-{i:05d}",
                },
            ])],
        }
        for i, party in enumerate(made)
    ])  # fmt: skip
    moves.post(posted)


def _plan(pool, n: int) -> None:  # noqa: ANN001
    """What the wizard "Create Dunnings" does."""
    dunnings = pool.get("account.dunning")
    dunnings.generate_dunnings(date=TODAY)
    found = dunnings.search([("state", "=", "draft")], count=True)
    if found != n:
        raise SystemExit(f"{found} dunnings planned, {n} expected")


def _send(pool, n: int) -> None:  # noqa: ANN001, ARG001
    """The wizard "Process Dunning" on all of them; its e-mails leave when the transaction commits."""
    from trytond.transaction import Transaction

    wizards = pool.get("account.dunning.process", type="wizard")
    dunnings = pool.get("account.dunning").search([("state", "=", "draft")])
    session, _start, _end = wizards.create()
    names = {"active_model": "account.dunning", "active_ids": [dunning.id for dunning in dunnings]}
    with Transaction().set_context(active_id=dunnings[0].id, **names):
        wizards.execute(session, {}, "process")
    wizards.delete(session)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        run(Path(sys.argv[2]), int(sys.argv[3]))
