r"""Files messages that were read, where the admin asks for it: moved into a folder, or flagged; at least once, and never lost.

By MOVE (RFC 6851) in one step. Without it by COPY, then \Deleted with a keyword of ours, which tells a copy that was made
from a message that a person deleted, then UID EXPUNGE of these alone (UIDPLUS, RFC 4315). Without that too the original
stays, marked as deleted: a plain EXPUNGE would remove what others marked. What a crash left half done is not copied again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imapclient import IMAPClient

COPIED = b"$RelanceFiled"  #: the keyword of what was copied and may go
DELETED = b"\\Deleted"


def file(client: IMAPClient, uids: Sequence[int], folder: str, flag: str) -> None:
    """File messages of the selected folder; UIDs that are no longer there do no harm.

    Args:
        client: with the folder selected for writing.
        uids: what was read, and committed.
        folder: where to, "" for nowhere; it is made if it is not there.
        flag: what to mark it with, "" for nothing.
    """
    if flag:
        client.add_flags(uids, [flag.encode("ascii")], silent=True)
    if not folder:
        return
    if not client.folder_exists(folder):
        client.create_folder(folder)
    if client.has_capability("MOVE"):
        client.move(uids, folder)
    else:
        _copy_and_delete(client, uids, folder)


def _copy_and_delete(client: IMAPClient, uids: Sequence[int], folder: str) -> None:
    flags = {uid: told.get(b"FLAGS", ()) for uid, told in client.fetch(uids, ["FLAGS"]).items()}
    fresh = [uid for uid, known in flags.items() if DELETED not in known]
    copied = [uid for uid, known in flags.items() if DELETED in known and COPIED in known]
    if fresh:
        client.copy(fresh, folder)
        client.add_flags(fresh, [COPIED, DELETED], silent=True)
    if (fresh or copied) and client.has_capability("UIDPLUS"):
        client.uid_expunge([*copied, *fresh])
