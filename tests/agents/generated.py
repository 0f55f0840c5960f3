"""A workspace with two databases of 500 rows, the same at every run."""

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import Piece, Planter, database, ident, option, options, p, page, row, schema
from ivgraph_auth.sandbox.content.node import Json

ROWS = 500
DESK = ident("support desk")
CUSTOMERS, CUSTOMERS_SOURCE = ident("customers"), ident("customers source")
TICKETS, TICKETS_SOURCE = ident("tickets"), ident("tickets source")
COUNTRIES = ("Norway", "Portugal", "Japan", "Chile", "Kenya")
PLANS = ("Free", "Team", "Business")
STATES, PRIORITIES = ("Open", "Waiting", "Closed"), ("Low", "Normal", "High", "Critical")
TAGS = ("billing", "login", "export", "mobile", "import", "sync", "search")
SUBJECTS = ("Invoice is wrong", "Cannot sign in", "Export stops", "App is slow", "Rows are missing")
PEOPLE = (lighthouse.ADA, lighthouse.BRUNO, lighthouse.FARAH, None)
MOST_AT_ONCE = 100


def customer(number: int) -> str:
    return ident(f"customer {number}")


def ticket(number: int) -> str:
    return ident(f"ticket {number}")


def plant(instance: Sandbox) -> None:
    """Below the handbook, which everybody of the workspace has. Before anybody signs in."""
    content = instance.state.content
    planter = Planter("lighthouse", (lighthouse.ADA, lighthouse.BRUNO, lighthouse.FARAH))
    planter.plant(
        page(DESK, "Support desk", "🛎️", p("Who asked what."), _customers(), _tickets()), parent=lighthouse.HANDBOOK
    )
    content._nodes |= {node.id: node for node in planter.nodes}
    content[lighthouse.HANDBOOK].children.append(DESK)


def _customers() -> Piece:
    columns = schema(
        Country=("select", options(*COUNTRIES)),
        Plan=("select", options(*PLANS)),
        Revenue=("number", {"format": "euro"}),
        Contact=("email", {}),
        Since=("date", {}),
        Site=("url", {}),
        Edited=("last_edited_time", {}),
    )
    return database(
        "customers", "Customers", "🏢", columns, *(_customer(columns, number) for number in range(1, ROWS + 1))
    )


def _customer(columns: Json, number: int) -> Piece:
    values = {
        "Country": option(columns, "Country", COUNTRIES[number % 5]),
        "Plan": option(columns, "Plan", PLANS[number % 3]),
        "Revenue": number * 37 % 10_007,
        "Contact": f"post@customer{number:03}.example",
        "Since": _day(number % 28 + 1, month=number % 12 + 1, year=2020 + number % 6),
        "Site": f"https://customer{number:03}.example",
    }
    return row(customer(number), columns, f"Customer {number:03}", None, values)


def _tickets() -> Piece:
    columns = schema(
        State=("status", {**options(*STATES), "groups": []}),
        Priority=("select", options(*PRIORITIES)),
        Tags=("multi_select", options(*TAGS)),
        Due=("date", {}),
        Assignee=("people", {}),
        Estimate=("number", {"format": "number"}),
        Billable=("checkbox", {}),
        Customer=("relation", {"data_source_id": CUSTOMERS_SOURCE, "single_property": {}}),
        Load=("formula", {"expression": "prop(Estimate) * 2"}),
        Plan=("rollup", {"function": "show_original"}),
        Number=("unique_id", {"prefix": "T"}),
        Made=("created_time", {}),
    )
    return database("tickets", "Tickets", "🎫", columns, *(_ticket(columns, number) for number in range(1, ROWS + 1)))


def _ticket(columns: Json, number: int) -> Piece:
    person, whose = PEOPLE[number % 4], number * 7 % ROWS + 1
    plan = {"id": ident("a plan"), "name": PLANS[whose % 3], "color": "blue"}
    values = {
        "State": option(columns, "State", STATES[number % 3]),
        "Priority": option(columns, "Priority", PRIORITIES[number % 4]),
        "Tags": [option(columns, "Tags", TAGS[number % 7])],
        "Due": _day(number % 30 + 1, month=9 + number % 4, year=2026),
        "Assignee": [{"object": "user", "id": person}] if person else [],
        "Estimate": number % 13,
        "Billable": number % 2 == 0,
        "Customer": [{"id": customer(whose)}],
        "Load": {"type": "number", "number": number % 13 * 2},
        "Plan": {"type": "array", "array": [{"type": "select", "select": plan}], "function": "show_original"},
        "Number": {"prefix": "T", "number": number},
    }
    return row(ticket(number), columns, f"{SUBJECTS[number % 5]} ({number:03})", None, values)


def _day(day: int, *, month: int, year: int) -> Json:
    return {"start": f"{year}-{month:02}-{day:02}", "end": None, "time_zone": None}
