"""What a sandbox is told when it is made."""

from dataclasses import dataclass
from pathlib import Path

from ivgraph_auth.core.secrets import Secret

# Notion's names, in the order in which introspection lists them, with the words of the consent page.
CAPABILITIES = {
    "read_content": "Read content",
    "insert_content": "Insert content",
    "update_content": "Update content",
    "read_user_with_email": "Read who people are, e-mail addresses included",
    "read_user_without_email": "Read who people are, without e-mail addresses",
}


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    client_id: str
    client_secret: Secret
    # Empty: any http(s) redirect URI on a loopback host is taken. Otherwise one of these, character for character.
    redirect_uris: tuple[str, ...] = ()
    integration_name: str = "IVGraph (sandbox)"
    # When given, authorizations survive a restart.
    state_file: Path | None = None
    # Without both `read_user_*` the person is answered as a partial user; with only the second, without an address.
    capabilities: tuple[str, ...] = tuple(CAPABILITIES)
    # Capabilities too, which introspection does not list.
    read_comments: bool = True
    insert_comments: bool = True

    def __post_init__(self) -> None:
        if not self.client_id or not self.client_secret.reveal():
            raise ValueError("the sandbox needs a client_id and a client_secret")
        if ":" in self.client_id:
            raise ValueError("client_id cannot hold a colon: HTTP Basic could not carry it")
        unknown = [name for name in self.capabilities if name not in CAPABILITIES]
        if unknown:
            raise ValueError(f"unknown capabilities: {', '.join(unknown)}")
