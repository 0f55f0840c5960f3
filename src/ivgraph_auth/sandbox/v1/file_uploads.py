"""File uploads: made, sent in one part or several, completed, listed, and used where a file may stand."""

import mimetypes
from collections.abc import Iterator
from urllib.parse import quote

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.node import Json, stamp
from ivgraph_auth.sandbox.held import UPLOAD_LIFETIME, FileUpload
from ivgraph_auth.sandbox.multipart import FormFile
from ivgraph_auth.sandbox.v1 import lists
from ivgraph_auth.sandbox.v1.call_input import URL, CallInput, Members, query_paging
from ivgraph_auth.sandbox.v1.refusals import invalid, unfit
from ivgraph_auth.sandbox.v1.view import View, dashed

_BASE = "https://api.notion.com/v1/file_uploads"
_FILES = "https://prod-files-secure.s3.us-west-2.amazonaws.com"
_MODES = ("single_part", "multi_part", "external_url")
_STATUSES = ("pending", "uploaded", "expired", "failed")
_MOST_PARTS = 10_000
_BYTES = "application/octet-stream"
_MOST_NAME_BYTES = 900
_LEAST_PART_BYTES = 5 * 1024 * 1024  # but for the last one


def create(view: View, asked: CallInput) -> Json:
    body = asked.body
    mode = body.one_of("mode", *_MODES) if body.has("mode") else "single_part"
    filename = body.maybe_text("filename")
    content_type = body.maybe_text("content_type")
    if filename is not None and len(filename.encode()) > _MOST_NAME_BYTES:
        raise unfit("body.filename.length", f"≤ `{_MOST_NAME_BYTES}`", len(filename.encode()))
    if mode == "multi_part" and filename is None:
        raise unfit("body.filename", "defined")
    if mode == "external_url":
        body.text("external_url", URL)
    if filename is not None and content_type is None:
        content_type = mimetypes.guess_type(filename)[0]
        if content_type is None:
            raise invalid("Provide a filename with an extension that is known, or a content_type.")
    now = view.instance.clock.now()
    upload = FileUpload(str(random_uuid()), view.bot_id, mode, filename, content_type, _parts(body, mode), now, now)
    view.instance.stored.uploads[upload.id] = upload
    return _told(view, upload)


def _parts(body: Members, mode: str) -> int | None:
    count = body.raw.get("number_of_parts")
    if body.has("number_of_parts"):
        if isinstance(count, bool) or not isinstance(count, int):
            raise unfit("body.number_of_parts", "a number or `undefined`", count)
        if not 1 <= count <= _MOST_PARTS:
            limit = "≥ `1`" if count < 1 else f"≤ `{_MOST_PARTS}`"
            raise unfit("body.number_of_parts", f"{limit} or `undefined`", count)
    elif mode == "multi_part":
        raise unfit("body.number_of_parts", "defined")
    return count if mode == "multi_part" and isinstance(count, int) else None


def send(view: View, asked: CallInput, file_upload_id: str) -> Json:
    upload = _find(view, file_upload_id)
    _check_pending(view, upload)
    file = asked.form.files.get("file")
    if file is None:
        raise unfit("body.file", "defined")
    number = _part_number(upload, asked.form.texts.get("part_number"))
    if upload.parts is not None and number < upload.parts and file.content.size < _LEAST_PART_BYTES:
        raise invalid(f"Each part but the last one should have at least {_LEAST_PART_BYTES} bytes.")
    _take_over(upload, file)
    upload.sent[number] = file.content
    upload.complete = upload.parts is None
    upload.edited = view.instance.clock.now()
    return _told(view, upload)


def _check_pending(view: View, upload: FileUpload) -> None:
    status = upload.status(view.instance.clock.now())
    if status != "pending":
        raise invalid(f"File upload {upload.id} has a status of {status}, and should have one of pending.")


def _part_number(upload: FileUpload, given: str | None) -> int:
    if upload.parts is None:
        if given is not None:
            raise unfit("body.part_number", "not present", given)
        return 1
    if given is None:
        raise unfit("body.part_number", "defined")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= upload.parts:
        raise unfit("body.part_number", f"a number from 1 to {upload.parts}", given)
    return int(given)


def _take_over(upload: FileUpload, file: FormFile) -> None:
    """What creating it left open. What was told there must not change."""
    # Of a file of which nothing is known, clients say that it is bytes.
    if upload.content_type is not None and file.content_type not in (None, _BYTES, upload.content_type):
        raise invalid(
            f"The content type of the file, {file.content_type}, is not that of the file upload, {upload.content_type}."
        )
    upload.filename = upload.filename or file.filename
    upload.content_type = upload.content_type or file.content_type


def complete(view: View, _: CallInput, file_upload_id: str) -> Json:
    upload = _find(view, file_upload_id)
    _check_pending(view, upload)
    if upload.parts is None:
        raise invalid("Only a file upload with a mode of multi_part is completed.")
    if len(upload.sent) < upload.parts:
        raise invalid(f"Only {len(upload.sent)} of {upload.parts} parts were sent.")
    upload.complete = True
    upload.edited = view.instance.clock.now()
    return _told(view, upload)


def get(view: View, _: CallInput, file_upload_id: str) -> Json:
    return _told(view, _looked_at(view, _find(view, file_upload_id)))


def list_all(view: View, asked: CallInput) -> Json:
    """The newest first."""
    paging = query_paging(asked)
    wanted = asked.one("status")
    if wanted is not None and wanted not in _STATUSES:
        choices = ", ".join(f'`"{status}"`' for status in _STATUSES)
        raise unfit("query.status", f"{choices} or `undefined`", wanted)
    now = view.instance.clock.now()
    found = [_looked_at(view, each) for each in reversed(view.instance.stored.uploads.values()) if _is_ours(view, each)]
    found = [each for each in found if wanted in (None, each.status(now))]
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: each.id)
    return lists.told("file_upload", [_told(view, each) for each in chosen], cursor)


def _is_ours(view: View, upload: FileUpload) -> bool:
    return upload.bot == view.bot_id


def _find(view: View, upload_id: str) -> FileUpload:
    upload = view.instance.stored.uploads.get(upload_id)
    if upload is None or not _is_ours(view, upload):
        raise view.missing("file_upload", upload_id)
    return upload


def _looked_at(view: View, upload: FileUpload) -> FileUpload:
    """What comes from elsewhere is there when somebody looks."""
    if upload.mode == "external_url" and upload.status(view.instance.clock.now()) == "pending":
        upload.complete, upload.imported = True, view.instance.clock.now()
    return upload


def _told(view: View, upload: FileUpload) -> Json:
    status = upload.status(view.instance.clock.now())
    found: Json = {"object": "file_upload", "id": upload.id, "created_time": stamp(upload.created)}
    found |= {"created_by": {"id": upload.bot, "type": "bot"}, "last_edited_time": stamp(upload.edited)}
    found["expiry_time"] = None if upload.attached else stamp(upload.created + UPLOAD_LIFETIME)
    if status == "pending":
        found["upload_url"] = f"{_BASE}/{upload.id}/send"
    found |= {"in_trash": False, "status": status, "filename": upload.filename}
    found |= {"content_type": upload.content_type, "content_length": upload.size}
    if upload.imported is not None:
        time = upload.imported.strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
        found["file_import_result"] = {"type": "success", "success": {}, "imported_time": time}
    if upload.parts is not None:
        found["number_of_parts"] = {"total": upload.parts, "sent": len(upload.sent)}
        if status == "pending":
            found["complete_url"] = f"{_BASE}/{upload.id}/complete"
    return {**found, "archived": False} if view.with_archived else found


def attach(view: View, value: object) -> None:
    """Every file upload that is named in it stands somewhere from now on. RefusedError for one that cannot."""
    for where, upload_id in _named(value, "body"):
        upload = _looked_at(view, _find(view, dashed(upload_id, where)))
        if not upload.complete:
            raise invalid(f"File upload {upload.id} should have a status of uploaded.")
        upload.attached = True


def _named(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _named(each, f"{where}[{index}]")
    elif isinstance(value, dict):
        if isinstance(value.get("file_upload"), dict):
            yield f"{where}.file_upload.id", value["file_upload"].get("id")
        if "file_upload_id" in value:
            yield f"{where}.file_upload_id", value["file_upload_id"]
        for name, each in value.items():
            yield from _named(each, f"{where}.{name}")


def file_of(view: View, upload_id: str) -> Json:
    """As it is told where it stands: a link that is good for an hour."""
    name = quote(name_of(view, upload_id))
    expiry = stamp(view.instance.clock.now() + UPLOAD_LIFETIME)
    return {"url": f"{_FILES}/{view.grant.workspace.id}/{upload_id}/{name}", "expiry_time": expiry}


def name_of(view: View, upload_id: str) -> str:
    upload = view.instance.stored.uploads.get(upload_id)
    return (upload and upload.filename) or "file"


def category_of(view: View, upload_id: str) -> str:
    """Of a comment's attachment."""
    upload = view.instance.stored.uploads.get(upload_id)
    kind = (upload and upload.content_type) or ""
    if kind == "application/pdf":
        return "pdf"
    top = kind.partition("/")[0]
    return top if top in {"audio", "image", "video"} else "productivity"
