"""Where tokens lie between two runs: one JSON file that its owner alone can read, one process at a time changing it."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from relance_mailer.errors import MailError, Scope

FORMAT = 1
_LIMIT = 64 * 1024  #: bytes that a file of tokens may have
_ROOM = 16 * 1024  #: bytes set aside for a new one before an old refresh token is spent
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an identity provider handed out, and when it runs out."""

    issued_for: str  #: the identity that it was issued for; another one's tokens are not used
    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)
    who: str = ""  #: the person who logged in, as the provider names them


def trouble(words: str, *, permanent: bool = True) -> MailError:
    """Return the error that keeps an account from logging in by a token."""
    return MailError(words, permanent=permanent, scope=Scope.ACCOUNT, phase="auth")


class TokenFile:
    """One file of tokens. Every method raises MailError, in words, where the file cannot be used."""

    def __init__(self, path: Path, remedy: str) -> None:
        self.path = path
        self._remedy = remedy  # what a person must do to get a new file

    def read(self) -> Tokens | None:
        """Return the tokens, None if there is no file; one that others can read, or that is damaged, is refused."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise trouble(
                f"the tokens in {self.path} cannot be read ({error.strerror}): "
                "run the program as the file's owner"
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > _LIMIT:
                raise self._damaged()
            if state.st_mode & _OTHERS:
                raise trouble(
                    f"the tokens in {self.path} can be read by others: treat them as known, "
                    f"{self._remedy}, or allow them with `chmod 600`"
                )
            content = file.read(_LIMIT)
        return self._parsed(content)

    def _parsed(self, content: bytes) -> Tokens:
        try:
            data = json.loads(content)
            if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
                raise self._damaged()
            data["expires_at"] = datetime.fromisoformat(data["expires_at"])
            tokens = Tokens(**data)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._damaged() from None  # the vendor's words would show a part of the tokens
        texts = (tokens.issued_for, tokens.access_token, tokens.refresh_token, tokens.who)
        if not all(isinstance(text, str) for text in texts) or tokens.expires_at.tzinfo is None:
            raise self._damaged()
        return tokens

    def _damaged(self) -> MailError:
        return trouble(f"the tokens in {self.path} are damaged: {self._remedy}")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other thread and process from changing the file; waits for whoever does so now."""
        self._check_folder()
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise trouble(
                f"{lock} cannot be opened ({error.strerror}): run the program as the owner of {lock.parent}"
            ) from error
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, lock: int) -> None:
        try:
            _give_to_owner(lock, self._owner())
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:  # a file system without locks
            raise self._unwritable(error) from error

    @contextlib.contextmanager
    def replacing(self) -> Iterator[Callable[[Tokens], None]]:
        """Make room for new tokens, and hand over the function that puts them in the file's place.

        Room is made first: a full disk shows before an old refresh token is spent for a new one. Only under `locked`.
        """
        folder, stem = self.path.parent, f".{self.path.name}."
        for stale in folder.glob(glob.escape(stem) + "*.new"):  # of a process that was killed
            stale.unlink(missing_ok=True)
        new = folder / f"{stem}{secrets.token_hex(4)}.new"
        try:
            descriptor = os.open(new, _NEW, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._fill(descriptor, b" " * _ROOM)
            yield lambda tokens: self._put(descriptor, new, tokens)
        finally:
            os.close(descriptor)
            new.unlink(missing_ok=True)

    def _put(self, descriptor: int, new: Path, tokens: Tokens) -> None:
        data = {"format": FORMAT, **asdict(tokens), "expires_at": tokens.expires_at.isoformat()}
        self._fill(descriptor, json.dumps(data, indent=1).encode())
        try:
            _give_to_owner(descriptor, self._owner())
            new.rename(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def _fill(self, descriptor: int, content: bytes) -> None:
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(descriptor, content[written:], written)
            os.ftruncate(descriptor, len(content))
            os.fsync(descriptor)
        except OSError as error:
            raise self._unwritable(error) from error

    def remove(self) -> bool:
        """Forget the tokens; say whether there were any."""
        with self.locked():
            try:
                self.path.unlink()
            except FileNotFoundError:
                return False
            except OSError as error:
                raise self._unwritable(error) from error
        return True

    def _unwritable(self, error: OSError) -> MailError:
        return trouble(
            f"the tokens cannot be kept in {self.path} ({error.strerror}): make room, or let the program write there",
            permanent=False,
        )

    def _check_folder(self) -> None:
        folder = self.path.parent
        try:
            state = folder.stat()
        except OSError as error:
            raise trouble(f"the folder {folder} for the tokens cannot be used ({error.strerror})") from error
        if state.st_mode & stat.S_IWOTH:
            raise trouble(
                f"everybody may write in {folder}, so tokens are not safe there: "
                f"`chmod o-w {folder}`, or name another place with token_file"
            )

    def _owner(self) -> os.stat_result:
        """Return the state of the file, or of its folder: whose the tokens are."""
        return (self.path if self.path.exists() else self.path.parent).stat()


def _give_to_owner(descriptor: int, owner: os.stat_result) -> None:
    """Let root, who logs in on the daemon's behalf, leave the file to whom it belongs."""
    if os.geteuid() == 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
