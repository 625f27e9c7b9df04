"""Commands that show: plan, explain, replies."""

from __future__ import annotations
