"""What somebody asks for at the consent page, and what the person there decides."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from ivgraph_auth.sandbox.answers import failed
from ivgraph_auth.sandbox.config import SandboxConfig
from ivgraph_auth.sandbox.models import Dataset, Person, Workspace

_FIELDS = 200
Where = Literal["query", "body"]


class AskRefusedError(Exception):
    """The message is Notion's sentence for it. It is answered directly, never by a redirect."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of a query or of a form. Those of the form come before those of the URL it was posted to."""

    where: Where
    values: dict[str, list[str]]

    @classmethod
    def parse(cls, where: Where, *texts: str) -> "Fields":
        values: dict[str, list[str]] = {}
        for text in texts:
            try:
                values |= parse_qs(text, keep_blank_values=True, max_num_fields=_FIELDS)
            except ValueError as error:
                raise AskRefusedError(f"{where} failed validation: {where} has too many members.") from error
        return cls(where, values)

    def one(self, name: str) -> str | None:
        found = self.values.get(name)
        if found is None:
            return None
        if len(found) > 1:
            raise AskRefusedError(failed(self.where, name, "a string or `undefined`", found))
        return found[0]

    def refuse(self, name: str, should: str, was: object = None) -> AskRefusedError:
        return AskRefusedError(failed(self.where, name, should, was))

    def required(self, name: str) -> str:
        value = self.one(name)
        if value is None:
            raise self.refuse(name, "defined")
        if not value:  # Notion reads an empty member as the number 0
            raise self.refuse(name, "a string or `undefined`", 0)
        return value


@dataclass(frozen=True, slots=True)
class Ask:
    client_id: str
    redirect_uri: str
    state: str | None

    @classmethod
    def parse(cls, fields: Fields, config: SandboxConfig) -> "Ask":
        client_id = fields.required("client_id")
        if client_id != config.client_id:
            raise fields.refuse("client_id", "the id of a known client", client_id)
        redirect_uri = fields.required("redirect_uri")
        if not _redirect_allowed(redirect_uri, config.redirect_uris):
            raise fields.refuse("redirect_uri", "one of the redirect URIs of this client", redirect_uri)
        for name, wish in (("response_type", "code"), ("owner", "user")):
            value = fields.required(name)
            if value != wish:
                raise fields.refuse(name, f'`"{wish}"`', value)
        return cls(client_id, redirect_uri, fields.one("state"))

    @property
    def members(self) -> dict[str, str]:
        """The query that asked, to be carried along."""
        members = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "owner": "user",
        }
        return members if self.state is None else {**members, "state": self.state}

    @property
    def site(self) -> str:
        """Where the redirect URI leads, for people's eyes."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def origin(self) -> str:
        """Of the redirect URI, as a source of a content security policy."""
        parts = urlsplit(self.redirect_uri)
        host = parts.hostname or ""
        if ":" in host or not host.isascii():
            return f"{parts.scheme}:"  # a policy cannot name these hosts
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")

    def answered(self, outcome: dict[str, str]) -> str:
        """Where the browser goes with the outcome; a query that the redirect URI already has is kept."""
        members = outcome if self.state is None else {**outcome, "state": self.state}
        parts = urlsplit(self.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(members))))
        return parts._replace(query=query).geturl()


@dataclass(frozen=True, slots=True)
class Choice:
    person: Person
    workspace: Workspace
    pages: tuple[str, ...]

    @classmethod
    def parse(cls, fields: Fields, world: Dataset) -> "Choice":
        """Left out: the first person, that person's first workspace, all its pages."""
        named = fields.one("person")
        person = world.person(named) if named else world.people[0]
        if person is None:
            raise fields.refuse("person", "one of the people here", named)
        places = world.workspaces_of(person)
        wanted = fields.one("workspace")
        workspace = world.workspace(wanted) if wanted else places[0]
        if workspace is None or workspace not in places:
            raise fields.refuse("workspace", "one of this person's workspaces", wanted)
        return cls(person, workspace, _pages(fields, person, workspace))


def _pages(fields: Fields, person: Person, workspace: Workspace) -> tuple[str, ...]:
    """The page picker says `picker=1`, so that no page ticked is told apart from no page named."""
    every = tuple(page.id for page in workspace.pages_of(person))
    ticked = fields.values.get("pages", [] if fields.one("picker") else list(every))
    for page in ticked:
        if page not in every:
            raise fields.refuse("pages", "pages of this workspace", page)
    return tuple(page for page in every if page in ticked)


def _redirect_allowed(uri: str, registered: tuple[str, ...]) -> bool:
    if registered:
        return uri in registered
    try:
        parts = urlsplit(uri)
        return _plain(parts) and _loopback(parts.hostname or "")
    except ValueError:
        return False


def _plain(parts: SplitResult) -> bool:
    """Http or https, no user, no fragment (RFC 6749 §3.1.2), and a real port (reading any other one raises)."""
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and not parts.fragment and parts.port != 0


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return ip_address(host).is_loopback
