"""An agent with Notion's tools and no framework: a model chooses, this calls, until the model has its answer."""

import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Json = dict[str, Any]
URL = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")


def ask(url: str, token: str, body: Json | None = None) -> Json:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(url, json.dumps(body).encode() if body else None, headers), timeout=60) as answer:
            return json.load(answer)
    except HTTPError as refusal:
        said = json.load(refusal)
        if "success" in said:  # why a tool refused is for the model to read
            return said
        raise SystemExit(f"{url}: {refusal.code} {said}") from None


def real(messages: list[Json], tools: list[Json]) -> Json:
    """One turn of a model, at any API for chat completions."""
    body = {"model": os.environ["CHAT_MODEL"], "messages": messages, "tools": tools}
    return ask(os.environ["CHAT_URL"], os.environ["CHAT_KEY"], body)["choices"][0]["message"]


def scripted(messages: list[Json], _tools: list[Json]) -> Json:
    """Stands in for one: finds a page, reads it, tells its first line."""
    seen = [json.loads(each["content"])["result"] for each in messages if each["role"] == "tool"]
    if len(seen) == 2:
        return {"role": "assistant", "content": f"It begins with: {seen[1]['markdown'].splitlines()[0]}"}
    page = seen[0]["results"][0]["id"] if seen else None
    name, arguments = ("get_page_markdown", {"page_id": page}) if page else ("search", {"query": "Roadmap"})
    function = {"name": f"notion_{name}", "arguments": json.dumps(arguments)}
    return {"role": "assistant", "tool_calls": [{"id": f"call-{len(seen)}", "type": "function", "function": function}]}


model = real if "CHAT_URL" in os.environ else scripted
token = os.environ["IVGRAPH_TOKEN"]
tenant = ask(f"{URL}/api/auth/validate/", token)["workspace_ids"][0]
tools = []
for tool in ask(f"{URL}/api/v1/tools", token)["results"]:
    if not tool["writes"]:
        about = {"name": tool["id"], "description": tool["description"], "parameters": tool["parameters"]}
        tools.append({"type": "function", "function": about})
messages = [{"role": "user", "content": "How does our roadmap begin?"}]
while messages[-1]["role"] != "assistant" and len(messages) < 50:
    messages.append(said := model(messages, tools))
    for wish in said.get("tool_calls") or []:
        tool, parameters = wish["function"]["name"], wish["function"]["arguments"]
        print("Calls", tool, parameters)
        call = {"toolId": tool, "tenantId": tenant, "parameters": parameters}
        told = json.dumps(ask(f"{URL}/api/v1/tools/invoke", token, call))
        messages.append({"role": "tool", "tool_call_id": wish["id"], "content": told})
print(messages[-1]["content"])
