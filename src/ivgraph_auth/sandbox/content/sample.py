"""All sample content, planted afresh for each sandbox: nodes are changed in place."""

from ivgraph_auth.sandbox.content import lighthouse, small
from ivgraph_auth.sandbox.content.build import Piece, Planter
from ivgraph_auth.sandbox.content.node import Comment, Node

_CHIARA, _UNNAMED = "372b7370-2ca6-41e1-b1bd-d64d402912a9", "8870882f-1ed7-4482-81da-dd008ae41080"


def sample() -> tuple[list[Node], list[Comment]]:
    nodes: list[Node] = []
    planted: tuple[tuple[str, tuple[str, ...], list[Piece]], ...] = (
        ("lighthouse", (lighthouse.ADA, lighthouse.BRUNO, lighthouse.FARAH), lighthouse.pieces()),
        ("notebook", (lighthouse.ADA,), small.notebook()),
        ("harbour", (_CHIARA, _UNNAMED, lighthouse.FARAH), small.harbour()),
    )
    for workspace, authors, pieces in planted:
        planter = Planter(workspace, authors)
        planter.plant(*pieces)
        nodes += planter.nodes
    return nodes, lighthouse.remarks()
