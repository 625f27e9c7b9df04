"""A private Dovecot that lets in by access token only, and asks the tests' identity provider about each (RFC 7662)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.support.mailbed import START_SECONDS, MailBedError, _free_ports, _greeting, _Server, becomes_true

if TYPE_CHECKING:
    from tests.support.identity import IdentityProvider

DOVECOT: Final = Path("/usr/sbin/dovecot")

_CONFIG: Final = """\
base_dir = {root}/dovecot
state_dir = {root}/dovecot-state
instance_name = oauth-{port}
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
log_path = {root}/dovecot.log
default_login_user = dovenull
default_internal_user = dovecot
mail_location = maildir:~/Maildir
mail_fsync = never
first_valid_uid = 1
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = {mechanisms}
  args = {root}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
"""

_OAUTH: Final = """\
introspection_mode = get
introspection_url = {url}/introspect?access_token=
tls_ca_cert_file = {ca_file}
username_attribute = username
active_attribute = active
active_value = true
"""


class OAuthDovecot:
    """A context manager: one Dovecot on a loopback port of its own."""

    def __init__(self, provider: IdentityProvider, mechanisms: str = "xoauth2 oauthbearer") -> None:
        [self.port] = _free_ports(1)
        self._provider = provider
        self._mechanisms = mechanisms

    def __enter__(self) -> Self:
        self._root = Path(tempfile.mkdtemp(prefix="oauth-dovecot-"))
        self._root.chmod(0o755)  # the server's own users pass through
        shutil.copy(self._provider.ca_file, self._root / "ca.pem")
        (self._root / "ca.pem").chmod(0o644)
        (self._root / "home").mkdir()
        shutil.chown(self._root / "home", "mail", "mail")
        values = {"root": self._root, "port": self.port, "mechanisms": self._mechanisms}
        config = self._root / "dovecot.conf"
        config.write_text(_CONFIG.format(**values))
        url = self._provider.url.replace("127.0.0.1", "localhost")
        told = {"url": url, "ca_file": self._root / "ca.pem"}
        (self._root / "oauth2.conf").write_text(_OAUTH.format(**told))
        self._server = _Server([str(DOVECOT), "-F", "-c", str(config)], self.port)
        if not becomes_true(lambda: _greeting(self.port).startswith(b"* OK"), START_SECONDS):
            raise MailBedError(f"Dovecot does not answer\n{self._server.output()}\n{self.log()}")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()
        shutil.rmtree(self._root, ignore_errors=True)

    def log(self) -> str:
        """What Dovecot wrote."""
        path = self._root / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""
