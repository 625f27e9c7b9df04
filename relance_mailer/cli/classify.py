"""`classify`: what a message says, without database or configuration."""

from __future__ import annotations
