"""What every change of a page, database or data source may bring: its icon and cover, the trash, a lock."""

from ivgraph_auth.sandbox.content.node import Node
from ivgraph_auth.sandbox.v1.call_input import Members
from ivgraph_auth.sandbox.v1.refusals import archived, not_allowed
from ivgraph_auth.sandbox.v1.text_input import cover, icon
from ivgraph_auth.sandbox.v1.view import View

TRASH = ("in_trash", "archived")


def decorate(node: Node, body: Members) -> None:
    if body.has("icon"):
        node.data["icon"] = icon(body.raw["icon"], body.at("icon"))
    if body.has("cover"):
        node.data["cover"] = cover(body.raw["cover"], body.at("cover"))


def throw(view: View, node: Node, body: Members) -> None:
    """Into the trash or out of it. What lies there can only be taken out."""
    if body.has("archived") and not view.with_archived:
        raise not_allowed(body.at("archived"), body.raw["archived"])
    wanted = next((flag for name in TRASH if (flag := body.flag(name)) is not None), None)
    if view.trashed(node) and wanted is not False:
        raise archived()
    if wanted is not None:
        node.trashed = wanted


def lock(node: Node, body: Members) -> None:
    wanted = body.flag("is_locked")
    if wanted is not None:
        node.locked = wanted
