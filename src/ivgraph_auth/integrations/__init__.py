"""Notion from a program of your own: authorize, keep credentials, call the API. See docs/python.md."""

from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.errors import AuthorizationNeeded, WorkspaceDiffers
from ivgraph_auth.integrations.manager import AuthManager, Integrations
from ivgraph_auth.integrations.oauth2 import AuthorizationStep
from ivgraph_auth.integrations.store import CredentialStore, MemoryStore
from ivgraph_auth.notion.errors import (
    InvalidParameters,
    NotionError,
    NotionRefused,
    NotionUnavailable,
    OAuthRefused,
    RateLimited,
)

__all__ = [
    "AuthManager",
    "AuthorizationNeeded",
    "AuthorizationStep",
    "CredentialStore",
    "Integrations",
    "InvalidParameters",
    "MemoryStore",
    "NotionError",
    "NotionRefused",
    "NotionUnavailable",
    "NotionUserCredentials",
    "OAuthRefused",
    "RateLimited",
    "WorkspaceDiffers",
]
