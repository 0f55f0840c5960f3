"""The `mcp` package 1.x as some program uses it.

In: {url, token: of a service or null, callback: its redirect URI, calls: {label: {name, arguments}}}
Out: see `conversation.report`
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from conversation import hear, open_link, report, say
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata

PATIENCE = timedelta(seconds=60)


class Memory:
    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


def authentication(given):
    """By a person's consent."""
    links = []
    metadata = OAuthClientMetadata(
        client_name="Editor",
        redirect_uris=[given["callback"]],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )

    async def open_page(link):
        links.append(link)

    async def come_back():
        told = dict(parse_qsl(urlsplit(await asyncio.to_thread(open_link, links[-1])).query))
        return told["code"], told.get("state")

    return OAuthClientProvider(given["url"], metadata, Memory(), open_page, come_back)


async def main():
    given = hear()
    headers = {"Authorization": f"Bearer {given['token']}"} if given["token"] else None
    auth = None if given["token"] else authentication(given)
    async with AsyncExitStack() as stack:
        streams = await stack.enter_async_context(streamablehttp_client(given["url"], headers=headers, auth=auth))
        session = await stack.enter_async_context(ClientSession(*streams[:2], read_timeout_seconds=PATIENCE))
        begun = await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        results = {label: await session.call_tool(**call) for label, call in given["calls"].items()}
        say(report(str(begun.protocolVersion), tools, results))


asyncio.run(main())
