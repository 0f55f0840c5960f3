"""What stands in the two small workspaces."""

from ivgraph_auth.sandbox.content.build import (
    Piece,
    database,
    ident,
    option,
    options,
    p,
    page,
    page_mention,
    row,
    schema,
)

READING, GARDEN = "bc7e2d42-f2b5-44db-8711-5f52c771d57a", "02526829-1d35-4a13-9d0a-96a068e6a923"
CATALOGUE, MAPS = "2a3ef43d-53a1-4567-a2b3-ef62f0787658", "a712e9a9-f11e-4646-809e-838d58aa0b42"
HOURS = "dc09fec2-642f-4888-af86-edbaa4271521"
BOOKS = ident("books")


def notebook() -> list[Piece]:
    return [
        page(
            READING,
            "Reading list",
            "📚",
            p("On the bench in the ", page_mention(GARDEN), "."),
            page(ident("reading tides"), "A short history of tides", None, p("Read to page 40.")),
        ),
        page(GARDEN, "Garden", "🌱", p("Beans, and again beans.")),
    ]


def harbour() -> list[Piece]:
    columns = schema(Kind=("select", options("Novel", "Atlas")), Pages=("number", {"format": "number"}))

    def book(title: str, kind: str, pages: int) -> Piece:
        values = {"Kind": option(columns, "Kind", kind), "Pages": pages}
        return row(ident(f"book {title}"), columns, title, None, values)

    books = database(
        "books",
        "Books",
        "📖",
        columns,
        book("The Salt Clerk", "Novel", 312),
        book("Coasts by Night", "Atlas", 96),
        book("Nine Buoys", "Novel", 204),
    )
    maps = page(MAPS, "Maps and charts", "🗺️", p("Ask at the desk during ", page_mention(HOURS), "."))
    return [
        page(CATALOGUE, "Catalogue", "🗂️", books, maps),
        page(HOURS, "Opening hours", "🕰️", p("Ten to six.")),
    ]
