"""fastmcp's client as some program uses it. In and out: as mcp_v1.py. It opens no browser, but asks its test."""

import asyncio
import threading
import urllib.request
import webbrowser

from conversation import hear, open_link, report, say
from fastmcp import Client


class Person(webbrowser.BaseBrowser):
    """Stands where a browser is: arrives at the program's own address, in a thread, as a browser would."""

    def open(self, url, new=0, autoraise=True):
        threading.Thread(target=self._visit, args=[url]).start()
        return True

    def _visit(self, url):
        with urllib.request.urlopen(open_link(url)):
            pass


async def main():
    given = hear()
    webbrowser.register("person", None, Person(), preferred=True)
    async with Client(given["url"], auth=given["token"] or "oauth", timeout=60) as client:
        tools = [tool.name for tool in await client.list_tools()]
        results = {label: await client.call_tool_mcp(**call) for label, call in given["calls"].items()}
        say(report(client.protocol_version, tools, results))


asyncio.run(main())
