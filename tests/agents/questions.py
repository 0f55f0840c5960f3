"""The questions of docs/agent-questions.md: the tool calls that answer each, what the answer must hold, and what
Notion's own API would be asked for the same. A name in braces stands for an id.
"""

import re
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents import generated
from tests.agents.generated import PEOPLE, ROWS, STATES, SUBJECTS, TAGS, customer, ticket

NAMES = {
    "Roadmap": lighthouse.ROADMAP,
    "How we write": lighthouse.STYLE,
    "Handbook": lighthouse.HANDBOOK,
    "Tools and keys": lighthouse.TOOLS,
    "Glossary": lighthouse.GLOSSARY,
    "Autumn release": lighthouse.AUTUMN,
    "Winter stores": ident("winter stores"),
    "Lamp refit": ident("project lamp"),
    "Visitor guide": ident("project guide"),
    "Grind the lens": ident("task lens"),
    "Projects": ident("projects"),
    "Projects source": ident("projects source"),
    "Tasks source": ident("tasks source"),
    "Decisions source": ident("decisions source"),
    "Lay the wiring": ident("task wiring"),
    "The horn waits for the lamp": ident("decision 2"),
    "Customers": generated.CUSTOMERS,
    "Customers source": generated.CUSTOMERS_SOURCE,
    "Tickets": generated.TICKETS,
    "Tickets source": generated.TICKETS_SOURCE,
    "Ticket 123": ticket(123),
    "Customer 007": customer(7),
    "Customer 362": customer(123 * 7 % ROWS + 1),
}
Call = tuple[str, dict[str, Any]]
Raw = tuple[str, str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Question:
    """`raw` are requests to Notion, each gone on with to the end of its list, or up to a `page_size` below 100."""

    asks: str
    calls: tuple[Call, ...]
    facts: tuple[str, ...]
    raw: tuple[Raw, ...]


def fill(value: Any) -> Any:
    """Ids in place of names."""
    if isinstance(value, str):
        return re.sub(r"\{([^{}]+)\}", lambda found: NAMES.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: fill(each) for name, each in value.items()}
    return [fill(each) for each in value] if isinstance(value, list) else value


def _page(name: str, *, content: bool = True) -> tuple[Raw, ...]:
    """Its properties, and its content in the form in which Notion tells it shortest."""
    read: Raw = ("GET", f"pages/{{{name}}}", None)
    return (read, ("GET", f"pages/{{{name}}}/markdown", None)) if content else (read,)


def _rows(name: str, **body: Any) -> Raw:
    return ("POST", f"data_sources/{{{name}}}/query", body)


def _equals(name: str, kind: str, value: Any, word: str = "equals") -> dict[str, Any]:
    return {"property": name, kind: {word: value}}


SAMPLE = (
    Question(
        "Which releases are there?",
        (("search", {"query": "release"}),),
        ("Winter release", "Autumn release"),
        (("POST", "search", {"query": "release"}),),
    ),
    Question(
        "How do we write?",
        (("fetch", {"id": "{How we write}"}),),
        ("Short words.", "Short sentences.", "No jargon."),
        _page("How we write"),
    ),
    Question(
        "How far is the refit of the lamp, what does it cost, and what belongs to it?",
        (("fetch", {"id": "{Lamp refit}"}),),
        ("Running", "5400.5", "Grind the lens", "Lay the wiring", "The horn waits for the lamp"),
        (
            *_page("Lamp refit"),
            *_page("Grind the lens", content=False),
            *_page("Lay the wiring", content=False),
            *_page("The horn waits for the lamp", content=False),
        ),
    ),
    Question(
        "Which stops has the visitors' guide? More than the 25 that Notion tells with a page.",
        (("fetch", {"id": "{Visitor guide}"}),),
        tuple(f"Stop {number:02}" for number in range(1, 29)),
        (
            *_page("Visitor guide"),
            _rows("Tasks source", filter=_equals("Project", "relation", "{Visitor guide}", "contains")),
        ),
    ),
    Question(
        "Which projects are running, and what do they cost?",
        (("query", {"data_source": "{Projects}", "filter": {"Stage": "Running"}, "properties": ["Budget"]}),),
        ("Visitor guide", "1200", "Lamp refit", "5400.5"),
        (_rows("Projects source", filter=_equals("Stage", "select", "Running")),),
    ),
    Question(
        "What do the projects need of each other?",
        (("query", {"data_source": "{Projects}", "properties": ["Stage", "Needs"]}),),
        ("Fog horn | Planned | Lamp refit", "Tide tables | Done | Visitor guide, Lamp refit"),
        (_rows("Projects source"),),
    ),
    Question(
        "What can be said of a project?",
        (("fetch", {"id": "{Projects}"}),),
        (
            "Stage: select (Planned, Running, Done)",
            "Budget: number (euro)",
            "Tasks: relation to Tasks",
            "Owner: people",
        ),
        (("GET", "databases/{Projects}", None), ("GET", "data_sources/{Projects source}", None)),
    ),
    Question(
        "Who grinds the lens, and what of?",
        (("fetch", {"id": "{Grind the lens}"}),),
        ("Ada Winter", "Glass", "Effort: 8", "Lamp refit"),
        (*_page("Grind the lens"), *_page("Lamp refit", content=False)),
    ),
    Question(
        "What was decided, when, and what about?",
        (
            (
                "query",
                {"data_source": "{Decisions source}", "sorts": [{"property": "Decided", "direction": "descending"}]},
            ),
        ),
        (
            "Open on Sundays? | 2026-11-02 | Open",
            "The horn waits for the lamp | 2026-10-05 | Agreed | Fog horn, Lamp refit",
            "One guide in three languages | 2026-09-07 | Agreed | Visitor guide",
        ),
        (
            _rows("Decisions source", sorts=[{"property": "Decided", "direction": "descending"}]),
            _rows("Projects source"),
        ),
    ),
    Question(
        "What do people say about the roadmap?",
        (("comments", {"id": "{Roadmap}"}),),
        ("Bruno Okafor", "short this year?", "Ada Winter", "Yes, and we begin with the lamp."),
        (("GET", "comments?block_id={Roadmap}", None),),
    ),
    Question(
        "Who refers to the tools?",
        (("neighbors", {"id": "{Tools and keys}", "direction": "in"}),),
        ("Is linked from:\n- Lamp refit", "Is mentioned by:\n- Handbook"),
        (*_page("Handbook"), *_page("Lamp refit")),
    ),
    Question(
        "How do the tools hang together with the glossary?",
        (("paths", {"source": "{Tools and keys}", "target": "{Glossary}"}),),
        ("Handbook", "How we write", "Glossary"),
        (*_page("Handbook"), *_page("How we write"), *_page("Glossary")),
    ),
    Question(
        "What is left to do for the autumn?",
        (("fetch", {"id": "{Autumn release}"}),),
        ("[x] Print the guide", "[ ] Ask about", "The lamp is lit by five."),
        _page("Autumn release"),
    ),
    Question(
        "How much oil is in store?",
        (("fetch", {"id": "{Winter stores}"}),),
        ("Oil | 40 l",),
        _page("Winter stores"),
    ),
    Question(
        "What was edited last?",
        (("changes", {"since": "2026-09-01", "limit": 10}),),
        (
            "2026-09-01T10:21Z Meeting in November",
            "Meeting in October",
            "Open on Sundays?",
            "The horn waits for the lamp",
        ),
        (("POST", "search", {"sort": {"timestamp": "last_edited_time", "direction": "descending"}, "page_size": 10}),),
    ),
)


def _ticket_facts(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{SUBJECTS[number % 5]} ({number:03})" for number in numbers)


def _numbers(**wanted: Any) -> list[int]:
    """Of tickets of which all of it is true."""
    every = {number: _values(number) for number in range(1, ROWS + 1)}
    return [number for number, has in every.items() if all(has[name] == value for name, value in wanted.items())]


def _values(number: int) -> dict[str, Any]:
    return {
        "state": STATES[number % 3],
        "priority": generated.PRIORITIES[number % 4],
        "tag": TAGS[number % 7],
        "person": PEOPLE[number % 4],
        "customer": number * 7 % ROWS + 1,
        "estimate": number % 13,
    }


GENERATED = (
    Question(
        "What can be said of a ticket?",
        (("fetch", {"id": "{Tickets}"}),),
        (
            "500 rows",
            "State: status (Open, Waiting, Closed)",
            "Customer: relation to Customers",
            "Load: formula (prop(Estimate) * 2)",
        ),
        (("GET", "databases/{Tickets}", None), ("GET", "data_sources/{Tickets source}", None)),
    ),
    Question(
        "In which state is each ticket?",
        (("query", {"data_source": "{Tickets}", "properties": ["State"], "limit": 500}),),
        tuple(f"{_ticket_facts(number)[0]} | {STATES[number % 3]}" for number in range(1, ROWS + 1)),
        (_rows("Tickets source"),),
    ),
    Question(
        "Which critical tickets are open, and who has them?",
        (
            (
                "query",
                {
                    "data_source": "{Tickets}",
                    "filter": {"State": "Open", "Priority": "Critical"},
                    "properties": ["Assignee"],
                },
            ),
        ),
        _ticket_facts(*_numbers(state="Open", priority="Critical")),
        (
            _rows(
                "Tickets source",
                filter={"and": [_equals("State", "status", "Open"), _equals("Priority", "select", "Critical")]},
            ),
        ),
    ),
    Question(
        "What does Bruno have to do about exports, and by when?",
        (
            (
                "query",
                {
                    "data_source": "{Tickets}",
                    "filter": {"Assignee": "Bruno Okafor", "Tags": "export"},
                    "properties": ["Due", "State"],
                    "sorts": [{"property": "Due", "direction": "ascending"}],
                },
            ),
        ),
        _ticket_facts(*_numbers(person=lighthouse.BRUNO, tag="export")),
        (
            _rows(
                "Tickets source",
                filter={
                    "and": [
                        _equals("Assignee", "people", lighthouse.BRUNO, "contains"),
                        _equals("Tags", "multi_select", "export", "contains"),
                    ]
                },
                sorts=[{"property": "Due", "direction": "ascending"}],
            ),
        ),
    ),
    Question(
        "Which ten customers bring most?",
        (
            (
                "query",
                {
                    "data_source": "{Customers}",
                    "sorts": [{"property": "Revenue", "direction": "descending"}],
                    "properties": ["Revenue"],
                    "limit": 10,
                },
            ),
        ),
        tuple(
            f"Customer {number:03} | {number * 37 % 10_007}"
            for number in sorted(range(1, ROWS + 1), key=lambda each: -(each * 37 % 10_007))[:10]
        ),
        (_rows("Customers source", sorts=[{"property": "Revenue", "direction": "descending"}], page_size=10),),
    ),
    Question(
        "Which customers are in Japan, and on which plan?",
        (("query", {"data_source": "{Customers}", "filter": {"Country": "Japan"}, "properties": ["Plan"]}),),
        tuple(f"Customer {number:03} | {generated.PLANS[number % 3]}" for number in range(2, ROWS + 1, 5)),
        (_rows("Customers source", filter=_equals("Country", "select", "Japan")),),
    ),
    Question(
        "What is ticket 123 about, and whose is it?",
        (("fetch", {"id": "{Ticket 123}"}),),
        (
            "App is slow (123)",
            "State: Open",
            "Farah Haddad" if PEOPLE[123 % 4] == lighthouse.FARAH else "Critical",
            "Customer: Customer 362",
            "T-123",
        ),
        (*_page("Ticket 123"), *_page("Customer 362", content=False)),
    ),
    Question(
        "How is customer 7 reached?",
        (("search", {"query": "customer 007", "limit": 3}), ("fetch", {"id": "{Customer 007}"})),
        ("Customer 007", "post@customer007.example", "https://customer007.example"),
        (("POST", "search", {"query": "customer 007", "page_size": 3}), *_page("Customer 007")),
    ),
    Question(
        "Which tickets has customer 7?",
        (("neighbors", {"id": "{Customer 007}", "direction": "in", "kinds": ["relation"]}),),
        _ticket_facts(*_numbers(customer=7)),
        (_rows("Tickets source", filter=_equals("Customer", "relation", "{Customer 007}", "contains")),),
    ),
    Question(
        "Which open tickets has nobody?",
        (
            (
                "query",
                {"data_source": "{Tickets}", "filter": {"Assignee": None, "State": "Open"}, "properties": ["Priority"]},
            ),
        ),
        _ticket_facts(*_numbers(person=None, state="Open")),
        (
            _rows(
                "Tickets source",
                filter={"and": [_equals("Assignee", "people", True, "is_empty"), _equals("State", "status", "Open")]},
            ),
        ),
    ),
    Question(
        "What does each customer bring, and on which plan?",
        (("query", {"data_source": "{Customers}", "properties": ["Plan", "Revenue"], "limit": 500}),),
        tuple(
            f"Customer {number:03} | {generated.PLANS[number % 3]} | {number * 37 % 10_007}"
            for number in range(1, ROWS + 1)
        ),
        (_rows("Customers source"),),
    ),
    Question(
        "Which tickets take longest, and for whom?",
        (
            (
                "query",
                {
                    "data_source": "{Tickets}",
                    "filter": {"Estimate": {"greater_than_or_equal_to": 12}},
                    "properties": ["Estimate", "Customer", "Plan"],
                },
            ),
        ),
        tuple(
            f"{_ticket_facts(number)[0]} | 12 | Customer {whose:03} | {generated.PLANS[whose % 3]}"
            for number in _numbers(estimate=12)
            for whose in [number * 7 % ROWS + 1]
        ),
        (
            _rows("Tickets source", filter=_equals("Estimate", "number", 12, "greater_than_or_equal_to")),
            _rows("Customers source"),
        ),
    ),
    Question(
        "What is due in the first days of November?",
        (
            (
                "query",
                {
                    "data_source": "{Tickets}",
                    "filter": {
                        "and": [
                            _equals("Due", "date", "2026-11-01", "on_or_after"),
                            _equals("Due", "date", "2026-11-03", "on_or_before"),
                        ]
                    },
                    "properties": ["Due", "State", "Assignee"],
                },
            ),
        ),
        _ticket_facts(*(number for number in range(1, ROWS + 1) if 9 + number % 4 == 11 and number % 30 + 1 <= 3)),
        (
            _rows(
                "Tickets source",
                filter={
                    "and": [
                        _equals("Due", "date", "2026-11-01", "on_or_after"),
                        _equals("Due", "date", "2026-11-03", "on_or_before"),
                    ]
                },
            ),
        ),
    ),
    Question(
        "Everything about the critical tickets that wait for an answer",
        (("query", {"data_source": "{Tickets}", "filter": {"State": "Waiting", "Priority": "Critical"}}),),
        _ticket_facts(*_numbers(state="Waiting", priority="Critical")),
        (
            _rows(
                "Tickets source",
                filter={"and": [_equals("State", "status", "Waiting"), _equals("Priority", "select", "Critical")]},
            ),
        ),
    ),
    Question(
        "How many tickets are billable?",
        (("query", {"data_source": "{Tickets}", "filter": {"Billable": True}, "properties": ["Name"], "limit": 500}),),
        ("250 rows.",),
        (_rows("Tickets source", filter=_equals("Billable", "checkbox", True)),),
    ),
)
