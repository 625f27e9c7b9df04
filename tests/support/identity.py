"""An identity provider on loopback, by https with an authority of its own: what Microsoft and Google do, as far as we use it.

It knows no clock: a token is good until the test says otherwise. Every answer may be replaced once (`answers`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import trustme
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TENANT = "exemple.example"
CLIENT = "11111111-2222-3333-4444-555555555555"
SECRET = "klient~Geheimnis.42"
USER = "compta@exemple.example"
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"  #: what google-auth signs for, wherever it asks
SERVICE_ACCOUNT = "robot@project.iam.gserviceaccount.example"

Json = dict[str, Any]
Told = tuple[int, Json]


@dataclass
class Answer:
    """An answer of the test's own, instead of the provider's; `hold` keeps it back until it is set."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class IdentityProvider:
    """A context manager; `url` is its address, `ca_file` the authority that signed its certificate."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = str(folder / "identity-ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        provider = self

        class Handler(_Handler):
            of = provider

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])
        self.url = f"https://127.0.0.1:{self.port}"
        self.answers: deque[Answer] = deque()  #: for the next requests for a token
        self.requests: list[tuple[str, dict[str, str]]] = []  #: path and form, in order
        self.tokens: dict[str, str] = {}  #: access tokens that are good, and whose
        self.refresh_tokens: dict[str, str] = {}
        self.issued: list[str] = []  #: every secret that it ever gave out
        self.user, self.secret = USER, SECRET
        self.expires_in: object = 3600
        self.rotates = False  #: a refresh token serves once
        self.device: deque[str] = deque(["authorization_pending"])  #: what polling is told before the token
        self.interval = 2  #: seconds between two questions about a device code
        self.consents = True  #: the person in front of the browser
        self.scope = ""  #: granted in a person's name, "" for what was asked
        self.delegates = {USER}  #: in whose name the service account may act
        self._codes: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()
        self.padding = 0  #: further characters in every access token: Microsoft's are long

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away: connections are refused from then on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """The service account's."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    # What tests ask and do.

    def accepts(self, token: str, user: str) -> bool:
        """Whether a mail server should let this user in by this token."""
        return self.tokens.get(token) == user

    def expire(self) -> None:
        """Let every access token come to its end."""
        self.tokens.clear()

    def revoke(self) -> None:
        """Withdraw everything, as an administrator does."""
        self.tokens.clear()
        self.refresh_tokens.clear()

    def grants(self, kind: str) -> int:
        """How often a token was asked for by this grant."""
        return sum(form.get("grant_type", "").endswith(kind) for _, form in self.requests)

    def service_account(self) -> Json:
        """Google's JSON file for the service account."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "client_email": SERVICE_ACCOUNT,
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "token_uri": f"{self.url}/token",
        }

    # What it does.

    def issue(self, user: str, *, renewable: bool) -> Json:
        """Give out an access token, and a refresh token where wanted."""
        token = f"at-{secrets.token_urlsafe(24)}{'x' * self.padding}"
        self.tokens[token] = user
        told: Json = {"token_type": "Bearer", "expires_in": self.expires_in, "access_token": token}
        if renewable:
            told["refresh_token"] = f"rt-{secrets.token_urlsafe(24)}"
            self.refresh_tokens[told["refresh_token"]] = user
        self.issued += [told[key] for key in ("access_token", "refresh_token") if key in told]
        return told

    def answer_token(self, form: dict[str, str]) -> Told:
        grants: dict[str, Callable[[dict[str, str]], Told]] = {
            "client_credentials": self._client_credentials,
            "refresh_token": self._refresh,
            "authorization_code": self._code,
            "urn:ietf:params:oauth:grant-type:device_code": self._device,
            "urn:ietf:params:oauth:grant-type:jwt-bearer": self._assertion,
        }
        with self._lock:
            return grants[form["grant_type"]](form)

    def _client_credentials(self, form: dict[str, str]) -> Told:
        if form.get("client_secret") != self.secret:
            return 401, _refusal("invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if form["scope"] != "https://outlook.office365.com/.default":
            return 400, _refusal("invalid_scope", f"AADSTS70011: {form['scope']}")
        return 200, self.issue(self.user, renewable=False)

    def _refresh(self, form: dict[str, str]) -> Told:
        user = self.refresh_tokens.get(form["refresh_token"])
        if user is None:
            return 400, _refusal("invalid_grant", "Token has been expired or revoked.\r\nTrace ID: 7")
        if self.rotates:
            del self.refresh_tokens[form["refresh_token"]]
        return 200, self.issue(user, renewable=self.rotates)

    def _device(self, form: dict[str, str]) -> Told:
        if form.get("device_code") not in self._codes:
            return 400, _refusal("bad_verification_code", "unknown")
        if self.device:
            return 400, _refusal(self.device.popleft(), "AADSTS70016: pending")
        return 200, self._to_person(self._codes[form["device_code"]])

    def _code(self, form: dict[str, str]) -> Told:
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return 400, _refusal("invalid_grant", "Malformed auth code.")
        if asked["redirect_uri"] != form["redirect_uri"] or form["client_secret"] != self.secret:
            return 400, _refusal("invalid_client", "Unauthorized")
        return 200, self._to_person(asked)

    def _to_person(self, asked: dict[str, str]) -> Json:
        claims = json.dumps({"preferred_username": self.user, "email": self.user, "sub": "u1"}).encode()
        id_token = ".".join(("e30", base64.urlsafe_b64encode(claims).rstrip(b"=").decode(), "c2ln"))
        told = self.issue(self.user, renewable=True)
        return told | {"id_token": id_token, "scope": self.scope or asked["scope"]}

    def _assertion(self, form: dict[str, str]) -> Told:
        head, payload, signature = form["assertion"].split(".")
        try:
            self.key.public_key().verify(
                _unpadded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return 400, _refusal("invalid_grant", "Invalid JWT Signature.")
        claims = json.loads(_unpadded(payload))
        if claims["iss"] != SERVICE_ACCOUNT or claims["aud"] != GOOGLE_AUDIENCE:
            return 400, _refusal("invalid_grant", "Invalid issuer or audience.")
        if claims["exp"] - claims["iat"] > 3600 or claims["scope"] != "https://mail.google.com/":
            return 400, _refusal("invalid_scope", "too much asked")
        if claims.get("sub") not in self.delegates:
            words = "Client is unauthorized to retrieve access tokens using this method."
            return 401, _refusal("unauthorized_client", words)
        return 200, self.issue(claims["sub"], renewable=False)

    def invite(self, form: dict[str, str]) -> Told:
        code = f"dc-{secrets.token_urlsafe(12)}"
        self._codes[code] = form
        self.issued.append(code)
        told: Json = {
            "device_code": code,
            "user_code": "BDWP-HQPK",
            "expires_in": 900,
            "interval": self.interval,
        }
        return 200, told | {"verification_uri": f"{self.url}/devicelogin", "message": "…"}

    def authorize(self, form: dict[str, str]) -> str:
        """Return where a person's browser is sent after the question."""
        answer = {"state": form["state"]}
        if self.consents and form["client_id"] == CLIENT:
            answer["code"] = f"ac-{secrets.token_urlsafe(12)}"
            self._codes[answer["code"]] = form
            self.issued.append(answer["code"])
        else:
            answer["error"] = "access_denied"
        return f"{form['redirect_uri']}?{urlencode(answer)}"

    def describe(self, tenant: str) -> Told:
        if tenant != TENANT:
            words = f"AADSTS90002: Tenant '{tenant}' not found."
            return 400, _refusal("invalid_tenant", words)
        root = f"{self.url}/{tenant}"
        return 200, {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
        }


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that hang up: some tests want that."""


class _Handler(BaseHTTPRequestHandler):
    of: IdentityProvider
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        path, form = self._read("")
        if path.endswith("/.well-known/openid-configuration"):
            self._tell(*self.of.describe(path.split("/")[1]))
        elif path == "/o/oauth2/v2/auth":
            self._send(302, b"", {"Location": self.of.authorize(form)})
        elif path == "/introspect":
            user = self.of.tokens.get(form.get("access_token", ""))
            self._tell(200, {"active": True, "username": user} if user else {"active": False})
        else:
            self._tell(404, {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        path, form = self._read(self.rfile.read(length).decode())
        if path.endswith("/token") and self.of.answers:
            answer = self.of.answers.popleft()
            if answer.hold:
                answer.hold.wait(20)
            self._send(answer.status, answer.body, answer.headers)
        elif path.endswith("/token"):
            self._tell(*self.of.answer_token(form))
        elif path.endswith("/devicecode"):
            self._tell(*self.of.invite(form))
        else:
            self._tell(404, {})

    def _read(self, body: str) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        form = {key: values[0] for key, values in parse_qs(body or parts.query).items()}
        self.of.requests.append((parts.path, form))
        return parts.path, form

    def _tell(self, status: int, told: Json) -> None:
        self._send(status, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _refusal(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
