"""Many uses at once of a grant whose access token just died: one refresh at Notion, and nothing but good answers.

tests/faults/test_refresh.py does it with processes of their own, and more of them.
"""

import asyncio

from tests.conftest import MakeService
from tests.connect.kit import asked_of_notion, connected, let_access_tokens_die, verify


async def test_over_two_processes(make_service: MakeService) -> None:
    first = await make_service()
    keys = {"secret_key": first.settings.secret_key, "encryption_keys": first.settings.encryption_keys}
    second = await make_service(**keys)
    ada = await first.sign_in("ada")
    await connected(first, ada, "team", workspace="notebook")
    elsewhere = await second.browser()
    let_access_tokens_die(first)
    answers = await asyncio.gather(
        *(verify(ada, "team") for _ in range(8)),
        *(elsewhere.post("/api/connections/team/verify/", headers=ada.bearer) for _ in range(8)),
    )
    assert [answer.status_code for answer in answers] == 16 * [200], [answer.text for answer in answers]
    assert {answer.json()["status"] for answer in answers} == {"active"}
    assert asked_of_notion(first, "refresh_token") == 1
