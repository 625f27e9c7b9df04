"""init at a real terminal: what it asks, what it asks again, and what Ctrl-C leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from relance_mailer import config as configuration
from tests.support.terminal import Terminal, at_terminal

FRENCH = {"LANG": "fr_FR.UTF-8"}


def _company(terminal: Terminal) -> None:
    terminal.answer("Raison sociale", "Dupont SARL")
    terminal.answer("SIREN", "732 829 320")
    terminal.answer("Adresse, numéro et voie", "12 rue des Lilas")
    terminal.answer("Code postal", "75011")
    terminal.answer("Ville", "Paris")


def test_a_first_hour_in_french(tmp_path: Path) -> None:
    with at_terminal("init", "relance", folder=tmp_path, environment=FRENCH) as terminal:
        assert "[fr]" in terminal.answer("Langue de votre équipe")
        _company(terminal)
        terminal.answer("IBAN", "FR76 3000 6000 0112 3456 7890 189")
        terminal.answer("Adresse d'envoi", "compta.dupont@gmail.com")
        said = terminal.answer("Prendre ces serveurs ?")
        assert "Gmail (trouvé par l'adresse)" in said
        assert "smtp.gmail.com:465 pour envoyer, imap.gmail.com:993 pour lire" in said
        assert "[compta.dupont@gmail.com]" in terminal.answer("Identifiant SMTP")
        assert "[env]" in terminal.answer("Mot de passe", "now")
        terminal.answer("Mot de passe de smtp.gmail.com", "s3same")
        terminal.answer("Qui signe", "Claire Martin")
        terminal.answer("En quelle qualité", "gérante")
        terminal.answer("Écrire relance/config.toml ?", "o")
        assert terminal.end() == 0, terminal.shown
    assert "s3same" not in terminal.shown
    steps = [
        "1. allez dans le dossier : cd relance",
        "2. relance-mailer check",
        "redirect",
        "approve first-run",
    ]
    assert all(step in terminal.shown for step in steps)
    settings = configuration.load(tmp_path / "relance/config.toml")
    assert (settings.language, settings.creditor.signer_name) == ("fr", "Claire Martin")
    assert (tmp_path / "relance/mail.password").read_text() == "s3same\n"


def test_wrong_answers_are_asked_again_in_words(tmp_path: Path) -> None:
    with at_terminal("init", folder=tmp_path, environment={"LANG": "C.UTF-8"}) as terminal:
        terminal.answer("language", "deutsch")
        terminal.until("deutsch: answer fr, en")
        terminal.answer("language", "e")
        terminal.answer("Your company's name")
        terminal.until("this is needed")
        terminal.answer("Your company's name", "Dupont")
        terminal.answer("SIREN", "123 456 789")
        terminal.until("123 456 789 is no SIREN")
        terminal.answer("SIREN")
        for question in ("Street", "Postal code", "City"):
            terminal.answer(question)
        terminal.answer("IBAN", "FR76 3000 6000 0112 3456 7890 188")
        terminal.until("its check digits do not fit")
        terminal.answer("IBAN")
        terminal.answer("Sending address", "Compta <compta@orange.fr>")
        terminal.until("is no e-mail address")
        terminal.answer("Sending address", "dupont@orange.fr")
        terminal.answer("Take these servers?", "maybe")
        terminal.until("maybe: answer y/n")
        terminal.answer("Take these servers?", "n")
        terminal.answer("SMTP server", "not a host")
        terminal.until("is no server's name")
        terminal.answer("SMTP server")
        terminal.answer("SMTP port", "99999")
        terminal.until("99999 is no port")
        terminal.answer("SMTP port", "587")
        for question in ("IMAP server", "IMAP port", "SMTP user name", "Password", "Who signs"):
            terminal.answer(question)
        terminal.answer("Write config.toml?")
        assert terminal.end() == 0, terminal.shown
    smtp = configuration.load(tmp_path / "config.toml").smtp
    assert (smtp.host, smtp.port, smtp.tls) == ("smtp.orange.fr", 587, "starttls")


@pytest.mark.parametrize("how", ["ctrl-c", "no"])
def test_whoever_stops_leaves_nothing_behind(tmp_path: Path, how: str) -> None:
    flags = (
        "--creditor",
        "Dupont",
        "--from",
        "dupont@orange.fr",
        "--iban",
        "",
        "--siren",
        "",
        "--city",
        "Paris",
    )
    with at_terminal("init", "new", *flags, folder=tmp_path, environment=FRENCH) as terminal:
        terminal.answer("Langue")
        terminal.answer("Adresse, numéro et voie")
        if how == "ctrl-c":
            terminal.until("Code postal")
            terminal.until(" : ")
            terminal.interrupt()
        else:
            for question in ("Code postal", "Prendre", "Identifiant", "Mot de passe", "Qui signe"):
                terminal.answer(question)
            terminal.answer("Écrire", "n")
        assert terminal.end() == 1
    assert "Rien n'a été écrit." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert list(tmp_path.iterdir()) == []
