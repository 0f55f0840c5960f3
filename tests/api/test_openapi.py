"""The description of the API: whole, stable, and true to what is served."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.support.service import Service

METHODS = {"get", "post", "patch", "delete"}
PROBLEM = "application/problem+json"
INVOKE, DROP_IN = "/api/v1/tools/invoke", "/notion/v1/"
SESSION: Any = [{"session": []}]
ANY: Any = [{"session": []}, {"service_token": []}, {"oauth2": []}]

NOTION = """
get users list_users
get users/me get_self
get users/{user_id} get_user
get pages/{page_id} get_page
get pages/{page_id}/markdown get_page_markdown
get pages/{page_id}/properties/{property_id} get_page_property
get blocks/{block_id} get_block
get blocks/{block_id}/children get_block_children
get databases/{database_id} get_database
get data_sources/{data_source_id} get_data_source
get comments list_comments
post search search
post databases/{database_id}/query query_database
post data_sources/{data_source_id}/query query_data_source
post pages create_page
post pages/{page_id}/move move_page
post comments create_comment
post databases create_database
post data_sources create_data_source
patch pages/{page_id} update_page
patch pages/{page_id}/markdown update_page_markdown
patch blocks/{block_id} update_block
patch blocks/{block_id}/children append_block_children
patch databases/{database_id} update_database
patch data_sources/{data_source_id} update_data_source
delete blocks/{block_id} delete_block
get comments/{comment_id} get_comment
patch comments/{comment_id} update_comment
delete comments/{comment_id} delete_comment
get data_sources/{data_source_id}/templates list_data_source_templates
get custom_emojis list_custom_emojis
get async_tasks/{task_id} get_async_task
post blocks/meeting_notes/query query_meeting_notes
post blocks/meeting_notes create_meeting_note
get views list_views
get views/{view_id} get_view
post views/{view_id}/queries query_view
get views/{view_id}/queries/{query_id} get_view_query_results
delete views/{view_id}/queries/{query_id} delete_view_query
post views create_view
patch views/{view_id} update_view
delete views/{view_id} delete_view
get file_uploads list_file_uploads
get file_uploads/{file_upload_id} get_file_upload
post file_uploads create_file_upload
post file_uploads/{file_upload_id}/send send_file_upload
post file_uploads/{file_upload_id}/complete complete_file_upload
"""
NOBODY: Any = []

# What the contract writes: path, method, operation id, security.
DOCUMENTED: dict[tuple[str, str], tuple[str, Any]] = {
    ("/api/auth/me/", "get"): ("me", ANY),
    ("/api/auth/me/", "delete"): ("delete_account", SESSION),
    ("/api/auth/validate/", "get"): ("validate_credential", ANY),
    ("/api/auth/refresh/", "post"): ("refresh_session", NOBODY),
    ("/api/auth/logout/", "post"): ("log_out", [{}, *SESSION]),
    ("/api/auth/exchange/", "post"): ("exchange_code", NOBODY),
    ("/api/auth/session/", "post"): ("access_for_browser", NOBODY),
    ("/api/auth/sessions/", "get"): ("list_sessions", SESSION),
    ("/api/auth/sessions/{session_id}/", "delete"): ("end_session", SESSION),
    ("/api/auth/logout-all/", "post"): ("log_out_everywhere", SESSION),
    ("/api/audit/", "get"): ("list_audit", SESSION),
    ("/api/tokens/", "get"): ("list_tokens", SESSION),
    ("/api/tokens/", "post"): ("create_token", SESSION),
    ("/api/tokens/{token_id}/", "patch"): ("rename_token", SESSION),
    ("/api/tokens/{token_id}/", "delete"): ("revoke_token", SESSION),
    ("/api/integrations/auth/notion/", "get"): ("start_sign_in", NOBODY),
    ("/api/integrations/auth/notion/callback", "get"): ("finish_sign_in", NOBODY),
    ("/api/integrations/auth/notion/status", "get"): ("notion_status", SESSION),
    ("/api/connections/", "get"): ("list_connections", ANY),
    ("/api/connections/{tenant_id}/", "get"): ("get_connection", ANY),
    ("/api/connections/{tenant_id}/", "delete"): ("remove_connection", SESSION),
    ("/api/connections/{tenant_id}/verify/", "post"): ("verify_connection", ANY),
    ("/api/v1/graph/search", "get"): ("search_graph", ANY),
    ("/api/v1/graph/nodes/{node_id}", "get"): ("get_node", ANY),
    ("/api/v1/graph/nodes/{node_id}/content", "get"): ("get_content", ANY),
    ("/api/v1/graph/nodes/{node_id}/neighbors", "get"): ("list_neighbors", ANY),
    ("/api/v1/graph/paths", "get"): ("find_paths", ANY),
    ("/api/v1/graph/gaps", "get"): ("list_gaps", ANY),
    ("/api/v1/graph/changes", "get"): ("list_changes", ANY),
    ("/api/notion-graph/", "get"): ("read_whole_graph", SESSION),
    ("/api/notion-graph/sync/", "get"): ("list_syncs", SESSION),
    ("/api/notion-graph/sync/", "post"): ("start_sync", SESSION),
    ("/api/webhooks/notion", "post"): ("receive_webhook", []),
    ("/api/webhooks/notion/subscription/", "post"): ("open_door", SESSION),
    ("/api/webhooks/notion/subscription/", "get"): ("get_subscription", SESSION),
    ("/api/webhooks/notion/subscription/", "delete"): ("remove_subscription", SESSION),
    ("/api/webhooks/notion/subscription/reveal/", "post"): ("reveal_token", SESSION),
    ("/api/notion-graph/sync/{run_id}", "get"): ("follow_sync", SESSION),
    ("/api/notion-graph/sync/{run_id}", "delete"): ("stop_sync", SESSION),
    ("/api/authz/explain", "post"): ("explain_call", ANY),
    ("/api/v1/tools", "get"): ("list_tools", ANY),
    ("/api/v1/tools/invoke", "post"): ("invoke_tool", ANY),
    **{
        (f"/notion/v1/{path}", method): (f"notion_{name}", ANY)
        for method, path, name in (line.split() for line in NOTION.strip().splitlines())
    },
    ("/oauth/authorize/notion", "get"): ("start_consent", ANY),
    ("/oauth/callback/notion", "get"): ("finish_consent", NOBODY),
    ("/oauth2/register", "post"): ("register_client", NOBODY),
    ("/oauth2/token", "post"): ("issue_tokens", NOBODY),
    ("/oauth2/introspect", "post"): ("introspect_token", NOBODY),
    ("/oauth2/revoke", "post"): ("revoke_app_token", NOBODY),
    ("/oauth2/device", "post"): ("begin_device", NOBODY),
    ("/oauth2/userinfo", "get"): ("get_userinfo", NOBODY),
    ("/oauth2/userinfo", "post"): ("post_userinfo", NOBODY),
    ("/.well-known/jwks.json", "get"): ("get_jwks", NOBODY),
    ("/.well-known/oauth-authorization-server", "get"): ("describe_authorization_server", NOBODY),
    ("/.well-known/openid-configuration", "get"): ("describe_openid_provider", NOBODY),
    ("/.well-known/oauth-protected-resource", "get"): ("describe_resource", NOBODY),
    ("/.well-known/ai-catalog.json", "get"): ("describe_ai_catalog", NOBODY),
    ("/.well-known/api-catalog", "get"): ("describe_api_catalog", NOBODY),
    ("/llms.txt", "get"): ("read_llms_txt", NOBODY),
    ("/mcp/server-card", "get"): ("describe_mcp_server", NOBODY),
    ("/api/oauth/apps/", "get"): ("list_apps", SESSION),
    ("/api/oauth/apps/", "post"): ("register_app", SESSION),
    ("/api/oauth/apps/{app_id}/", "get"): ("get_app", SESSION),
    ("/api/oauth/apps/{app_id}/", "patch"): ("change_app", SESSION),
    ("/api/oauth/apps/{app_id}/", "delete"): ("remove_app", SESSION),
    ("/api/oauth/apps/{app_id}/redirect-uris/", "post"): ("add_redirect_uri", SESSION),
    ("/api/oauth/apps/{app_id}/redirect-uris/{uri_id}/", "delete"): ("remove_redirect_uri", SESSION),
    ("/api/oauth/apps/{app_id}/secret/", "post"): ("rotate_secret", SESSION),
    ("/api/auth/grants/", "get"): ("list_grants", SESSION),
    ("/api/auth/grants/{grant_id}/", "delete"): ("withdraw_grant", SESSION),
    ("/health/live", "get"): ("live", NOBODY),
    ("/health/ready", "get"): ("ready", NOBODY),
}


@pytest.fixture(scope="module")
async def document(shared_service: Service) -> Any:
    answer = await (await shared_service.browser()).get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def security_of(operation: Any) -> Any:
    """But for the scope that an app needs."""
    return [{"oauth2": []} if "oauth2" in item else item for item in operation["security"]]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_it_is_openapi_3_1(document: Any) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert set(document) <= {
        "openapi", "info", "servers", "paths", "components", "security", "tags", "webhooks", "jsonSchemaDialect",
        "externalDocs",
    }  # fmt: skip
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert set(document["components"]) <= {"schemas", "securitySchemes", "responses", "parameters", "headers"}
    for path, methods in document["paths"].items():
        assert path.startswith("/")
        assert set(methods) <= METHODS


def test_every_reference_leads_somewhere(document: Any) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_schema_is_used(document: Any) -> None:
    used = {reference.rpartition("/")[2] for reference in references(document)}
    assert set(document["components"]["schemas"]) - used == set()


def test_paths_and_ids_and_security_are_those_of_the_contract(document: Any) -> None:
    there = {
        (path, method): (operation["operationId"], security_of(operation))
        for path, method, operation in operations(document)
    }
    assert there == DOCUMENTED


def test_it_says_where_it_is_served(document: Any, shared_service: Service) -> None:
    assert document["servers"] == [{"url": shared_service.settings.public_url}]


def parameters(document: Any, path: str, method: str = "get") -> dict[str, Any]:
    return {item["name"]: item for item in document["paths"][path][method]["parameters"]}


def test_the_drop_in_says_what_it_takes(document: Any) -> None:
    read = parameters(document, "/notion/v1/blocks/{block_id}/children")
    assert {name for name, item in read.items() if item["in"] == "query"} == {"start_cursor", "page_size"}
    assert re.fullmatch(read["block_id"]["schema"]["pattern"], "0" * 32)
    assert not re.fullmatch(read["block_id"]["schema"]["pattern"], "me")
    assert "Idempotency-Key" not in read
    written = document["paths"]["/notion/v1/blocks/{block_id}/children"]["patch"]
    assert "`notion:write`" in written["description"]
    assert "Idempotency-Key" in {item["name"] for item in written["parameters"]}
    send = document["paths"]["/notion/v1/file_uploads/{file_upload_id}/send"]["post"]
    assert list(send["requestBody"]["content"]) == ["multipart/form-data"]
    longest = {item["name"]: item["schema"] for item in send["parameters"]}["X-Ivgraph-Timeout"]["maximum"]
    assert longest == 300
    assert "`notion:comment`" in document["paths"]["/notion/v1/comments/{comment_id}"]["patch"]["description"]


def test_what_is_enforced_is_told(document: Any) -> None:
    start = parameters(document, "/api/integrations/auth/notion/")
    assert re.fullmatch(start["next"]["schema"]["pattern"], "/reports?a=b")
    for elsewhere in ("//evil", "https://evil", "reports"):
        assert not re.fullmatch(start["next"]["schema"]["pattern"], elsewhere)
    created = document["components"]["schemas"]["TokenCreate"]["properties"]
    assert set(created["scopes"]["items"]["enum"]) == {
        "graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:comment",
        "notion:connect",
    }  # fmt: skip
    assert (created["name"]["minLength"], created["name"]["maxLength"]) == (1, 100)
    for good, name in ((True, "My agent"), (True, "x"), (False, "  "), (False, "a\x00b"), (False, "a\nb")):
        assert bool(re.fullmatch(created["name"]["pattern"], name)) is good
    assert re.fullmatch(created["workspace_ids"]["items"]["pattern"], "*")


def test_ids_are_unique(document: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_operation_says_what_it_does(document: Any) -> None:
    assert [path for path, _, item in operations(document) if not item["summary"] or not item["description"]] == []


def test_path_parameters_are_declared(document: Any) -> None:
    for path, _, operation in operations(document):
        declared = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), path


def test_every_answer_is_described(document: Any) -> None:
    for path, method, operation in operations(document):
        statuses = operation["responses"]
        assert any(status.startswith(("2", "3")) for status in statuses), (path, method)
        for status, response in statuses.items():
            assert re.fullmatch(r"[2-5]\d\d", status)
            assert response["description"], (path, method, status)


def test_every_error_is_a_problem_document(document: Any) -> None:
    other = [
        f"{method} {path} {status}"
        for path, method, operation in operations(document)
        for status, response in operation["responses"].items()
        if status.startswith(("4", "5")) and set(response.get("content", {})) != {PROBLEM}
        # What stands in the way of being ready is a list, for whoever runs the service.
        if (path, status) != ("/health/ready", "503")
        # Where Notion sends a browser with a tenant's consent, RFC 6749's pair; for tools, their envelope.
        and path not in ("/oauth/callback/notion", INVOKE)
        # RFC 6749 §5.2 and RFC 7591 §3.2.2.
        and not path.startswith("/oauth2/")
        # As Notion tells them.
        and not path.startswith(DROP_IN)
    ]
    assert other == []


def test_what_a_tool_answers_is_an_envelope(document: Any) -> None:
    for status, response in document["paths"][INVOKE]["post"]["responses"].items():
        shape = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert shape == ("ToolResult" if status == "200" else "ToolFailure")


@pytest.mark.parametrize("credential", [SESSION, ANY])
def test_whatever_takes_a_credential_documents_its_refusals(document: Any, credential: Any) -> None:
    for path, method, operation in operations(document):
        if security_of(operation) == credential:
            needed = {"401", "500", "503"} | ({"403"} if credential == SESSION else set())
            assert needed <= set(operation["responses"]), (path, method)


def test_whatever_takes_a_body_documents_its_refusals(document: Any) -> None:
    with_body = [
        item
        for path, _, item in operations(document)
        if "requestBody" in item and not path.startswith((DROP_IN, "/oauth2/"))
    ]
    assert len(with_body) == 12
    for operation in with_body:
        assert {"400", "413", "415", "422"} <= set(operation["responses"])
        assert set(operation["requestBody"]["content"]) == {"application/json"}


def test_a_problem_has_the_promised_fields(document: Any) -> None:
    problem = document["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail", "code", "request_id", "next"} <= set(problem["required"])
    assert "errors" in problem["properties"]


def test_every_kind_of_credential_can_be_told_to_the_docs(document: Any) -> None:
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"session", "service_token", "oauth2"}
    assert all(scheme["description"] for scheme in schemes.values())
    for name in ("session", "service_token"):
        assert (schemes[name]["type"], schemes[name]["scheme"]) == ("http", "bearer")


async def test_the_docs_sign_in_where_the_provider_says(shared_service: Service, document: Any) -> None:
    metadata = (await (await shared_service.browser()).get("/.well-known/openid-configuration")).json()
    scheme = document["components"]["securitySchemes"]["oauth2"]
    assert (scheme["type"], set(scheme["flows"])) == ("oauth2", {"authorizationCode"})
    flow = scheme["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == metadata["authorization_endpoint"]
    assert flow["tokenUrl"] == metadata["token_endpoint"]
    assert set(flow["scopes"]) == set(metadata["scopes_supported"]) - {"offline_access"}


def test_it_says_which_scope_an_app_needs(document: Any) -> None:
    needed = {
        operation["operationId"]: scopes
        for _, _, operation in operations(document)
        for scopes in (item.get("oauth2") for item in operation["security"])
        if scopes is not None
    }
    assert needed["me"] == ["profile"]
    assert needed["search_graph"] == ["graph:search"]
    assert needed["notion_get_self"] == ["notion:read"]
    assert needed["notion_create_page"] == ["notion:write"]
    assert needed["start_consent"] == ["notion:connect"]
    # Any will do; of a tool its own.
    assert {name for name, scopes in needed.items() if not scopes} == {
        "explain_call",
        "validate_credential",
        "list_tools",
        "invoke_tool",
    }


async def test_it_is_the_same_document_each_time(shared_service: Service, document: Any) -> None:
    client = await shared_service.browser()
    again = await client.get("/openapi.json")
    assert json.dumps(again.json()) == json.dumps(document)


class References(HTMLParser):
    """What a page makes a browser fetch, and what it carries inside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        given = dict(attrs)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        found = given.get("src") or (given.get("href") if tag == "link" else None)
        if found:
            self.fetched.append(found)

    def handle_endtag(self, tag: str) -> None:
        self._tag = "" if tag == self._tag else self._tag

    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"} and data.strip():
            self.inline.append(self._tag)


async def test_the_docs_fetch_nothing_from_elsewhere(shared_service: Service) -> None:
    client = await shared_service.browser()
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    references = References(page.text)
    assert references.inline == []
    assert any(path.endswith(".js") for path in references.fetched)
    for path in references.fetched:
        assert re.match(r"/(?!/)", path), path
        found = await client.get(path)
        assert found.status_code == 200, path
        assert found.content


async def test_the_docs_script_asks_for_nothing_but_the_description(shared_service: Service) -> None:
    client = await shared_service.browser()
    script = (await client.get("/static/docs.js")).text
    assert '"../openapi.json"' in script
    assert "://" not in script
    assert "validatorUrl: null" in script


async def test_the_docs_policy_allows_scripts_from_here_only(shared_service: Service) -> None:
    client = await shared_service.browser()
    policy = (await client.get("/docs")).headers["content-security-policy"]
    directives = {name: set(values) for name, *values in (part.split() for part in policy.split(";"))}
    assert directives["default-src"] == {"'none'"}
    assert directives["script-src"] == directives["connect-src"] == {"'self'"}
    assert directives["frame-ancestors"] == {"'none'"}
    assert "https:" not in policy
