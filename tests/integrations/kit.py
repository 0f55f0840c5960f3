"""A program that uses the Python API, and somebody at Notion's consent page."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import respx

from ivgraph_auth.integrations import AuthManager, NotionUserCredentials
from tests.support.service import CLIENT_ID, Json, RunningSandbox

REDIRECT_URI = "http://127.0.0.1:8000/callback"
SUBJECT = "workspace-123"
API = "https://notion.test"
TOKEN_URL = f"{API}/v1/oauth/token"
APP = {"client_id": "an-app", "client_secret": "secret_of_an_app", "api_url": API, "redirect_uri": REDIRECT_URI}
OLD = NotionUserCredentials("ntn_old_old_old", refresh_token="nrt_old_old_old", workspace_id="w-1")
NEW_PAIR = {
    "access_token": "ntn_new_new_new",
    "refresh_token": "nrt_new_new_new",
    "token_type": "bearer",
    "bot_id": "b-1",
    "workspace_id": "w-1",
    "workspace_name": "Lighthouse",
    "workspace_icon": None,
    "owner": {"type": "workspace", "workspace": True},
    "duplicated_template_id": None,
}
SECRETS = ("secret_of_an_app", "ntn_old_old_old", "nrt_old_old_old", "ntn_new_new_new", "nrt_new_new_new")
UNAUTHORIZED = {
    "object": "error",
    "status": 401,
    "code": "unauthorized",
    "message": "API token is invalid.",
    "request_id": "r-1",
}
ENVIRONMENT = (
    "NOTION_AUTHORIZATION_URL",
    "NOTION_AUTHORIZE_URL",
    "NOTION_TOKEN_URL",
    "NOTION_ACCESS_TOKEN_URL",
    "NOTION_CLIENT_ID",
    "NOTION_CLIENT_SECRET",
    "NOTION_REDIRECT_URI",
    "NOTION_TOKEN",
    "NOTION_INTEGRATION_TOKEN",
    "NOTION_VERSION",
    "NOTION_API_VERSION",
    "NOTION_API_URL",
)
_GUIDE = Path(__file__).parents[2] / "docs/python.md"


def documented_example() -> str:
    """The guide's first block of Python, as it stands."""
    found = re.search(r"```python\n(.*?)```", _GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@dataclass
class Someone:
    """Who is sent to the sandbox's consent page and comes back with a code."""

    sandbox: RunningSandbox

    @property
    def app(self) -> dict[str, str]:
        return {
            "client_id": CLIENT_ID,
            "client_secret": self.sandbox.client_secret,
            "redirect_uri": REDIRECT_URI,
            "api_url": self.sandbox.url,
        }

    async def consents(self, url: str, **form: Json) -> dict[str, str]:
        """What comes back to the redirect URI."""
        async with httpx.AsyncClient() as browser:
            answer = await browser.post(url, data=form)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    async def authorizes(self, auth: AuthManager, subject: str | None = None, **form: Json) -> NotionUserCredentials:
        step = await auth.notion.oauth2.authorize()
        back = await self.consents(step.url, **form)
        assert back["state"] == step.state
        return await auth.notion.oauth2.exchange(code=back["code"], subject=subject)

    def refreshes(self) -> int:
        return sum(call.grant_type == "refresh_token" for call in self.sandbox.instance.calls)

    def expires(self) -> None:
        self.sandbox.instance.state.expire_access_tokens()


@contextmanager
def notion() -> Iterator[respx.MockRouter]:
    """Notion's side of the wire, in a test's hands."""
    with respx.MockRouter(assert_all_called=False) as router:
        yield router


def shown(value: object) -> str:
    """All that a log or a debugger would show of it; of an error also what led to it."""
    chain = "".join(traceback.format_exception(value)) if isinstance(value, BaseException) else ""
    return f"{value!s} {value!r} {chain}"
