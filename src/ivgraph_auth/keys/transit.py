"""Key-encryption keys that stay in the transit engine of Vault or OpenBao: it wraps and unwraps data keys."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError
from ivgraph_auth.core.sealing import KEY_BYTES, REMOTE_LAYOUT, CannotOpenError, Envelope, does_not_open, header, parse
from ivgraph_auth.core.secrets import Secret, random_bytes, sha256
from ivgraph_auth.keys.errors import KeysAwayError
from ivgraph_auth.keys.models import CurrentKey

_SECONDS = 5.0
_PREFIX = "transit:"
_CIPHERTEXT = re.compile(r"vault:v\d{1,9}:[A-Za-z0-9+/=]{1,1000}")
_BINDING_TYPES = frozenset({"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"})
# What the engine says of a ciphertext itself, as parts of its messages.
_OF_THE_RECORD = ("message authentication failed", "too old", "too new", "invalid ciphertext", "unable to decrypt")
_FORBIDDEN, _NOT_FOUND, _SEALED = 403, 404, 503


class Transit:
    """KeyEncryption with the engine mounted at `transit/`. A key id is `transit:<name>:v<version>`."""

    def __init__(self, *, http: HttpClient, address: str, token: Secret, name: str) -> None:
        self._http = http
        self._address = address
        self._token = token
        self._name = name
        self.family = f"{_PREFIX}{name}"

    def version_of(self, key_id: str) -> int | None:
        """None for a key that is not of this name."""
        family, _, version = key_id.rpartition(":v")
        return int(version) if family == self.family and version.isdecimal() and version.isascii() else None

    async def current(self) -> CurrentKey:
        data = await self._call("GET", f"keys/{self._name}")
        try:
            version = int(data["latest_version"])
            born = str(data["keys"][str(version)])
        except (KeyError, TypeError, ValueError):
            raise _nonsense() from None
        if data.get("type") not in _BINDING_TYPES or data.get("derived"):
            raise KeysAwayError(
                f"Transit key {self._name!r} is of a kind that does not serve here",
                "Use a key of type aes256-gcm96, not derived.",
            )
        return CurrentKey(f"{self.family}:v{version}", sha256(born))

    async def envelope(self, identity: str, key_id: str) -> Envelope:
        head = header(REMOTE_LAYOUT, key_id)
        bound = head + identity.encode()
        data_key = random_bytes(KEY_BYTES)
        asked = {"plaintext": _encode(data_key), "associated_data": _encode(bound)}
        data = await self._call("POST", f"encrypt/{self._name}", {**asked, "key_version": self.version_of(key_id)})
        wrapped = data.get("ciphertext")
        if not isinstance(wrapped, str) or not _CIPHERTEXT.fullmatch(wrapped):
            raise _nonsense()
        return Envelope(head + len(wrapped).to_bytes(2) + wrapped.encode(), data_key, bound)

    async def open(self, sealed: bytes, identity: str) -> bytes:
        record = parse(sealed)
        wrapped = record.wrapped.decode("ascii", "replace")
        if self.version_of(record.key_id) is None or record.layout != REMOTE_LAYOUT:
            raise CannotOpenError(f"No key {record.key_id!r} here.")
        if not _CIPHERTEXT.fullmatch(wrapped):
            raise does_not_open(record.key_id)
        asked = {"ciphertext": wrapped, "associated_data": _encode(record.bound(identity))}
        data = await self._call("POST", f"decrypt/{self._name}", asked)
        try:
            data_key = base64.b64decode(data["plaintext"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise _nonsense() from None
        return record.decrypt(data_key, identity)

    async def rotate(self) -> CurrentKey:
        """Makes a new version, and answers it."""
        await self._call("POST", f"keys/{self._name}/rotate", {})
        return await self.current()

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer's data. Raises CannotOpenError when the engine refuses the ciphertext, else KeysAwayError."""
        url, headers = f"{self._address}/v1/transit/{path}", {"X-Vault-Token": self._token.reveal()}
        try:
            answer = await self._http.request(method, url, headers=headers, body=body, deadline=_SECONDS)
        except UpstreamError as failure:
            raise KeysAwayError(
                f"Vault at IVGRAPH_VAULT_ADDR is out of reach ({failure})",
                "Start it, or correct IVGRAPH_VAULT_ADDR.",
            ) from None
        if answer.status >= 300:  # noqa: PLR2004 -- the classes of HTTP
            raise self._refusal(answer)
        try:
            data = (answer.json() or {}).get("data") if answer.body else None
        except (ValueError, AttributeError):
            raise _nonsense() from None
        return data if isinstance(data, dict) else {}

    def _refusal(self, answer: Answer) -> Exception:
        said = answer.body.decode("utf-8", "replace").lower()
        if answer.status == _SEALED and "sealed" in said:
            return KeysAwayError("Vault at IVGRAPH_VAULT_ADDR is sealed", "Unseal it.")
        if answer.status == _FORBIDDEN:
            return KeysAwayError(
                f"Vault refuses IVGRAPH_VAULT_TOKEN for transit key {self._name!r}",
                "Give it a token that is valid and may read the key, encrypt and decrypt with it.",
            )
        if answer.status == _NOT_FOUND or "encryption key not found" in said:
            return KeysAwayError(
                f"Vault has no transit key {self._name!r}",
                "Bring the deleted key back from Vault's backup; where nothing was encrypted yet, create it.",
            )
        if answer.status < 500 and any(part in said for part in _OF_THE_RECORD):  # noqa: PLR2004 -- as above
            return CannotOpenError("The engine does not open the record's data key.")
        return KeysAwayError(
            f"Vault at IVGRAPH_VAULT_ADDR answered {answer.status}", "Look at Vault's log and at IVGRAPH_VAULT_ADDR."
        )


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _nonsense() -> KeysAwayError:
    return KeysAwayError("What answers at IVGRAPH_VAULT_ADDR is no Vault", "Correct IVGRAPH_VAULT_ADDR.")
