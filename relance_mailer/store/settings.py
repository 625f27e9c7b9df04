"""The switches that people turn, the IBANs that they accepted, and the tasks that wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from relance_mailer.store import ledger
from relance_mailer.store.ledger import Entry, Kind
from relance_mailer.store.tables import AcceptedIbanRow, CreditorRow, SettingRow, TaskRow

_SETTING: Any = SettingRow.__table__  # type: ignore[attr-defined]
# made once: it is read before every message
_READ = select(_SETTING.c.value).where(
    _SETTING.c.creditor_id == bindparam("creditor"), _SETTING.c.key == bindparam("key")
)


def creditor(session: Session, key: str) -> CreditorRow | None:
    """Return the creditor called `key`, None if it was never set up."""
    return session.exec(select(CreditorRow).where(CreditorRow.key == key)).first()


def read(session: Session, creditor_id: int, key: str) -> Any:
    """Return a switch's value, None if it was never turned."""
    return session.execute(_READ, {"creditor": creditor_id, "key": key}).scalar()


def write(session: Session, creditor_id: int, key: str, value: Any, *, now: datetime, by: str) -> None:
    """Turn a switch and note who did."""
    row = session.get(SettingRow, (creditor_id, key))
    if row is None:
        row = SettingRow(creditor_id=creditor_id, key=key, value=value, changed_at=now, changed_by=by)
    else:
        row.value, row.changed_at, row.changed_by = value, now, by
    session.add(row)
    entry = Entry(Kind.SWITCHED, f"setting:{key}", {"value": value})
    ledger.append(session, creditor_id, [entry], at=now, actor=by)


def write_secret(session: Session, creditor_id: int, key: str, value: str, *, now: datetime) -> None:
    """Keep a secret of the program's own; its value never stands in the ledger."""
    session.add(
        SettingRow(creditor_id=creditor_id, key=key, value=value, changed_at=now, changed_by="relance-mailer")
    )


def accepted_ibans(session: Session, creditor_id: int) -> frozenset[str]:
    """Return the creditor's IBANs that may leave in a message."""
    return frozenset(
        session.exec(select(AcceptedIbanRow.iban).where(AcceptedIbanRow.creditor_id == creditor_id))
    )


def last_accepted_iban(session: Session, creditor_id: int) -> AcceptedIbanRow | None:
    """Return the creditor's IBAN accepted last, and by whom; None on a fresh installation without one."""
    return session.exec(
        select(AcceptedIbanRow)
        .where(AcceptedIbanRow.creditor_id == creditor_id)
        .order_by(col(AcceptedIbanRow.id).desc())
    ).first()


def accept_iban(session: Session, creditor_id: int, iban: str, *, now: datetime, by: str) -> None:
    """Accept an IBAN of the creditor's own."""
    session.add(AcceptedIbanRow(creditor_id=creditor_id, iban=iban, accepted_at=now, accepted_by=by))
    entry = Entry(Kind.IBAN_ACCEPTED, f"creditor:{creditor_id}", {"iban": iban})
    ledger.append(session, creditor_id, [entry], at=now, actor=by)


def open_task(  # noqa: PLR0913 - a task is made of these
    session: Session,
    creditor_id: int,
    kind: str,
    subject: str,
    words: str,
    *,
    now: datetime,
    actor: str,
    owner: str = "",
    debtor_id: int | None = None,
    remind_on: date | None = None,
) -> bool:
    """Ask a person for something, once: False if the same is already asked."""
    if find_task(session, creditor_id, kind, subject) is not None:
        return False
    session.add(
        TaskRow(
            creditor_id=creditor_id,
            kind=kind,
            subject=subject,
            debtor_id=debtor_id,
            words=words,
            owner=owner,
            created_at=now,
            remind_on=remind_on,
        )
    )
    session.flush()
    entry = Entry(Kind.TASK_OPENED, subject, {"task": kind, "words": words, "owner": owner}, debtor_id)
    ledger.append(session, creditor_id, [entry], at=now, actor=actor)
    return True


def open_new_tasks(
    session: Session,
    creditor_id: int,
    kind: str,
    asked: Sequence[tuple[str, str]],
    *,
    now: datetime,
    owner: str,
) -> list[Entry]:
    """Ask a person for something about each of some new subjects, given with the words; return what the ledger is to say."""
    rows = [
        TaskRow(creditor_id=creditor_id, kind=kind, subject=subject, words=words, owner=owner, created_at=now)
        for subject, words in asked
    ]
    session.add_all(rows)
    session.flush()
    return [
        Entry(Kind.TASK_OPENED, subject, {"task": kind, "words": words, "owner": owner})
        for subject, words in asked
    ]


def find_task(session: Session, creditor_id: int, kind: str, subject: str) -> TaskRow | None:
    """Return the open task of this kind about `subject`, None if there is none."""
    return session.exec(
        select(TaskRow).where(
            TaskRow.creditor_id == creditor_id,
            TaskRow.kind == kind,
            TaskRow.subject == subject,
            col(TaskRow.done_at).is_(None),
        )
    ).first()


def about(session: Session, creditor_id: int, subject: str) -> list[TaskRow]:
    """Return every task about `subject`, those that are done too."""
    statement = select(TaskRow).where(TaskRow.creditor_id == creditor_id, TaskRow.subject == subject)
    return list(session.exec(statement.order_by(col(TaskRow.id))))


def get_task(session: Session, task_id: int) -> TaskRow | None:
    """Return a task."""
    return session.get(TaskRow, task_id)


def close_task(session: Session, task: TaskRow, *, now: datetime, by: str) -> None:
    """Note that a task is done."""
    task.done_at, task.done_by = now, by
    session.add(task)
    entry = Entry(Kind.TASK_DONE, task.subject, {"task": task.kind}, task.debtor_id)
    ledger.append(session, task.creditor_id, [entry], at=now, actor=by)


def open_tasks(session: Session, creditor_id: int) -> list[TaskRow]:
    """Return the tasks that wait, oldest first."""
    return list(
        session.exec(
            select(TaskRow)
            .where(TaskRow.creditor_id == creditor_id, col(TaskRow.done_at).is_(None))
            .order_by(col(TaskRow.created_at), col(TaskRow.id))
        )
    )


def open_by_subject(
    session: Session, creditor_id: int, kinds: Sequence[str] | None = None
) -> dict[str, list[TaskRow]]:
    """Return the open tasks (of some kinds, if given), by what they are about."""
    found: dict[str, list[TaskRow]] = {}
    for task in open_tasks(session, creditor_id):
        if kinds is None or task.kind in kinds:
            found.setdefault(task.subject, []).append(task)
    return found
