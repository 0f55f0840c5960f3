"""`ivgraph-auth sandbox`: a Notion to develop against."""

from pathlib import Path
from typing import Annotated

import typer

from ivgraph_auth.cli.running import LOOPBACK, Server, listen, listen_from, run, stop_on_signals, url_of
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.sandbox.app import SandboxConfig, create_sandbox

_PORT = 8001


def sandbox(
    host: Annotated[str, typer.Option(help="Where to listen.")] = LOOPBACK,
    port: Annotated[
        int | None, typer.Option(help="Where to listen. Default: 8001, or the next one that is free.", min=1, max=65535)
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Taken as it is, may be repeated. Default: anything on this machine.")
    ] = None,
    state_file: Annotated[Path | None, typer.Option(help="Keeps authorizations over a restart.")] = None,
) -> None:
    """A sandbox Notion with invented people and workspaces. NOTION_CLIENT_ID and _SECRET name its one client."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    given = settings.notion_client_secret
    client_id = settings.notion_client_id or "ivgraph-sandbox"
    secret = given.get_secret_value() if given else random_token()
    if ":" in client_id:
        raise ConfigurationError("NOTION_CLIENT_ID cannot hold a colon: HTTP Basic could not carry it.")
    instance = create_sandbox(
        SandboxConfig(client_id, Secret(secret), redirect_uris=tuple(redirect_uri or ()), state_file=state_file)
    )
    listener = listen(host, port) if port else listen_from(host, _PORT, say=print)
    url = url_of(listener)
    print(f"Sandbox Notion on {url}/. For the service's .env:\n")
    print(f"NOTION_API_URL={url}\nNOTION_CLIENT_ID={client_id}")
    print("NOTION_CLIENT_SECRET=(as set here)" if given else f"NOTION_CLIENT_SECRET={secret}", flush=True)

    async def serve() -> None:
        server = Server(instance.app, listener, on_stop=instance.close)
        stop_on_signals([server])
        await server.run_here()

    run(serve())
