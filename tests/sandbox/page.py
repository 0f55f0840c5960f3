"""The consent page as a browser without scripts has it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a person could click and send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.current: list[str] = []
        self.form: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.ticked: list[str] = []
        self.buttons: list[str] = []
        self.tags: set[str] = set()
        self._link: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        assert "style" not in found
        assert not any(name.startswith("on") for name in found)
        if tag == "a":
            self._link = found["href"]
            if "aria-current" in found:
                self.current.append(found["href"])
        elif tag == "form":
            self.form = found
        elif tag == "button":
            self.buttons.append(found["value"])
        elif tag == "input":
            self._input(found)

    def _input(self, found: dict[str, str]) -> None:
        if found["type"] == "hidden":
            self.hidden[found["name"]] = found["value"]
        elif "checked" in found:
            self.ticked.append(found["value"])

    def handle_data(self, data: str) -> None:
        if self._link and data.strip() and data.strip() not in self.links and len(data.strip()) > 1:
            self.links[data.strip()] = self._link

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
