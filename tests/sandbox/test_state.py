import json
import stat
from pathlib import Path

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, StateFileError, create_sandbox
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Script


def made(state_file: Path, client_id: str = CLIENT_ID) -> Sandbox:
    return create_sandbox(SandboxConfig(client_id, Secret(CLIENT_SECRET), state_file=state_file))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def opened(instance: Sandbox) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test")


async def test_authorizations_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "new" / "state.json"
    async with opened(made(file)) as client:
        kept, spent, ended = [await Script(client).pair(person=person) for person in ("ada", "bruno", "chiara")]
        renewed = (await Script(client).refresh(spent["refresh_token"])).json()
        await Script(client).revoke(ended["access_token"])
        before = await Script(client).introspect(kept["access_token"])
    async with opened(made(file)) as client:
        script = Script(client)
        me = await script.me(kept["access_token"])
        assert me.json()["id"] == kept["bot_id"]
        assert (await script.introspect(kept["access_token"]))["iat"] == before["iat"]
        assert (await script.me(renewed["access_token"])).status_code == 200
        assert (await script.me(ended["access_token"])).status_code == 401
        assert (await script.refresh(spent["refresh_token"])).status_code == 400
        assert (await script.refresh(renewed["refresh_token"])).status_code == 200


async def test_the_file_is_private_and_holds_no_token(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with opened(made(file)) as client:
        tokens = await Script(client).pair(pages=[])
    text = file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tokens["access_token"] not in text
    assert tokens["refresh_token"] not in text
    assert CLIENT_SECRET not in text
    assert names(tmp_path) == ["state.json"]


def test_a_sandbox_that_granted_nothing_writes_nothing(tmp_path: Path) -> None:
    made(tmp_path / "state.json")
    assert names(tmp_path) == []


GRANT: dict[str, object] = {
    "person": "ada",
    "workspace": "notebook",
    "pages": [],
    "access": None,
    "refresh": "ab",
    "issued_ms": 1,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        ("[" * 100_000, "damaged"),
        (json.dumps({"format": 2}), "format"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": 3}), "damaged"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [{}]}), "damaged"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [{**GRANT, "pages": "x"}]}), "damaged"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [{**GRANT, "person": 1}]}), "damaged"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [{**GRANT, "issued_ms": "1"}]}), "damaged"),
        (json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [{**GRANT, "person": "zoe"}]}), "zoe"),
        (json.dumps({"format": 1, "client_id": "someone else", "grants": []}), "another client_id"),
    ],
)
def test_a_file_that_is_not_ours_is_a_clear_error(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text, "utf-8")
    with pytest.raises(StateFileError, match=said):
        made(file)
    assert file.read_text("utf-8") == text


def test_a_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="cannot be read"):
        made(tmp_path)


def test_a_well_formed_file_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"format": 1, "client_id": CLIENT_ID, "grants": [GRANT]}), "utf-8")
    (grant,) = made(file).state.grants
    assert (grant.person.key, grant.workspace.key, grant.access, grant.refresh) == ("ada", "notebook", None, "ab")


async def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with opened(made(file)) as client:
        tokens = await Script(client).pair()
        file.unlink()
        file.mkdir()
        with pytest.raises(OSError, match="directory"):
            await Script(client).refresh(tokens["refresh_token"])
    assert names(tmp_path) == ["state.json"]


async def test_expiring_ends_access_but_not_refresh(script: Script, instance: Sandbox) -> None:
    ada, bruno = await script.pair(person="ada"), await script.pair(person="bruno")
    assert instance.state.expire_access_tokens(person="ada") == 1
    assert instance.state.expire_access_tokens(person="ada") == 0
    assert (await script.me(ada["access_token"])).status_code == 401
    assert (await script.introspect(ada["access_token"]))["active"] is False
    assert (await script.me(bruno["access_token"])).status_code == 200
    assert (await script.refresh(ada["refresh_token"])).status_code == 200
    assert instance.state.expire_access_tokens(workspace="harbour") == 0
    assert instance.state.expire_access_tokens() == 2


async def test_revoking_an_authorization_ends_all_its_tokens(script: Script, instance: Sandbox) -> None:
    pairs = [await script.pair(workspace=key) for key in ("lighthouse", "lighthouse", "notebook")]
    assert instance.state.revoke_authorization(person="ada", workspace="lighthouse") == 2
    assert [(await script.me(pair["access_token"])).status_code for pair in pairs] == [401, 401, 200]
    assert (await script.refresh(pairs[0]["refresh_token"])).status_code == 400
    assert instance.state.revoke_authorization() == 1
