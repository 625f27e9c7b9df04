"""The whole application: importing it registers every command."""

from relance_mailer.cli import act, classify, demo, imports, look, mailing, setup
from relance_mailer.cli.common import app

__all__ = ["act", "app", "classify", "demo", "imports", "look", "mailing", "setup"]
