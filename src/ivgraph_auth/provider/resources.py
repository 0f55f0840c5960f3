"""What an access token is for: the `resource` of a request (RFC 8707) and the `aud` of a token (RFC 9068 §3)."""

from collections.abc import Sequence

from ivgraph_auth.provider.errors import InvalidTarget

# Of the whole service, and of each door that has a metadata document of its own (RFC 9728 §3).
PATHS = ("", "/api/v1", "/mcp", "/notion")


class Resources:
    """Those of one public URL, which has no closing slash."""

    def __init__(self, public_url: str) -> None:
        self._by_name = {public_url + path: public_url + path for path in PATHS}
        # Clients compare with and without the closing slash, so both are asked for.
        self._by_name |= {f"{name}/": name for name in tuple(self._by_name)}
        self.default = public_url

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._by_name.values()))

    def read(self, asked: Sequence[str]) -> tuple[str, ...]:
        """What a request asks for, each once and without its closing slash. Raises InvalidTarget."""
        unknown = [name for name in asked if name not in self._by_name]
        if unknown:
            raise InvalidTarget
        return tuple(dict.fromkeys(self._by_name[name] for name in asked))

    def narrow(self, asked: Sequence[str], held: Sequence[str]) -> tuple[str, ...]:
        """RFC 8707 §2.2: what is asked for, of what there is; where nothing is, all of it. Raises InvalidTarget."""
        found = self.read(asked)
        if not set(found) <= set(held) and self.default not in held:
            raise InvalidTarget
        return found or tuple(held)

    def admits(self, audience: Sequence[str], path: str) -> bool:
        """Whether a token for these resources may be used at this path of ours: the whole service's may everywhere."""
        return self.default in audience or any(
            name in audience and (path == name[len(self.default) :] or path.startswith(name[len(self.default) :] + "/"))
            for name in self.names
            if name != self.default
        )
