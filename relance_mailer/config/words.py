"""What the configuration says of itself when it cannot be used, in French and English.

`texts` stands above this layer, and a configuration that cannot be read still has to say so: its words are its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

#: What may be wrong with one setting, by pydantic's name for it: (French, English).
KINDS: dict[str, tuple[str, str]] = {
    "missing": ("manque", "is missing"),
    "extra_forbidden": ("n'existe pas", "is not a setting that exists"),
    "literal_error": ("doit être {expected}", "must be {expected}"),
    "enum": ("doit être {expected}", "must be {expected}"),
    "int_type": ("doit être un nombre entier, sans guillemets", "must be a whole number, without quotes"),
    "int_parsing": ("doit être un nombre entier", "must be a whole number"),
    "int_from_float": ("doit être un nombre entier", "must be a whole number"),
    "float_type": ("doit être un nombre, sans guillemets", "must be a number, without quotes"),
    "float_parsing": ("doit être un nombre", "must be a number"),
    "decimal_type": ("doit être un nombre", "must be a number"),
    "decimal_parsing": ("doit être un nombre", "must be a number"),
    "finite_number": ("doit être un nombre fini", "must be a finite number"),
    "bool_type": ("doit être true ou false, sans guillemets", "must be true or false, without quotes"),
    "bool_parsing": ("doit être true ou false", "must be true or false"),
    "string_type": ("doit être un texte entre guillemets", "must be a text in quotes"),
    "string_too_short": ("ne peut pas être vide", "cannot be empty"),
    "too_short": ("ne peut pas être vide", "cannot be empty"),
    "tuple_type": ("doit être une liste, entre crochets", "must be a list, in square brackets"),
    "list_type": ("doit être une liste, entre crochets", "must be a list, in square brackets"),
    "dict_type": ("doit être une table, sous son propre titre", "must be a table, under a heading of its own"),
    "model_type": ("doit être une table, sous son propre titre", "must be a table, under a heading of its own"),
    "date_type": ("doit être une date, par exemple 2027-01-01", "must be a date, for example 2027-01-01"),
    "date_from_datetime_parsing": ("doit être une date, par exemple 2027-01-01", "must be a date, for example 2027-01-01"),
    "datetime_type": ("doit être un instant, par exemple 2026-03-02T09:00:00+01:00", "must be an instant, for example 2026-03-02T09:00:00+01:00"),
    "datetime_parsing": ("doit être un instant, par exemple 2026-03-02T09:00:00+01:00", "must be an instant, for example 2026-03-02T09:00:00+01:00"),
    "datetime_from_date_parsing": ("doit être un instant, par exemple 2026-03-02T09:00:00+01:00", "must be an instant, for example 2026-03-02T09:00:00+01:00"),
    "time_parsing": ("doit être une heure, par exemple 09:00:00", "must be a time of day, for example 09:00:00"),
    "greater_than": ("doit être supérieur à {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("doit être {ge} au moins", "must be at least {ge}"),
    "less_than": ("doit être inférieur à {lt}", "must be less than {lt}"),
    "less_than_equal": ("doit être {le} au plus", "must be at most {le}"),
}  # fmt: skip

#: What a pattern asks for, in words.
PATTERNS: dict[str, tuple[str, str]] = {
    "^[A-Z]{2}$": ('doit être un code de pays en deux capitales, par exemple "FR"', 'must be a country\'s code in two capitals, for example "FR"'),
    "^[A-Z]{3}$": ('doit être un code de monnaie en trois capitales, par exemple "EUR"', 'must be a currency\'s code in three capitals, for example "EUR"'),
    "^[a-z][a-z0-9_]*$": ("doit être fait de minuscules, de chiffres et de _, une lettre d'abord", "must be made of small letters, digits and _, a letter first"),
    "^[a-z][a-z0-9]*(_[a-z0-9]+)*$": ("doit être fait de minuscules, de chiffres et de _, une lettre d'abord", "must be made of small letters, digits and _, a letter first"),
    r"^[a-z0-9][a-z0-9_-]{0,39}$": ("doit être fait de minuscules, de chiffres, de _ et de -", "must be made of small letters, digits, _ and -"),
    "^[A-Za-z0-9.-]*$": ("doit être un identifiant ou un nom de domaine", "must be an id or a domain name"),
    r"^(auto|unlimited|[1-9]\d{0,8}( recipients)?/(second|minute|hour|day)(, ?[1-9]\d{0,8}( recipients)?/(second|minute|hour|day))*)$": ('doit être "auto", "unlimited" ou un débit comme "30/minute", ou plusieurs comme ["30/minute", "2000/day"] (second, minute, hour, day)', 'must be "auto", "unlimited" or a rate like "30/minute", or several like ["30/minute", "2000/day"] (second, minute, hour, day)'),
}  # fmt: skip

#: The English words of a rule to the French ones; {} stands for what varies.
FRENCH: dict[str, str] = {
    "must stand on one line, without control characters": "doit tenir sur une ligne, sans caractère de contrôle",
    "needs an offset, for example {}": "doit porter son décalage horaire, par exemple {}",
    "is no e-mail address: give one like {}, without a name": "n'est pas une adresse e-mail : donnez-en une comme {}, sans nom",
    "is no valid IBAN: its check digits do not fit": "n'est pas un IBAN valable : sa clé ne correspond pas",
    "there is no time zone called {} (for example {})": "il n'y a pas de fuseau horaire {} (par exemple {})",
    "must be a time of day, for example {}": "doit être une heure, par exemple {}",
    "must be a time without an offset: the creditor's time zone counts": "doit être une heure sans décalage : c'est le fuseau du créancier qui compte",
    "give one of password, password_env and password_file, not several": "donnez un seul de password, password_env et password_file",
    'tls = "none" towards {} would send mail and password in clear text: use "tls" or "starttls", or say allow_cleartext = true': 'tls = "none" vers {} enverrait messages et mot de passe en clair : mettez "tls" ou "starttls", ou dites allow_cleartext = true',
    "there is no text encoding called {} (for example {})": "il n'y a pas d'encodage de texte {} (par exemple {})",
    'must be true, false or "auto"': 'doit être true, false ou "auto"',
    "must be one character, for example {}": "doit être un seul caractère, par exemple {}",
    "columns: there is no field {}; the fields are {}": "columns : il n'y a pas de champ {} ; les champs sont {}",
    'mode = "redirect" needs redirect_to = "the team\'s own address"': 'mode = "redirect" demande redirect_to = "l\'adresse de votre équipe"',
    "give one of client_secret, client_secret_env and client_secret_file, not several": "donnez un seul de client_secret, client_secret_env et client_secret_file",
    "must be an address that begins with https://, without user or query: secrets are sent there": "doit être une adresse qui commence par https://, sans utilisateur ni paramètres : des secrets y sont envoyés",
    "flow = {} is for provider = {}": "flow = {} est pour provider = {}",
    "flow = {} needs {}": "flow = {} demande {}",
    "flow = {} has no use for {}": "flow = {} n'a que faire de {}",
    "tenant = {} names no directory: give its id or its domain": "tenant = {} ne désigne aucun annuaire : donnez son identifiant ou son domaine",
    "token_url is Google's alone: Microsoft's is found by authority": "token_url est pour Google seul : celle de Microsoft se trouve par authority",
    'oauth needs username = "the mailbox\'s address"': 'oauth demande username = "l\'adresse de la boîte"',
    "log in by a password or by oauth, not by both": "connectez-vous par mot de passe ou par oauth, pas par les deux",
    "two identities have the same name": "deux identités portent le même nom",
    "oauth = {} is the name of no [[oauth]]": "oauth = {} n'est le nom d'aucun [[oauth]]",
    "[rehearsal] moves the clock, so every identity provider must be on this machine too": "[rehearsal] déplace l'horloge : tous les fournisseurs d'identité doivent être eux aussi sur cette machine",
    "two mailboxes have the same name": "deux boîtes portent le même nom",
    "[rehearsal] moves the clock, so every server must be on this machine ({})": "[rehearsal] déplace l'horloge : tous les serveurs doivent être sur cette machine ({})",
    "two stages have the same key": "deux niveaux ont la même clé",
    "the stages must stand in order, each with a later offset_days than the last": "les niveaux doivent être dans l'ordre, chacun avec un offset_days plus tardif que le précédent",
    'offset_days is below 0 for kind = "pre_due" and not below 0 for every other kind': 'offset_days est négatif pour kind = "pre_due" et ne l\'est pas pour les autres',
    "a formal notice always needs a person: set needs_approval = true": "une mise en demeure demande toujours une personne : mettez needs_approval = true",
    "a formal notice, and nothing else, gives a deadline: set deadline_days": "une mise en demeure, et elle seule, donne un délai : mettez deadline_days",
    "a policy has one formal notice": "un scénario a une seule mise en demeure",
    "a formal notice comes after at least one reminder": "une mise en demeure vient après au moins une relance",
    "nothing comes after the handover": "rien ne vient après le passage au contentieux",
    "the sending window (weekdays {}, {} to {}) never opens: give at least one of Monday to Friday, and a start before the end": "la fenêtre d'envoi (jours {}, de {} à {}) ne s'ouvre jamais : donnez au moins un jour du lundi au vendredi, et un début avant la fin",
    "[[rates]] effective_from = {}: a half-year begins on 1 January or on 1 July": "effective_from = {} : un semestre commence le 1er janvier ou le 1er juillet",
    "[[rates]] effective_from = {}: {} cannot be the ECB's main refinancing rate in percent; give that rate alone, between {} and {}, the margin is added by law": "effective_from = {} : {} ne peut pas être le taux de refinancement de la BCE en pour cent ; donnez ce taux seul, entre {} et {}, la loi ajoute la majoration",
    "[policies.{}]: this name has a meaning of its own; choose another": "[policies.{}] : ce nom a un sens particulier ; choisissez-en un autre",
    "[policies.{}], with what it takes from [policy]: {}": "[policies.{}], avec ce qu'il prend de [policy] : {}",
}  # fmt: skip

#: What tomllib says of a line, in words that help: (French, English).
TOML: dict[str, tuple[str, str]] = {
    r"Illegal character '\n'": ("il manque le guillemet qui ferme le texte", "the quote that closes the text is missing"),
    "Unterminated string": ("il manque les guillemets qui ferment le texte", "the quotes that close the text are missing"),
    "Invalid value": ("un texte s'écrit entre guillemets ; un nombre, true et false sans", "a text stands in quotes; a number, true and false do not"),
    "Invalid statement": ("la ligne doit être `clé = valeur`, `[section]` ou `# remarque`", "the line must be `key = value`, `[section]` or `# remark`"),
    "Expected '=' after a key in a key/value pair": ("il manque le signe = après la clé", "the sign = after the key is missing"),
    "Unclosed array": ("il manque le crochet qui ferme la liste", "the bracket that closes the list is missing"),
    "Expected newline or end of document after a statement": ("quelque chose suit la valeur : une seule clé par ligne", "something follows the value: one key a line"),
    "Unescaped '\\' in a string": (r"une barre oblique inverse s'écrit deux fois : \\", r"a backslash is written twice: \\"),
    "Expected ']' at the end of a table declaration": ("il manque le crochet ] qui ferme le titre", "the bracket ] that closes the heading is missing"),
    "Expected ']]' at the end of an array declaration": ("il manque les crochets ]] qui ferment le titre", "the brackets ]] that close the heading are missing"),
}  # fmt: skip

#: About the file as a whole.
FILE: dict[str, tuple[str, str]] = {
    "absent": ("il n'y a pas de configuration {path} : écrivez-en une avec `relance-mailer init`, ou nommez-la avec --config", "there is no configuration {path}: write one with `relance-mailer init`, or name it with --config"),
    "unreadable": ("{path} ne peut pas être lu : {why}", "{path} cannot be read: {why}"),
    "no_text": ("{path} ne peut pas être lu : ce n'est pas du texte UTF-8 (ligne {line})", "{path} cannot be read: it is not UTF-8 text (line {line})"),
    "line": ("{path}, ligne {line} : {words}", "{path}, line {line}: {words}"),
    "no_line": ("{path} : {words}", "{path}: {words}"),
    "several": ("{path} ne peut pas servir, pour {n} raisons :", "{path} cannot be used, for {n} reasons:"),
    "syntax": ("ce n'est pas du TOML valable : {why}", "not valid TOML: {why}"),
    "twice": ("{what} y est deux fois, la première à la ligne {first}", "{what} stands there twice, first on line {first}"),
    "mean": (" ; vouliez-vous dire {names} ?", "; did you mean {names}?"),
    "elsewhere": (" à cet endroit ; il se place {places}", " in this place; it belongs {places}"),
    "under": ("sous {heading}", "under {heading}"),
    "on_top": ("en haut du fichier, avant toute [section]", "at the top of the file, before any [section]"),
    "or": (" ou ", " or "),
    "two_brackets": ("s'écrit avec deux crochets, [[{name}]] : il peut y en avoir plusieurs", "is written with two brackets, [[{name}]]: there may be several"),
}  # fmt: skip


def guessed_language(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language that a person's terminal speaks (POSIX locale variables): "fr", else "en"."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return (
        "fr"
        if next((environment[name] for name in names if environment.get(name)), "")[:2].lower() == "fr"
        else "en"
    )


def about_file(key: str, language: str, **values: object) -> str:
    """Return the words about the file as a whole."""
    return FILE[key][language != "fr"].format(**values)


def about_toml(message: str, language: str) -> str:
    """Return what tomllib found wrong in words that help, in its own where there are none."""
    return TOML.get(message, (message, message))[language != "fr"]


def about_setting(kind: str, message: str, context: Mapping[str, object], language: str) -> str:
    """Return what is wrong with a setting: by pydantic's kind where it has words here, else its message."""
    words = PATTERNS.get(str(context.get("pattern"))) or KINDS.get(kind)
    if words is not None:
        expected = str(context.get("expected", "")).replace("'", '"')
        either = expected.replace(" or ", FILE["or"][language != "fr"])
        return words[language != "fr"].format(**{**context, "expected": either})
    return translated(message.removeprefix("Value error, "), language)


def translated(message: str, language: str) -> str:
    """Return a rule's English words in `language`; as they are where no French is known."""
    if language != "fr":
        return message
    for english, french in FRENCH.items():
        if found := re.fullmatch(re.escape(english).replace(r"\{\}", "(.*)"), message):
            return french.format(*(translated(part, language) for part in found.groups()))
    return message
