"""The product document's way, from sign-in to a revoked token."""

from tests.support.service import Service

SCOPES = ["graph:search", "graph:read", "graph:neighbors"]


async def test_sign_in_gives_tokens_in_the_fragment(swept_service: Service) -> None:
    session = await swept_service.sign_in("ada")
    assert set(session.fragment) == {"access", "refresh", "token_type", "expires_in"}
    assert session.fragment["token_type"] == "Bearer"
    assert session.fragment["expires_in"] == "14400"


async def test_a_created_token_has_exactly_the_documented_fields(swept_service: Service) -> None:
    session = await swept_service.sign_in("ada")
    body = {
        "name": "My LLM Agent",
        "scopes": SCOPES,
        "workspace_ids": session.workspace_ids,
        "expires_in_days": 90,
    }
    created = await session.client.post("/api/tokens/", json=body, headers=session.bearer)
    assert created.status_code == 201
    token = created.json()
    assert list(token) == [
        "id", "name", "token", "prefix", "scopes", "workspace_ids", "is_active", "created_at", "expires_at",
    ]  # fmt: skip
    assert token["token"].startswith("ivg_")
    assert len(token["token"]) == 36
    assert token["prefix"] == token["token"][:10]
    assert token["created_at"] == "2026-11-21T12:00:00Z"
    assert token["expires_at"] == "2027-02-19T12:00:00Z"
    assert created.headers["cache-control"] == "no-store"


async def test_a_token_works_until_it_is_revoked(swept_service: Service) -> None:
    session = await swept_service.sign_in("ada")
    token = await session.mint(*SCOPES)
    agent = {"Authorization": f"Bearer {token['token']}"}
    used = await session.client.get("/api/auth/validate/", headers=agent)
    assert used.json()["kind"] == "service_token"
    revoked = await session.client.delete(f"/api/tokens/{token['id']}/", headers=session.bearer)
    assert revoked.status_code == 204
    assert (await session.client.get("/api/auth/validate/", headers=agent)).status_code == 401
    listed = await session.client.get("/api/tokens/", headers=session.bearer)
    assert listed.json() == []


async def test_logout_ends_access_and_refresh(swept_service: Service) -> None:
    session = await swept_service.sign_in("ada")
    answer = await session.client.post("/api/auth/logout/", json={"refresh": session.refresh}, headers=session.bearer)
    assert answer.json() == {"detail": "Logged out."}
    assert (await session.client.get("/api/auth/me/", headers=session.bearer)).status_code == 401
    again = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
    assert again.status_code == 401
    assert again.json()["code"] == "token_not_valid"
