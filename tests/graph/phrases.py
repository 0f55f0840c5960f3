"""Words and blocks with mentions and links in them, at random."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from ivgraph_auth.sandbox.content.node import Json, Node

_NOUNS = ("Anchor", "Beacon", "Café", "Dune", "Ebb", "Fjord", "Gull", "Herring", "海図", "灯台", "ประภาคาร", "Ångström")
_WORDED = ("paragraph", "heading_2", "heading_4", "quote", "to_do", "toggle", "callout", "bulleted_list_item")
LINK_FORMS: tuple[Callable[[str], str], ...] = (
    lambda node: f"https://www.notion.so/{node.replace('-', '')}",
    lambda node: f"https://www.notion.so/Some-words-{node.replace('-', '')}?pvs=4",
    lambda node: f"https://www.notion.so/lighthouse/{node.replace('-', '')}?v={'a' * 32}",
    lambda node: f"https://app.notion.com/p/Some-words-{node.replace('-', '')}",
    lambda node: f"https://lighthouse.notion.site/Some-words-{node.replace('-', '')}",
    lambda node: f"https://elsewhere.example/{node.replace('-', '')}",
    lambda node: f"/{node.replace('-', '')}#{'b' * 32}",
)
WHOLE_FORMS = LINK_FORMS[:-1]


def words(text: str) -> list[Json]:
    return [{"text": {"content": text}}]


@dataclass(frozen=True)
class Phrases:
    rng: random.Random
    pages: list[Node]
    databases: list[Node]
    originals: list[Node]  # synced blocks that may be shown elsewhere

    def title(self) -> str:
        return f"{self.rng.choice(_NOUNS)} {self.rng.choice(_NOUNS).lower()} {self.rng.randint(1, 99)}"

    def pieces(self) -> list[Json]:
        return [self._piece() for _ in range(self.rng.randint(1, 4))]

    def _piece(self) -> Json:
        """A mention, a link in any form, or plain words."""
        die = self.rng.random()
        if die < 0.35 and self.pages:
            return {"mention": {"page": {"id": self.rng.choice(self.pages).id}}}
        if die < 0.45 and self.databases:
            return {"mention": {"database": {"id": self.rng.choice(self.databases).id}}}
        text: Json = {"content": self.title()}
        if die < 0.8 and self.pages:
            target = self.rng.choice(self.pages + self.databases)
            text["link"] = {"url": self.rng.choice(LINK_FORMS)(target.id)}
        return {"text": text}

    def block(self) -> Json:
        die = self.rng.random()
        if die < 0.55:
            return {self.rng.choice(_WORDED): {"rich_text": self.pieces()}}
        if die < 0.7 and self.pages:
            return {"link_to_page": {"page_id": self.rng.choice(self.pages).id}}
        if die < 0.75 and self.databases:
            return {"link_to_page": {"database_id": self.rng.choice(self.databases).id}}
        return self.rng.choice(
            (self._code, self._caption, self._table, self._nested, self._columns, self._synced, self._bookmark)
        )()

    def _code(self) -> Json:
        return {"code": {"rich_text": words("lamp --on"), "caption": self.pieces(), "language": "shell"}}

    def _caption(self) -> Json:
        return {"image": {"caption": self.pieces(), "external": {"url": "https://lighthouse.example/a.png"}}}

    def _bookmark(self) -> Json:
        return {"bookmark": {"url": self.address()}}

    def address(self) -> str:
        """Of a page, in any form that is whole."""
        if not self.pages:
            return "https://elsewhere.example/"
        return self.rng.choice(WHOLE_FORMS)(self.rng.choice(self.pages).id)

    def _table(self) -> Json:
        row = {"table_row": {"cells": [self.pieces(), words("plain")]}}
        return {"table": {"table_width": 2, "children": [row]}}

    def _nested(self) -> Json:
        inside = {"paragraph": {"rich_text": self.pieces()}}
        return {"toggle": {"rich_text": words("More"), "children": [inside]}}

    def _columns(self) -> Json:
        column = {"column": {"children": [{"paragraph": {"rich_text": self.pieces()}}]}}
        return {"column_list": {"children": [column, column]}}

    def _synced(self) -> Json:
        """An original, or a copy of one."""
        if self.originals and self.rng.random() < 0.5:
            source = {"type": "block_id", "block_id": self.rng.choice(self.originals).id}
            return {"synced_block": {"synced_from": source}}
        return {"synced_block": {"synced_from": None, "children": [{"paragraph": {"rich_text": self.pieces()}}]}}
