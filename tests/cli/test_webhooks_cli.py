"""`ivgraph-auth webhooks`, beside a running service."""

import hashlib
import hmac
import json

import httpx

from tests.cli.conftest import House, refusal
from tests.support.processes import Commands, Finished

TOKEN = "secret_" + "a1B2" * 10


def webhooks(commands: Commands, house: House, *arguments: str) -> Finished:
    return commands.run("webhooks", *arguments, **house.settings)


def done(finished: Finished) -> list[str]:
    assert (finished.code, finished.err) == (0, ""), finished.text
    return finished.lines


def test_from_opening_to_removing(commands: Commands, house: House) -> None:
    assert "within ten minutes" in refusal(webhooks(commands, house, "show"))
    said = done(webhooks(commands, house, "open"))
    url = f"{house.url}/api/webhooks/notion"
    assert said[1].endswith(url)
    body = json.dumps({"verification_token": TOKEN}).encode()
    signature = hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
    answer = httpx.post(url, content=body, headers={"X-Notion-Signature": f"sha256={signature}"})
    assert answer.status_code == 200
    assert done(webhooks(commands, house, "show")) == [TOKEN]
    assert TOKEN not in (again := refusal(webhooks(commands, house, "show")))
    assert "shown before" in again
    status = dict(line.split("\t") for line in done(webhooks(commands, house, "status")))
    assert status["url"] == url
    assert (status["awaited until"], status["first webhook"]) == ("-", "-")
    assert "-" not in {status["token received"], status["token shown"]}
    assert "Delete it in Notion" in done(webhooks(commands, house, "remove"))[0]
    assert done(webhooks(commands, house, "remove")) == ["There is none."]
