"""`.env.example`, made from the settings: python -m ivgraph_auth.core.env_example > .env.example"""

import sys
import textwrap

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.environment import names_of

_HEAD = """\
# Settings of ivgraph-auth. Copy to .env and take out the # where you set one.
# Lists are separated by commas; booleans are true, false, 1 or 0; empty means unset.
# Each may be given as <NAME>_FILE instead, the path of a file that holds the value.
"""
_DEFAULT_TOLD = "Default:"


def render() -> str:
    blocks = [_HEAD]
    for field in Settings.model_fields.values():
        name, *aliases = names_of(field)
        about = field.description or ""
        also = f" (also {', '.join(aliases)})" if aliases else ""
        lines = textwrap.wrap(about + also, 117, initial_indent="# ", subsequent_indent="# ")
        blocks.append("\n".join([*lines, f"#{name}={_default(field.default, about)}"]) + "\n")
    return "\n".join(blocks)


def _default(value: object, about: str) -> str:
    if value is None or value == () or _DEFAULT_TOLD in about:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(render())
