"""What ours is held against: a bare ASGI answer, and a bare FastAPI endpoint."""

from fastapi import FastAPI

BODY = b'{"id":"1","name":"Ada"}'

bare_fastapi = FastAPI(openapi_url=None)


@bare_fastapi.get("/")
async def answer() -> dict[str, str]:
    return {"id": "1", "name": "Ada"}


async def bare_asgi(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": BODY})
