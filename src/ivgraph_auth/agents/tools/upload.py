"""`upload`: a file to Notion, from base64 or from a URL that Notion itself loads, and onto a page."""

import asyncio
import base64
import binascii
import mimetypes
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from ivgraph_auth.agents.arguments import Reference, Text, describe
from ivgraph_auth.agents.connections import Aim, by_connection, choose, connections_of, record
from ivgraph_auth.agents.errors import NotLoaded, PartlyDone
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.targets import WriteArguments, check_is_page, write_once
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import as_id, encodable_text
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.notion.endpoints import ENDPOINTS
from ivgraph_auth.notion.operations import NotionRequest, RawRequest

_CREATE, _SEND = ENDPOINTS["notion.createFileUpload"], ENDPOINTS["notion.sendFileUpload"]
_GET, _APPEND = ENDPOINTS["notion.getFileUpload"], "notion.appendBlockChildren"
_BYTES = "application/octet-stream"
_BLOCKS = {"image": "image", "video": "video", "audio": "audio"}
_PDF = "application/pdf"
_LOOKS, _PAUSE_SECONDS = 8, 1.0
_MOST_BASE64 = 28_000_000  # 20 MiB, which Notion takes in one part


class UploadArguments(WriteArguments):
    filename: Annotated[
        Text, describe("With its ending, which says what it is.", min_length=1, max_length=200, examples=["plan.pdf"])
    ]
    data: Annotated[Text, describe("The file in base64; or give url.", max_length=_MOST_BASE64)] = ""
    url: Annotated[Text, describe("Where Notion loads the file, https and public; or give data.", max_length=2000)] = ""
    content_type: Annotated[
        Text,
        describe("Where the filename does not say it.", max_length=100, pattern=r"^$|^[\w.+-]+/[\w.+-]+$"),
    ] = ""
    attach_to: Annotated[
        Reference,
        describe(
            "A page or block at whose end the file is shown: its id or Notion URL. Without it, use the id answered."
        ),
    ] = ""

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if bool(self.data) == bool(self.url):
            raise PydanticCustomError("either_or", "Give data or url, one of the two")
        if self.url and urlsplit(self.url).scheme != "https":
            raise PydanticCustomError("url", "url should begin with https://")
        try:
            base64.b64decode(self.data, validate=True)
        except binascii.Error:
            raise PydanticCustomError("base64", "data should be base64 (RFC 4648), and nothing else") from None
        return self


class Uploaded(BaseModel):
    id: str = Field(description="Of the file upload; good for an hour, until the file stands somewhere.")
    filename: str
    attached_to: str = Field(default="", description="Absent where it stands nowhere yet.")


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    type: str

    @classmethod
    def of(cls, asked: UploadArguments) -> "_File":
        name = PurePosixPath(asked.filename.replace("\\", "/")).name or "file"
        guessed = mimetypes.guess_type(name)[0] or mimetypes.guess_type(unquote(urlsplit(asked.url).path))[0]
        return cls(name, asked.content_type or guessed or _BYTES)

    @property
    def block(self) -> str:
        return "pdf" if self.type == _PDF else _BLOCKS.get(self.type.partition("/")[0], "file")


async def _upload(box: Toolbox, caller: ToolCaller, asked: UploadArguments) -> ToolAnswer:
    async def work(call: RecordedCall, seen: Seen | None) -> dict[str, Any]:
        check_is_page(seen, "attach_to")

        async def upload() -> dict[str, Any]:
            if asked.attach_to and seen is None:
                # Before anything is uploaded: whether it is there.
                await call.invoke("notion.getBlock", {"block_id": asked.attach_to})
            return await _do(call, asked)

        return await write_once(call, asked, upload)

    if asked.attach_to:
        done = await by_connection(box, caller, Aim(uuid.UUID(asked.attach_to), asked.workspace, _CREATE.name), work)
    else:
        grants = await connections_of(box, caller.principal, asked.workspace)
        async with record(box, caller, choose(caller.principal, grants), _CREATE.name) as call:
            done = await work(call, None)
    where = f"added to {done['attached_to']}" if "attached_to" in done else "use its id within an hour"
    return ToolAnswer(f"Uploaded: {done['filename']} (file upload {done['id']}), {where}.", done)


async def _do(call: RecordedCall, asked: UploadArguments) -> dict[str, Any]:
    file = _File.of(asked)
    upload_id = await (_load(call, asked, file) if asked.url else _send(call, asked, file))
    done = {"id": upload_id, "filename": file.name}
    if not asked.attach_to:
        return done
    shown = {"type": file.block, file.block: {"type": "file_upload", "file_upload": {"id": upload_id}}}
    try:
        await call.invoke(_APPEND, {"block_id": asked.attach_to, "children": [shown]})
    except ServiceError as failure:
        raise PartlyDone(
            f"The file is uploaded (file upload {upload_id}), but not on the page: {failure.detail}"
        ) from failure
    return {**done, "attached_to": asked.attach_to}


async def _create(call: RecordedCall, **more: str) -> str:
    """https://developers.notion.com/reference/create-a-file-upload"""
    answer = await call.ask(_CREATE, NotionRequest(_CREATE.method, _CREATE.path, "", more))
    return str(as_id(answer.get("id")) or "")


async def _send(call: RecordedCall, asked: UploadArguments, file: _File) -> str:
    """https://developers.notion.com/reference/send-a-file-upload"""
    upload_id = await _create(call, mode="single_part", filename=file.name, content_type=file.type)
    boundary = random_token()
    body = _multipart(base64.b64decode(asked.data), file, boundary)
    path = _SEND.path.format(file_upload_id=upload_id)
    form = f"multipart/form-data; boundary={boundary}"
    await call.send(_SEND, RawRequest(_SEND.method, path, "", body, form, call.version))
    return upload_id


def _multipart(content: bytes, file: _File, boundary: str) -> bytes:
    """RFC 7578, with the name's quotes and line breaks percent-encoded as browsers do."""
    name = file.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return f"{head}Content-Type: {file.type}\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()


async def _load(call: RecordedCall, asked: UploadArguments, file: _File) -> str:
    """Notion loads it by itself, and is looked at until it has. Raises NotLoaded."""
    more = {"filename": file.name, "content_type": file.type}
    upload_id = await _create(call, mode="external_url", external_url=asked.url, **more)
    path = _GET.path.format(file_upload_id=upload_id)
    for look in range(_LOOKS):
        if look:
            await asyncio.sleep(_PAUSE_SECONDS)
        answer = await call.ask(_GET, NotionRequest(_GET.method, path))
        status = encodable_text(answer.get("status"))
        if status == "uploaded":
            return upload_id
        if status != "pending":
            raise NotLoaded
    raise NotLoaded(f"Notion is still loading it (file upload {upload_id}). Use that id in some seconds.")


UPLOAD = AgentTool(
    name="upload",
    title="Upload a file",
    description="Upload a file to Notion, from base64 or from a public https URL, and show it on a page. Without "
    "attach_to, its id can be the value of a files property within an hour.",
    scopes=(Scope.NOTION_WRITE,),
    takes=UploadArguments,
    answers=Uploaded,
    run=_upload,
    endpoint=_CREATE.name,
    writes=True,
    open_world=True,
)
