"""What the tools for meeting notes take, by Notion's own names; as in `parameters.py`."""

from typing import Annotated, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from ivgraph_auth.notion.shapes import CLOSED, AnyObject, NotionId


@with_config(CLOSED)
class MeetingNotesSort(TypedDict):
    property: Annotated[
        Literal["title", "attendees", "created_time", "created_by", "last_edited_time", "last_edited_by"],
        Field(description="By what to sort."),
    ]
    direction: Annotated[Literal["ascending", "descending"], Field(description="In which direction.")]


@with_config(CLOSED)
class QueryMeetingNotes(TypedDict, total=False):
    filter: Annotated[
        AnyObject,
        Field(
            description="Which ones, in Notion's form: `operator` is `and` or `or`, `filters` the conditions.",
            examples=[
                {
                    "operator": "and",
                    "filters": [
                        {
                            "property": "title",
                            "filter": {"operator": "string_contains", "value": {"type": "exact", "value": "Weekly"}},
                        }
                    ],
                }
            ],
        ),
    ]
    sort: Annotated[list[MeetingNotesSort], Field(description="In which order.", max_length=100)]
    limit: Annotated[int, Field(description="How many at most.", ge=1, le=100)]


@with_config(CLOSED)
class MeetingNoteSource(TypedDict, total=False):
    type: Required[Annotated[Literal["file_upload", "block"], Field(description="Which of the two it is.")]]
    file_upload_id: Annotated[NotionId, Field(description="A recording that was uploaded whole.")]
    block_id: Annotated[NotionId, Field(description="An audio, video or file block with the recording.")]


@with_config(CLOSED)
class MeetingNoteParent(TypedDict):
    type: Annotated[Literal["page_id"], Field(description="Always `page_id`.")]
    page_id: Annotated[NotionId, Field(description="The page on which the notes are put.")]


@with_config(CLOSED)
class CreateMeetingNote(TypedDict, total=False):
    source: Required[Annotated[MeetingNoteSource, Field(description="Where the recording is.")]]
    parent: Annotated[MeetingNoteParent, Field(description="With a file upload as source: where the notes go.")]
    title: Annotated[str, Field(description="A title. Notion may write another one.", max_length=2000)]
    language: Annotated[str, Field(description="What is spoken: `auto`, or a code such as `en`.", max_length=20)]
    options: Annotated[AnyObject, Field(description="`kickoff_summary: false` leaves the summary out.")]
