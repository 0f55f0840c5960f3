"""What Notion says no with. Raised anywhere below a route, told by `routes.py`."""

from ivgraph_auth.sandbox.answers import failed
from ivgraph_auth.sandbox.content.node import Json


class RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str, more: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.more = more


def invalid(message: str, more: Json | None = None) -> RefusedError:
    return RefusedError(400, "validation_error", message, more)


def unfit(where: str, should: str, was: object = None) -> RefusedError:
    """`where` is the whole way to the value: `body.children[0].type`."""
    top, _, rest = where.partition(".")
    return invalid(failed(top, rest, should, was))


def not_allowed(where: str, was: object) -> RefusedError:
    return unfit(where, "not present", was)


def unknown_url() -> RefusedError:
    return RefusedError(400, "invalid_request_url", "Invalid request URL.")


def restricted() -> RefusedError:
    return RefusedError(403, "restricted_resource", "Insufficient permissions for this endpoint.")


def archived() -> RefusedError:
    return invalid("Can't edit block that is archived. You must unarchive the block before editing.")


def bad_cursor(cursor: str) -> RefusedError:
    return invalid(f"The start_cursor provided is invalid: {cursor}")
