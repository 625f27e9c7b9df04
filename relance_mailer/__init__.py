"""Staged reminders for unpaid invoices, answers understood, the whole exchange kept as evidence."""

__version__ = "0.1.0"
