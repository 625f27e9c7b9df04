"""Verify an unpacked case file with nothing but Python 3.9 or later: `python3 verify.py [FOLDER]`.

It says on each line what does not hold, and exits 0 if all holds, 1 otherwise. README.txt (LISEZMOI.txt) says what is
computed, so that anybody can compute it anew by other means.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HASHED = ("previous", "sequence", "at", "kind", "actor", "subject", "digest")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def check_files(folder: Path, wrong: list[str]) -> set[str]:
    """Compare the files with SHA256SUMS, both ways; return the SHA-256 of the messages."""
    text = (folder / "SHA256SUMS").read_bytes()
    listed = {line[66:]: line[:64] for line in text.decode("ascii").splitlines()}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    found -= {"SHA256SUMS"}
    wrong += [f"{name} is missing" for name in sorted(set(listed) - found)]
    wrong += [f"{name} is not in SHA256SUMS" for name in sorted(found - set(listed))]
    sums = {name: sha256_of(folder / name) for name in sorted(found & set(listed))}
    wrong += [f"{name} was changed" for name, own in sums.items() if own != listed[name]]
    if "".join(f"{listed[name]}  {name}\n" for name in sorted(listed)).encode("ascii") != text:
        wrong.append("SHA256SUMS was changed")
    return {own for name, own in sums.items() if name.startswith("messages/")}


def check_entry(entry: dict[str, Any], wrong: list[str]) -> set[str]:
    """Compute hash and digest of one entry anew; return the SHA-256 of the messages that it names."""
    number, payload = entry["sequence"], entry.get("payload")
    fields = json.dumps([entry[name] for name in HASHED], ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(fields.encode()).hexdigest() != entry["hash"]:
        wrong.append(f"the fields of entry {number} were changed")
    if payload is None:
        return set()
    if hashlib.sha256(bytes.fromhex(entry["salt"]) + payload.encode()).hexdigest() != entry["digest"]:
        wrong.append(f"the payload of entry {number} was changed")
    said = json.loads(payload)
    named = {said[key] for key in ("sha256", "message") if isinstance(said.get(key), str)}
    return named | ({entry["subject"][5:]} if entry["subject"].startswith("blob:") else set())


def check_ledger(folder: Path, head: dict[str, Any], wrong: list[str]) -> tuple[set[str], set[str]]:
    """Walk the chain; return the messages that its entries name, and those of them that must be here."""
    named: set[str] = set()
    needed: set[str] = set()
    shown: set[str] = set()
    withheld: dict[str, int] = {}
    last, last_hash = head["first"] - 1, head["previous"]
    with (folder / "ledger.jsonl").open("rb") as lines:
        for raw in lines:
            entry = json.loads(raw)
            if (entry["sequence"], entry["previous"]) != (last + 1, last_hash):
                wrong.append(f"entry {entry['sequence']} does not follow entry {last}")
            last, last_hash = entry["sequence"], entry["hash"]
            messages = check_entry(entry, wrong)
            if "payload" not in entry:
                withheld.setdefault(entry["subject"], last)
                continue
            shown.add(entry["subject"])
            named |= messages
            needed |= messages if entry["kind"] in ("attempted", "received", "noted") else set()
    if (last, last_hash) != (head["last"], head["hash"]):
        wrong.append("the ledger does not end with the entry that manifest.json names")
    wrong += [
        f"the payload of entry {at} is held back" for subject, at in withheld.items() if subject in shown
    ]
    return named, needed


def problems(folder: Path) -> list[str]:
    """Return what does not hold, in words; nothing if all holds."""
    wrong: list[str] = []
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        messages = check_files(folder, wrong)
        named, needed = check_ledger(folder, manifest["ledger"], wrong)
        wrong += [f"message {own} is named by no entry" for own in sorted(messages - named)]
        wrong += [f"message {own} is missing" for own in sorted(needed - messages - set(manifest["erased"]))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        wrong.append(f"this case file cannot be read: {type(error).__name__}: {error}")
    return wrong


def main() -> int:
    """Check everything; say what does not hold, or which entry to compare with one kept elsewhere."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    wrong = problems(folder)
    sys.stdout.write(
        "".join(f"{line}\n" for line in wrong).encode("ascii", "backslashreplace").decode("ascii")
    )
    if not wrong:
        head = json.loads((folder / "manifest.json").read_bytes())["ledger"]
        sys.stdout.write(f"All holds; the ledger's last entry is no. {head['last']}, {head['hash']}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
