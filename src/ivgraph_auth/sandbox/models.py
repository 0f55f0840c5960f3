"""What the sandbox's people, workspaces and pages are made of; `people.py` holds them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    id: str
    title: str
    icon: str
    parent: str | None = None  # another page's id; None: at the top of the workspace
    owner: str | None = None  # whose own page it is, by the person's key; None: everybody in the workspace has it


@dataclass(frozen=True, slots=True)
class Workspace:
    key: str
    id: str
    name: str
    icon: str | None  # an emoji or a URL
    pages: tuple[Page, ...]

    def pages_of(self, person: "Person") -> tuple[Page, ...]:
        return tuple(page for page in self.pages if page.owner in {None, person.key})

    def tree(self, person: "Person") -> list[tuple[int, Page]]:
        """Every page that the person has, with its depth, children right after their parent."""
        return _below(self.pages_of(person), None, 0)


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


def _below(pages: tuple[Page, ...], parent: str | None, depth: int) -> list[tuple[int, Page]]:
    rows: list[tuple[int, Page]] = []
    for page in pages:
        if page.parent == parent:
            rows += [(depth, page), *_below(pages, page.id, depth + 1)]
    return rows
