"""What `doctor` asks about Notion: our own credentials there, and the state of what people have connected."""

from collections.abc import Mapping

from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.app.compose.foundation import notion_oauth
from ivgraph_auth.cli.findings import Finding, Installation
from ivgraph_auth.connect.models import TenantConnection
from ivgraph_auth.core.clock import SystemClock, rfc3339
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.notion.errors import NotionError, OAuthRefused
from ivgraph_auth.vault.models import InterruptedRefresh

_SECONDS = 10.0
_MOST_TOLD = 20
_RECONNECT = (
    "Its owner connects it again: in the dashboard, or by the reauthorize_url that GET /api/connections/ tells."
)


async def check_client(settings: Settings) -> list[Finding]:
    """Whether Notion knows our client, and what must be registered there."""
    if settings.notion_client_id is None:
        hint = "Set NOTION_CLIENT_ID and NOTION_CLIENT_SECRET."
        return [Finding("warn", "not set: sign-in answers 503 notion_not_configured", hint)]
    uris = f"Register both at Notion: {settings.notion_redirect_uri} and {settings.notion_connect_redirect_uri}"
    http = HttpClient()
    try:
        if oauth := notion_oauth(settings, http):
            # A token that nobody has: whoever may ask is told that it is not active.
            await oauth.introspect(Secret(random_token()), deadline=_SECONDS)
    except OAuthRefused as refusal:
        if refusal.code in ("invalid_client", "unauthorized_client"):
            hint = "Copy NOTION_CLIENT_ID and NOTION_CLIENT_SECRET from the connection's settings at Notion."
            return [Finding("fail", f"Notion does not accept the client id and secret ({refusal.code})", hint)]
    except NotionError as failure:
        hint = f"See whether {settings.notion_api_url} can be reached from here."
        return [Finding("warn", f"Notion did not tell whether client id and secret are right: {failure}", hint)]
    finally:
        await http.close()
    return [Finding("ok", f"client id and secret are accepted, version {settings.notion_version}. {uris}")]


async def check_connections(installation: Installation) -> list[Finding]:
    """Refreshes that nobody finished, tenants that need a consent, and what one that works may do."""
    composition = compose(installation.settings, SystemClock())
    try:
        interrupted = {item.grant_id: item for item in await composition.connecting.refresher.list_interrupted()}
        everybodys = composition.services.connections.list_all(None)
        held = [(account_id, item) async for account_id, item in everybodys]
        active = [item for _, item in held if item.status == "active"]
        told = await _describe_capabilities(composition, active[-1]) if active else ""
        summary = f"{len(active)} active, {len(held) - len(active)} in need of a consent{told}"
        return [Finding("ok", summary), *_find_ailing(held, interrupted)]
    finally:
        await composition.close()


def _find_ailing(
    held: list[tuple[int, TenantConnection]], interrupted: Mapping[int, InterruptedRefresh]
) -> list[Finding]:
    found = []
    for account_id, item in held:
        name = f"tenant {item.tenant_id!r} of account {account_id}"
        refresh = interrupted.get(item.grant_id)
        if refresh:
            says = f"{name}: a refresh was interrupted at {rfc3339(refresh.at)}, and its new tokens may be lost"
            hint = f"The next use tries again. When Notion refuses: {_RECONNECT}"
            found.append(Finding("warn", says, hint if item.status == "active" else _RECONNECT))
        elif item.status != "active":
            found.append(Finding("warn", f"{name} needs a consent", _RECONNECT))
    if len(found) > _MOST_TOLD:
        more = Finding(
            "warn", f"and {len(found) - _MOST_TOLD} like these", "`ivgraph-auth connections list` has them all."
        )
        return [*found[:_MOST_TOLD], more]
    return found


async def _describe_capabilities(composition: Composition, item: TenantConnection) -> str:
    """What Notion says of the newest connection. Best effort: why it says nothing stands elsewhere in the report."""
    oauth = notion_oauth(composition.services.settings, composition.http)
    try:
        grant = await composition.credential_store.open_one(item.grant_id)
        if grant is None or oauth is None:
            return ""
        told = await oauth.introspect(grant.credential.access_token, deadline=_SECONDS)
    except (NotionError, CredentialUnavailable):
        return ""
    if not told.active:
        return "; the newest one's access token has run out, and is refreshed at its next use"
    return f"; Notion allows {', '.join(told.scope.split())}" if told.scope else ""
