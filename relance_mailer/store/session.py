"""The unit of work that services pass on: they name it, only the store looks inside."""

from sqlmodel import Session

__all__ = ["Session"]
