"""What an app's token may do is what its person ticked, of what their role allows now, in the workspaces that they
ticked and have now; and no more than the token itself says.
"""

import itertools

import httpx
import pytest

from tests.provider.kit import PAGE, Client, answered, fields, make_admin, question, redeem, register
from tests.provider.world import claims_of, error_of
from tests.support.credentials import authorization
from tests.support.service import Json, Service, Session

FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
SCOPES_OF_ROLE = {
    "viewer": {"graph:search", "graph:read", "graph:neighbors"},
    "member": {
        "graph:search",
        "graph:read",
        "graph:neighbors",
        "notion:read",
        "notion:write",
        "notion:comment",
        "notion:connect",
    },
}
SCOPES_OF_ROLE["admin"] = SCOPES_OF_ROLE["member"]
ASKED = (
    "openid",
    "graph:search",
    "graph:read",
    "graph:neighbors",
    "notion:read",
    "notion:write",
    "notion:comment",
    "notion:connect",
)
TICKED = (
    ("graph:search", "notion:read", "notion:write"),
    pytest.param(("openid", "graph:search"), marks=pytest.mark.slow),
    pytest.param(("notion:connect",), marks=pytest.mark.slow),
    pytest.param(ASKED, marks=pytest.mark.slow),
)


@pytest.fixture
async def client(swept_service: Service) -> Client:
    # The admin is somebody else, so that the person's role may be any.
    return await register(await make_admin(swept_service, "bruno"))


@pytest.fixture
async def ada(swept_service: Service, client: Client) -> Session:
    """With two workspaces."""
    assert client.id
    await swept_service.sign_in("ada", workspace="lighthouse")
    ada = await swept_service.sign_in("ada", workspace="notebook")
    assert len(ada.workspace_ids) == 2
    return ada


async def tick(ada: Session, client: Client, scopes: Json, workspaces: Json, **parameters: Json) -> httpx.Response:
    """The person allows these, of whatever the page offers."""
    page = await question(ada, client, **{"prompt": "consent", "scope": " ".join(ASKED), **parameters})
    token = next(item for item in fields(page) if item[0] == "csrf")
    ticks = [*(("scope", scope) for scope in scopes), *(("workspace", item) for item in workspaces)]
    body = str(httpx.QueryParams([token, *ticks, ("decision", "allow")]))
    return await ada.client.post(page.request.url.path, content=body, headers=FORM)


async def allowed(ada: Session, token: str) -> tuple[set[str], set[str]]:
    """By what it is told of itself."""
    told = (await ada.client.get("/api/auth/validate/", headers=authorization(token))).json()
    return set(told["scopes"]), set(told["workspace_ids"])


async def set_role(service: Service, session: Session, role: str) -> None:
    await service.execute("UPDATE accounts SET role = :role WHERE id = :id", role=role, id=int(session.me["id"]))


@pytest.mark.parametrize("ticked", TICKED, ids=" ".join)
@pytest.mark.parametrize("count", [0, 1, 2])
async def test_granted_role_and_workspaces_are_intersected(
    swept_service: Service, ada: Session, client: Client, ticked: tuple[str, ...], count: int
) -> None:
    for workspaces in itertools.combinations(ada.workspace_ids, count):
        code = answered(await tick(ada, client, ticked, workspaces))["code"]
        tokens = (await redeem(ada, client, code)).json()
        for role, scopes in SCOPES_OF_ROLE.items():
            await set_role(swept_service, ada, role)
            expected = (set(ticked) & scopes, set(workspaces))
            assert await allowed(ada, tokens["access_token"]) == expected, (role, workspaces)
        # One that is gone is gone from both, and what was not ticked does not come back with it.
        gone = ada.workspace_ids[0]
        await swept_service.execute("DELETE FROM account_workspaces WHERE workspace_id = :id", id=gone)
        assert (await allowed(ada, tokens["access_token"]))[1] == set(workspaces) - {gone}
        ada = await again(swept_service)


async def again(service: Service) -> Session:
    """With both workspaces once more."""
    await service.sign_in("ada", workspace="lighthouse")
    return await service.sign_in("ada", workspace="notebook")


@pytest.mark.parametrize("role", SCOPES_OF_ROLE)
async def test_a_role_is_not_asked_for_what_it_may_not_give(
    swept_service: Service, ada: Session, client: Client, role: str
) -> None:
    """Nor does it give it when a form says so."""
    await set_role(swept_service, ada, role)
    page = await question(ada, client, prompt="consent", scope=" ".join(ASKED))
    offered = {scope for scope in ASKED if f'value="{scope}"' in page.text}
    assert offered == {"openid", *SCOPES_OF_ROLE[role]}
    code = answered(await tick(ada, client, ASKED, ada.workspace_ids))["code"]
    tokens = (await redeem(ada, client, code)).json()
    assert set(tokens["scope"].split()) == offered
    await set_role(swept_service, ada, "member")
    # What a lower role could not give is not given later, by another.
    assert (await allowed(ada, tokens["access_token"]))[0] == SCOPES_OF_ROLE[role]


async def test_a_token_says_itself_what_it_is_good_for(ada: Session, client: Client) -> None:
    first, second = ada.workspace_ids
    scopes = ("openid", "offline_access", "graph:search", "notion:read")
    asked = " ".join(scopes)
    code = answered(await tick(ada, client, scopes, [first, second], scope=asked))["code"]
    tokens = (await redeem(ada, client, code)).json()
    auth = httpx.BasicAuth(client.client_id, client.secret or "")

    async def ask(**form: Json) -> Json:
        answer = await ada.client.post("/oauth2/token", data=form, auth=auth)
        return answer.json() if answer.status_code == 200 else error_of(answer)

    narrow = await ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="graph:search")
    assert await allowed(ada, narrow["access_token"]) == ({"graph:search"}, {first, second})
    exchanged = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": tokens["access_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    less = await ask(**exchanged, scope="notion:read", workspace=second)
    assert await allowed(ada, less["access_token"]) == ({"notion:read"}, {second})
    # And from there no way leads back.
    again = {**exchanged, "subject_token": less["access_token"]}
    assert await ask(**again, scope="graph:search") == (400, "invalid_scope")
    assert await ask(**again, workspace=first) == (400, "invalid_target")
    assert claims_of(less["access_token"])["act"] == {"sub": client.client_id}


async def test_a_workspace_that_was_not_ticked_is_not_reached(ada: Session, client: Client) -> None:
    first, second = ada.workspace_ids
    code = answered(await tick(ada, client, ("notion:read", "graph:search"), [first]))["code"]
    token = (await redeem(ada, client, code)).json()["access_token"]
    for workspace, status in ((first, 200), (second, 403)):
        asked = {"toolId": "notion.getSelf", "tenantId": workspace, "parameters": {}}
        answer = await ada.client.post("/api/v1/tools/invoke", json=asked, headers=authorization(token))
        assert answer.status_code == status, answer.text
        headers = {**authorization(token), "X-Ivgraph-Workspace": workspace}
        assert (await ada.client.get("/notion/v1/users/me", headers=headers)).status_code == status
    found = await ada.client.get("/api/v1/graph/search", params={"q": "a"}, headers=authorization(token))
    assert found.status_code == 200
    assert second not in found.text


async def test_whoever_ticks_nothing_lets_nobody_in(ada: Session, client: Client) -> None:
    told = answered(await tick(ada, client, (), ada.workspace_ids))
    assert (told["error"], "code" in told) == ("access_denied", False)
    told = answered(await tick(ada, client, ("unheard:of", "notion:delete"), ada.workspace_ids))
    assert told["error"] == "access_denied"


async def test_workspaces_of_others_are_not_ticked(ada: Session, client: Client, swept_service: Service) -> None:
    chiara = await swept_service.sign_in("chiara")
    foreign = [item for item in chiara.workspace_ids if item not in ada.workspace_ids]
    code = answered(await tick(ada, client, ("graph:search",), [*foreign, "0" * 32, "x", ""]))["code"]
    token = (await redeem(ada, client, code)).json()["access_token"]
    assert await allowed(ada, token) == ({"graph:search"}, set())
