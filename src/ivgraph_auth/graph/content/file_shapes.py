"""Files and links that are blocks: their kind, a name, and a URL that lasts."""

from ivgraph_auth.graph.content.file_urls import file_name, is_signed
from ivgraph_auth.graph.content.rich_text import escaped, link_target, linked, plain_text
from ivgraph_auth.graph.json_values import encodable_text, member

_NAMED_BY_URL = {"image", "file", "video", "pdf", "audio"}


def file_or_link(kind: str, payload: object) -> str:
    """`[image: Caption](https://…)`; of what is uploaded to Notion the kind and the name alone."""
    hosted = encodable_text(member(payload, "file", "url"))
    url = hosted or encodable_text(member(payload, "external", "url")) or encodable_text(member(payload, "url"))
    shown = "" if hosted else link_target(url)
    name = (
        escaped(plain_text(member(payload, "caption")))
        or escaped(encodable_text(member(payload, "name")))
        or escaped(file_name(url) if kind in _NAMED_BY_URL or is_signed(url) else "")
    )
    label = ": ".join(filter(None, (kind.replace("_", " "), name)))
    return linked(label, shown) if shown else f"[{label}]"
