"""The calls made with a Bearer token: which there are, and the order in which each is checked."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from ivgraph_auth.sandbox.answers import json_answer, json_text
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.incoming import Incoming
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.rest import admitted
from ivgraph_auth.sandbox.v1 import (
    async_tasks,
    comments,
    custom_emojis,
    databases,
    file_uploads,
    markdown,
    meeting_notes,
    querying,
    reading,
    search,
    templates,
    views,
    writing,
)
from ivgraph_auth.sandbox.v1.call_input import CallInput, tidied
from ivgraph_auth.sandbox.v1.refusals import RefusedError, restricted, unknown_url
from ivgraph_auth.sandbox.v1.view import View, dashed

Capability = Literal["none", "read", "insert", "update", "users", "read_comments", "insert_comments"]
_Action = Callable[..., Json]
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    action: _Action
    needs: Capability
    era: Literal["all", "older", "newer"] = "all"  # older: the versions before data sources
    form: bool = False  # its body is one
    later: bool = False  # `allow_async` lets it be done later
    bare: bool = False  # told without its request id

    @property
    def writes(self) -> bool:
        return self.needs in {"insert", "update", "insert_comments"}

    @property
    def name(self) -> str:
        """As async tasks tell it."""
        return f"{self.method} " + _PLACE.sub(r":\1", self.path)

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", self.path))


ROUTES = (
    Route("GET", "/v1/users/me", reading.me, "none"),
    Route("GET", "/v1/users", reading.users, "users"),
    Route("GET", "/v1/users/{user_id}", reading.user, "users"),
    Route("POST", "/v1/search", search.search, "read"),
    Route("GET", "/v1/pages/{page_id}", reading.page, "read"),
    Route("GET", "/v1/pages/{page_id}/properties/{property_id}", reading.page_property, "read"),
    Route("GET", "/v1/blocks/{block_id}", reading.block, "read"),
    Route("GET", "/v1/blocks/{block_id}/children", reading.block_children, "read"),
    Route("GET", "/v1/databases/{database_id}", reading.database, "read"),
    Route("POST", "/v1/databases/{database_id}/query", querying.database, "read", "older"),
    Route("GET", "/v1/data_sources/{data_source_id}", reading.data_source, "read", "newer"),
    Route("POST", "/v1/data_sources/{data_source_id}/query", querying.data_source, "read", "newer"),
    Route("GET", "/v1/data_sources/{data_source_id}/templates", templates.list_all, "read", "newer", bare=True),
    Route("GET", "/v1/comments", comments.list_all, "read_comments"),
    Route("GET", "/v1/comments/{comment_id}", comments.get, "read_comments"),
    Route("POST", "/v1/pages", writing.create_page, "insert", later=True),
    Route("PATCH", "/v1/pages/{page_id}", writing.update_page, "update"),
    Route("GET", "/v1/pages/{page_id}/markdown", markdown.read, "read"),
    Route("PATCH", "/v1/pages/{page_id}/markdown", markdown.write, "update", later=True),
    Route("POST", "/v1/pages/{page_id}/move", writing.move_page, "update"),
    Route("PATCH", "/v1/blocks/{block_id}", writing.update_block, "update"),
    Route("DELETE", "/v1/blocks/{block_id}", writing.delete_block, "update"),
    Route("PATCH", "/v1/blocks/{block_id}/children", writing.append, "insert"),
    Route("POST", "/v1/databases", databases.create_database, "insert"),
    Route("PATCH", "/v1/databases/{database_id}", databases.update_database, "update"),
    Route("POST", "/v1/data_sources", databases.create_data_source, "insert", "newer"),
    Route("PATCH", "/v1/data_sources/{data_source_id}", databases.update_data_source, "update", "newer"),
    Route("POST", "/v1/comments", comments.create, "insert_comments"),
    Route("PATCH", "/v1/comments/{comment_id}", comments.update, "insert_comments"),
    Route("DELETE", "/v1/comments/{comment_id}", comments.delete, "insert_comments"),
    Route("GET", "/v1/custom_emojis", custom_emojis.list_all, "none"),
    Route("GET", "/v1/async_tasks/{task_id}", async_tasks.get, "none"),
    Route("POST", "/v1/blocks/meeting_notes/query", meeting_notes.query, "read"),
    Route("POST", "/v1/blocks/meeting_notes", meeting_notes.create, "insert"),
    Route("GET", "/v1/views", views.list_all, "read", "newer"),
    Route("POST", "/v1/views", views.create, "insert", "newer"),
    Route("GET", "/v1/views/{view_id}", views.get, "read", "newer"),
    Route("PATCH", "/v1/views/{view_id}", views.update, "update", "newer"),
    Route("DELETE", "/v1/views/{view_id}", views.delete, "update", "newer"),
    Route("POST", "/v1/views/{view_id}/queries", views.query, "read", "newer"),
    Route("GET", "/v1/views/{view_id}/queries/{query_id}", views.results, "read", "newer"),
    Route("DELETE", "/v1/views/{view_id}/queries/{query_id}", views.delete_query, "read", "newer"),
    Route("GET", "/v1/file_uploads", file_uploads.list_all, "none"),
    Route("POST", "/v1/file_uploads", file_uploads.create, "none"),
    Route("GET", "/v1/file_uploads/{file_upload_id}", file_uploads.get, "none"),
    Route("POST", "/v1/file_uploads/{file_upload_id}/send", file_uploads.send, "none", form=True),
    Route("POST", "/v1/file_uploads/{file_upload_id}/complete", file_uploads.complete, "none"),
)
_PATTERNS = tuple((route, route.pattern) for route in ROUTES)


def route_of(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route, pattern in _PATTERNS:
        found = pattern.fullmatch(path) if route.method == method else None
        if found is not None:
            return route, found.groupdict()
    return None


def takes_form(method: str, path: str) -> bool:
    found = route_of(method, path)
    return found is not None and found[0].form


def answered(instance: Sandbox, call: Incoming, route: Route, places: dict[str, str]) -> Response:
    """The credential, the version, the path that this version has, the capability, the members, the lookup."""
    grant = admitted(instance, call)
    if isinstance(grant, Response):
        return grant
    view = View(instance, grant, call.headers["notion-version"])
    try:
        if route.era == ("older" if view.with_data_sources else "newer"):
            raise unknown_url()
        if not _able(instance, route.needs):
            raise restricted()
        ids = [_place(name, text) for name, text in places.items()]
        asked = CallInput.parse(call.tidied(tidied), instance.page_limit)
        with view.content.change() if route.writes else nullcontext():
            found = route.action(view, asked, *ids)
            if route.writes:
                file_uploads.attach(view, asked.body.raw)
    except RefusedError as refusal:
        return _refused(refusal, call.request_id)
    if route.bare:
        return json_text(200, found)
    if route.later and asked.body.raw.get("allow_async") is True:
        return json_answer(202, async_tasks.accept(view, route.name, found), call.request_id)
    return json_answer(200, found, call.request_id)


def _place(name: str, text: str) -> str:
    return text if name in {"property_id", "task_id"} else dashed(text, f"path.{name}")


def _able(instance: Sandbox, needs: Capability) -> bool:
    config = instance.config
    if needs in {"read", "insert", "update"}:
        return f"{needs}_content" in config.capabilities
    if needs == "users":
        return any(name.startswith("read_user") for name in config.capabilities)
    return {"read_comments": config.read_comments, "insert_comments": config.insert_comments}.get(needs, True)


def _refused(refusal: RefusedError, request_id: str) -> Response:
    members: Json = {"object": "error", "status": refusal.status, "code": refusal.code, "message": str(refusal)}
    if refusal.more is not None:
        members["additional_data"] = refusal.more
    return json_answer(refusal.status, members, request_id)
