"""Writes that are carried out later, where their caller lets them be (`allow_async`)."""

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.held import AsyncTask
from ivgraph_auth.sandbox.v1.call_input import CallInput
from ivgraph_auth.sandbox.v1.view import View

_BASE = "https://api.notion.com/v1/async_tasks"
_POLL_AFTER_SECONDS = 2


def accept(view: View, operation: str, result: Json) -> Json:
    """The task that stands for what was asked for, as the 202 tells it."""
    task = AsyncTask(f"task_{random_uuid().hex}", view.bot_id, operation, view.instance.clock.now(), result)
    view.instance.stored.tasks[task.id] = task
    return _told(task)


def get(view: View, _: CallInput, task_id: str) -> Json:
    task = view.instance.stored.tasks.get(task_id)
    if task is None or task.bot != view.bot_id:
        raise view.missing("async task", task_id)
    task.looks += 1
    return _told(task)


def _told(task: AsyncTask) -> Json:
    status = ("queued", "running", "succeeded")[min(task.looks, 2)]
    time = task.created.strftime("%Y-%m-%dT%H:%M:%S.") + f"{task.created.microsecond // 1000:03}Z"
    found: Json = {"object": "async_task", "id": task.id, "status": status, "status_url": f"{_BASE}/{task.id}"}
    found |= {"created_time": time, "operation": {"surface": "rest", "name": task.operation}}
    return {
        **found,
        **({"result": task.result} if status == "succeeded" else {"poll_after_seconds": _POLL_AFTER_SECONDS}),
    }
