"""An app and its person, in front of several processes of the service: each step may be answered by any of them."""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx

from tests.provider.kit import PAGE, VERIFIER, Client, answered, fields
from tests.support.cluster import ME, Cluster, Server, bearer, fragment_of

FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
SCOPE = "openid profile email offline_access graph:read graph:search"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
Json = Any


@dataclass
class Person:
    """Signed in in a browser, whose cookies are here."""

    id: int
    access: str
    workspace_ids: list[str]
    cookies: dict[str, str] = field(repr=False)

    @classmethod
    async def sign_in(cls, server: Server, name: str = "ada") -> Self:
        path, cookie = await server.way_back(name)
        arrived = await server.arrive(path, cookie)
        cookies = dict([cookie.split("=", 1)])
        cookies |= dict(item.partition(";")[0].split("=", 1) for item in arrived.headers.get_list("set-cookie"))
        access = fragment_of(arrived)["access"]
        me = (await server.client.get(ME, headers=bearer(access))).json()
        return cls(int(me["id"]), access, [item["id"] for item in me["workspaces"]], cookies)

    @property
    def bearer(self) -> dict[str, str]:
        return bearer(self.access)

    async def get(self, server: Server, path: str, query: str = "") -> httpx.Response:
        return await self._send(server, "GET", f"{path}?{query}" if query else path)

    async def post(self, server: Server, path: str, form: list[tuple[str, str]]) -> httpx.Response:
        return await self._send(server, "POST", path, urlencode(form))

    async def _send(self, server: Server, method: str, path: str, body: str = "") -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await server.client.request(method, path, content=body, headers={**FORM, "Cookie": cookies})
        # Kept here: a process of the service has no business with another person's.
        self.cookies |= dict(item.partition(";")[0].split("=", 1) for item in answer.headers.get_list("set-cookie"))
        server.client.cookies.clear()
        return answer

    async def ask(self, server: Server, client: Client, **parameters: Json) -> httpx.Response:
        """The consent page, or where the browser is sent at once."""
        query = urlencode(client.authorize(**{"prompt": "consent", **parameters}), doseq=True)
        begun = await self.get(server, "/oauth2/authorize", query)
        if begun.status_code != 303 or "/oauth2/consent/" not in begun.headers["location"]:
            return begun
        return await self.get(server, urlsplit(begun.headers["location"]).path)

    async def decide(self, server: Server, page: httpx.Response) -> httpx.Response:
        form = [*((name, str(value)) for name, value in fields(page)), ("decision", "allow")]
        return await self.post(server, page.request.url.path, form)

    async def code(self, server: Server, client: Client, **parameters: Json) -> str:
        page = await self.ask(server, client, **{"scope": SCOPE, **parameters})
        return answered(await self.decide(server, page))["code"]

    async def tokens(self, server: Server, client: Client, **parameters: Json) -> Json:
        answer = await redeem(server, client, await self.code(server, client, **parameters))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def device(self, server: Server, client: Client) -> Json:
        """A device that its person has let in, and that has not asked yet."""
        begun = await post(server, client, "/oauth2/device", scope=SCOPE)
        assert begun.status_code == 200, begun.text
        page = await self.get(server, "/device", urlencode({"user_code": begun.json()["user_code"]}))
        form = [*((name, str(value)) for name, value in fields(page)), ("decision", "allow")]
        decided = await self.post(server, "/device", form)
        assert decided.status_code == 200, decided.text
        return begun.json()


async def make_admin(cluster: Cluster, server: Server, name: str = "ada") -> Person:
    person = await Person.sign_in(server, name)
    promoted = await cluster.run("users", "promote", str(person.id))
    assert promoted.code == 0, promoted.text
    return person


async def register(
    server: Server, admin: Person, app_type: str = "regular_web", *uris: str, name: str = "Reports", **body: Json
) -> Client:
    made = await server.client.post(
        "/api/oauth/apps/", json={"name": name, "app_type": app_type, **body}, headers=admin.bearer
    )
    assert made.status_code == 201, made.text
    app = made.json()
    for uri in uris or ("https://app.example.com/callback",):
        added = await server.client.post(
            f"/api/oauth/apps/{app['id']}/redirect-uris/",
            json={"uri": uri, "uri_type": "callback"},
            headers=admin.bearer,
        )
        assert added.status_code == 201, added.text
    return Client(app["id"], app["client_id"], app["client_secret"])


async def post(
    server: Server, client: Client, path: str, *, headers: dict[str, str] | None = None, **form: Json
) -> httpx.Response:
    """As the app, which proves itself in the form; a public one names itself."""
    proof = {"client_secret": client.secret} if client.secret else {}
    given = {name: value for name, value in form.items() if value is not None}
    return await server.client.post(
        path, data={"client_id": client.client_id, **proof, **given}, headers={**PAGE, **(headers or {})}
    )


async def redeem(server: Server, client: Client, code: str) -> httpx.Response:
    form: Json = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    return await post(server, client, "/oauth2/token", **form)


async def refresh(server: Server, client: Client, token: str, **more: Json) -> httpx.Response:
    return await post(server, client, "/oauth2/token", grant_type="refresh_token", refresh_token=token, **more)


async def poll(server: Server, client: Client, device: Json) -> httpx.Response:
    return await post(server, client, "/oauth2/token", grant_type=DEVICE, device_code=device["device_code"])


async def validate(server: Server, token: str) -> httpx.Response:
    return await server.client.get("/api/auth/validate/", headers=bearer(token))


async def works(server: Server, token: str) -> bool:
    status = (await validate(server, token)).status_code
    assert status in (200, 401), status
    return status == 200
