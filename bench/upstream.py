"""What stands in for Notion: a page, as bytes, to whoever asks. And a bare FastAPI endpoint that asks it."""

import json
import os

import httpx
from fastapi import FastAPI, Response

PAGE = json.dumps(
    {
        "object": "page",
        "id": "adcff48f-6f79-47f2-adde-bc498a32af00",
        "properties": {
            f"Property {number}": {"id": f"p{number}", "type": "rich_text", "rich_text": [{"plain_text": "x" * 80}]}
            for number in range(15)
        },
        "request_id": "9ceafe9f-f637-4563-95d2-1519affdef75",
    }
).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(PAGE)).encode())]


COMMENTS = json.dumps(
    {
        "object": "list",
        "results": [
            {
                "object": "comment",
                "id": f"adcff48f-6f79-47f2-adde-bc498a32af{number:02}",
                "parent": {"type": "page_id", "page_id": "adcff48f-6f79-47f2-adde-bc498a32af00"},
                "discussion_id": f"bdcff48f-6f79-47f2-adde-bc498a32af{number // 2:02}",
                "created_time": "2026-11-20T10:00:00.000Z",
                "last_edited_time": "2026-11-20T10:00:00.000Z",
                "created_by": {"object": "user", "id": "cdcff48f-6f79-47f2-adde-bc498a32af00", "name": "Ada"},
                "rich_text": [{"type": "text", "text": {"content": "x" * 80}, "plain_text": "x" * 80}],
                "display_name": {"type": "user", "resolved_name": "Ada"},
            }
            for number in range(8)
        ],
        "next_cursor": None,
        "has_more": False,
        "type": "comment",
        "comment": {},
        "request_id": "9ceafe9f-f637-4563-95d2-1519affdef75",
    }
).encode()


async def comments(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """A list of eight comments, whatever is asked."""
    if scope["type"] == "lifespan":
        await page(scope, receive, send)
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(COMMENTS)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": COMMENTS})


async def page(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": PAGE})


calling = FastAPI(openapi_url=None)
_client = httpx.AsyncClient(headers={"Authorization": "Bearer x", "Notion-Version": "2026-03-11"})


@calling.get("/")
async def call() -> Response:
    answer = await _client.get(f"{os.environ['NOTION_API_URL']}/v1/pages/adcff48f-6f79-47f2-adde-bc498a32af00")
    return Response(answer.content, media_type="application/json")


async def silent(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Answers no call to Notion, and stands there until its caller has gone."""
    if scope["type"] == "lifespan" or scope["path"] == "/":
        await page(scope, receive, send)
        return
    while (await receive())["type"] != "http.disconnect":
        pass
