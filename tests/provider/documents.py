"""Hosts with metadata documents: one TLS server on the loopback, and names that lead to it as if it were elsewhere."""

import asyncio
import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.public_http import PublicHttp
from tests.provider.kit import CALLBACK, Client
from tests.support.service import Service

HOST = "client.example.com"
CLIENT_ID = f"https://{HOST}/app.json"
# Some address of the internet: the tests' way leads to the loopback instead.
ADDRESS, OTHER_ADDRESS = "93.184.216.34", "93.184.216.35"
MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2056, 1, 1, tzinfo=dt.UTC)

_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


def document(client_id: Any = CLIENT_ID, **members: Any) -> dict[str, Any]:
    said = {
        "client_id": client_id,
        "client_name": "Trip planner",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "unheard_of": {"deep": [1, 2]},
    }
    return {name: value for name, value in {**said, **members}.items() if value is not None}


def answer(body: bytes | dict[str, Any], *, status: str = "200 OK", **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    lines = [f"{name}: {value}\r\n" for name, value in given.items()]
    return f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode() + content


@dataclass
class Hosts:
    """`answers` by path: bytes, or what writes them. `asked` are host and path of each request, `reached` the address
    of each connection as the service believed it.
    """

    port: int = 0
    answers: dict[str, bytes | Answering] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    addresses: list[list[str]] = field(default_factory=lambda: [[ADDRESS]])
    resolved: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    client: HttpClient | None = None

    def forget(self) -> None:
        self.answers, self.asked, self.reached, self.resolved = {}, [], [], []
        self.addresses, self.closed = [[ADDRESS]], set()

    async def resolve(self, host: str) -> list[str]:
        """The first time the first list, then the next; the last one again and again."""
        self.resolved.append(host)
        return self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]

    def place(self, address: str) -> tuple[str, int]:
        self.reached.append(address)
        # Nothing listens at the first port there is.
        return "127.0.0.1", 1 if address in self.closed else self.port

    def lead(self, http: PublicHttp) -> None:
        """From now on the service finds these hosts, and no others."""
        assert self.client
        http.client, http.resolve, http.place = self.client, self.resolve, self.place

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ", 2)[1]
            host = next(line for line in head.split("\r\n") if line.lower().startswith("host:")).split(":", 1)[1]
            self.asked.append((host.strip(), path))
            found = self.answers.get(path, answer(b"", status="404 Not Found"))
            if isinstance(found, bytes):
                writer.write(found)
                await writer.drain()
            else:
                await found(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def run_hosts(directory: Path) -> AsyncIterator[Hosts]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority, certificate = make_certificates(directory)
    context.load_cert_chain(certificate)
    hosts = Hosts()
    server = await asyncio.start_server(hosts.serve, "127.0.0.1", 0, ssl=context)
    hosts.port = server.sockets[0].getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority))
        hosts.client = HttpClient(connections=20)
    try:
        yield hosts
    finally:
        await hosts.client.close()
        server.close()


def make_certificates(directory: Path) -> tuple[Path, Path]:
    """An authority, and what it has signed for the hosts that there are, with its key."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("keys.example.com")])
    root = _sign(issuer, issuer, root_key.public_key(), root_key, x509.BasicConstraints(ca=True, path_length=0))
    leaf = _sign(x509.Name([]), issuer, key.public_key(), root_key, names)
    authority, certificate = directory / "authority.pem", directory / "hosts.pem"
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + private)
    return authority, certificate


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(MOMENT).not_valid_after(LATER)
    builder = builder.add_extension(extension, critical=True)
    # Python 3.13 verifies strictly: RFC 5280 §4.2.1 asks for these.
    identifiers = (
        x509.SubjectKeyIdentifier.from_public_key(key),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
    )
    for identifier in identifiers:
        builder = builder.add_extension(identifier, critical=False)
    if isinstance(extension, x509.BasicConstraints):
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
    return builder.sign(signer, hashes.SHA256())


def lead(hosts: Hosts, service: Service) -> None:
    hosts.lead(service.app.composition.public_http)


def client_of(client_id: str = CLIENT_ID) -> Client:
    return Client(0, client_id, None)
