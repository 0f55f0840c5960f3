"""Settings, as the services take them."""

from datetime import timedelta

from pydantic import SecretStr

from ivgraph_auth.connect.models import AuthorizationPolicy
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sessions.models import Lifetimes
from ivgraph_auth.signin.models import SignInPolicy


def signing_keys(settings: Settings) -> list[Secret]:
    """The first signs, all verify."""
    keys = [settings.secret_key, settings.secret_key_previous]
    return [Secret(key.get_secret_value()) for key in keys if key]


def sign_in_policy(settings: Settings, notion_seconds: float) -> SignInPolicy:
    return SignInPolicy(
        redirect_uri=settings.notion_redirect_uri,
        admin_emails=frozenset(email.lower() for email in settings.admin_emails),
        hand_over_code=settings.signin_handoff == "code",
        notion_seconds=notion_seconds,
    )


def authorization_policy(settings: Settings, notion_seconds: float) -> AuthorizationPolicy:
    return AuthorizationPolicy(
        client_id=settings.notion_client_id or "",
        authorization_url=settings.notion_authorization_url,
        allowed_workspaces=frozenset(settings.allowed_workspaces),
        notion_seconds=notion_seconds,
    )


def text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        access=timedelta(seconds=settings.access_token_lifetime),
        refresh=timedelta(seconds=settings.refresh_token_lifetime),
        session=timedelta(seconds=settings.session_lifetime),
    )
