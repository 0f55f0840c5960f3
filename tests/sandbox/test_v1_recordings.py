"""The `/v1` objects against recorded ones, object by object: the same members with values of the same JSON types."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api import MIDDLE, NEW, OLD, VERSIONS, Api, paragraph, words
from tests.sandbox.kit import Json
from tests.sandbox.test_recordings import DATA, recorded

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")
Shape = dict[str, set[str]]
Named = tuple[tuple[str, str], Json]

# Written from documentation, or edited.
NOT_RECORDED = ("jomei", "notion-sdk-net", "kristaxlab")

# Recorded in one answer and left out of another of the same kind and version: recordings of one version span years.
VARYING = {
    ("page", MIDDLE): {"is_archived", "is_locked", "archived", "public_url"},
    ("block", MIDDLE): {"archived", "in_trash"},
    ("database", MIDDLE): {"archived", "is_locked", "description", "created_by", "last_edited_by", "properties"},
    ("data_source", MIDDLE): {"archived"},
    ("comment", MIDDLE): {"display_name"},
    ("page in data_source_id", MIDDLE): {"database_id"},
    ("paragraph", MIDDLE): {"icon"},
    ("paragraph", NEW): {"icon"},
    ("heading_4", NEW): set(),
    ("column", OLD): {"width_ratio"},
    ("column", MIDDLE): {"width_ratio"},
    ("synced_block", MIDDLE): set(),
    ("user", OLD): {"bot", "person"},
    ("user", MIDDLE): {"bot", "person"},
}
# Members that this sandbox does not have, and why.
KNOWN_DIFFERENCES = {
    ("database", MIDDLE, "properties"): "recorded before its columns moved to the data source",
    ("database", MIDDLE, "created_by"): "as above",
    ("database", MIDDLE, "last_edited_by"): "as above",
}
# Null in one answer and something in another.
NULLABLE = {"icon", "cover", "public_url", "name", "avatar_url", "next_cursor", "synced_from", "request_status", "href"}
NULLABLE |= {"link", "next_url"}
KINDS = ("page", "block", "database", "data_source", "comment", "user", "list", "property_item", "page_markdown")

# One of several, told apart by `type`.
_ALIKE = {"file": "<source>", "external": "<source>", "page_id": "<target>", "database_id": "<target>"}


def typed(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("object") in KINDS:
            yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


def texts(value: Any) -> Iterator[Json]:
    """Pieces of rich text, but not those of objects inside."""
    if isinstance(value, dict):
        if "plain_text" in value and "annotations" in value:
            yield value
            return
        for each in value.values():
            if not (isinstance(each, dict | list) and list(objects(each))):
                yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def shapes(values: Iterator[Json]) -> dict[tuple[str, str], list[Shape]]:
    """Of each object, and of what it holds: payload, parent, rich text, values, columns."""
    found: dict[tuple[str, str], list[Shape]] = defaultdict(list)
    for each in values:
        for what, members in (*_own(each), *_held(each)):
            found[what].append({name: {typed(one)} for name, one in members.items()})
    return found


def _own(each: Json) -> Iterator[Named]:
    kind, inner = each["object"], str(each.get("type", ""))
    if kind == "user" and not inner:
        return  # a partial user has an id and no more
    members = {name: value for name, value in each.items() if name != "request_id"}
    if kind in {"block", "list", "property_item"}:
        members = {"<payload>" if name == inner else name: value for name, value in members.items()}
    yield (kind, inner if kind == "user" else ""), members
    if kind == "block":
        yield ("payload", inner), {_ALIKE.get(name, name): one for name, one in each[inner].items()}
    if kind == "property_item":
        yield ("item", inner), {"<value>": each[inner]}


def _held(each: Json) -> Iterator[Named]:
    if "parent" in each:
        yield ("parent", f"{each['object']} in {each['parent']['type']}"), each["parent"]
    for text in texts(each):
        inside = text[text["type"]]
        yield ("rich_text", text["type"]), text
        yield ("text", inside.get("type", text["type"])), inside
    properties = each.get("properties", {}).values()
    for value in properties if each["object"] == "page" else ():
        kind = value["type"]
        yield ("value", kind), {"<value>" if name == kind else name: one for name, one in value.items()}
    for column in properties if each["object"] != "page" else ():
        yield ("column", column["type"]), column
        config = column[column["type"]]
        yield (
            ("config", column["type"]),
            {name: one for name, one in config.items() if not name.endswith("_property")},
        )


def theirs(version: str) -> Iterator[Json]:
    for path in sorted(DATA.rglob("*.json")):
        if path.relative_to(DATA).parts[0].startswith(NOT_RECORDED) or "errors" in path.parts:
            continue
        exchange = json.loads(path.read_text("utf-8"))
        if "request" in exchange and exchange["request"].get("notion_version") == version:
            body = exchange["response"]["body"]
            if "async_tasks" not in exchange["request"]["path"] and "views" not in exchange["request"]["path"]:
                yield from objects(body)


async def ours(api: Api) -> list[Json]:
    """Every object that this connection sees, and the answers to a few writes."""
    answers: list[Json] = []

    async def keep(method: str, path: str, **more: Any) -> Json:
        answers.append(await api.answered(method, path, **more))
        return answers[-1]

    await keep("GET", "users")
    await keep("GET", "users/me")
    for thing in (await keep("POST", "search", json={}))["results"]:
        await keep("GET", f"blocks/{thing['id']}") if thing["object"] == "page" else None
        if thing["object"] == "page":
            answers += await api.below(thing["id"])
            for value in thing["properties"].values():
                await keep("GET", f"pages/{thing['id']}/properties/{value['id']}")
        else:
            await _rows(api, answers, thing)
    roadmap = await api.found("Roadmap")
    await keep("GET", "comments", params={"block_id": roadmap["id"]})
    parent = {"page_id": roadmap["id"]}
    await keep("POST", "comments", json={"parent": parent, "rich_text": words("Well.")})
    page = await keep("POST", "pages", json={"parent": parent, "properties": {"title": words("New")}})
    await keep("PATCH", f"blocks/{page['id']}/children", json={"children": [*every_block(), paragraph("Last")]})
    await keep("GET", f"blocks/{page['id']}/children")
    await keep("GET", f"pages/{page['id']}/markdown")
    await keep("DELETE", f"blocks/{page['id']}")
    return answers


async def _rows(api: Api, answers: list[Json], thing: Json) -> None:
    databases = thing["id"] if api.version == OLD else thing["parent"]["database_id"]
    answers.append(await api.get(f"databases/{databases}"))
    answers.append(await api.get(f"blocks/{databases}"))
    path = "databases" if api.version == OLD else "data_sources"
    answers.append(await api.get(f"{path}/{thing['id']}"))
    answers.append(await api.post(f"{path}/{thing['id']}/query"))


def every_block() -> list[Json]:
    link = {"external": {"url": "https://lighthouse.example/file"}}
    texts = ("heading_1", "heading_2", "heading_3", "heading_4", "paragraph", "bulleted_list_item")
    more = ("numbered_list_item", "quote", "to_do", "toggle", "template", "callout")
    return [
        *({kind: {"rich_text": words(kind)}} for kind in (*texts, *more)),
        *({kind: link} for kind in ("image", "video", "pdf", "file", "audio")),
        *({kind: {"url": "https://lighthouse.example"}} for kind in ("bookmark", "embed")),
        {"code": {"rich_text": words("ls"), "language": "shell"}},
        {"equation": {"expression": "1"}},
        *({kind: {}} for kind in ("divider", "breadcrumb", "table_of_contents")),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_same_members_of_the_same_types(api: Api, version: str) -> None:
    here = shapes(iter([one for answer in await ours(api.at(version)) for one in objects(answer)]))
    compared = 0
    problems: list[tuple[object, ...]] = []
    for (kind, inner), recordings in shapes(theirs(version)).items():
        mine = here.get((kind, inner), [])
        if not mine:
            continue
        compared += 1
        varying = VARYING.get((inner or kind, version), set()) | VARYING.get((kind, version), set())
        problems += _differences((kind, inner, version), mine, recordings, varying)
    assert not problems
    assert compared >= {OLD: 40, MIDDLE: 70, NEW: 5}[version], compared


def _differences(
    what: tuple[str, str, str], mine: list[Shape], recordings: list[Shape], varying: set[str]
) -> Iterator[tuple[object, ...]]:
    must = set.intersection(*(set(each) for each in recordings)) - varying
    types: Shape = defaultdict(set, {name: set() for name in varying})
    for each in recordings:
        for name, found in each.items():
            types[name] |= found
    for each in mine:
        if not must <= set(each) <= set(types):
            yield (what, "missing", must - set(each), "too many", set(each) - set(types))
        for name, found in each.items():
            nullable = name in NULLABLE | varying | {"<value>"}
            if nullable and types[name] == {"NoneType"}:
                continue  # never seen with anything in it
            if types[name] and not found <= (types[name] | {"NoneType"} if nullable else types[name]):
                yield (what, name, found, types[name])


@pytest.mark.parametrize(("kind", "version", "member"), KNOWN_DIFFERENCES)
async def test_the_known_differences_are_still_there(api: Api, kind: str, version: str, member: str) -> None:
    """So that the table above stays true."""
    recordings = shapes(theirs(version))[kind, ""]
    assert any(member in each for each in recordings)
    here = shapes(iter([one for answer in await ours(api.at(version)) for one in objects(answer)]))[kind, ""]
    assert not any(member in each for each in here)


ERRORS = [
    path
    for path in sorted(DATA.rglob("errors/**/*.json"))
    if not path.relative_to(DATA).parts[0].startswith(NOT_RECORDED) and "get-users" not in path.parts
]


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.parent.name + path.stem)
async def test_errors(api: Api, path: Path) -> None:
    """The recorded request, sent again: status, code and message are the same but for the integration's name, which
    older recordings lack.
    """
    exchange = recorded(path)
    request, expected = exchange["request"], exchange["response"]
    target = request["path"].removeprefix("/v1/")
    if "children" in target:
        target = f"blocks/{(await api.found('Roadmap'))['id']}/children"
    ours_ = await api.at(request["notion_version"]).send(request["method"], target, json=request["body"])
    assert ours_.status_code == expected["status"]
    body, known = ours_.json(), expected["body"]
    assert body["code"] == known["code"]
    assert set(known) <= set(body)
    assert _unnamed(body["message"]) == _unnamed(known["message"])


def _unnamed(message: str) -> str:
    message = message.replace("\nbody.children[0].ai_block should be defined, instead was `undefined`.", "")
    message = message.replace("\nbody.children[0].heading_4 should be defined, instead was `undefined`.", "")
    return message.partition(" with your integration")[0]
