"""Logging in by OAuth 2. (French, English); see the package."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "auth.begin": ("Identité « {name} » ({provider}, {flow}), pour {accounts}", "Identity “{name}” ({provider}, {flow}), for {accounts}"),
    "auth.nobody": ("aucun compte", "no account"),
    "auth.device": (
        "Sur n'importe quel appareil, ouvrez {url} et entrez le code {code}.\nConnectez-vous avec le compte qui enverra les relances. Vous avez {minutes} minutes ; Ctrl-C abandonne.",
        "On any device, open {url} and enter the code {code}.\nLog in with the account that shall send the reminders. You have {minutes} minutes; Ctrl-C gives up.",
    ),
    "auth.browser": (
        "Sur cette machine, ouvrez dans un navigateur :\n\n{url}\n\nConnectez-vous avec le compte qui enverra les relances. Le navigateur est sur une autre machine ? Ctrl-C, puis la même commande avec --paste.",
        "On this machine, open in a browser:\n\n{url}\n\nLog in with the account that shall send the reminders. The browser is on another machine? Ctrl-C, then the same command with --paste.",
    ),
    "auth.paste": (
        "Sur n'importe quelle machine, ouvrez dans un navigateur :\n\n{url}\n\nConnectez-vous avec le compte qui enverra les relances. À la fin le navigateur dit que la page est introuvable : c'est normal. Copiez l'adresse entière de cette page et collez-la ici.",
        "On any machine, open in a browser:\n\n{url}\n\nLog in with the account that shall send the reminders. At the end the browser says that the page cannot be found: that is right. Copy the whole address of that page and paste it here.",
    ),
    "auth.pasted": ("Adresse", "Address"),
    "auth.by_itself": ("Personne n'a à se connecter : un jeton est demandé.", "Nobody has to log in: a token is asked for."),
    "auth.done": ("Connecté : {who}.", "Logged in: {who}."),
    "auth.done_somebody": ("Connecté.", "Logged in."),
    "auth.token": ("Jeton obtenu, bon jusqu'au {until}, gardé dans {path} (vous seul pouvez le lire).", "Token obtained, good until {until}, kept in {path} (readable by you alone)."),
    "auth.other": (
        "{who} n'est pas {username} : il lui faut le droit d'ouvrir cette boîte et d'envoyer en son nom.",
        "{who} is not {username}: that account must be allowed to open this mailbox and to send as it.",
    ),
    "auth.tried": ("{account} ({host}) : la connexion réussit.", "{account} ({host}): logging in succeeds."),
    "auth.failed": ("{account} ({host}) : {words}", "{account} ({host}): {words}"),
    "auth.aborted": ("Abandonné ; rien n'a été gardé.", "Given up; nothing was kept."),
    "auth.forgotten": ("{name} : jetons oubliés. Pour retirer l'autorisation elle-même : {where}", "{name}: tokens forgotten. To withdraw the permission itself: {where}"),
    "auth.unknown": ("{name} : il n'y avait pas de jeton.", "{name}: there was no token."),
    "auth.where.microsoft": ("https://entra.microsoft.com (Applications d'entreprise)", "https://entra.microsoft.com (Enterprise applications)"),
    "auth.where.google": ("https://myaccount.google.com/permissions", "https://myaccount.google.com/permissions"),
    "auth.head.account": ("Compte", "Account"), "auth.head.how": ("Connexion", "Log-in"),
    "auth.head.state": ("État", "State"), "auth.head.until": ("Jeton bon jusqu'à", "Token good until"),
    "auth.head.who": ("Connecté en tant que", "Logged in as"),
    "auth.password": ("mot de passe", "password"), "auth.no_login": ("aucune", "none"),
    "auth.state.good": ("bon", "good"), "auth.state.renewable": ("se renouvelle seul", "renews by itself"),
    "auth.state.login_needed": ("à connecter : relance-mailer auth login {account}", "to be logged in: relance-mailer auth login {account}"),
    "auth.state.trouble": ("{trouble}", "{trouble}"),
}  # fmt: skip
