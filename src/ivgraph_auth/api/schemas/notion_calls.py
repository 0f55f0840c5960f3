"""The drop-in address in OpenAPI: each call that is passed on, and errors as Notion tells them."""

import re
from http import HTTPStatus
from typing import Any

from ivgraph_auth.api.dependencies import TENANT, describe_header, describe_idempotency_key, describe_timeout
from ivgraph_auth.core.urls import NOTION_ID
from ivgraph_auth.gateway.policy import operation_of
from ivgraph_auth.notion.endpoints import ENDPOINTS, Endpoint
from ivgraph_auth.notion.tools import TOOLS

# What a call may take, in seconds; and one whose body is passed on while it arrives, where its caller asks for so long.
HTTP_SECONDS, UPLOAD_SECONDS = 55, 300
PREFIX = "/notion"
SEND = ENDPOINTS["notion.sendFileUpload"]


def describe_drop_in(document: dict[str, Any]) -> None:
    """Adds it."""
    document["components"]["schemas"]["NotionError"] = _ERROR
    for item in ENDPOINTS.values():
        document["paths"].setdefault(f"{PREFIX}{item.path}", {})[item.method.lower()] = _describe_operation(item)


def _describe_operation(item: Endpoint) -> dict[str, Any]:
    name = item.name.removeprefix("notion.")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return {
        "tags": ["Notion"],
        "summary": words.capitalize(),
        "description": " ".join(filter(None, (f"Needs `{operation_of(item).scope.value}`.", item.about, _ABOUT))),
        "operationId": f"notion_{words.replace(' ', '_')}",
        "security": [{f"any {operation_of(item).scope.value}": []}],
        "parameters": [
            *map(_describe_path_parameter, re.findall(r"\{(\w+)\}", item.path)),
            *_describe_query(item),
            *_HEADERS,
            describe_timeout(otherwise=HTTP_SECONDS, most=UPLOAD_SECONDS if item is SEND else HTTP_SECONDS),
            *([_IDEMPOTENCY_KEY] if item.writes else []),
        ],
        **({"requestBody": _FORM if item is SEND else _BODY} if item.method in ("POST", "PATCH") else {}),
        "responses": {str(status): _describe_answer(status, text) for status, text in _MEANINGS.items()},
    }


def _describe_path_parameter(name: str) -> dict[str, Any]:
    opaque = name in ("property_id", "task_id")
    schema = {"minLength": 1, "maxLength": 200} if opaque else {"pattern": f"^{NOTION_ID}$"}
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", **schema}}


def _describe_query(item: Endpoint) -> list[dict[str, Any]]:
    """Those of the tool that makes the same call. What else Notion takes there is passed on all the same."""
    tool = TOOLS.get(item.name)
    names = tool.query if tool else _QUERY_WITHOUT_TOOL.get(item.name, ())
    return [{"name": name, "in": "query", "required": name in _REQUIRED, "schema": _QUERY[name]} for name in names]


_ABOUT = (
    "As Notion's reference describes it, with a service token in place of Notion's; the body goes on as it came. "
    "A path that OpenAPI does not list is refused with `invalid_request_url`."
)
_QUERY: dict[str, dict[str, Any]] = {
    "start_cursor": {"type": "string"},
    "page_size": {"type": "integer", "minimum": 1, "maximum": 100},
    "filter_properties": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
    "include_transcript": {"type": "boolean"},
    "block_id": {"type": "string", "pattern": f"^{NOTION_ID}$"},
    "database_id": {"type": "string", "pattern": f"^{NOTION_ID}$"},
    "data_source_id": {"type": "string", "pattern": f"^{NOTION_ID}$"},
    "name": {"type": "string"},
    "status": {"type": "string", "enum": ["pending", "uploaded", "expired", "failed"]},
}
_QUERY_WITHOUT_TOOL = {
    "notion.getPageProperty": ("start_cursor", "page_size"),
    "notion.listFileUploads": ("status", "start_cursor", "page_size"),
}
_REQUIRED = {"block_id"}
_HEADERS = [
    {"name": "Notion-Version", "in": "header", "schema": {"type": "string", "examples": ["2026-03-11"]}},
    describe_header(
        "X-Ivgraph-Tenant", "Whose connection acts, where a workspace has several.", type="string", pattern=TENANT
    ),
    describe_header(
        "X-Ivgraph-Workspace",
        "Which workspace is meant, where the credential covers several.",
        type="string",
        format="uuid",
    ),
]
_IDEMPOTENCY_KEY = describe_idempotency_key("The same key and body within 24 hours give the same answer again.")
_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
_FORM = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "part_number": {
                        "type": "string",
                        "description": "Which part it is, from 1, where there are several.",
                    },
                },
            }
        }
    }
}
_ERROR = {
    "type": "object",
    "title": "NotionError",
    "description": "Notion's own error body, for refusals of ours too: their message ends with what to do next.",
    "required": ["object", "status", "code", "message"],
    "properties": {
        "object": {"type": "string", "const": "error"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
    },
}
_MEANINGS = {
    200: "Notion's object. Empty when Notion accepted a write and said nothing more.",
    201: "Notion's object, made.",
    202: "Notion's object: accepted, and done later (`async_task`).",
    204: "Accepted, and nothing to be said.",
    400: "`validation_error`, `invalid_request_url`, and what else Notion refuses.",
    401: "`unauthorized`: no good credential, or a connection to be made anew; the message says where.",
    403: "`restricted_resource`: scope, workspace or capability is missing.",
    404: "`object_not_found`, from Notion.",
    409: "`conflict_error`; also ours for a write whose outcome cannot be told: look before you send it again.",
    413: "Larger than Notion takes, in its own words.",
    429: "`rate_limited`: wait as long as `Retry-After` says.",
    500: "`internal_server_error`.",
    502: "`bad_gateway`, from Notion.",
    503: "`service_unavailable`.",
    504: "`gateway_timeout`.",
    529: "`service_overload`, from Notion.",
}


# An edge before Notion answers it, in a form of its own.
_IN_OTHER_WORDS = 413


def _describe_answer(status: int, text: str) -> dict[str, Any]:
    if status == HTTPStatus.NO_CONTENT:
        return {"description": text}
    refused = status >= HTTPStatus.BAD_REQUEST and status != _IN_OTHER_WORDS
    schema = {"$ref": "#/components/schemas/NotionError"} if refused else {"type": "object"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
