"""The tables. Rows are not domain objects: SQLModel does not validate them; services make Money and values of them.

Sums are integer minor units with their currency beside them; instants are aware and in UTC; days are dates in the
creditor's own calendar. `creditor_id` stands on every table but installation, blob and (later) users.
"""

from relance_mailer.store.tables.accounts import (
    AllocationRow,
    ContactRow,
    DebtorRow,
    ImportRow,
    InvoiceRow,
    PaymentRow,
)
from relance_mailer.store.tables.agreements import DisputeRow, HoldRow, PromiseRow
from relance_mailer.store.tables.chain import LedgerPayloadRow, LedgerRow
from relance_mailer.store.tables.mail import (
    AttemptRow,
    BlobRow,
    FolderRow,
    MessageRow,
    NoticeInvoiceRow,
    NoticeRow,
    ReplyRow,
)
from relance_mailer.store.tables.office import (
    AcceptedIbanRow,
    CreditorRow,
    InstallationRow,
    SettingRow,
    TaskRow,
)

__all__ = [
    "AcceptedIbanRow",
    "AllocationRow",
    "AttemptRow",
    "BlobRow",
    "ContactRow",
    "CreditorRow",
    "DebtorRow",
    "DisputeRow",
    "FolderRow",
    "HoldRow",
    "ImportRow",
    "InstallationRow",
    "InvoiceRow",
    "LedgerPayloadRow",
    "LedgerRow",
    "MessageRow",
    "NoticeInvoiceRow",
    "NoticeRow",
    "PaymentRow",
    "PromiseRow",
    "ReplyRow",
    "SettingRow",
    "TaskRow",
]
