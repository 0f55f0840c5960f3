"""What a database URL, and libpq's variables where it says nothing, mean for every connection that is made."""

import os
import pwd
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.variables import variables
from ivgraph_auth.database.libpq import FIXED, PARAMETERS, REFUSED, VARIABLE_OF

CONNECT_SECONDS = 2.0
APPLICATION_NAME = "ivgraph-auth"
_LAST_PORT = 65535
_SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")
_NO_URL = "DATABASE_URL is no URL such as postgresql://user:password@host:5432/name. Percent-encode the password."
# libpq's list of hosts between scheme and path, which SQLAlchemy takes for a malformed port.
_HOSTS = re.compile(r"(?P<before>[a-z+]+://(?:[^@/?]*@)?)(?P<hosts>[^@/?]+,[^@/?]*)(?P<after>(?:[/?].*)?)")
_WORDS = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "gsslib": ("gssapi",),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
}
_FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl")
# What asyncpg takes from nowhere but a DSN.
_IN_DSN = (*_FILES, "sslpassword", "ssl_min_protocol_version", "ssl_max_protocol_version")


@dataclass(frozen=True, slots=True)
class Target:
    """`shown` holds no password. `options` are asyncpg's, whole; `adapter` are SQLAlchemy's own, beside them."""

    shown: URL
    options: Mapping[str, Any]
    adapter: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Given:
    """A parameter's value, and the name that whoever has to correct it knows it by."""

    query: Mapping[str, str]
    environment: Mapping[str, str]

    def value(self, parameter: str) -> str | None:
        variable = VARIABLE_OF.get(parameter)
        value = self.query.get(parameter) or (self.environment.get(variable) if variable else None) or None
        words = _WORDS.get(parameter)
        if value is not None and words and value not in words:
            raise ConfigurationError(f"{self.name(parameter)} must be one of {', '.join(words)}.")
        return value

    def name(self, parameter: str) -> str:
        variable = VARIABLE_OF.get(parameter)
        return f"{parameter} in DATABASE_URL" if self.query.get(parameter) or variable is None else variable

    def number(self, parameter: str) -> int | None:
        value = self.value(parameter)
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,6}", value, re.ASCII):
            raise ConfigurationError(f"{self.name(parameter)} must be a whole number.")
        return int(value)


def read_database_url(url: str) -> Target:
    """Raises ConfigurationError, naming what is wrong and never repeating what may be a secret."""
    given = _Given(_parse(url), variables())
    _refuse(given)
    host = given.value("host")
    hosts = host.split(",") if host else []
    ports = _parse_ports(given, len(hosts))
    options: dict[str, Any] = {
        "host": hosts or None,
        "port": ports[0] if len(ports) == 1 else ports,
        "user": given.value("user") or _own_name(),
        "password": given.value("password"),
        "passfile": given.value("passfile"),
        "database": given.value("dbname"),
        "timeout": min(given.number("connect_timeout") or CONNECT_SECONDS, CONNECT_SECONDS),
        "server_settings": _server_settings(given),
        "target_session_attrs": given.value("target_session_attrs") or "any",
        "krbsrvname": given.value("krbsrvname"),
        "gsslib": given.value("gsslib"),
        **_tls_options(given, over_network=not hosts or not all(host.startswith("/") for host in hosts)),
    }
    size, adapter = _cache_sizes(given)
    if size is not None:
        options["statement_cache_size"] = size
    shown = URL.create("postgresql+asyncpg", options["user"], host=host or "", database=options["database"])
    return Target(shown, options, adapter)


def _parse(url: str) -> dict[str, str]:
    """All that it says, under libpq's names."""
    listed = _HOSTS.fullmatch(url)
    try:
        address = make_url(listed["before"] + "several" + listed["after"] if listed else url)
        query = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in address.query.items()}
    except (ArgumentError, ValueError):
        # Neither message is passed on: both quote what may be the password.
        raise ConfigurationError(_NO_URL) from None
    if address.drivername not in _SCHEMES:
        raise ConfigurationError("DATABASE_URL must start with postgresql:// (or postgres://, postgresql+asyncpg://).")
    host, port = _split_hosts(listed["hosts"]) if listed else (address.host, address.port and str(address.port))
    if "host" in query and re.search(r"[^:\]/]:\d+", query["host"]) and "port" not in query:
        # SQLAlchemy's way to write several: host=one:5432&host=two:5432.
        query["host"], query["port"] = _split_hosts(query["host"])
    query.setdefault("dbname", query.pop("database", ""))
    parts = {"user": address.username, "password": address.password, "host": host, "port": port}
    told = {name: str(value) for name, value in {**parts, "dbname": address.database}.items() if value}
    return {**query, **told}


def _split_hosts(hosts: str) -> tuple[str, str]:
    found = [re.fullmatch(r"(\[[^\]]+\]|[^:]*)(?::(\d*))?", host) for host in hosts.split(",")]
    if not all(found):
        raise ConfigurationError(_NO_URL)
    pairs = [(unquote(each[1]).strip("[]"), each[2] or "") for each in found if each]
    return ",".join(host for host, _ in pairs), ",".join(port for _, port in pairs)


def _refuse(given: _Given) -> None:
    for name in given.query:
        if name not in PARAMETERS:
            # Unknown names are not repeated: what looks like one may be the rest of a password.
            near = get_close_matches(name.lower(), PARAMETERS, n=1)
            hint = f" Is {near[0]} meant?" if near else ""
            raise ConfigurationError(f"DATABASE_URL has a parameter that this service does not know.{hint}")
    for name in REFUSED:
        if given.value(name):
            raise ConfigurationError(
                f"{given.name(name)} is not supported. Leave it out; docs/operations.md says what is."
            )
    for name, (_, taken) in FIXED.items():
        value = given.value(name)
        if value and value.lower() not in taken:
            raise ConfigurationError(f"{given.name(name)} can only be {' or '.join(taken)}. Leave it out.")


def _parse_ports(given: _Given, hosts: int) -> list[int]:
    text = given.value("port") or "5432"
    ports = [port or "5432" for port in text.split(",")]
    if not all(re.fullmatch(r"\d{1,5}", port, re.ASCII) and 0 < int(port) <= _LAST_PORT for port in ports):
        raise ConfigurationError(f"{given.name('port')} must be a port number between 1 and 65535.")
    if len(ports) not in (1, hosts):
        raise ConfigurationError(f"{given.name('port')} must be one port, or one for each host.")
    return [int(port) for port in ports]


def _own_name() -> str:
    """As libpq does, and not by LOGNAME or USER."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ConfigurationError("DATABASE_URL names no user, and this process has no name either.") from None


def _server_settings(given: _Given) -> dict[str, str]:
    name = given.value("application_name") or given.value("fallback_application_name") or APPLICATION_NAME
    options = given.value("options")
    return {"application_name": name, **({"options": options} if options else {})}


def _tls_options(given: _Given, *, over_network: bool) -> dict[str, Any]:
    """Unix sockets have none, whatever is asked for."""
    mode = given.value("sslmode") or "prefer"
    direct = given.value("sslnegotiation") == "direct"
    if not over_network:
        return {"ssl": "disable", "direct_tls": False}
    if direct and mode not in ("require", "verify-ca", "verify-full"):
        raise ConfigurationError(
            f"{given.name('sslnegotiation')}=direct needs sslmode require, verify-ca or verify-full."
        )
    told = {name: given.value(name) for name in _IN_DSN}
    if mode != "disable":
        for name in _FILES:
            _check_file(given, name)
        _check_home()
    dsn = urlencode({name: value for name, value in told.items() if value})
    return {"ssl": mode, "direct_tls": direct, "dsn": f"postgresql://?{dsn}" if dsn else None}


def _check_file(given: _Given, name: str) -> None:
    path = given.value(name)
    if path is None:
        return
    try:
        if name in ("sslrootcert", "sslcrl"):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
        else:
            Path(path).read_bytes()
    except (OSError, ValueError) as problem:
        raise ConfigurationError(
            f"{given.name(name)} names a file that cannot be used ({type(problem).__name__})."
        ) from None


def _check_home() -> None:
    """The driver looks for certificates in ~/.postgresql, and stumbles over a home it may not enter."""
    try:
        (Path.home() / ".postgresql" / "postgresql.key").exists()
    except PermissionError:
        raise ConfigurationError(
            "HOME is a directory that this process may not enter, and certificates for PostgreSQL are looked for there."
            " Set HOME to another one, or sslmode=disable in DATABASE_URL."
        ) from None
    except RuntimeError:
        return


def _cache_sizes(given: _Given) -> tuple[int | None, dict[str, Any]]:
    """The size of the driver's own cache, and SQLAlchemy's settings. Behind a transaction pooler the next statement may
    meet another server connection: nothing prepared is kept.
    """
    size, own = given.number("statement_cache_size"), given.number("prepared_statement_cache_size")
    pooled = given.query.get("pgbouncer", "false").lower()
    if pooled not in ("true", "false"):
        raise ConfigurationError("pgbouncer in DATABASE_URL must be true or false.")
    if pooled == "true":
        size = 0
    if size is not None:
        return size, {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
    return None, {} if own is None else {"prepared_statement_cache_size": own}
