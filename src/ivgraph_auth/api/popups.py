"""What may be opened in a popup by a page of another origin: the way to Notion and back, and nothing else.

`same-origin` would cut such a window from the page that opened it, for good: `closed` is true there at once, and the
window cannot close itself. It is enough that one answer on the way says so, a redirect or an error included.
"""

from ivgraph_auth.connect.links import PATH as CONNECT_PATH

_SIGN_IN = "/api/integrations/auth/notion"
_PATHS = frozenset({_SIGN_IN, f"{_SIGN_IN}/callback", "/oauth/callback/notion"})
_MAY_START = ("/api/integrations/", "/oauth/")


def allows_popups(path: str) -> bool:
    # Nearly every request is turned away by the first look.
    return path.startswith(_MAY_START) and (path.startswith(CONNECT_PATH) or path.removesuffix("/") in _PATHS)
