"""What the sandbox's people, workspaces and pages are made of; `people.py` holds them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    id: str
    title: str
    icon: str
    parent: str | None = None  # another page's id; None: at the top of the workspace


@dataclass(frozen=True, slots=True)
class Workspace:
    key: str
    id: str
    name: str
    icon: str | None  # an emoji or a URL
    pages: tuple[Page, ...]

    def tree(self) -> list[tuple[int, Page]]:
        """Every page with its depth, children right after their parent."""
        return self._below(None, 0)

    def _below(self, parent: str | None, depth: int) -> list[tuple[int, Page]]:
        rows: list[tuple[int, Page]] = []
        for page in self.pages:
            if page.parent == parent:
                rows += [(depth, page), *self._below(page.id, depth + 1)]
        return rows


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    id: str
    name: str | None
    email: str | None
    workspaces: tuple[str, ...]  # keys; the first is the default
    hint: str  # what the consent page says beneath the name
    email_verified: bool | None = None  # None: Notion's answer does not carry the member
    avatar_url: str | None = None
    partial: bool = False  # answered as {object, id} whatever the capabilities

    @property
    def label(self) -> str:
        return self.name or "(no name)"


@dataclass(frozen=True, slots=True)
class Dataset:
    people: tuple[Person, ...]
    workspaces: tuple[Workspace, ...]

    def person(self, name: str) -> Person | None:
        """By key or by id."""
        return next((person for person in self.people if name in {person.key, person.id}), None)

    def workspace(self, name: str) -> Workspace | None:
        """By key or by id."""
        return next((place for place in self.workspaces if name in {place.key, place.id}), None)

    def workspaces_of(self, person: Person) -> list[Workspace]:
        found = [self.workspace(key) for key in person.workspaces]
        return [place for place in found if place is not None]
