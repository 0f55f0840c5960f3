"""For whoever runs the service."""

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.problems import problems
from ivgraph_auth.api.routing import Router
from ivgraph_auth.api.schema import Health, Readiness
from ivgraph_auth.api.wiring import Services, Wired
from ivgraph_auth.core.errors import Unavailable

router = Router(tags=["Operations"])


@router.get("/health/live", responses=problems())
async def live() -> Health:
    """The process answers. Asks nothing of anything else."""
    return Health(status="ok", problems=[])


@router.get(
    "/health/ready",
    responses={**problems(), 503: {"description": "Not ready; `problems` says why.", "model": Readiness}},
)
async def ready(services: Wired) -> Response:
    """Database, schema and encryption keys are as this version needs them."""
    found = await _problems(services)
    trouble = services.liveness.trouble
    cache = f"off: {trouble}" if trouble else "on"
    health = Readiness(status="unavailable" if found else "ok", problems=found, cache=cache)
    return JSONResponse(health.model_dump(), 503 if found else 200)


async def _problems(services: Services) -> list[str]:
    try:
        problem = await services.schema.problem()
        if problem:
            return [problem]
        return [f"{problem.says}. {problem.fix}" for problem in await services.keys.accept()]
    except Unavailable as error:
        return [error.detail]
