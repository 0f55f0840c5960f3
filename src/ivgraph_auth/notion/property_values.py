"""What properties of pages are set to. As in `shapes.py`."""

from typing import Annotated

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.schema_constraints import As
from ivgraph_auth.notion.shapes import OPEN, AnyObject, LinkUrl, NotionId, RichText


@with_config(OPEN)
class _Reference(TypedDict):
    """A page that is referred to."""

    id: NotionId


_Option = Annotated[AnyObject | None, Field(description="The option.", examples=[{"name": "Done"}])]


@with_config(OPEN)
class PropertyObject(TypedDict, total=False):
    """The value, under the name of the property's type. null clears it."""

    title: RichText
    rich_text: RichText
    number: Annotated[float | None, Field(description="A number.")]
    checkbox: Annotated[bool, Field(description="Whether it is ticked.")]
    select: _Option
    status: _Option
    multi_select: Annotated[
        list[AnyObject],
        Field(max_length=100, description="The options.", examples=[[{"name": "Blue"}, {"name": "Red"}]]),
    ]
    date: Annotated[
        AnyObject | None,
        Field(description="start (ISO 8601), and where wanted end.", examples=[{"start": "2026-04-10"}]),
    ]
    people: Annotated[
        list[AnyObject], Field(max_length=100, description="People, by their ids.", examples=[[{"id": "…"}]])
    ]
    relation: Annotated[list[_Reference], Field(max_length=100, description="The pages it relates to, by their ids.")]
    files: Annotated[
        list[AnyObject],
        Field(
            max_length=100,
            description="Files, by their URLs.",
            examples=[[{"name": "Plan", "external": {"url": "https://…"}}]],
        ),
    ]
    url: Annotated[LinkUrl | None, Field(description="A URL.")]
    email: Annotated[Annotated[str, Field(max_length=200)] | None, Field(description="An e-mail address.")]
    phone_number: Annotated[Annotated[str, Field(max_length=200)] | None, Field(description="A telephone number.")]


# A list stands for the property's only member, as in {"title": [{"text": {"content": "Plan"}}]}.
_Property = Annotated[
    PropertyObject | RichText, Field(description="What the property is to hold. For a title, its rich text is enough.")
]
Properties = Annotated[
    AnyObject,
    As(
        Annotated[
            dict[str, _Property],
            Field(
                description="Values by the names of their properties, as getting a page or its data source shows them.",
                examples=[{"Name": {"title": [{"text": {"content": "Plan"}}]}, "Status": {"status": {"name": "Done"}}}],
            ),
        ]
    ),
]
