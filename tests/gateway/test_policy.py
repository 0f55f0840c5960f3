"""Every path that is not on the list is refused, in whatever way it is written, and nothing of it reaches Notion."""

import re

import pytest

from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.policy import find_operation, reason_against
from ivgraph_auth.notion.endpoints import REFUSED, Refused
from tests.gateway.kit import NOBODYS, Agent, refusal_of

ID = "adcff48f-6f79-47f2-adde-bc498a32af00"
PLAIN = ID.replace("-", "")
READS = [
    ("GET", "users"),
    ("GET", f"users/{ID}"),
    ("GET", "users/me"),
    ("GET", f"pages/{ID}"),
    ("GET", f"pages/{ID}/markdown"),
    ("GET", f"pages/{ID}/properties/title"),
    ("GET", f"pages/{ID}/properties/%40Xyz"),
    ("GET", f"pages/{ID}/properties/a%3Bb~_-."),
    ("GET", f"pages/{ID}/properties/Lbi%5D"),
    ("GET", f"pages/{ID}/properties/X%5Chj"),
    ("GET", f"pages/{ID}/properties/%5CaqD"),
    ("GET", f"blocks/{ID}"),
    ("GET", f"blocks/{ID}/children"),
    ("GET", f"databases/{ID}"),
    ("GET", f"data_sources/{ID}"),
    ("GET", "comments"),
    ("POST", "search"),
    ("POST", f"databases/{ID}/query"),
    ("POST", f"data_sources/{ID}/query"),
    ("GET", f"data_sources/{ID}/templates"),
    ("GET", f"comments/{ID}"),
    ("GET", "custom_emojis"),
    ("GET", "async_tasks/task_7e869d57816e45acb1b9a499db3d2a99"),
    ("POST", "blocks/meeting_notes/query"),
    ("GET", "views"),
    ("GET", f"views/{ID}"),
    ("POST", f"views/{ID}/queries"),
    ("GET", f"views/{ID}/queries/{ID}"),
    ("DELETE", f"views/{ID}/queries/{ID}"),
    ("GET", "file_uploads"),
    ("GET", f"file_uploads/{ID}"),
]
WRITES = [
    ("POST", "pages"),
    ("POST", f"pages/{ID}/move"),
    ("POST", "comments"),
    ("POST", "databases"),
    ("POST", "data_sources"),
    ("PATCH", f"pages/{ID}"),
    ("PATCH", f"pages/{ID}/markdown"),
    ("PATCH", f"blocks/{ID}"),
    ("PATCH", f"blocks/{ID}/children"),
    ("PATCH", f"databases/{ID}"),
    ("PATCH", f"data_sources/{ID}"),
    ("DELETE", f"blocks/{ID}"),
    ("PATCH", f"comments/{ID}"),
    ("DELETE", f"comments/{ID}"),
    ("POST", "blocks/meeting_notes"),
    ("POST", "views"),
    ("PATCH", f"views/{ID}"),
    ("DELETE", f"views/{ID}"),
    ("POST", "file_uploads"),
    ("POST", f"file_uploads/{ID}/send"),
    ("POST", f"file_uploads/{ID}/complete"),
]
METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "Get", "PROPFIND", "QUERY", "")
WAYS_OUT = [
    "oauth/token",
    "oauth/introspect",
    "oauth/revoke",
    "oauth/authorize",
    f"pages/{ID}/../../oauth/token",
    f"pages/{ID}/..",
    "pages/..",
    "pages/.",
    "pages/../users",
    "pages/%2e%2e/users",
    "pages/%2E%2E/users",
    "pages/.%2e/users",
    "pages/%2e./users",
    "pages/..%2fusers",
    "pages/..%2Fusers",
    "pages%2f" + ID,
    "pages/%2f" + ID,
    f"pages/{ID}%2fmarkdown",
    f"pages/{ID}%2f..%2fusers",
    "pages\\" + ID,
    f"pages/{ID}\\markdown",
    f"pages/{ID}%5cmarkdown",
    f"pages/..\\{ID}",
    "pages//" + ID,
    f"/pages/{ID}",
    "//users",
    "users//",
    "users//me",
    f"pages/{ID}//",
    f"pages/{ID}//markdown",
    f"pages;/{ID}",
    f"pages;x=1/{ID}",
    f"pages/{ID};x",
    f"pages/{ID};/markdown",
    "users;",
    "users/me;a=b",
    "users%00",
    "users/me%00",
    f"pages/{ID}%00",
    f"pages/{ID}%00/markdown",
    "users%20",
    "users%09",
    "users%0a",
    "users%0d%0aX-A:%20b",
    "users%3f",
    "users%3fa=b",
    "users%23",
    f"pages/{ID}%3ffilter",
    "%75sers",
    "use%72s",
    "users/%6de",
    "%2fv1%2fusers",
    "%2e%2e/v1/users",
    "../v1/users",
    "./users",
    "users/.",
    "users/..",
    "users/me/.",
    "users/me/..",
    "http://evil.example/users",
    "http:/evil.example/users",
    "https://api.notion.com/v1/users",
    "//evil.example/v1/users",
    "@evil.example/users",
    "users@evil.example",
    ":80/users",
    "Users",
    "USERS",
    "users/ME",
    f"Pages/{ID}",
    f"page/{ID}",
    f"pages/{ID[:-1]}",
    f"pages/{ID}0",
    f"pages/{PLAIN[:-1]}",
    f"pages/{PLAIN}0",
    f"pages/{PLAIN[:8]}-{PLAIN[8:]}",
    f"pages/{{{ID}}}",
    f"pages/urn:uuid:{ID}",
    f"pages/{ID[:-1]}g",
    f"pages/{ID}/",
    f"pages/ {ID}",
    f"pages/%20{ID}",
    f"pages/{ID}.json",
    f"pages/{ID}/markdown.html",
    f"pages/{ID}/properties",
    f"pages/{ID}/properties/",
    f"pages/{ID}/properties/.",
    f"pages/{ID}/properties/..",
    f"pages/{ID}/properties/%2e",
    f"pages/{ID}/properties/%2e%2e",
    f"pages/{ID}/properties/.%2E",
    f"pages/{ID}/properties/a%2fb",
    f"pages/{ID}/properties/a%2Fb",
    f"pages/{ID}/properties/..%5c..",
    f"pages/{ID}/properties/a%5C..%5Cb",
    f"pages/{ID}/properties/a%5C%2e.%5Cb",
    f"pages/{ID}/properties/%2f%5Cb",
    f"pages/{ID}/properties/a\\b",
    f"pages/{ID}/properties/a/b",
    f"pages/{ID}/properties/a;b",
    f"pages/{ID}/properties/a%00",
    f"pages/{ID}/properties/a%0a",
    f"pages/{ID}/properties/a%7f",
    f"pages/{ID}/properties/a%zz",
    f"pages/{ID}/properties/a%2",
    f"pages/{ID}/properties/a b",
    f"pages/{ID}/properties/a?b",
    f"pages/{ID}/properties/" + "a" * 201,
    f"pages/{ID}/properties/é",
    f"blocks/{ID}/childre",
    f"blocks/{ID}/children/{ID}",
    f"comments/{ID}/replies",
    f"file_uploads/{ID}/sends",
    f"file_uploads/{ID}/send/1",
    "file_uploads/send",
    "blocks/meeting_note",
    "async_tasks/a%2fb",
    "async_tasks/..",
    "async_tasks/" + "a" * 201,
    f"views/{ID}/queries/x",
    f"databases/{ID}/query/",
    "search/x",
    "",
    "/",
    "v1/users",
    "users\u200b",
    "usérs",
    "\uff55sers",
    "us\u0000ers",
    "users\n",
    "\nusers",
    "users\r\n",
    " users",
    "users ",
]


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
def test_what_is_on_the_list_passes(method: str, path: str) -> None:
    operation = find_operation(method, f"/v1/{path}", "a=b&c=%20")
    assert operation
    assert operation.writes is ((method, path) in WRITES)
    comments = path.startswith("comments") and method != "GET"
    assert (operation.scope is Scope.NOTION_COMMENT) is comments
    assert find_operation(method, f"/v1/{path.replace(ID, PLAIN)}", "")
    assert find_operation(method, f"/v1/{path.replace(ID, ID.upper())}/", "")


@pytest.mark.parametrize("path", [path for _, path in READS + WRITES])
def test_each_path_has_its_own_methods(path: str) -> None:
    listed = {method for method, known in READS + WRITES if known == path}
    assert {method for method in METHODS if find_operation(method, f"/v1/{path}", "")} == listed


@pytest.mark.parametrize("path", WAYS_OUT)
def test_everything_else_does_not_pass(path: str) -> None:
    tolerated = {f"pages/{ID}/": ("GET", "PATCH"), f"databases/{ID}/query/": ("POST",)}
    for method in METHODS:
        assert bool(find_operation(method, f"/v1/{path}", "")) is (method in tolerated.get(path, ()))


@pytest.mark.parametrize("query", ["a b", "a\r\nX: y", "\x00", "é", "a\x7f", "\t"])
def test_a_query_that_is_not_visible_ascii_does_not_pass(query: str) -> None:
    assert find_operation("GET", "/v1/users", query) is None


@pytest.mark.parametrize("prefix", ["", "/", "/v2/", "/v1", "/V1/", "v1/", "/v1//", "/v1/v1/", "/notion/v1/", "/v1\\"])
def test_only_the_first_version_of_the_api_passes(prefix: str) -> None:
    assert find_operation("GET", f"{prefix}users", "") is None


async def test_over_http_too_and_notion_hears_nothing(agent: Agent) -> None:
    agent.forget()
    # Of those, what an HTTP client can be made to send as it is.
    written = [path for path in WAYS_OUT if path.isascii() and path.isprintable() and not {" ", "?"} & set(path)]
    # Nor does the client resolve dots for us, or read a host into it.
    sent = [
        path for path in written if "/." not in path and not path.startswith((".", "/")) and path and path[-1] != "/"
    ]
    assert len(sent) > 60
    for path in sent:
        assert refusal_of(await agent.notion("GET", path)) == (400, "invalid_request_url"), path
    for method in ("PUT", "OPTIONS", "QUERY"):
        answer = await agent.notion(method, f"pages/{NOBODYS}")
        assert answer.status_code == 400
    assert agent.asked() == []
    assert {row["outcome"] for row in await agent.trail()} == {"invalid_request_url"}
    assert {row["operation"] for row in await agent.trail()} == {None}


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: f"{refused.method} {refused.path}")
def test_what_the_table_refuses_does_not_pass(refused: Refused) -> None:
    path = re.sub(r"\{\w+\}", ID, refused.path)
    assert find_operation(refused.method, path, "") is None
    assert reason_against(refused.method, path) == reason_against(refused.method, f"{path}/") == refused.reason


async def test_a_refusal_says_that_it_is_this_services_and_why_where_there_is_a_reason(agent: Agent) -> None:
    told = (await agent.notion("POST", "sessions", json={})).json()["message"]
    assert told.startswith("This service does not pass this call on to Notion. Notion's agents spend")
    assert "client secret" in (await agent.notion("POST", "oauth/revoke", json={})).json()["message"]
    unknown = (await agent.notion("PUT", "pages")).json()["message"]
    assert unknown.startswith("This service does not pass this call on to Notion. docs/notion-api.md")
    # Notion's own refusal, of a path that another version has, comes back as it is.
    old = {"Notion-Version": "2022-06-28"}
    theirs = await agent.notion("GET", f"data_sources/{ID}", headers=old)
    assert (refusal_of(theirs), theirs.json()["message"]) == ((400, "invalid_request_url"), "Invalid request URL.")
