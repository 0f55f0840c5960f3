"""Whatever the JSON: nothing is raised, nothing signed comes out, and what comes out can be sent."""

import json
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivgraph_auth.graph.content.pieces import (
    BlockPiece,
    MarkdownPiece,
    blocks_as_json,
    markdown_of_answer,
    markdown_of_blocks,
)
from tests.graph.content.kit import PAGE, SIGNED, Json, block, text

DATA = Path(os.environ.get("IVGRAPH_NOTION_DATA") or Path(__file__).parents[4] / "shared" / "notion_data")
SIGNED_URLS = [
    SIGNED,
    SIGNED.replace("&", "&amp;"),
    "https://s3.us-west-2.amazonaws.com/secure.notion-static.com/f7b6/nr (1).png?X-Amz-Date=2022&X-Amz-Signature=1",
    "https://www.notion.so/image/" + re.sub("[:/?&=]", lambda found: f"%{ord(found[0]):02X}", SIGNED) + "?table=block",
    "https://file.notion.so/f/f/a7c0/plan.pdf?table=block&expirationTimestamp=1&signature=c0ffee&downloadName=plan.pdf",
    "https://prod-files-secure.s3.us-west-2.amazonaws.com/a7c0/b.png",
    "https://img.notionusercontent.com/s3/prod-files-secure%2Fa%2Fb.png/size/w=2000?exp=1&sig=c0ffee",
    "HTTPS://S3.amazonaws.com/x?x-amz-signature=1",
]
LEAK = re.compile(
    r"x-amz-signature=|https?://[^\s\"]*prod-files-secure|secure\.notion-static\.com[^\s\"]*\?|file\.notion\.so/\S*signature=|sig=c0ffee",
    re.IGNORECASE,
)
KINDS = [
    *("paragraph", "heading_1", "heading_4", "bulleted_list_item", "numbered_list_item", "to_do", "toggle", "quote"),
    *("callout", "code", "equation", "divider", "table", "table_row", "column_list", "synced_block", "image", "file"),
    *("embed", "bookmark", "child_page", "link_to_page", "meeting_notes", "unsupported", "button", "tab", "new_type"),
]
KEYS = [
    *("type", "id", "children", "rich_text", "text", "plain_text", "href", "content", "link", "url", "annotations"),
    *("bold", "code", "mention", "page", "user", "date", "start", "equation", "expression", "cells", "caption", "name"),
    *("file", "external", "icon", "emoji", "title", "has_children", "language", "list_start_index", "page_id"),
    *KINDS,
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.sampled_from([*KINDS, *SIGNED_URLS, "\ud800", "\0", "mention", "text", "page", str(PAGE)])
    | st.builds(
        "{}{}{}".format, st.text(max_size=5), st.sampled_from(SIGNED_URLS), st.sampled_from(["", " ", ")", "."])
    )
)
ANY = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
PAYLOADS = st.dictionaries(st.sampled_from(KEYS), ANY, max_size=5)
LIKE_BLOCKS = st.lists(
    st.builds(
        lambda kind, payload, rest: {**rest, "type": kind, kind: payload}, st.sampled_from(KINDS), PAYLOADS, PAYLOADS
    ),
    max_size=4,
)


def written(blocks: Json) -> str:
    """Both forms, as they would be sent."""
    markdown = markdown_of_blocks(blocks, 200_000, page=PAGE, titles={})
    bare = blocks_as_json(blocks, 10**9, page=PAGE)
    assert isinstance(markdown, MarkdownPiece)
    assert isinstance(bare, BlockPiece)
    sent = json.dumps([markdown.markdown, bare.blocks, [gap.detail for gap in (*markdown.gaps, *bare.gaps)]])
    json.dumps(json.loads(sent), ensure_ascii=False).encode()
    return markdown.markdown + json.dumps(bare.blocks, ensure_ascii=False)


@pytest.mark.slow
@settings(deadline=None)
@given(ANY | LIKE_BLOCKS)
def test_any_json(blocks: Json) -> None:
    found = LEAK.search(written(blocks))
    assert found is None


@settings(deadline=None)
@given(ANY, st.lists(st.sampled_from([*SIGNED_URLS, "a", "\n", "```", " ", ")", '"', "<table>"]), max_size=8))
def test_any_answer_of_the_markdown_endpoint(answer: Json, parts: list[str]) -> None:
    for each in (answer, {"markdown": answer}, {"markdown": "".join(parts), "unknown_block_ids": answer}):
        found = markdown_of_answer(each, 200_000, page=PAGE)
        assert isinstance(found, MarkdownPiece)
        found.markdown.encode()
        assert LEAK.search(found.markdown) is None


@pytest.mark.parametrize("url", SIGNED_URLS)
def test_signed_urls_wherever_they_stand(url: str) -> None:
    blocks = [
        block("paragraph", words=[text(f"see {url}."), text("here", href=url), text(url, "code")]),
        block("code", words=f"curl '{url}'", language=url),
        block("equation", expression=url),
        block("bookmark", url=url, caption=[text(url)]),
        block("file", file={"url": url}, name=url),
        block("image", external={"url": url}),
        block("child_page", title=url),
        block("callout", words=url, icon={"type": "file", "file": {"url": url}, "emoji": url}),
        block("table", block("table_row", cells=[[text(url)], [text(url, "bold")]])),
        {**block(url), url: url},
    ]
    assert LEAK.search(written(blocks)) is None


def blocks_in(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.get("object") == "block":
            yield value
        for each in value.values():
            yield from blocks_in(each)
    if isinstance(value, list):
        for each in value:
            yield from blocks_in(each)


RECORDED = (
    sorted(path for path in DATA.rglob("*.json") if '"block"' in path.read_text("utf-8")) if DATA.is_dir() else []
)


@pytest.mark.skipif(not RECORDED, reason="no recordings here")
def test_recorded_blocks() -> None:
    """All of every version: none is malformed, and none of a type that is not known."""
    recorded = [each for path in RECORDED for each in blocks_in(json.loads(path.read_text("utf-8")))]
    assert len(recorded) > 100
    assert LEAK.search(written(recorded)) is None
    piece = markdown_of_blocks(recorded, 10**9, page=PAGE, titles={})
    assert isinstance(piece, MarkdownPiece)
    assert {gap.reason for gap in piece.gaps} <= {"truncated", "unsupported_block"}


@pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")
def test_all_that_is_recorded_is_clean_of_signed_urls() -> None:
    """Pages and files, too, as if they were blocks."""
    for path in DATA.rglob("*.json"):
        assert LEAK.search(written([json.loads(path.read_text("utf-8"))])) is None


def test_ids_are_those_of_the_json() -> None:
    one = block("paragraph", words="a")
    found = blocks_as_json([one], 10, page=PAGE)
    assert isinstance(found, BlockPiece)
    assert found.blocks == [one]
    assert uuid.UUID(one["id"])
