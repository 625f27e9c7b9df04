"""Passwords and tokens never show: what a server echoes of them is blotted out before anything prints or stores it."""

from __future__ import annotations

import re
from base64 import b64encode

BLOT = "…"
_CHAIN = 12  #: exceptions followed from one to its cause
_WHOLE = 4  #: characters; a shorter secret is blotted out only where it stands alone
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{2,}={0,2}")


def hide(error: BaseException, *secrets: str) -> None:
    """Blot secrets out of an error's words, and of those of the errors behind it."""
    here: BaseException | None = error
    for _ in range(_CHAIN):
        if here is None:
            return
        here.args = tuple(_clean(value, secrets) for value in here.args)
        for name in ("answer", "message"):
            if isinstance(getattr(here, name, None), str):
                setattr(here, name, hidden(getattr(here, name), *secrets))
        here = here.__cause__ or here.__context__


def hidden(words: str, *secrets: str) -> str:
    """Return a server's words without the secrets, plain or anywhere inside base64."""
    for secret in filter(None, secrets):
        words = re.sub("|".join(_plain(secret)), BLOT, words)
        alone, cores = _in_base64(secret)
        words = _BASE64_RUN.sub(lambda run: BLOT if _holds(run[0], alone, cores) else run[0], words)  # noqa: B023
    return words


def _holds(run: str, alone: str, cores: list[str]) -> bool:
    return run.rstrip("=") == alone or any(core in run for core in cores)


def _clean(value: object, secrets: tuple[str, ...]) -> object:
    if isinstance(value, bytes):
        text = hidden(value.decode("utf-8", "surrogateescape"), *secrets)
        return text.encode("utf-8", "surrogateescape")
    return hidden(value, *secrets) if isinstance(value, str) else value


def _plain(secret: str) -> list[str]:
    """The secret as it is, quoted as in an IMAP command, and as the `repr` of bytes shows it; the longest first."""
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    forms = {secret, quoted, repr(secret.encode())[2:-1]}
    written = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
    return written if len(secret) >= _WHOLE else [rf"(?<!\w){form}(?!\w)" for form in written]


def _in_base64(secret: str) -> tuple[str, list[str]]:
    """The secret's own base64, and what of it shows in a longer one, wherever in three octets it begins there.

    AUTH PLAIN wraps the password so, with the user's name before it (RFC 4616); XOAUTH2 the token, between others.
    """
    data = secret.encode()
    cores = []
    for before in range(3):
        start = -(-before * 8 // 6)  # what stands before has no part in the characters from here …
        end = (before + len(data)) * 8 // 6  # … to here, nor what stands after
        cores.append(b64encode(b"\0" * before + data).decode()[start:end])
    return b64encode(data).decode().rstrip("="), [core for core in cores if len(core) >= _WHOLE]
