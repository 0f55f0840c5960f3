"""Titles are found by their words, in any script, and in a database of any locale."""

import random
import uuid
from datetime import timedelta

import pytest

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.graph import search_repository
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.removal_repository import hide
from ivgraph_auth.graph.repository import save
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.search_repository import search
from ivgraph_auth.graph.words import search_terms
from tests.graph.kit import NOW, WORKSPACE, Transaction, add_graph, new_id, reading

TITLES = (
    "Café Crème",
    "Straße nach Süden",
    "İstanbul gezisi",
    "ISPARTA",
    "Ελληνική Οδός",
    "Йогурт и ёлка",
    "会议记录 2024年",
    "東京タワー",
    "がっこう",
    "회의록",
    "การประชุม",
    "🚀 Launch",
    "Smørrebrød på Łódź",
    "don't panic",
    "C & D | !E (F) 'G' :*",
    "ﬁnance ½ Ⅷ",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "हिन्दी पुस्तक",
    "\U0010ffff",
    "",
)
FOUND = [
    ("cafe", "Café Crème"),
    ("CAFÉ", "Café Crème"),
    ("cafe\u0301 cre", "Café Crème"),
    ("creme caf", "Café Crème"),
    ("c c", "Café Crème"),
    ("strasse", "Straße nach Süden"),
    ("STRASSE sud", "Straße nach Süden"),
    ("straß", "Straße nach Süden"),
    ("istanbul", "İstanbul gezisi"),
    ("İSTANBUL", "İstanbul gezisi"),
    ("\N{LATIN SMALL LETTER DOTLESS I}stanbul", "İstanbul gezisi"),
    ("\N{LATIN SMALL LETTER DOTLESS I}sparta", "ISPARTA"),
    ("isp", "ISPARTA"),
    ("ΕΛΛΗΝΙΚΉ ΟΔΌΣ", "Ελληνική Οδός"),
    ("οδος", "Ελληνική Οδός"),
    ("йог", "Йогурт и ёлка"),
    ("елка", "Йогурт и ёлка"),
    ("会议", "会议记录 2024年"),
    ("记", "会议记录 2024年"),
    ("会议记录", "会议记录 2024年"),
    ("2024", "会议记录 2024年"),
    ("2024年", "会议记录 2024年"),
    ("\uff12\uff10\uff12\uff14", "会议记录 2024年"),
    ("記録", None),
    ("议会", None),
    ("東京", "東京タワー"),
    ("タワー", "東京タワー"),
    ("ﾀﾜｰ", "東京タワー"),
    ("がっこう", "がっこう"),
    ("かっこう", None),
    ("회의", "회의록"),
    ("의록", "회의록"),
    ("회의".encode().decode() + "록", "회의록"),
    ("ประชุม", "การประชุม"),
    ("การ", "การประชุม"),
    ("🚀", "🚀 Launch"),
    ("🚀 lau", "🚀 Launch"),
    ("🚁", None),
    ("smorre", "Smørrebrød på Łódź"),
    ("lodz", "Smørrebrød på Łódź"),
    ("panic", "don't panic"),
    ("don\u2019t", "don't panic"),
    ("'g'", "C & D | !E (F) 'G' :*"),
    ("c & d", "C & D | !E (F) 'G' :*"),
    ("e | !c", "C & D | !E (F) 'G' :*"),
    ("(f):*", "C & D | !E (F) 'G' :*"),
    ("finance", "ﬁnance ½ Ⅷ"),
    ("viii", "ﬁnance ½ Ⅷ"),
    ("שלום", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd"),
    ("हिन्दी", "हिन्दी पुस्तक"),
    ("पुस्तक", "हिन्दी पुस्तक"),
    ("cafe tea", None),
    ("afe", None),
    ("&", None),
    ("'", None),
    ("!x", None),
    (":*", None),
    ("@", None),
    ("", None),
    ("  ", None),
    ("\0", None),
    ("\\", None),
    ("%", None),
    ("_", None),
    ("cafe\0", "Café Crème"),
    ("🚀" * 500, "🚀 Launch"),
    ("x" * 10_000, None),
    ("a b c d e f g h i j k l m n o p q r s t u v w x y z " * 30, None),
    ("#page", None),
]


async def titles(connection: Connection, grants: list[int], query: str, **options: object) -> list[str]:
    page = await search(connection, grants, query, limit=100, **options)  # type: ignore[arg-type]  # as given
    assert page.next is None
    return [hit.title for hit in page.hits]


@pytest.fixture(scope="module")
async def in_any_locale(database_of_any_locale: Database) -> tuple[Database, int]:
    async with database_of_any_locale.transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(new_id(), title) for title in TITLES], 1)
    return database_of_any_locale, grant_id


async def test_titles_are_found_in_every_script(in_any_locale: tuple[Database, int]) -> None:
    database, grant_id = in_any_locale
    wrong = {}
    async with database.direct() as connection:
        for query, title in FOUND:
            found = await titles(connection, [grant_id], query)
            if (title not in found) if title else found:
                wrong[query] = found
    assert wrong == {}


async def test_a_title_finds_itself_first(in_any_locale: tuple[Database, int]) -> None:
    database, grant_id = in_any_locale
    async with database.direct() as connection:
        for title in TITLES[:-2]:
            assert (await titles(connection, [grant_id], title))[0] == title


async def save_titles(connection: Connection, *names: str) -> int:
    """One a minute after the other. Answers the grant."""
    grant_id, graph_id = await add_graph(connection)
    edited = (NOW + timedelta(minutes=at) for at in range(len(names)))
    await save(
        connection, graph_id, [reading(new_id(), name, edited_at=at) for name, at in zip(names, edited, strict=True)], 1
    )
    return grant_id


async def test_exact_titles_come_before_prefixes_before_words_and_recent_ones_first(transaction: Transaction) -> None:
    names = ("Road", "my road", "Roadmap", "ROAD", "a road", "road trip", "Broad", "roads and paths")
    async with transaction() as connection:
        grant_id = await save_titles(connection, *names)
        assert await titles(connection, [grant_id], "road") == [
            "ROAD",
            "Road",
            "roads and paths",
            "road trip",
            "Roadmap",
            "a road",
            "my road",
        ]
        assert await titles(connection, [grant_id], "r") == [
            "roads and paths",
            "road trip",
            "ROAD",
            "Roadmap",
            "Road",
            "a road",
            "my road",
        ]


async def test_one_without_a_date_comes_last_among_equals(transaction: Transaction) -> None:
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        dates = [None, NOW, NOW.replace(year=1)]
        await save(
            connection, graph_id, [reading(uuid.UUID(int=n + 1), "x", edited_at=d) for n, d in enumerate(dates)], 1
        )
        first = await search(connection, [grant_id], "x", limit=2)
        assert [hit.edited_at for hit in first.hits] == dates[1:]
        rest = await search(connection, [grant_id], "x", limit=2, after=first.next)
        assert [hit.edited_at for hit in rest.hits] == [None]
        assert rest.next is None


async def test_types_and_workspaces_are_chosen(transaction: Transaction) -> None:
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        other_grant, other = await add_graph(connection, new_id())
        await save(
            connection, graph_id, [reading(new_id(), "Plan"), reading(new_id(), "Plans", type=NodeType.DATABASE)], 1
        )
        await save(connection, other, [reading(new_id(), "Plan B")], 1)
        grants = [grant_id, other_grant]
        assert sorted(await titles(connection, grants, "plan")) == ["Plan", "Plan B", "Plans"]
        assert await titles(connection, grants, "plan", type=NodeType.DATABASE) == ["Plans"]
        assert await titles(connection, grants, "plan", type=NodeType.DATA_SOURCE) == []
        assert await titles(connection, grants, "plan", workspace_id=WORKSPACE, type=NodeType.PAGE) == ["Plan"]
        assert await titles(connection, [other_grant], "plan", workspace_id=WORKSPACE) == []


async def all_pages(connection: Connection, grants: list[int], query: str, limit: int) -> list[NodeSummary]:
    found: list[NodeSummary] = []
    after = None
    while True:
        page = await search(connection, grants, query, limit=limit, after=after)
        assert not page.truncated
        found += page.hits
        after = page.next
        if after is None:
            return found
        assert len(page.hits) == limit


WORDS = ("a", "ab", "abc", "abcd", "b", "ba", "bac", "c", "ca")


@pytest.mark.parametrize("seed", range(3))
async def test_random_titles_of_two_grants_are_found_as_by_looking_at_each(transaction: Transaction, seed: int) -> None:
    own = random.Random(seed)  # noqa: S311 -- made to be repeated
    ids = [uuid.UUID(int=own.getrandbits(128)) for _ in range(60)]
    seen: dict[uuid.UUID, tuple[object, str]] = {}
    async with transaction() as connection:
        grants = []
        for _ in range(2):
            grant_id, graph_id = await add_graph(connection)
            grants.append(grant_id)
            readings = [
                reading(
                    node_id,
                    " ".join(own.choices(WORDS, k=own.randint(1, 3))),
                    edited_at=NOW + timedelta(seconds=own.randint(0, 9)),
                )
                for node_id in own.sample(ids, 40)
            ]
            await save(connection, graph_id, readings, 1)
            gone = [one.node.id for one in readings[:5]]
            await hide(connection, graph_id, gone)
            for one in readings[5:]:
                here = (one.node.edited_at, one.node.title)
                if one.node.id not in seen or seen[one.node.id][0] <= here[0]:  # type: ignore[operator]  # both are dates
                    seen[one.node.id] = here
        for _ in range(40):
            query = " ".join(own.choices(WORDS, k=own.randint(1, 2)))
            expected = [
                (0 if title == query else 1 if title.startswith(query) else 2, -edited.timestamp(), node_id)  # type: ignore[attr-defined]
                for node_id, (edited, title) in seen.items()
                if all(any(word.startswith(part) for word in title.split()) for part in query.split())
            ]
            found = await all_pages(connection, grants, query, limit=own.choice([1, 3, 100]))
            assert [hit.id for hit in found] == [node_id for _, _, node_id in sorted(expected)]
            assert [hit.title for hit in found] == [seen[hit.id][1] for hit in found]


@pytest.fixture
def few_are_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_repository, "MOST_RANKED", 5)


@pytest.mark.usefixtures("few_are_ranked")
async def test_a_broad_word_is_ranked_among_its_first_hits_and_says_so(transaction: Transaction) -> None:
    async with transaction() as connection:
        grant_id = await save_titles(connection, *(f"{word} plan" for word in "abcdefgh"), "plan", "planet", "plan b")
        broad = await search(connection, [grant_id], "plan", limit=3)
        assert broad.truncated
        assert (await search(connection, [grant_id], "plan", limit=1)).truncated
        assert [hit.title for hit in broad.hits] == ["plan", "plan b", "planet"]
        assert (await search(connection, [grant_id], "plan", limit=3, after=broad.next)).truncated
        narrow = await search(connection, [grant_id], "c plan", limit=3)
        assert not narrow.truncated
        assert [hit.title for hit in narrow.hits] == ["c plan"]


async def test_a_renamed_and_a_hidden_page_are_not_found_by_their_old_titles(transaction: Transaction) -> None:
    page = new_id()
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(page, "before")], 1)
        await save(connection, graph_id, [reading(page, "after")], 2)
        assert await titles(connection, [grant_id], "before") == []
        assert await titles(connection, [grant_id], "after") == ["after"]
        await hide(connection, graph_id, [page])
        assert await titles(connection, [grant_id], "after") == []
        await save(connection, graph_id, [reading(page, "after")], 3)
        assert await titles(connection, [grant_id], "after") == ["after"]


async def test_a_title_of_a_million_characters_is_stored_and_found(transaction: Transaction) -> None:
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        for title in ("word " * 200_000, "会" * 1_000_000, "x" * 1_000_000, "\u0301" * 1_000_000, "ﷺ" * 100_000):
            await save(connection, graph_id, [reading(new_id(), title)], 1)
        found = await search(connection, [grant_id], "word word", limit=5)
        assert [len(hit.title) for hit in found.hits] == [1_000_000]
        assert len(await titles(connection, [grant_id], "xxx")) == 1
        assert len(await titles(connection, [grant_id], "会会会")) == 1


@pytest.mark.usefixtures("few_are_ranked")
async def test_a_very_broad_word_is_looked_for_among_an_eighth_of_the_nodes(transaction: Transaction) -> None:
    eighth = [uuid.UUID(int=8 * number) for number in range(1, 8)]
    others = [uuid.UUID(int=8 * number + 1) for number in range(1, 30)]
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(one, "the plan of all plans") for one in (*others, *eighth)], 1)
        found = await search(connection, [grant_id], "plans", limit=50)
        assert found.truncated
        assert len(found.hits) == 6
        assert {hit.id for hit in found.hits} < set(eighth)
        await hide(connection, graph_id, eighth[:2])
        found = await search(connection, [grant_id], "plans", limit=50)
        assert (found.truncated, len(found.hits)) == (True, 6)
        await hide(connection, graph_id, others[3:])
        found = await search(connection, [grant_id], "plans", limit=50)
        assert found.truncated
        await hide(connection, graph_id, others)
        found = await search(connection, [grant_id], "plans", limit=50)
        assert (found.truncated, {hit.id for hit in found.hits}) == (False, set(eighth[2:]))


BLOCKS = (0x00, 0xA0, 0x300, 0x370, 0x400, 0x590, 0x600, 0x900, 0xE00, 0x1100, 0x2000, 0x3040, 0x4E00, 0xAC00, 0xFF00)


@pytest.mark.slow
async def test_any_text_is_a_query_and_a_title_that_it_finds(in_any_locale: tuple[Database, int]) -> None:
    database, _ = in_any_locale
    own = random.Random(0)  # noqa: S311 -- made to be repeated
    texts = [
        "".join(chr(own.choice(BLOCKS) + own.randrange(0x60)) for _ in range(own.randint(1, 12))) for _ in range(400)
    ]
    async with database.transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        ids = {text: new_id() for text in texts}
        for start in range(0, len(texts), 100):
            await save(connection, graph_id, [reading(ids[text], text) for text in texts[start : start + 100]], 1)
    async with database.direct() as connection:
        for text in texts:
            found = await search(connection, [grant_id], text, limit=100)
            assert ids[text] in {hit.id for hit in found.hits} or search_terms(text) is None
