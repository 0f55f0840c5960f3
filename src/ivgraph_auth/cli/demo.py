"""`ivgraph-auth demo`: everything on one machine, with nothing set up."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ivgraph_auth.app.factory import Application, create_app
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.cli.database import bring_up_to_date
from ivgraph_auth.cli.demo_files import DemoKeys, load_or_make_keys
from ivgraph_auth.cli.running import LOOPBACK, Server, listen, listen_from, run, stop_on_signals, url_of
from ivgraph_auth.cli.terminal import say
from ivgraph_auth.cli.tour import Tour
from ivgraph_auth.cli.tour_graph import TourFailed
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.environment import unknown_names
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.http import AUTHORITIES, HttpClient
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.proxies import VARIABLES as PROXY_VARIABLES
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import is_loopback_host
from ivgraph_auth.core.variables import forget
from ivgraph_auth.database.libpq import VARIABLES as LIBPQ_VARIABLES
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.web.deadlines import Deadlines

_PORT, _SANDBOX_PORT = 8000, 8001
_SANDBOX_CLIENT = "ivgraph-sandbox"
# The sandbox bears more than Notion's three calls a second, and nobody who tries this out shall wait for a minute.
_SYNC_WEIGHT = 0.01


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the service and the sandbox listen. No sandbox when a real Notion is set up."""

    service: socket.socket
    sandbox: socket.socket | None


def demo(
    once: Annotated[bool, typer.Option(help="Drive the whole tour, print each step, and exit.")] = False,
    host: Annotated[str, typer.Option(help="Where to listen.")] = LOOPBACK,
    port: Annotated[
        int | None, typer.Option(help="Where to listen. Default: 8000, or the next one that is free.", min=0, max=65535)
    ] = None,
    use_database_url: Annotated[bool, typer.Option(help="Use DATABASE_URL, not the embedded PostgreSQL.")] = False,
) -> None:
    """Everything on this machine, with nothing set up: PostgreSQL, a sandbox Notion, and the service."""
    own = load_settings()
    for unknown in unknown_names(Settings):
        print(f"Warning: {unknown.says}.", file=sys.stderr)
    directory = own.data_dir / "demo"
    with_sandbox = own.notion_client_id is None
    if with_sandbox and not is_loopback_host(host):
        raise ConfigurationError("The sandbox lets anybody in, so the demo stays on this machine: leave out --host.")
    if once and not with_sandbox:
        raise ConfigurationError("--once goes through the sandbox's consent page: unset NOTION_CLIENT_ID.")
    configure_logging("WARNING" if once else own.log_level, own.log_format)
    _forget_what_it_does_without(with_sandbox=with_sandbox, use_database_url=use_database_url)
    service = listen_from(host, _PORT, say=say) if port is None else listen(host, port)
    # Nothing is said of a port that the sandbox does not get: its address is printed anyway.
    sandbox_place = listen_from(LOOPBACK, _SANDBOX_PORT, say=lambda _: None) if with_sandbox else None
    places = _Places(service, sandbox_place)
    with _provide_database(own, directory, use_database_url=use_database_url) as database:
        keys = load_or_make_keys(directory)
        settings = _make_settings(database, keys, places, once=once)
        check_for_serving(settings, host)
        bring_up_to_date(settings)
        sandbox = _make_sandbox(settings, keys, directory) if with_sandbox else None
        succeeded = run(_serve(settings, places, sandbox, once=once))
    raise typer.Exit(0 if succeeded else 1)


def _forget_what_it_does_without(*, with_sandbox: bool, use_database_url: bool) -> None:
    """What an environment says of networks and other databases is not meant for what never leaves this machine."""
    if with_sandbox:
        forget((*PROXY_VARIABLES, *AUTHORITIES))
    if not use_database_url:
        forget(LIBPQ_VARIABLES)


@contextlib.contextmanager
def _provide_database(own: Settings, directory: Path, *, use_database_url: bool) -> Iterator[dict[str, str | None]]:
    """The settings that name it."""
    if use_database_url:
        if own.database_url is None:
            raise ConfigurationError("--use-database-url needs DATABASE_URL.")
        yield {}
        return
    with EmbeddedPostgres(directory) as postgres:
        postgres.ensure_database()
        yield {"database_url": postgres.database_url(), "database_direct_url": None}


def _make_settings(database: dict[str, str | None], keys: DemoKeys, places: _Places, *, once: bool) -> Settings:
    vault = dict.fromkeys(("encryption_keys_file", "vault_addr", "vault_token", "vault_transit_key"))
    # Clients that know no other way are let in here, where nobody comes from elsewhere.
    given = {
        **database,
        **vault,
        "dynamic_registration": True,
        "secret_key": keys.secret_key,
        "encryption_keys": keys.encryption_keys,
    }
    public_url = url_of(places.service)
    if places.sandbox is None:
        named = "public_url" in load_settings().model_fields_set
        return load_settings(**given, **({} if named else {"public_url": public_url}))
    sandbox_url = url_of(places.sandbox)
    sandboxed = {
        "public_url": public_url,
        "notion_client_id": _SANDBOX_CLIENT,
        "notion_client_secret": keys.sandbox_client_secret,
        "notion_api_url": sandbox_url,
        "notion_authorization_url_setting": f"{sandbox_url}/v1/oauth/authorize",
        "notion_token_url_setting": f"{sandbox_url}/v1/oauth/token",
        "notion_redirect_uri_setting": None,
        "notion_connect_redirect_uri_setting": None,
    }
    tour = {"signin_handoff": "fragment"} if once else {}
    return load_settings(**given, **sandboxed, **tour)


def _make_sandbox(settings: Settings, keys: DemoKeys, directory: Path) -> Sandbox:
    config = SandboxConfig(
        client_id=_SANDBOX_CLIENT,
        client_secret=Secret(keys.sandbox_client_secret),
        redirect_uris=(settings.notion_redirect_uri, settings.notion_connect_redirect_uri),
        state_file=directory / "sandbox.json",
    )
    return create_sandbox(config)


async def _serve(settings: Settings, places: _Places, sandbox: Sandbox | None, *, once: bool) -> bool:
    app = create_app(settings, sync_weight=_SYNC_WEIGHT if sandbox else 1.0, load_mcp=True)
    service = Server(app, places.service, deadlines=Deadlines(keep_alive=settings.keep_alive))
    servers = [service]
    if sandbox and places.sandbox:
        servers.append(Server(sandbox.app, places.sandbox, on_stop=sandbox.close))
    stop_on_signals(servers)
    running = [asyncio.create_task(server.run_here()) for server in servers]
    await asyncio.gather(*(server.listening.wait() for server in servers))
    if sandbox:
        await _subscribe(app, sandbox, settings)
    succeeded = await _run_tour(settings) if once else _announce(settings, sandbox)
    if once:
        for server in servers:
            server.should_exit = True
    await asyncio.gather(*running)
    return succeeded and all(server.started for server in servers)


async def _subscribe(app: Application, sandbox: Sandbox, settings: Settings) -> None:
    """What an admin does at Notion by hand: what is changed in the sandbox is in the graph within seconds."""
    await app.composition.services.webhooks.subscription.open_door(None, ClientInfo())
    made = await sandbox.webhooks.subscribe(f"{settings.public_url}/api/webhooks/notion")
    if not made.active:
        say("The sandbox's webhooks were not taken; the graph follows by synchronizations alone.")


async def _run_tour(settings: Settings) -> bool:
    http = HttpClient()
    try:
        tick = _choose_tick()
        await Tour(settings.public_url, http=http, clock=SystemClock(), say=lambda line: say(f"{tick} {line}")).run()
    except TourFailed as failure:
        say(f"Failed: {failure}")
        return False
    finally:
        await http.close()
    say("The tour is complete.")
    return True


def _announce(settings: Settings, sandbox: Sandbox | None) -> bool:
    say("")
    say(f"  Start here     {settings.dashboard_url}")
    say(f"  API reference  {settings.public_url}/docs")
    if sandbox:
        say(f"  Sandbox Notion {settings.notion_api_url}/   (invented people and workspaces; nothing leaves here)")
    say("  Stop           Ctrl-C")
    say("")
    return True


def _choose_tick() -> str:
    try:
        "✓".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "ok"
    return "✓"
