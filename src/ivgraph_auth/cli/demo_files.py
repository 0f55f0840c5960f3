"""What `demo` keeps in its data directory: throwaway keys, never read by `serve`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ivgraph_auth.cli.keys import generate_secret_key
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.files import replace_file
from ivgraph_auth.core.secrets import random_hex, random_token
from ivgraph_auth.keys.keyring import generate_key

_FILE = "demo-keys.json"


@dataclass(frozen=True, slots=True, repr=False)
class DemoKeys:
    secret_key: str
    encryption_keys: str
    sandbox_client_secret: str


def load_or_make_keys(directory: Path) -> DemoKeys:
    """Raises ConfigurationError when the file is there and unreadable, or cannot be made."""
    path = directory / _FILE
    try:
        return DemoKeys(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        # An id of its own: where the file was removed and the database was not, the id of before is another key's.
        key_id = f"demo-{random_hex(8)}"
        keys = DemoKeys(generate_secret_key(), generate_key(key_id), random_token())
    except (ValueError, TypeError, OSError) as problem:
        raise ConfigurationError(f"{path} cannot be read: {type(problem).__name__}. Remove the directory.") from None
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        replace_file(path, json.dumps(asdict(keys)))
    except OSError as problem:
        raise ConfigurationError(
            f"Cannot write to {directory}: {problem.strerror}. Set IVGRAPH_DATA_DIR to another directory."
        ) from None
    return keys
