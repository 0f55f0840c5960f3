"""Routes as the contract writes them, answering with and without the closing slash alike."""

from collections.abc import Callable, Sequence
from re import Pattern
from typing import Any

from fastapi import APIRouter
from starlette.routing import compile_path


class Router(APIRouter):
    """Each path is taken in its other form too, without a redirect, which `curl -X POST` would not follow. OpenAPI
    lists the written form only.
    """

    def __init__(self, *, tags: list[str] | None = None) -> None:
        super().__init__(tags=list(tags or ()), redirect_slashes=False)
        self.written: set[str] = set()
        self.known: list[tuple[Pattern[str], frozenset[str]]] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 -- as the base
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        methods = frozenset(options.get("methods") or ("GET",))
        super().add_api_route(path, endpoint, **options)
        self.written.add(path)
        self.known.append((compile_path(path)[0], methods))
        if other:
            super().add_api_route(other, endpoint, **{**options, "include_in_schema": False})
            self.known.append((compile_path(other)[0], methods))


def methods_at(routers: Sequence[Router], path: str) -> set[str]:
    """Every method that the path answers to, for `Allow` (RFC 9110 §10.2.1)."""
    return {
        method for router in routers for pattern, methods in router.known if pattern.match(path) for method in methods
    }
