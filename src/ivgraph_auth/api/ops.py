"""For whoever runs the service."""

from typing import Literal

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import Context, InjectedServices
from ivgraph_auth.api.resolvers import bearer
from ivgraph_auth.api.schemas.models import Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.core.errors import NotAuthenticated, NotFound, TokenNotValid, Unavailable
from ivgraph_auth.core.metrics import CONTENT_TYPE
from ivgraph_auth.core.secrets import same
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import HEALTH, PAGE
from ivgraph_auth.web.routing import Router
from ivgraph_auth.web.services import Services

router = Router(policy=HEALTH, tags=["Operations"])
# Left out when IVGRAPH_METRICS is off.
metrics_router = Router(policy=PAGE, tags=["Operations"])


class Health(Out):
    status: Literal["ok", "unavailable"]
    problems: list[str]


class Readiness(Health):
    """`cache` is `on`, or `off` and why; without it every request asks the database, and nothing else changes."""

    cache: str


@router.get("/health/live", responses=problems())
async def live() -> Health:
    """The process answers. Asks nothing of anything else."""
    return Health(status="ok", problems=[])


@router.get(
    "/health/ready",
    responses={**problems(), 503: {"description": "Not ready; `problems` says why.", "model": Readiness}},
)
async def ready(services: InjectedServices) -> Response:
    """Database, schema and encryption keys are as this version needs them."""
    found = await _find_problems(services)
    trouble = services.liveness.trouble
    cache = f"off: {trouble}" if trouble else "on"
    health = Readiness(status="unavailable" if found else "ok", problems=found, cache=cache)
    return JSONResponse(health.model_dump(), 503 if found else 200)


async def _find_problems(services: Services) -> list[str]:
    try:
        problem = await services.schema.problem()
        if problem:
            return [problem]
        return [f"{problem.says}. {problem.fix}" for problem in await services.key_verifier.accept()]
    except Unavailable as error:
        return [error.detail]


@metrics_router.get("/metrics", include_in_schema=False)
async def metrics(context: Context) -> Response:
    """For Prometheus, in its text format. Needs IVGRAPH_METRICS_TOKEN as bearer where that is set."""
    _check_metrics_token(context)
    services = context.services
    if services.metrics is None:
        raise NotFound
    services.metrics.report_serving(cache=services.liveness.trouble is None)
    return Response(services.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


def _check_metrics_token(context: RequestContext) -> None:
    wanted = context.services.settings.metrics_token
    if wanted is None:
        return
    given = bearer(context)
    if given is None:
        raise NotAuthenticated
    if not same(given, wanted.get_secret_value()):
        raise TokenNotValid
