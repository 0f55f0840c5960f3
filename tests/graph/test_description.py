"""The description against counts made by hand from the sample content."""

import uuid
from collections import Counter

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.sandbox.content import lighthouse, small
from ivgraph_auth.sandbox.content.build import ident
from tests.graph.description import EdgeFact, NodeFact, describe, page_behind
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Script
from tests.support.clock import ManualClock


@pytest.fixture
def instance() -> Sandbox:
    return create_sandbox(SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET)), clock=ManualClock())


async def connect(instance: Sandbox, **form: object) -> None:
    transport = httpx.ASGITransport(instance.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notion.test") as client:
        await Script(client).pair(**form)


def key(node: str) -> uuid.UUID:
    return uuid.UUID(node)


def edge(kind: str, source: str, target: str, name: str = "") -> EdgeFact:
    return EdgeFact(kind, key(source), key(target), name)


async def test_what_there_is(instance: Sandbox) -> None:
    await connect(instance)
    found = describe(instance, "ada")
    kinds = Counter((fact.type, fact.in_trash) for fact in found.nodes.values())
    # Rows: 5 projects, 31 tasks, 3 decisions. Pages: 3 at the top, 2 below Roadmap, 2 and 3 below those, 6 and 2 in the
    # Handbook (of these 1 in the trash, with 1 below it), 1 below How we write, 2 below Onboarding, 3 meetings.
    assert kinds == {
        ("page", False): 39 + 3 + 2 + 2 + 3 + 5 + 1 + 2 + 3,
        ("page", True): 2,
        ("database", False): 3,
        ("data_source", False): 3,
    }
    assert found.nodes[key(lighthouse.ROADMAP)] == NodeFact("page", "Roadmap", in_trash=False)
    assert found.nodes[key(lighthouse.LAST_ENTRY)] == NodeFact("page", "Last entry", in_trash=True)
    assert found.nodes[key(ident("meeting October"))].title == "Meeting in October"
    assert key(lighthouse.PRIVATE) not in found.nodes
    assert key(lighthouse.DRAFTS) not in found.nodes


async def test_edges_by_kind(instance: Sandbox) -> None:
    await connect(instance)
    found = describe(instance, "ada")
    kinds = Counter(each.kind for each in found.edges)
    living = Counter(fact.type for fact in found.living.values())
    assert (kinds["row"], kinds["source"]) == (39, 3)
    # Each page but rows and the three at the top stands in another; so do the three databases.
    assert kinds["child"] == living["page"] - 39 - 3 + 3
    # To tasks 28, 2 and 1 from projects, and back from each task; 1 and 2 needs; 1 spec; 1 blocker; 1 and 2 concerns.
    assert kinds["relation"] == 31 + 31 + 3 + 1 + 1 + 3
    # link_to_page: 3; in words: Handbook, Glossary, Tools, Fog signal tests, three times the meetings, 8 ways; a
    # bookmark and a URL in a property.
    assert kinds["link"] == 3 + 4 + 3 + 8 + 2
    # Roadmap 2, Autumn 1, Fog signal tests 1, guide 2, welcome 1, First day 2, First week 1, October 2, November 1,
    # in the properties of rows 2.
    assert kinds["mention"] == 2 + 1 + 1 + 2 + 1 + 2 + 1 + 2 + 1 + 2


async def test_some_pages(instance: Sandbox) -> None:
    await connect(instance)
    found = describe(instance, "ada")
    assert found.out_of(lighthouse.ROADMAP) == {
        edge("child", lighthouse.ROADMAP, lighthouse.PROJECTS),
        edge("child", lighthouse.ROADMAP, lighthouse.AUTUMN),
        edge("child", lighthouse.ROADMAP, lighthouse.WINTER),
        edge("mention", lighthouse.ROADMAP, lighthouse.AUTUMN),
        edge("mention", lighthouse.ROADMAP, lighthouse.PROJECTS),
        edge("link", lighthouse.ROADMAP, lighthouse.HANDBOOK),
    }
    # From a toggle, from a column, and from a toggle in a page that search does not find.
    assert edge("child", lighthouse.WINTER, lighthouse.UNINDEXED) in found.edges
    assert edge("child", lighthouse.AUTUMN, lighthouse.TASKS) in found.edges
    assert edge("child", lighthouse.MEETINGS, lighthouse.DECISIONS) in found.edges
    assert edge("mention", lighthouse.UNINDEXED, lighthouse.HORN) in found.edges
    # In a property of text.
    assert edge("mention", lighthouse.HORN, lighthouse.LAMP) in found.edges
    assert edge("link", lighthouse.HORN, lighthouse.UNINDEXED) in found.edges
    assert edge("link", lighthouse.TIDES, lighthouse.WAYS) in found.edges
    assert edge("mention", ident("task wiring"), lighthouse.DECISIONS) in found.edges
    # What a synced block says is said once, where its original stands.
    assert [each.source for each in found.into(lighthouse.TOOLS) if each.kind == "mention"] == [
        key(lighthouse.HANDBOOK)
    ]
    assert len({each for each in found.out_of(lighthouse.GUIDE) if each.property == "Tasks"}) == 28
    assert edge("relation", lighthouse.LAMP, ident("decision 2"), "Spec") in found.edges


async def test_links_in_each_form(instance: Sandbox) -> None:
    await connect(instance)
    linked = {each.target for each in describe(instance, "ada").out_of(lighthouse.WAYS)}
    assert linked == {
        key(node)
        for node in (
            lighthouse.PROJECTS,
            lighthouse.ROADMAP,
            lighthouse.STYLE,
            lighthouse.MEETINGS,
            lighthouse.FIRST_WEEK,
            lighthouse.GLOSSARY,
            lighthouse.ONBOARDING,
            lighthouse.FIRST_DAY,
            lighthouse.LAMP,
        )
    }


async def test_who_shared_what(instance: Sandbox) -> None:
    await connect(instance)
    await connect(instance, person="bruno", pages=[lighthouse.WINTER, lighthouse.DRAFTS])
    await connect(instance, person="farah", workspace="harbour")
    bruno = describe(instance, "bruno")
    assert sorted(fact.title for fact in bruno.nodes.values()) == [
        "A plan for spring",
        "Bruno's drafts",
        "Fog signal tests",
        "Winter release",
        "Winter stores",
        "Winter watch",
    ]
    plan = ident("bruno's plan")
    assert bruno.edges == {
        edge("child", lighthouse.DRAFTS, plan),
        edge("child", lighthouse.WINTER, lighthouse.UNINDEXED),
        edge("child", lighthouse.WINTER, ident("winter stores")),
        edge("child", lighthouse.WINTER, ident("winter watch")),
        edge("mention", plan, lighthouse.WINTER),
    }
    harbour = describe(instance, "farah", "harbour")
    assert len(harbour.nodes) == 3 + 1 + 1 + 3
    assert edge("mention", small.MAPS, small.HOURS) in harbour.edges
    assert describe(instance, "farah").nodes == {}
    assert describe(instance, instance.state.grants[1]) == bruno


BARE = lighthouse.ROADMAP.replace("-", "")


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        (f"https://www.notion.so/{BARE}", True),
        (f"https://www.notion.so/{BARE}/", True),
        (f"https://notion.com/Roadmap-{BARE.upper()}", True),
        (f"https://www.notion.so/{'1' * 32}?v={'2' * 32}&p={BARE}&pm=s", True),
        (f"/{BARE}", True),
        (f"{BARE}", False),
        (f"mailto:{BARE}", False),
        (f"//evil.example/{BARE}", False),
        (f"https://notnotion.so/{BARE}", False),
        ("https://www.notion.so/product", False),
        ("https://www.notion.so/", False),
    ],
)
def test_what_is_a_link_to_a_page(url: str, *, leads: bool) -> None:
    assert page_behind(url) == (lighthouse.ROADMAP if leads else None)
