"""Who may call with a Bearer token, and in which version. What they may call stands in `v1/routes.py`."""

from starlette.responses import Response

from ivgraph_auth.sandbox.answers import rest_error
from ivgraph_auth.sandbox.incoming import Incoming
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.state import Grant

VERSIONS = (
    "2021-05-11",
    "2021-05-13",
    "2021-08-16",
    "2022-02-22",
    "2022-06-28",
    "2025-09-03",
    "2026-03-11",
)


def admitted(instance: Sandbox, call: Incoming) -> Grant | Response:
    """The grant behind the call, or the refusal: first the credential, then the version."""
    credential = bearer(call)
    if credential is None:
        message = 'Authorization header must use the format "Bearer <token>".'
        return rest_error(401, "unauthorized", message, call.request_id)
    grant = instance.state.by_access_token(credential)
    if grant is None:
        return rest_error(401, "unauthorized", "API token is invalid.", call.request_id)
    wrong = _version_refused(call.headers.get("notion-version"))
    return grant if wrong is None else rest_error(400, "missing_version", wrong, call.request_id)


def bearer(call: Incoming) -> str | None:
    scheme, _, credential = call.headers.get("authorization", "").partition(" ")
    return credential.strip() or None if scheme.lower() == "bearer" else None


def _version_refused(version: str | None) -> str | None:
    if version in VERSIONS:
        return None
    if version is None:
        wish, was = "defined", "undefined"
    else:
        *others, newest = (f'`"{each}"`' for each in VERSIONS)
        wish, was = f"{', '.join(others)}, or {newest}", f'"{version}"'
    return f"Notion-Version header failed validation: Notion-Version header should be {wish}, instead was `{was}`."
