"""A prepared installation copied to where a test wants it: its state file is told of the new place."""

from __future__ import annotations

import json
from pathlib import Path


def settle(state_file: Path) -> None:
    """Make a copied state file believe that it was always here."""
    said = json.loads(state_file.read_text("utf-8"))
    state_file.write_text(json.dumps({**said, "place": str(state_file.resolve())}), "utf-8")
