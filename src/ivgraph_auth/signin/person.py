"""Who signed in, by what Notion says: a person's id always, the rest where the connection may see it."""

from ivgraph_auth.accounts.models import Person
from ivgraph_auth.connect.errors import AuthorizationRefused
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.errors import NotionRefused, NotionUnavailable
from ivgraph_auth.notion.models import TokenAnswer, User


async def find_person(answer: TokenAnswer, api: NotionApi, *, deadline: float) -> Person:
    """Asks `users/me` only when the token answer does not tell. Raises AuthorizationRefused, NotionUnavailable."""
    owner = answer.owner
    user = owner.user if owner else None
    if user is not None and not user.partial:
        return _person(user)
    if owner is not None and owner.type == "workspace":
        raise AuthorizationRefused("server_error", "no_person", notion_request_id=answer.request_id)
    fuller = await _ask(answer, api, deadline=deadline)
    if user is None and fuller is None:
        raise AuthorizationRefused("server_error", "no_person", notion_request_id=answer.request_id)
    if user is not None and fuller is not None and user.id != fuller.id:
        raise NotionUnavailable("Two answers name two people.")
    return _person(fuller or user)


async def _ask(answer: TokenAnswer, api: NotionApi, *, deadline: float) -> User | None:
    try:
        me = await api.me(Secret(answer.access_token), deadline=deadline)
    except NotionRefused:
        return None
    return me.bot.owner.user if me.bot and me.bot.owner else None


def _person(user: User | None) -> Person:
    notion_user_id = parse_notion_id(user.id) if user else None
    if user is None or notion_user_id is None:
        raise NotionUnavailable("The person's id is not a UUID.")
    details = user.person
    return Person(
        notion_user_id=notion_user_id,
        email=details.email if details else None,
        email_verified=details is not None and details.email_verified is True,
        name=user.name,
        avatar_url=user.avatar_url,
    )
