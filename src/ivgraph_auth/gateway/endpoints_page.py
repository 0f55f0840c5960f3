"""docs/notion-api.md, made from the table: python -m ivgraph_auth.gateway.endpoints_page > docs/notion-api.md"""

import sys
from itertools import groupby

from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.notion.endpoints import ENDPOINTS, REFUSED, Endpoint
from ivgraph_auth.notion.tools import TOOLS

_METHODS = ("GET", "POST", "PATCH", "DELETE")
_HEAD = """\
# Notion's API through the service

Each call of Notion's API, as `@notionhq/client` 5.26 and `notion-client` 3.1 have them, and what this service does
with it at the drop-in address `/notion/v1` ([agents.md](agents.md)). This page is made from the table in the code
(`src/ivgraph_auth/notion/endpoints.py`); a test walks the tables of both clients and finds every call here.
"""
_PASSED_ON = """\
## Passed on

*Scope* is what a token needs here; *capability* is what the connection needs at Notion (none: Notion asks for none,
or does not say which). *Audit name* stands in the audit trail; those with a T are tools as well (`POST
/api/v1/tools/invoke`).

| call | scope | capability | audit name | |
|---|---|---|---|---|
"""
_REFUSED = """\
## Not passed on

These are answered with 400 `invalid_request_url` and the reason. Any other call is answered so too, without one.
"""
_SCOPES = """\
## Why comments have a scope of their own

A comment is read by people and notifies them, but changes no page. So an agent may be let comment and nothing else,
and one that writes pages need not speak in everybody's name: `notion:write` does not include `notion:comment`, and
the other way round. Reading comments takes `notion:read`. Tokens and apps that had `notion:write` when the scope came
have been given it.

Following an async task and querying a view change nothing, and take `notion:read`, whatever their method.

## Notion's own MCP server

`@notionhq/notion-mcp-server` works unmodified: give it the service's address with `/notion` at the end as `BASE_URL`,
and a service token as `NOTION_TOKEN`. Its tools for comments need `notion:comment`.

## File uploads

The body of `POST file_uploads/{id}/send` is passed on while it arrives, and never held whole. One attempt: what was
passed on cannot be sent again from here. At most 20 MiB of a file at a time, as at Notion; a longer body is refused
by its `Content-Length` before it is read. `X-Ivgraph-Timeout` may be up to 300 seconds there. With an
`Idempotency-Key` the same file and part number within 24 hours are answered as before, whatever the boundary of the
form; another file under the same key is 409. If the connection's access token had run out, it is renewed and the
answer is 429 with `Retry-After: 1`: both clients then send the part again by themselves. An account has 20 of them
under way at once in each process, together with the streams that it reads.
"""


def render() -> str:
    rows = "".join(map(_row, sorted(ENDPOINTS.values(), key=_place)))
    return "\n".join([_HEAD, f"{_PASSED_ON}{rows}", f"{_REFUSED}{_refused()}", _SCOPES])


def _place(item: Endpoint) -> tuple[str, int]:
    return item.path, _METHODS.index(item.method)


def _row(item: Endpoint) -> str:
    name = item.name.removeprefix("notion.")
    tool = f"`{name}` T" if item.name in TOOLS else f"`{name}`"
    cells = (
        _call(item.method, item.path),
        f"`{operation_of(item).scope}`",
        item.capability or "none",
        tool,
        item.about,
    )
    return f"| {' | '.join(cells)} |\n"


def _call(method: str, path: str) -> str:
    return f"`{method} {path.removeprefix('/v1/')}`"


def _refused() -> str:
    """A list for each reason."""
    tables = groupby(REFUSED, key=lambda item: item.reason)
    return "".join(
        f"\n**{reason}**\n\n" + "".join(f"- {_call(item.method, item.path)}\n" for item in items)
        for reason, items in tables
    )


if __name__ == "__main__":
    sys.stdout.write(render())
