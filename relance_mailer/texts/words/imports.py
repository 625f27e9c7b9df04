"""What importing a file says. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "import.same_file": ("ce même fichier a déjà été importé le {day} et n'apprend rien de neuf : les règlements n'en sont pas plus à jour ; exportez-les de nouveau", "this very file was imported on {day} and says nothing new: payments are no more up to date than before; export them anew"),
    # What an import did; `counted` takes the first form for none and one (in English for one alone), else the second
    "import.added": ("{n} ajoutée|{n} ajoutées", "{n} added|{n} added"),
    "import.changed": ("{n} modifiée|{n} modifiées", "{n} changed|{n} changed"),
    "import.unchanged": ("{n} inchangée|{n} inchangées", "{n} unchanged|{n} unchanged"),
    "import.refused": ("{n} ligne refusée|{n} lignes refusées", "{n} row refused|{n} rows refused"),
}  # fmt: skip
