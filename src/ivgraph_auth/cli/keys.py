"""`ivgraph-auth keys`."""

import typer

from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key

app = typer.Typer(no_args_is_help=True, help="Keys that sign and encrypt.")


@app.callback()
def _group() -> None:
    """Keys that sign and encrypt."""


@app.command()
def generate() -> None:
    """Print a fresh signing key and a fresh encryption key, as lines for `.env`. Nothing is stored."""
    key_id = SystemClock().now().strftime("k%Y%m%d")
    print(f"IVGRAPH_SECRET_KEY={random_token()}")
    print(f"IVGRAPH_ENCRYPTION_KEYS={generate_key(key_id)}")
