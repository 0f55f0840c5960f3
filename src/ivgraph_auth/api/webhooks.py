"""Notion's webhooks, and the subscription that an admin makes for them."""

from typing import Any

from fastapi import Request, Response

from ivgraph_auth.api.dependencies import CallingClient, Context, InjectedServices, describe_header
from ivgraph_auth.api.resolvers import CanManageWebhooks
from ivgraph_auth.api.schemas.models import Moment, Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.web.policy import WEBHOOK
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.services import Services

router = Router(tags=["Webhooks"])

_PATH = "/api/webhooks/notion"
_SIGNATURE = b"x-notion-signature"
_DESCRIPTION: dict[str, Any] = {
    "parameters": [
        describe_header(
            "X-Notion-Signature",
            "`sha256=` and the HMAC-SHA256 of the body with the subscription's verification token.",
            type="string",
            pattern="^sha256=[0-9a-fA-F]{64}$",
        )
    ]
}


class EventCountOut(Out):
    type: str
    outcome: str
    count: int


class SubscriptionOut(Out):
    """`url` is what Notion is told. `confirmed_at`: Notion has sent an event that is signed with the token.
    `last_event_at` reaches back two days, `events` one.
    """

    url: str
    door_open_until: Moment | None
    token_received_at: Moment | None
    token_shown_at: Moment | None
    confirmed_at: Moment | None
    last_event_at: Moment | None
    events: list[EventCountOut]


class VerificationToken(Out):
    verification_token: str


@router.post(_PATH, policy=WEBHOOK, response_class=Response, responses=problems(401, 413), openapi_extra=_DESCRIPTION)
async def receive_webhook(
    request: Request, context: Context, services: InjectedServices, caller: CallingClient
) -> Response:
    """For Notion alone. What it tells is stored, and worked off after the answer."""
    signatures = [value for name, value in context.headers if name == _SIGNATURE]
    await services.webhooks.receive(signatures, await request.body(), caller)
    return Response(status_code=200)


@router.post(f"{_PATH}/subscription/", responses=problems(401, 403))
async def open_door(principal: CanManageWebhooks, services: InjectedServices, caller: CallingClient) -> SubscriptionOut:
    """For ten minutes the verification token of a new subscription is taken, once. The one kept till then goes."""
    await services.webhooks.subscription.open_door(principal.account_id, caller)
    return await _state(services)


@router.get(f"{_PATH}/subscription/", responses=problems(401, 403))
async def get_subscription(principal: CanManageWebhooks, services: InjectedServices) -> SubscriptionOut:  # noqa: ARG001 -- who may
    """How far it is, and what came."""
    return await _state(services)


@router.post(f"{_PATH}/subscription/reveal/", responses=problems(401, 403, 404, 409))
async def reveal_token(
    principal: CanManageWebhooks, services: InjectedServices, caller: CallingClient
) -> VerificationToken:
    """The verification token, for Notion's page. It is in this answer and never again."""
    token = await services.webhooks.subscription.reveal(principal.account_id, caller)
    return VerificationToken(verification_token=token.reveal())


@router.delete(f"{_PATH}/subscription/", status_code=204, responses=problems(401, 403))
async def remove_subscription(principal: CanManageWebhooks, services: InjectedServices, caller: CallingClient) -> None:
    """Nothing that Notion sends is taken any more. Delete the subscription there too."""
    await services.webhooks.subscription.remove(principal.account_id, caller)


async def _state(services: Services) -> SubscriptionOut:
    state = await services.webhooks.subscription.state()
    url = f"{services.settings.public_url}{_PATH}"
    return SubscriptionOut.of(state, url=url, events=[EventCountOut.of(each) for each in state.events])
