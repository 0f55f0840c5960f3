"""A person at a browser, without the browser: keeps cookies, follows redirects, and answers the forms of pages."""

from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from tests.provider.kit import PAGE

Fields = list[tuple[str, str]]
_MOST_STEPS = 30
_FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Form:
    """`fields` are hidden or ticked, `boxes` those that are not."""

    action: str
    fields: Fields = field(default_factory=list)
    boxes: Fields = field(default_factory=list)
    buttons: Fields = field(default_factory=list)

    def filled_in(self, tick: Collection[str], untick: Collection[str]) -> str:
        """With what else is ticked or not, by value; sent by the button that allows it, or by the first."""
        chosen = [(name, value) for name, value in self.fields if value not in untick]
        chosen += [(name, value) for name, value in self.boxes if value in tick]
        allowing = [button for button in self.buttons if button[1] == "allow"]
        return urlencode([*chosen, *(allowing or self.buttons)[:1]])


@dataclass
class Page:
    """Where somebody has arrived; `status` is 0 at an address that nothing on this machine answers."""

    url: str
    status: int = 0
    text: str = ""

    @property
    def form(self) -> Form | None:
        """The first one that posts."""
        found = _Forms(self.url)
        found.feed(self.text)
        return found.forms[0] if found.forms else None


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self._form = Form(urljoin(self.url, given.get("action", "")))
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "button"}:
            self._add(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _add(self, form: Form, tag: str, given: dict[str, str]) -> None:
        entry = (given.get("name", ""), given.get("value", ""))
        kind = given.get("type", "submit" if tag == "button" else "text")
        if kind == "submit":
            form.buttons.append(entry)
        elif kind == "checkbox" and "checked" not in given:
            form.boxes.append(entry)
        else:
            form.fields.append(entry)


@dataclass
class Person:
    """`name` is who signs in at Notion, which is at `notion`. `asked` are the pages whose forms were answered."""

    client: httpx.AsyncClient
    notion: str
    name: str
    asked: list[Page] = field(default_factory=list)

    async def open(self, url: str, *, tick: Collection[str] = (), untick: Collection[str] = ()) -> Page:
        """Goes on from this link until a page asks for nothing more, or an address is not of this machine."""
        request = self.client.build_request("GET", url, headers=PAGE)
        for _ in range(_MOST_STEPS):
            if request.url.host != "127.0.0.1":
                return Page(str(request.url))
            answer = await self.client.send(request)
            if answer.is_redirect:
                following = urljoin(str(request.url), answer.headers["location"])
                request = self.client.build_request("GET", self._as_themselves(following), headers=PAGE)
                continue
            page = Page(str(request.url), answer.status_code, answer.text)
            form = page.form
            if form is None:
                return page
            self.asked.append(page)
            body = form.filled_in(tick, untick)
            request = self.client.build_request("POST", form.action, content=body, headers=_FORM)
        raise AssertionError(f"It goes on for ever: {request.url}")

    def _as_themselves(self, url: str) -> str:
        """At Notion's page they choose who they are."""
        return f"{url}&{urlencode({'person': self.name})}" if url.startswith(f"{self.notion}/") else url

    def was_asked(self, path: str) -> int:
        """How many forms at this path, or below it, were answered."""
        return sum(urlsplit(page.url).path.startswith(path) for page in self.asked)
