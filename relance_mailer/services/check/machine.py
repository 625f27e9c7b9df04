"""Looking at the machine: its clock, its disk, and whether the program may write where it must."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from relance_mailer.config import Config
from relance_mailer.services.check.finding import Finding, Level, finding
from relance_mailer.texts import formats

LITTLE, FULL = 1_000_000_000, 200_000_000  #: bytes free, under which a warning and an error are due
_LONG_ENOUGH = timedelta(days=7)  #: an age from which growth can be told
_TOLERANCE = timedelta(minutes=2)  #: between two instants of one clock
#: Says, on a system whose time systemd-timesyncd keeps, that it was set from the network (systemd-timesyncd(8)).
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_UNITS = {"fr": ("o", "ko", "Mo", "Go", "To"), "en": ("B", "kB", "MB", "GB", "TB")}


@dataclass(frozen=True, slots=True)
class Growth:
    """How large the database became, and in what time."""

    size: int  #: bytes
    age: timedelta


def size_words(size: float, language: str) -> str:
    """Write a number of bytes as people do: `1,3 Go`, `1.3 GB`."""
    units = _UNITS["fr" if language == "fr" else "en"]
    place = 0
    while size >= 1000 and place < len(units) - 1:
        size, place = size / 1000, place + 1
    figures = f"{size:.0f}" if place == 0 or size >= 10 else f"{size:.1f}"
    return f"{figures.replace('.', ',') if language == 'fr' else figures}\u00a0{units[place]}"


def of_machine(config: Config, growth: Growth | None = None) -> list[Finding]:
    """Look at the disk, and at what must be writable; needs no database."""
    return [_disk(config, growth), *_writable(config)]


def of_clock(config: Config, now: datetime, newest: datetime | None, flag: Path = SYNCHRONISED) -> Finding:
    """Compare the clock with the last entry of the ledger, and say whether the system keeps it by the network."""
    language, zone = config.language, config.creditor.zone
    local = f"{now.astimezone(zone):%H:%M}"
    place = config.creditor.timezone
    if newest is not None and newest > now + _TOLERANCE:
        last = newest.astimezone(zone)
        at = f"{formats.short_date(last.date(), language)} {last:%H:%M}"
        remedy = "clock.remedy" if config.rehearsal is None else "clock.rehearsal.remedy"
        return finding(language, Level.ERROR, "clock", "clock.behind", remedy, now=local, zone=place, last=at)
    if config.rehearsal is not None:
        return finding(language, Level.OK, "clock", "clock.rehearsal", now=local, zone=place)
    if flag.exists():
        return finding(language, Level.OK, "clock", "clock.kept", now=local, zone=place)
    if flag.parent.is_dir():
        return finding(
            language, Level.WARNING, "clock", "clock.unkept", "clock.remedy", now=local, zone=place
        )
    return finding(language, Level.OK, "clock", "clock.ok", now=local, zone=place)


def _disk(config: Config, growth: Growth | None) -> Finding:
    language, folder = config.language, config.database.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return finding(
            language, Level.ERROR, "disk", "disk.unknown", path=folder, why=error.strerror or str(error)
        )
    level = Level.ERROR if free < FULL else Level.WARNING if free < LITTLE else Level.OK
    words, monthly = "disk.ok", 0.0
    if growth and growth.age >= _LONG_ENOUGH:
        words, monthly = "disk.growing", growth.size / (growth.age / timedelta(days=30))
    return finding(
        language,
        level,
        "disk",
        words,
        "" if level is Level.OK else "disk.remedy",
        free=size_words(free, language),
        path=folder,
        growth=size_words(monthly, language),
    )


def _writable(config: Config) -> Iterator[Finding]:
    """Try to write where database and state file lie; SQLite makes files of its own beside the database."""
    folders = dict.fromkeys((config.database.parent, config.state_file.parent))
    refused = [(folder, why) for folder in folders if (why := _refusal(folder))]
    files = (config.database, config.state_file)
    refused += [(file, "") for file in files if file.exists() and not os.access(file, os.R_OK | os.W_OK)]
    for path, why in refused:
        yield finding(
            config.language, Level.ERROR, "writable", "writable.no", "writable.remedy", path=path, why=why
        )


def _refusal(folder: Path) -> str:
    """Return why no file can be made in a folder, "" if one can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
