"""The training material holds together: every line has its labels, and no text stands twice."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "training" / "check.py"


def test_every_line_of_the_training_material_holds(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("training_check", CHECK)
    assert spec
    assert spec.loader
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    assert check.main([]) == 0, capsys.readouterr().out
    assert "0 wrong" in capsys.readouterr().out
