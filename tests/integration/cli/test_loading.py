"""Commands that load only their own module are there, and do what the whole application does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from relance_mailer.cli import MODULES


@pytest.mark.parametrize("command", sorted(MODULES))
def test_a_command_that_loads_by_itself_shows_the_same_help(command: str) -> None:
    alone = [sys.executable, "-m", "relance_mailer", command, "--help"]
    whole = [
        sys.executable,
        "-c",
        "import sys; from relance_mailer.cli.commands import app; app(sys.argv[1:], prog_name='python -m relance_mailer')",
        *alone[3:],
    ]
    shown = [
        subprocess.run(line, capture_output=True, text=True, check=True).stdout for line in (alone, whole)
    ]
    assert command in shown[0]
    assert shown[0] == shown[1]
