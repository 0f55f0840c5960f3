"""What stands on the pages of Lighthouse Studio: the large workspace, with every kind of link."""

from ivgraph_auth.sandbox.content.build import (
    Piece,
    block,
    database,
    database_mention,
    date_mention,
    h,
    ident,
    option,
    options,
    p,
    page,
    page_mention,
    remark,
    row,
    says,
    schema,
    thrown,
    user_mention,
    words,
)
from ivgraph_auth.sandbox.content.node import Comment, Json
from ivgraph_auth.sandbox.content.text import equation, text

ROADMAP = "a17a6a44-d7ba-4909-952a-e8fe86acc0ed"
AUTUMN = "c2d96724-382e-428e-86da-1e6adc447928"
WINTER = "ccbe9e2b-d01f-432b-91f8-a998d85ddc79"
HANDBOOK = "7a4ba646-0ee0-4a09-8c0e-12bc72c71a45"
STYLE = "bb4c45c7-b71f-466b-b539-f711d3f698b0"
MEETINGS = "ea00bb41-8a00-4d92-9cdf-e2ea56dbc329"
ADA = "93fb3994-f617-4ffb-86c9-c1a01d5f907a"
BRUNO = "285308a4-ee95-4d1f-913a-af9224d93a14"
FARAH = "7121da10-3205-4fd4-83e2-ee5ca1b03108"

PROJECTS, TASKS, DECISIONS = ident("projects"), ident("tasks"), ident("decisions")
PROJECTS_SOURCE, TASKS_SOURCE = ident("projects source"), ident("tasks source")
PRIVATE = ident("harbour master's desk")  # nobody can tick it: it is another person's own page
DRAFTS = "5f0c3c1b-94f5-4b0e-8a6d-6a3d0f7e2b11"  # Bruno's own page: nobody else can tick it
UNINDEXED = ident("fog signal tests")  # shared with Winter release, and never found by search
GUIDE, LAMP, HORN, TIDES = (ident(f"project {name}") for name in ("guide", "lamp", "horn", "tides"))
STOPS = tuple(ident(f"stop {number}") for number in range(1, 29))
ONBOARDING, FIRST_WEEK, FIRST_DAY = ident("onboarding"), ident("first week"), ident("first day")
GLOSSARY, SYNCED, TOOLS = ident("glossary"), ident("synced greeting"), ident("tools and keys")
WAYS, LOGBOOK, LAST_ENTRY = ident("ways here"), ident("old logbook"), ident("last entry")


def _hex(node: str) -> str:
    return node.replace("-", "")


def pieces() -> list[Piece]:
    return [_roadmap(), _handbook(), _meetings(), _private(), _drafts()]


def remarks() -> list[Comment]:
    return [
        remark("remark 1", ROADMAP, "lighthouse", BRUNO, "Shall we keep ", page_mention(WINTER), " short this year?"),
        remark("remark 2", ROADMAP, "lighthouse", ADA, "Yes, and we begin with the lamp."),
        remark("remark 3", ident("roadmap intro"), "lighthouse", FARAH, "I can take this paragraph."),
    ]


def _roadmap() -> Piece:
    return page(
        ROADMAP,
        "Roadmap",
        "🧭",
        h(1, "Where we are heading"),
        p(
            "Two releases a year. What is done now stands in ",
            page_mention(AUTUMN),
            ", and what we call things in the ",
            text("Handbook", f"https://www.notion.so/Handbook-{_hex(HANDBOOK)}"),
            ".",
            name="roadmap intro",
        ),
        says("bulleted_list_item", ("Rows live in ", database_mention(PROJECTS), ".")),
        says("bulleted_list_item", ("Asked for by ", user_mention(ADA), " on ", date_mention("2026-09-14"), ".")),
        _projects(),
        _autumn(),
        _winter(),
        block("unsupported", {}),
    )


def _autumn() -> Piece:
    """Its database stands in a column: the parent is a block."""
    left = block("column", {"width_ratio": 0.5}, h(2, "Tasks"), _tasks())
    right = block("column", {"width_ratio": 0.5}, h(2, "Mood"), says("quote", "The lamp is lit by five."))
    return page(
        AUTUMN,
        "Autumn release",
        "🍂",
        p("Everything for visitors: ", page_mention(GUIDE), " first."),
        block("column_list", {}, left, right),
        block("link_to_page", {"type": "page_id", "page_id": STYLE}),
        says("to_do", "Print the guide", checked=True),
        says(
            "to_do", ("Ask about ", text("the desk", f"https://app.notion.com/p/Desk-{_hex(PRIVATE)}")), checked=False
        ),
        page(ident("autumn checklist"), "Autumn checklist", "☑️", says("to_do", "Oil the hinges", checked=False)),
        page(ident("autumn pictures"), "Autumn pictures", "📷", _picture()),
    )


def _picture() -> Piece:
    link = {"type": "external", "external": {"url": "https://lighthouse.example/autumn.png"}}
    return block("image", {"caption": [text("The gallery at dusk")], **link})


def _winter() -> Piece:
    hidden = page(
        UNINDEXED,
        "Fog signal tests",
        "🌫️",
        p("Three blasts, then ninety seconds of silence: see ", page_mention(HORN), "."),
        indexed=False,
    )
    return page(
        WINTER,
        "Winter release",
        "❄️",
        p("Quiet work while the tower is closed."),
        says("toggle", "Tests", hidden, p("Only by daylight.")),
        page(ident("winter stores"), "Winter stores", "🪵", _stores()),
        page(ident("winter watch"), "Winter watch", None, p("Watches change at ", text("six", code=True), ".")),
    )


def _stores() -> Piece:
    def line(*cells: str) -> Piece:
        return block("table_row", {"cells": [[text(cell)] for cell in cells]})

    head = {"table_width": 2, "has_column_header": True, "has_row_header": False}
    return block("table", head, line("What", "How much"), line("Oil", "40 l"), line("Wicks", "12"))


def _projects() -> Piece:
    columns = _project_columns()
    tests = text("tests", f"https://lighthouse.notion.site/Fog-signal-tests-{_hex(UNINDEXED)}")
    loud = words(("Louder than the ", page_mention(LAMP), " is bright: ", tests))
    ways = f"https://www.notion.so/Ways-here-{_hex(WAYS)}"
    membrane = [{"id": ident("task membrane")}]

    def project(node: str, title: str, state: str, budget: float | None, *inside: Piece, **more: object) -> Piece:
        values = {"Stage": option(columns, "Stage", state), "Budget": budget, **more}
        return row(node, columns, title, "🔧", values, *inside)

    return database(
        "projects",
        "Projects",
        "🗂️",
        columns,
        project(GUIDE, "Visitor guide", "Running", 1200, *_guide(), Tasks=[{"id": stop} for stop in STOPS]),
        project(
            LAMP,
            "Lamp refit",
            "Running",
            5400.5,
            p("The new lens is described in ", text("Tools and keys", f"/{_hex(TOOLS)}"), "."),
            Tasks=[{"id": ident("task lens")}, {"id": ident("task wiring")}],
            Spec=[{"id": ident("decision 2")}],
            Public=True,
        ),
        project(HORN, "Fog horn", "Planned", 800, Needs=[{"id": LAMP}], Tasks=membrane, Summary=loud),
        project(TIDES, "Tide tables", "Done", None, Needs=[{"id": GUIDE}, {"id": LAMP}], Public=True, Link=ways),
        project(ident("project stairs"), "New stairs", "Planned", 0),
        inline=True,
    )


def _project_columns() -> Json:
    def related(source: str, back: Json | None) -> Json:
        held: Json = {"data_source_id": ident(f"{source} source")}
        return held | ({"dual_property": back} if back else {"single_property": {}})

    back = schema(Project=("checkbox", {}))["Project"]["id"]
    return schema(
        Stage=("select", options("Planned", "Running", "Done")),
        Budget=("number", {"format": "euro"}),
        Public=("checkbox", {}),
        Due=("date", {}),
        Owner=("people", {}),
        Summary=("rich_text", {}),
        Link=("url", {}),
        Tasks=("relation", related("tasks", {"synced_property_name": "Project", "synced_property_id": back})),
        Needs=("relation", related("projects", None)),
        Spec=("relation", related("decisions", None)),
        Edited=("last_edited_time", {}),
    )


def _guide() -> tuple[Piece, ...]:
    return (
        p("Twenty-eight stops, from the jetty to the gallery."),
        says("numbered_list_item", ("Begin at ", page_mention(STOPS[0]))),
        says("numbered_list_item", ("End at ", page_mention(STOPS[-1]))),
        block("synced_block", {"synced_from": {"type": "block_id", "block_id": SYNCED}}),
    )


def _tasks() -> Piece:
    columns = _task_columns()

    def task(node: str, title: str, project: str, effort: float, **more: object) -> Piece:
        return row(node, columns, title, None, {"Project": [{"id": project}], "Effort": effort, **more})

    stops = [task(stop, f"Stop {number:02}", GUIDE, number / 2) for number, stop in enumerate(STOPS, 1)]
    tags = columns["Tags"]["config"]["options"]
    glass = {name: tags[0][name] for name in ("id", "name", "color")}
    return database(
        "tasks",
        "Tasks",
        "✅",
        columns,
        task(ident("task lens"), "Grind the lens", LAMP, 8, Tags=[glass], Who=[{"object": "user", "id": ADA}]),
        task(
            ident("task wiring"),
            "Lay the wiring",
            LAMP,
            5,
            Notes=words(("Agreed in ", database_mention(DECISIONS))),
            **{"Blocked by": [{"id": ident("task lens")}]},
        ),
        task(ident("task membrane"), "Stretch the membrane", HORN, 3, Finished=True),
        *stops,
    )


def _task_columns() -> Json:
    tasks = schema(Tasks=("checkbox", {}))["Tasks"]["id"]
    return schema(
        Finished=("checkbox", {}),
        Effort=("number", {"format": "number"}),
        Tags=("multi_select", options("Glass", "Wood", "Iron")),
        Who=("people", {}),
        Notes=("rich_text", {}),
        Project=(
            "relation",
            {
                "data_source_id": PROJECTS_SOURCE,
                "dual_property": {"synced_property_name": "Tasks", "synced_property_id": tasks},
            },
        ),
        Blocked_by=("relation", {"data_source_id": TASKS_SOURCE, "single_property": {}}),
        Made=("created_time", {}),
        Maker=("created_by", {}),
    )


def _handbook() -> Piece:
    welcome = p("Welcome aboard! Ask ", user_mention(BRUNO), " for the ", page_mention(TOOLS))
    greeting = block("synced_block", {"synced_from": None}, welcome, name="synced greeting")
    return page(
        HANDBOOK,
        "Handbook",
        "📘",
        greeting,
        block("link_to_page", {"type": "page_id", "page_id": ROADMAP}),
        block("link_to_page", {"type": "database_id", "database_id": PROJECTS}),
        block("link_to_page", {"type": "page_id", "page_id": PRIVATE}),
        p("Not for everybody: ", page_mention(PRIVATE)),
        page(
            STYLE,
            "How we write",
            "✏️",
            h(2, "Rules", p("Short words."), p("Short sentences.")),
            says("callout", "No jargon.", icon={"type": "emoji", "emoji": "💡"}, color="gray_background"),
            p(
                "Words we use stand in the ",
                text("Glossary", f"https://app.notion.com/p/Glossary-{_hex(GLOSSARY)}"),
                ".",
            ),
            page(GLOSSARY, "Glossary", "🔤", p("Fresnel: ", equation("r_n = \\sqrt{n\\lambda f}"))),
        ),
        _onboarding(),
        page(
            TOOLS,
            "Tools and keys",
            "🗝️",
            block("code", {"caption": [], "rich_text": [text("lamp --test")], "language": "shell"}),
        ),
        page(
            ident("café corner"), "Café corner", "☕", p("Beans: see ", text("the list", "https://beans.example/list"))
        ),
        _ways(),
        thrown(_logbook()),
    )


def _ways() -> Piece:
    """A link in each form that leads to a page of this workspace, two that only look so, and three into the void."""
    block_id = _hex(ident("roadmap intro"))
    ways = (
        ("with a view", f"https://www.notion.so/{_hex(PROJECTS)}?v={_hex(ident('projects view'))}"),
        ("with a block", f"https://www.notion.so/Roadmap-{_hex(ROADMAP)}#{block_id}"),
        ("relative, with a block", f"/{_hex(STYLE)}#{block_id}"),
        ("relative, with words", f"/Meeting-notes-{_hex(MEETINGS)}?pvs=4"),
        ("with the workspace", f"https://www.notion.so/lighthouse/First-week-{_hex(FIRST_WEEK)}?pvs=4"),
        ("on the workspace's site", f"https://lighthouse.notion.site/Glossary-{_hex(GLOSSARY)}"),
        ("without www, with dashes", f"https://notion.so/{ONBOARDING}"),
        ("of today", f"https://app.notion.com/p/First-day-{_hex(FIRST_DAY)}?source=copy_link"),
        ("somebody else's", f"https://www.notion.so.lookalike.example/{_hex(WINTER)}"),
        ("another site's", f"https://beans.example/{_hex(AUTUMN)}"),
        ("nowhere", f"https://www.notion.so/{'0' * 32}"),
        ("in the trash", f"https://www.notion.so/Old-logbook-{_hex(LOGBOOK)}"),
        ("not shared", f"https://www.notion.so/Bruno-s-drafts-{_hex(DRAFTS)}"),
    )
    bookmark = block("bookmark", {"caption": [], "url": f"https://app.notion.com/p/Lamp-refit-{_hex(LAMP)}"})
    return page(WAYS, "Ways here", "🛟", *(p(text(name, url)) for name, url in ways), bookmark)


def _logbook() -> Piece:
    """In the trash, with what stands on it."""
    last = page(LAST_ENTRY, "Last entry", None, p("Then nothing but ", page_mention(HANDBOOK)))
    return page(LOGBOOK, "Old logbook", "📕", p("Replaced by ", page_mention(ROADMAP)), last)


def _drafts() -> Piece:
    """Bruno's own."""
    plan = page(ident("bruno's plan"), "A plan for spring", None, p("After ", page_mention(WINTER)))
    return page(DRAFTS, "Bruno's drafts", "📝", p("For the ", page_mention(ROADMAP), ", one day"), plan)


def _onboarding() -> Piece:
    copy = block("synced_block", {"synced_from": {"type": "block_id", "block_id": SYNCED}})
    day = page(FIRST_DAY, "First day", "1️⃣", copy, p("Then read ", page_mention(STYLE), " and ", page_mention(ROADMAP)))
    week = page(FIRST_WEEK, "First week", "📅", day, p("On Friday: ", page_mention(MEETINGS)))
    return page(
        ONBOARDING, "Onboarding", "👋", week, block("divider", {}), block("table_of_contents", {"color": "gray"})
    )


def _meetings() -> Piece:
    """Its database stands in a toggle, and nothing else leads there."""
    columns = schema(
        Decided=("date", {}),
        State=(
            "status",
            {**options("Open", "Agreed"), "groups": []},
        ),
        Concerns=("relation", {"data_source_id": PROJECTS_SOURCE, "single_property": {}}),
    )

    def decision(number: int, title: str, day: str, state: str, *concerned: str) -> Piece:
        values = {
            "Decided": {"start": day, "end": None, "time_zone": None},
            "State": option(columns, "State", state),
            "Concerns": [{"id": each} for each in concerned],
        }
        return row(ident(f"decision {number}"), columns, title, "⚖️", values)

    decisions = database(
        "decisions",
        "Decisions",
        "⚖️",
        columns,
        decision(1, "One guide in three languages", "2026-09-07", "Agreed", GUIDE),
        decision(2, "The horn waits for the lamp", "2026-10-05", "Agreed", HORN, LAMP),
        decision(3, "Open on Sundays?", "2026-11-02", "Open"),
    )
    return page(
        MEETINGS,
        "Meeting notes",
        "🗒️",
        says("toggle", "What we decided", decisions),
        _notes("September", "2026-09-07", p("Present: ", user_mention(ADA), ", ", user_mention(BRUNO))),
        _notes("October", "2026-10-05", p("About ", page_mention(HORN), ", ", page_mention(LAMP))),
        _notes("November", "2026-11-02", p("Nothing decided but ", page_mention(ident("decision 3")))),
    )


def _notes(month: str, day: str, *inside: Piece) -> Piece:
    name = f"meeting {month}"
    back = p("All of them: ", text("Meeting notes", f"https://www.notion.so/{_hex(MEETINGS)}"))
    return page(ident(name), ("Meeting in ", text(month, bold=True)), None, p(date_mention(day)), *inside, back)


def _private() -> Piece:
    return page(PRIVATE, "Harbour master's desk", "🔒", p("Links back to ", page_mention(ROADMAP)))
