"""What of a message could not be read, and why. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # A message that could not be read at all: errors.UnreadableError
    "unread.late": ("sa lecture a dépassé le temps permis", "reading it took longer than allowed"),
    "unread.memory": ("sa lecture demande plus de mémoire que permis", "reading it needs more memory than allowed"),
    "unread.ended": ("le processus de lecture s'est arrêté sur lui", "the reading process ended over it"),
    "unread.headless": ("ce n'est pas un message : aucun en-tête", "it is no message: not one header in it"),
    "unread.broken": ("il est abîmé, ou le programme se trompe : {error}", "it is damaged, or the program is wrong: {error}"),
    # Something in a message that was read: replies.model.Unread
    "unread.smime": ("chiffré (S/MIME) : seul son destinataire peut l'ouvrir", "encrypted (S/MIME): only its addressee can open it"),
    "unread.pgp": ("chiffré (PGP) : seul son destinataire peut l'ouvrir", "encrypted (PGP): only its addressee can open it"),
    "unread.rights": ("protégé par Microsoft (droits d'accès) : à ouvrir dans Outlook", "protected by Microsoft (rights management): open it in Outlook"),
    "unread.winmail": ("fichier winmail.dat endommagé, ou en texte enrichi seulement", "a winmail.dat that is damaged, or in rich text only"),
    "unread.cut": ("plus long que ce que le programme lit : la suite n'a pas été lue", "longer than what the program reads: the rest was not read"),
    "task.unread": ("Message de {sender} à ouvrir vous-même : {why}", "Message from {sender}: open it yourself: {why}"),
}  # fmt: skip
