"""Opaque cursors, bound to who asked and what was asked."""

from dataclasses import dataclass

from ivgraph_auth.core.errors import InvalidRequest
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.signing import BadSignature, Signer

_TAG_BYTES = 16


class CursorNotValid(InvalidRequest):
    code = "invalid_cursor"
    detail = "This cursor belongs to another list or caller. Start again without it."


class Cursors:
    def __init__(self, secret_key: Secret) -> None:
        self._signer = Signer([secret_key], "ivgraph-auth cursors", tag_bytes=_TAG_BYTES)

    def issue(self, binding: str, position: str) -> str:
        """`binding` names the caller and the query; `position` is where the next page starts."""
        return self._signer.sign(position.encode(), bound_to=binding)

    def open(self, binding: str, cursor: str) -> str:
        """Raises CursorNotValid."""
        try:
            return self._signer.open(cursor, bound_to=binding).decode()
        except (BadSignature, UnicodeDecodeError):
            raise CursorNotValid from None


@dataclass(frozen=True, slots=True)
class BoundCursors:
    """Those of one list and caller, of which the first page has none, and after the last there is none."""

    cursors: Cursors
    binding: str

    def open(self, cursor: str | None) -> str | None:
        """Raises CursorNotValid."""
        return self.cursors.open(self.binding, cursor) if cursor else None

    def issue(self, position: str | None) -> str | None:
        return self.cursors.issue(self.binding, position) if position is not None else None
