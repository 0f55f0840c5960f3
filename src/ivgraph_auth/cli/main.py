"""`ivgraph-auth`: the command line."""

import asyncio
import gc
import io
import sys

import typer

from ivgraph_auth.cli import audit, connections, demo, doctor, keys, sandbox, serve, tokens, users, webhooks
from ivgraph_auth.cli.running import leave_on_signals
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.logging import configure_logging
from ivgraph_auth.core.metrics import count_alone
from ivgraph_auth.core.variables import NOT_OURS, forget
from ivgraph_auth.embedded.errors import EmbeddedPostgresError
from ivgraph_auth.sandbox.app import StateFileError

# Plain tracebacks: the pretty ones print local variables, and those hold secrets.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(serve.migrate)
app.command()(serve.prune)
app.command()(sandbox.sandbox)
app.command()(doctor.doctor)
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(connections.app, name="connections")
app.add_typer(tokens.app, name="tokens")
app.add_typer(audit.app, name="audit")
app.add_typer(webhooks.app, name="webhooks")


@app.callback()
def _about() -> None:
    """IVGraph's identity and access service: sign in with Notion, sessions, service tokens."""
    # What a command prints is its answer; servers choose their own level when they start.
    configure_logging("WARNING", "console")


def main() -> None:
    # What was imported stays. Looking through it at each collection, and at the end, took half a second.
    gc.freeze()
    forget(NOT_OURS)
    count_alone()
    leave_on_signals()
    # A name that the terminal has no letters for is no reason to stop.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except asyncio.CancelledError:
        # A signal came while nothing listened yet; what was begun has been put away.
        sys.exit(1)
    except ServiceError as error:
        sys.exit(f"ivgraph-auth: {error.detail}")
    except (EmbeddedPostgresError, StateFileError) as error:
        sys.exit(f"ivgraph-auth: {error}")
