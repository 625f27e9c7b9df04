"""When the inbox was last read to its end, and when payments last came in (rule 4)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from relance_mailer.store.tables import FolderRow, ImportRow


def folders(session: Session, creditor_id: int) -> list[FolderRow]:
    """Return how far each watched folder was read."""
    return list(
        session.exec(select(FolderRow).where(FolderRow.creditor_id == creditor_id, col(FolderRow.watched)))
    )


def folder(session: Session, creditor_id: int, mailbox: str, name: str) -> FolderRow | None:
    """Return how far one folder was read, None if it never was."""
    return session.get(FolderRow, (creditor_id, mailbox, name))


def last_payments(session: Session, creditor_id: int) -> datetime | None:
    """Return the instant of the last import that told payments or balances, None if there was none."""
    return session.exec(
        select(func.max(col(ImportRow.imported_at))).where(
            ImportRow.creditor_id == creditor_id, col(ImportRow.tells_payments)
        )
    ).one()
