"""A client of the sandbox's `/v1`, as one person's connection has it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from tests.sandbox.kit import Json, Script, bare

OLD, MIDDLE, NEW = "2022-06-28", "2025-09-03", "2026-03-11"
VERSIONS = (OLD, MIDDLE, NEW)


@dataclass(frozen=True)
class Api:
    client: httpx.AsyncClient
    token: str
    version: str = NEW

    @classmethod
    async def connected(cls, client: httpx.AsyncClient, version: str = NEW, **form: Any) -> "Api":
        pair = await Script(client).pair(**form)
        return cls(client, pair["access_token"], version)

    def at(self, version: str) -> "Api":
        return replace(self, version=version)

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Notion-Version": self.version}
        return await self.client.request(method, f"/v1/{path}", headers=headers, **more)

    async def answered(self, method: str, path: str, **more: Any) -> Json:
        answer = await self.send(method, path, **more)
        assert answer.status_code == 200, answer.text
        return bare(answer)

    async def get(self, path: str, **params: Any) -> Json:
        return await self.answered("GET", path, params=params or None)

    async def post(self, path: str, **body: Any) -> Json:
        return await self.answered("POST", path, json=body)

    async def patch(self, path: str, **body: Any) -> Json:
        return await self.answered("PATCH", path, json=body)

    async def delete(self, path: str) -> Json:
        return await self.answered("DELETE", path)

    async def refused(self, method: str, path: str, **more: Any) -> tuple[int, str, str]:
        answer = await self.send(method, path, **more)
        body = bare(answer)
        assert body.pop("object") == "error"
        assert body.pop("status") == answer.status_code
        return answer.status_code, body["code"], body["message"]

    async def pages(self, method: str, path: str, **asked: Any) -> AsyncIterator[list[Json]]:
        """Page after page of a list, each cursor taken as it is."""
        cursor: Json = {}
        while True:
            place = "params" if method == "GET" else "json"
            listed = await self.answered(method, path, **{place: {**asked, **cursor}})
            assert listed["object"] == "list"
            assert listed[listed["type"]] == {} or listed["type"] == "property_item"
            assert listed["has_more"] is (listed["next_cursor"] is not None)
            yield listed["results"]
            if not listed["has_more"]:
                return
            cursor = {"start_cursor": listed["next_cursor"]}

    async def all(self, method: str, path: str, **asked: Any) -> list[Json]:
        return [item async for page in self.pages(method, path, **asked) for item in page]

    async def found(self, title: str, kind: str = "page") -> Json:
        """The one thing of this title, by search."""
        results = await self.all("POST", "search", query=title)
        hits = [each for each in results if each["object"] == kind and title_of(each) == title]
        assert len(hits) == 1, (title, hits)
        return hits[0]

    async def below(self, block: str) -> list[Json]:
        """Every block under a page, the child pages' own content included."""
        found: list[Json] = []
        for child in await self.all("GET", f"blocks/{block}/children"):
            found.append(child)
            if child["has_children"]:
                found += await self.below(child["id"])
        return found


def words(*texts: str) -> list[Json]:
    return [{"text": {"content": text}} for text in texts]


def paragraph(text: str) -> Json:
    return {"paragraph": {"rich_text": words(text)}}


def plain(rich_text: list[Json]) -> str:
    return "".join(item["plain_text"] for item in rich_text)


def title_of(thing: Json) -> str:
    if thing["object"] != "page":
        return plain(thing["title"])
    return next(plain(each["title"]) for each in thing["properties"].values() if each["type"] == "title")
