"""The whole application: importing it registers every command."""

from relance_mailer.cli import act, auth, check, classify, demo, dossier, imports, init, look, mailing, setup
from relance_mailer.cli.common import app

__all__ = [
    "act",
    "app",
    "auth",
    "check",
    "classify",
    "demo",
    "dossier",
    "imports",
    "init",
    "look",
    "mailing",
    "setup",
]
