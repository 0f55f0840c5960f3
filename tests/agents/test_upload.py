"""Files that a model uploads: from base64, from a URL, onto a page, once."""

import base64

import pytest

from ivgraph_auth.agents.errors import InvalidArguments, PartlyDone, UnknownObject
from ivgraph_auth.agents.writing.properties import to_notion
from ivgraph_auth.gateway.errors import NotionSaidNo, OutcomeUnknown
from ivgraph_auth.sandbox.content import lighthouse
from tests.agents.kit import Model
from tests.support.service import Json, Service

DATA = base64.b64encode(bytes(range(256))).decode()


@pytest.fixture
async def writer(swept_service: Service) -> Model:
    model = await Model.of(swept_service, await swept_service.sign_in("ada"))
    model.forget()
    return model


def blocks_on(model: Model, page: str) -> list[Json]:
    content = model.service.sandbox.instance.state.content
    return [node.data | {"type": node.type} for node in content.children(content[page])]


async def test_a_file_is_sent_and_shown_on_a_page(writer: Model) -> None:
    answer = await writer.call("upload", filename='tide "table".png', data=DATA, attach_to=lighthouse.STYLE)
    done = answer.structured
    assert answer.text == f'Uploaded: tide "table".png (file upload {done["id"]}), added to {lighthouse.STYLE}.'
    upload = writer.service.sandbox.instance.stored.uploads[done["id"]]
    assert (upload.content_type, upload.size, upload.attached) == ("image/png", 256, True)
    assert blocks_on(writer, lighthouse.STYLE)[-1]["type"] == "image"
    assert await writer.trail() == [("notion.createFileUpload", "success")]
    assert [call.partition(" ")[0] for call in writer.asked()] == ["GET", "POST", "POST", "PATCH"]


async def test_a_file_is_loaded_by_notion_from_a_url(writer: Model) -> None:
    done = (await writer.call("upload", filename="plan.pdf", url="https://files.example/plan.pdf")).structured
    assert "attached_to" not in done
    upload = writer.service.sandbox.instance.stored.uploads[done["id"]]
    assert (upload.mode, upload.filename, upload.content_type) == ("external_url", "plan.pdf", "application/pdf")


async def test_a_file_that_stands_nowhere_may_be_a_value(writer: Model) -> None:
    answer = await writer.call("upload", filename="a.txt", data=DATA)
    upload = writer.service.sandbox.instance.stored.uploads[answer.structured["id"]]
    assert upload.attached is False
    assert answer.text.endswith("use its id within an hour.")
    columns = {"Plan": {"id": "x", "type": "files", "files": {}}}
    given = [answer.structured["id"], "https://files.example/b.pdf"]
    assert to_notion({"plan": given}, columns)["Plan"]["files"] == [
        {"type": "file_upload", "file_upload": {"id": upload.id}},
        {"type": "external", "name": "b.pdf", "external": {"url": "https://files.example/b.pdf"}},
    ]


async def test_an_upload_runs_once_under_its_key(writer: Model) -> None:
    arguments = {"filename": "a.bin", "data": DATA, "attach_to": lighthouse.STYLE, "idempotency_key": "file"}
    first = await writer.call("upload", **arguments)
    assert await writer.call("upload", **arguments) == first
    assert len(writer.service.sandbox.instance.stored.uploads) >= 1
    assert writer.asked().count("POST /v1/file_uploads") == 1
    assert [outcome for _, outcome in await writer.trail()] == ["success", "repeated"]


async def test_a_file_that_is_uploaded_and_not_shown_says_so(writer: Model) -> None:
    writer.fault("/v1/blocks/*/children", "status", status=400, code="validation_error", times=1)
    arguments = {"filename": "a.pdf", "data": DATA, "attach_to": lighthouse.STYLE, "idempotency_key": "half"}
    with pytest.raises(PartlyDone, match=r"The file is uploaded \(file upload [0-9a-f-]{36}\), but not on the page"):
        await writer.call("upload", **arguments)
    with pytest.raises(OutcomeUnknown):
        await writer.call("upload", **arguments)


async def test_what_notion_refuses_of_a_file_is_told(writer: Model) -> None:
    writer.fault("/v1/file_uploads/*/send", "status", status=400, code="validation_error", times=1)
    with pytest.raises(NotionSaidNo) as refused:
        await writer.call("upload", filename="a.pdf", data=DATA)
    assert refused.value.code == "validation_error"
    assert (await writer.trail())[-1] == ("notion.createFileUpload", "validation_error")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "one of the two"),
        ({"data": DATA, "url": "https://a.example/b"}, "one of the two"),
        ({"url": "http://a.example/b"}, "https"),
        ({"data": "no base64!"}, "base64"),
        ({"data": DATA, "content_type": "a pdf"}, "content_type"),
    ],
    ids=str,
)
async def test_what_is_no_file(writer: Model, given: Json, told: str) -> None:
    with pytest.raises(InvalidArguments, match=told):
        await writer.call("upload", filename="a.pdf", **given)
    assert writer.asked() == []


async def test_nothing_is_uploaded_for_a_page_out_of_reach(writer: Model) -> None:
    with pytest.raises(UnknownObject):
        await writer.call("upload", filename="a.pdf", data=DATA, attach_to=lighthouse.PRIVATE)
    assert writer.asked() == [f"GET /v1/blocks/{lighthouse.PRIVATE}"]
