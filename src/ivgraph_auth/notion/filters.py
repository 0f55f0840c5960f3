"""How rows are filtered and sorted: what a query takes. As in `shapes.py`."""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.schema_constraints import OTHERS, As
from ivgraph_auth.notion.shapes import CLOSED, OPEN, AnyObject

_Text = Annotated[
    AnyObject,
    Field(description='{"contains": "…"}; or equals, does_not_equal, starts_with, ends_with, is_empty: true.'),
]
_Number = Annotated[
    AnyObject, Field(description='{"greater_than": 5}; or equals, less_than, less_than_or_equal_to, is_empty: true.')
]
_Checkbox = Annotated[AnyObject, Field(description='{"equals": true}.')]
_Option = Annotated[
    AnyObject, Field(description='{"equals": "Done"}; or does_not_equal, is_empty: true, is_not_empty: true.')
]
_Options = Annotated[AnyObject, Field(description='{"contains": "Blue"}; or does_not_contain, is_empty: true.')]
_Date = Annotated[
    AnyObject,
    Field(
        description='{"on_or_after": "2026-04-10"}; or before, equals, past_week: {}, next_month: {}, is_empty: true.'
    ),
]
_Ids = Annotated[AnyObject, Field(description='{"contains": "<id>"}; or does_not_contain, is_empty: true.')]
_Filled = Annotated[AnyObject, Field(description='{"is_empty": true} or {"is_not_empty": true}.')]
_Nested = Annotated[AnyObject, Field(description="A condition under the type of what it gives.")]

_Property = Annotated[str, Field(description="Name or id of the property that the condition is about.")]
_Timestamp = Annotated[
    Literal["created_time", "last_edited_time"],
    Field(description="In place of property: when the page was made or changed; a condition of that name."),
]
_Innermost = Annotated[list[AnyObject], Field(max_length=100, description="Filters without and/or of their own.")]
_Inner = TypedDict(
    "_Inner",
    {
        "and": _Innermost,
        "or": _Innermost,
        "property": _Property,
        "timestamp": _Timestamp,
        "others": Annotated[
            AnyObject, Field(description="A condition under its type, as above.", json_schema_extra={OTHERS: True})
        ],
    },
    total=False,
)
_InnerFilter = Annotated[_Inner, Field(description="A filter, of the form of the outer one.")]
_Filter = TypedDict(
    "_Filter",
    {
        "and": Annotated[list[_InnerFilter], Field(max_length=100, description="All of these filters hold.")],
        "or": Annotated[
            list[_InnerFilter],
            Field(max_length=100, description="One of these filters holds. Notion takes two levels of and/or."),
        ],
        "property": _Property,
        "timestamp": _Timestamp,
        "title": _Text,
        "rich_text": _Text,
        "url": _Text,
        "email": _Text,
        "phone_number": _Text,
        "number": _Number,
        "unique_id": _Number,
        "checkbox": _Checkbox,
        "select": _Option,
        "status": _Option,
        "multi_select": _Options,
        "date": _Date,
        "created_time": _Date,
        "last_edited_time": _Date,
        "people": _Ids,
        "relation": _Ids,
        "created_by": _Ids,
        "last_edited_by": _Ids,
        "files": _Filled,
        "formula": _Nested,
        "rollup": _Nested,
        "verification": Annotated[AnyObject, Field(description='{"status": "verified"}.')],
    },
    total=False,
)
with_config(OPEN)(_Filter)
Filter = Annotated[
    AnyObject,
    As(
        Annotated[
            _Filter,
            Field(
                description="Which rows: a property with a condition under its type, or and/or with a list of filters.",
                examples=[{"property": "Status", "status": {"equals": "Done"}}],
            ),
        ]
    ),
]


@with_config(CLOSED)
class Sort(TypedDict, total=False):
    """What to sort by."""

    property: Annotated[str, Field(description="Name or id of a property.")]
    timestamp: Annotated[
        Literal["created_time", "last_edited_time"], Field(description="When the page was made or last changed.")
    ]
    direction: Annotated[Literal["ascending", "descending"], Field(description="ascending when left out.")]
