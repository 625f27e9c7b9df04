"""What mail servers and mail programs tell of a message of ours."""

WORDS: dict[str, tuple[str, str]] = {
    "machine.delayed": ("remise retardée, le serveur essaie encore", "delivery delayed, the server goes on trying"),
    "machine.displayed": ("lu par le destinataire", "read by the addressee"),
    "machine.deleted": ("supprimé sans avoir été lu", "deleted without being read"),
    "machine.complaint": ("signalé comme indésirable", "reported as spam"),
    "task.complaint": ("{to} a signalé notre message comme indésirable : décider comment lui écrire", "{to} reported our message as spam: decide how to write to them"),
}  # fmt: skip
