"""What is odd about how a message came, and what became of one that concerns nobody. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "effect.same_id": ("un autre message porte le même identifiant (Message-ID) : celui-ci est traité à part", "another message has the same Message-ID: this one was taken for itself"),
    "effect.junk": ("trouvé parmi les indésirables ({folder})", "found among the spam ({folder})"),
    "effect.spam": ("indésirable, d'un inconnu : rien à faire", "spam from somebody unknown: nothing to do"),
    "effect.purged": ("effacé après {days} jours : aucun débiteur concerné", "erased after {days} days: no debtor concerned"),
    "task.junk": ("Une réponse de {sender} est arrivée dans les indésirables ({folder}) : elle est traitée ; marquez cet expéditeur comme légitime, et veillez-y pour les autres", "An answer from {sender} arrived among the spam ({folder}): it is dealt with; mark this sender as legitimate, and watch for others"),
    "task.colleague": ("{sender} aurait écrit à un débiteur ({subject}) ; ce message n'est pas dans vos messages envoyés : vérifiez qu'il vient bien de chez vous, ses factures attendent entre-temps", "{sender} seems to have written to a debtor ({subject}); the message does not lie among your sent ones: check that it is yours, its invoices wait meanwhile"),
    "task.purged": ("Message effacé après {days} jours sans que personne ne le rattache à un débiteur", "Message erased after {days} days: nobody matched it to a debtor"),
}  # fmt: skip
