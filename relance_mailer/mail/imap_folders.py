"""Finds the folders of a mailbox by their special use (RFC 6154), and only where the server tells none by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

#: Names under which folders stand where the server does not tell their use (RFC 6154), lower case.
FALLBACK_NAMES: dict[str, tuple[str, ...]] = {
    "\\Junk": (
        *("junk", "spam", "junk e-mail", "junk email", "bulk mail", "courrier indésirable", "indésirables"),
        *(
            "pourriel",
            "spamverdacht",
            "junk-e-mail",
            "posta indesiderata",
            "correo no deseado",
            "ongewenste e-mail",
        ),
    ),
    "\\Sent": (
        *(
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
        ),
        *(
            "courrier envoyé",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "posta inviata",
            "inviati",
        ),
        *("enviados", "elementos enviados", "verzonden", "verzonden items"),
    ),
}
_ROLES = {"inbox": "inbox", "\\junk": "junk", "\\sent": "sent"}


def find(
    listed: Sequence[tuple[str, Iterable[bytes]]], wanted: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    r"""Return the role of each wanted folder that is there, by its name, and what was wanted and is not there.

    Args:
        listed: (name, attributes) of every folder, as LIST tells them.
        wanted: names, or special uses ("\\\\Sent").
    """
    roles = {name: role_of(name, flags) for name, flags in listed}
    uses = {
        flag.decode("ascii", "replace").lower(): name for name, flags in reversed(listed) for flag in flags
    }
    names = {name.lower(): name for name, _ in listed}
    leaves = {_leaf(name): name for name, _ in reversed(listed)}
    found: dict[str, str] = {}
    missing: list[str] = []
    for one in wanted:
        low = one.lower()
        fallbacks = FALLBACK_NAMES.get(one.title(), ())
        name = uses.get(low) or names.get(low) or _first(names, fallbacks) or _first(leaves, fallbacks)
        if name:
            found.setdefault("INBOX" if name.upper() == "INBOX" else name, _ROLES.get(low) or roles[name])
        else:
            missing.append(one)
    return found, tuple(missing)


def role_of(name: str, flags: Iterable[bytes]) -> str:
    """Return what a folder is for: by the use that the server tells, else by a name known for one."""
    for flag in flags:
        if role := _ROLES.get(flag.decode("ascii", "replace").lower()):
            return role
    known = (use for use, names in FALLBACK_NAMES.items() if _leaf(name) in names)
    return _ROLES.get(next(known, "").lower(), "other")


def _leaf(name: str) -> str:
    return name.lower().replace(".", "/").rsplit("/", 1)[-1]


def _first(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)
