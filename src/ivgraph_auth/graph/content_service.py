"""What a page says, fetched at Notion when it is asked for: nothing of it is stored."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

from ivgraph_auth.base import Base
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.models import TenantGrant
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.gateway.service import CallVerdict, Gateway, GrantReader
from ivgraph_auth.graph import neighbor_repository, query_repository
from ivgraph_auth.graph.content.mentions import Titles
from ivgraph_auth.graph.content.outline import CHILDREN
from ivgraph_auth.graph.content.pieces import blocks_as_json, markdown_of_answer, markdown_of_blocks
from ivgraph_auth.graph.content.positions import BlockPosition, PageChanged, TextPosition
from ivgraph_auth.graph.errors import ContentChanged, UnknownNode
from ivgraph_auth.graph.models import EdgeKind, Gap, NodeType
from ivgraph_auth.notion.endpoints import ENDPOINTS, Endpoint
from ivgraph_auth.notion.operations import NotionRequest

_MARKDOWN, _BLOCKS = ENDPOINTS["notion.getPageMarkdown"], ENDPOINTS["notion.getBlockChildren"]
# For this connection or this page; one that is gone is refused again when its blocks are asked for.
_MARKDOWN_REFUSED = {
    (400, "validation_error"),
    (400, "invalid_request"),
    (400, "invalid_request_url"),
    (403, "restricted_resource"),
    (404, "object_not_found"),
}
_SECONDS = 30.0
_PAGE_SIZE = 100
# Lists of blocks in one answer: what is beyond is told in the text as not read.
_MOST_LISTS = 60
# Titles of links in one page; those beyond are told as untitled.
_MOST_TITLES = 500
Ask = Callable[[Endpoint, NotionRequest], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Content:
    """`markdown`, or `blocks`: in the order of the page, as Notion answers them."""

    markdown: str | None
    blocks: Sequence[object] | None
    gaps: tuple[Gap, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ContentQuery:
    node_id: uuid.UUID
    form: Literal["markdown", "blocks"]
    max_chars: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ContentService:
    base: Base
    grant_lookup: GrantLookup
    gateway: Gateway
    cursors: Cursors

    async def read(self, principal: Principal, query: ContentQuery, caller: ClientInfo) -> Content:
        """A piece of at most `max_chars` characters, cut between blocks. Raises UnknownNode, ContentChanged,
        CursorNotValid, and what a call through the gateway raises.
        """
        reader = GrantReader(principal, await self._grant(principal, query.node_id), caller)
        return await self.read_by(reader.grant, query, partial(self.gateway.fetch, reader, deadline=_SECONDS))

    async def read_by(self, grant: TenantGrant, query: ContentQuery, ask: Ask) -> Content:
        """As `read`, by a connection that is known to see the page, or may; `ask` makes each request."""
        binding = f"graph content for {grant.account_id}: {query.form} {query.node_id}"
        position = self.cursors.open(binding, query.cursor) if query.cursor else None
        fetch = _Fetch(ask, partial(self._titles, grant, query.node_id))
        content, following = await fetch.piece(query, position)
        return replace(content, next_cursor=self.cursors.issue(binding, following) if following else None)

    async def foresee(self, principal: Principal, node_id: uuid.UUID) -> CallVerdict:
        """Whether `read` would be let through to Notion, without asking it. Raises UnknownNode."""
        reader = GrantReader(principal, await self._grant(principal, node_id), ClientInfo())
        return await self.gateway.foresee_fetch(reader, _MARKDOWN, _markdown_request(node_id))

    async def _grant(self, principal: Principal, node_id: uuid.UUID) -> TenantGrant:
        """One that sees the page. Raises UnknownNode."""
        grants = await self.grant_lookup.list_of_account(principal.account_id)
        async with self.base.database.direct() as connection:
            for grant in grants:
                if principal.reaches(grant.workspace_id):
                    found = await query_repository.node(connection, [grant.grant_id], node_id)
                    if found is not None and found.summary.type is NodeType.PAGE:
                        return grant
        raise UnknownNode("No such page, or no connection of yours sees it. Databases have rows, not content.")

    async def _titles(self, grant: TenantGrant, page: uuid.UUID) -> Titles:
        """Of what it links to, as far as this connection sees it: a block that is a link tells no title."""
        async with self.base.database.direct() as connection:
            found = await neighbor_repository.neighbors(
                connection, [grant.grant_id], page, direction="out", kinds=(EdgeKind.LINK,), limit=_MOST_TITLES
            )
        return {each.node.id: each.node.title for each in found.neighbors}


_Piece = tuple[Content, str | None]


@dataclass(frozen=True, slots=True)
class _Fetch:
    """`titles`: of what the page links to."""

    ask: Ask
    titles: Callable[[], Awaitable[Titles]]

    async def piece(self, query: ContentQuery, position: str | None) -> _Piece:
        """`position` is of a cursor, which goes on in the way in which it was made."""
        if query.form == "blocks":
            return await self._as_json(query, BlockPosition.read(position) if position else None)
        if position is not None and (begin := BlockPosition.read(position)) is not None:
            return await self._from_blocks(query, begin)
        try:
            answer = await self.ask(_MARKDOWN, _markdown_request(query.node_id))
        except NotionSaidNo as refusal:
            if position is not None or not _only_without_markdown(refusal):
                raise
            return await self._from_blocks(query, None)
        return self._from_markdown(query, answer, TextPosition.read(position) if position else None)

    def _from_markdown(self, query: ContentQuery, answer: Mapping[str, Any], begin: TextPosition | None) -> _Piece:
        piece = markdown_of_answer(answer, query.max_chars, begin, page=query.node_id)
        if isinstance(piece, PageChanged):
            raise ContentChanged
        return Content(piece.markdown, None, piece.gaps, None), str(piece.following) if piece.following else None

    async def _from_blocks(self, query: ContentQuery, begin: BlockPosition | None) -> _Piece:
        blocks, titles = await self._blocks(query.node_id), await self.titles()
        piece = markdown_of_blocks(blocks, query.max_chars, begin, page=query.node_id, titles=titles)
        if isinstance(piece, PageChanged):
            raise ContentChanged
        return Content(piece.markdown, None, piece.gaps, None), str(piece.following) if piece.following else None

    async def _as_json(self, query: ContentQuery, begin: BlockPosition | None) -> _Piece:
        listed = blocks_as_json(await self._blocks(query.node_id), query.max_chars, begin, page=query.node_id)
        if isinstance(listed, PageChanged):
            raise ContentChanged
        return Content(None, listed.blocks, listed.gaps, None), str(listed.following) if listed.following else None

    async def _blocks(self, page: uuid.UUID) -> list[Any]:
        """With their own under `children`."""
        top: list[Any] = []
        waiting: list[tuple[str, list[Any]]] = [(str(page), top)]
        lists = 0
        while waiting and lists < _MOST_LISTS:
            block_id, into = waiting.pop(0)
            cursor: str | None = None
            while lists < _MOST_LISTS:
                lists += 1
                asked = {"page_size": _PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
                answer = await self._ask(_BLOCKS, f"/v1/blocks/{block_id}/children", urlencode(asked))
                found = [block for block in answer.get("results") or () if isinstance(block, dict)]
                into += found
                for block in found:
                    if block.get("has_children") is True and block.get("type") not in ("child_page", "child_database"):
                        block[CHILDREN] = []
                        waiting.append((str(block.get("id")), block[CHILDREN]))
                cursor = answer.get("next_cursor") if answer.get("has_more") is True else None
                if not isinstance(cursor, str):
                    break
        return top

    async def _ask(self, endpoint: Endpoint, path: str, query: str = "") -> Mapping[str, Any]:
        return await self.ask(endpoint, NotionRequest("GET", path, query))


def _markdown_request(node_id: uuid.UUID) -> NotionRequest:
    return NotionRequest("GET", f"/v1/pages/{node_id}/markdown")


def _only_without_markdown(refusal: ServiceError) -> bool:
    """Whether Notion may well show the blocks of a page whose Markdown it refuses: the page itself is there."""
    return (refusal.status, refusal.code) in _MARKDOWN_REFUSED
