"""Who somebody is, in Notion's words."""

from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.models import Person
from ivgraph_auth.sandbox.state import Grant, Pair

_UPLOAD_LIMIT = 5 * 1024 * 1024


def user_object(instance: Sandbox, person: Person) -> dict[str, object]:
    capabilities = instance.config.capabilities
    with_email = "read_user_with_email" in capabilities
    if person.partial or not (with_email or "read_user_without_email" in capabilities):
        return {"object": "user", "id": person.id}
    details: dict[str, object] = {}
    if with_email and person.email is not None:
        details["email"] = person.email
        if person.email_verified is not None:
            details["email_verified"] = person.email_verified
    return {
        "object": "user",
        "id": person.id,
        "name": person.name,
        "avatar_url": person.avatar_url,
        "type": "person",
        "person": details,
    }


def owner_object(instance: Sandbox, person: Person) -> dict[str, object]:
    return {"type": "user", "user": user_object(instance, person)}


def bot_user(instance: Sandbox, grant: Grant) -> dict[str, object]:
    """GET /v1/users/me"""
    return {
        "object": "user",
        "id": instance.state.bot_id(grant.person, grant.workspace),
        "name": instance.config.integration_name,
        "avatar_url": None,
        "type": "bot",
        "bot": {
            "owner": owner_object(instance, grant.person),
            "workspace_name": None if instance.null_workspace else grant.workspace.name,
            "workspace_id": grant.workspace.id,
            "workspace_limits": {"max_file_upload_size_in_bytes": _UPLOAD_LIMIT},
        },
    }


def token_answer(instance: Sandbox, pair: Pair) -> dict[str, object]:
    """POST /v1/oauth/token"""
    grant = pair.grant
    return {
        "access_token": pair.access_token,
        "token_type": "bearer",
        "refresh_token": pair.refresh_token,
        "bot_id": instance.state.bot_id(grant.person, grant.workspace),
        "workspace_name": None if instance.null_workspace else grant.workspace.name,
        "workspace_icon": None if instance.null_workspace else grant.workspace.icon,
        "workspace_id": grant.workspace.id,
        "owner": owner_object(instance, grant.person),
        "duplicated_template_id": None,
    }
