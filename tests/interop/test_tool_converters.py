"""The tools through what people hand them to: each library's own conversion, for each API, without a network."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.forms.table import FORMS
from ivgraph_auth.notion.operations import request_of
from ivgraph_auth.notion.published import PublishedTool, published_tools
from tests.interop.node import FOLDER, NODE
from tests.notion import tool_rules as rules
from tests.support.service import Json

pytestmark = pytest.mark.interop

NEW = "2026-03-11"
TOOLS = published_tools(NEW)
every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
SAID_IN_WORDS = {"members", "too_many_blocks"}


def is_taken(name: str, arguments: Json) -> bool:
    """Or refused for what the schema says in words alone."""
    try:
        request_of(name, arguments, NEW)
    except InvalidParameters as refused:
        return {each["type"] for each in refused.errors} <= SAID_IN_WORDS
    return True


# LangChain


@every_tool
def test_langchain_takes_each_form_as_a_tool(tool: PublishedTool) -> None:
    convert = pytest.importorskip("langchain_core.utils.function_calling").convert_to_openai_tool
    chat, anthropic = FORMS["openai-chat"](tool), FORMS["anthropic"](tool)
    assert convert(chat) == chat
    assert convert(FORMS["openai"](tool)) is not None
    assert convert(anthropic)["function"] == {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }


@every_tool
def test_langchain_makes_a_tool_of_the_schema_and_calls_it(tool: PublishedTool) -> None:
    structured = pytest.importorskip("langchain_core.tools").StructuredTool
    convert = pytest.importorskip("langchain_core.utils.function_calling").convert_to_openai_tool
    called: list[Json] = []
    made = structured(
        name=tool.name,
        description=tool.description,
        args_schema={"title": tool.name, **tool.parameters},
        func=lambda **given: called.append(given),
    )
    assert set(made.args) == set(tool.parameters["properties"])
    function = convert(made)["function"]
    assert [*rules.of_any(function["name"], function["description"], function["parameters"])] == []
    given = {name: "0" * 32 for name in tool.parameters.get("required", ()) if name.endswith("_id")}
    made.invoke(given)
    assert called == [given]


# pydantic-ai


async def test_pydantic_ai_calls_every_tool_with_arguments_of_its_own() -> None:
    """Its test model makes them from the schemas."""
    ai = pytest.importorskip("pydantic_ai")
    test_model = pytest.importorskip("pydantic_ai.models.test").TestModel
    called: dict[str, Json] = {}

    def make(tool: PublishedTool) -> Any:
        async def call(**given: Any) -> str:
            called[tool.name] = given
            return "done"

        return ai.Tool.from_schema(call, name=tool.name, description=tool.description, json_schema=tool.parameters)

    agent = ai.Agent(test_model(), tools=[make(tool) for tool in TOOLS])
    await agent.run("Do all you can.")
    assert called.keys() == {tool.name for tool in TOOLS}
    for name, given in called.items():
        # It does not go by patterns.
        mended = {key: "0" * 32 if key.endswith("_id") else value for key, value in given.items()}
        assert is_taken(name, mended), (name, given)


@every_tool
def test_pydantic_ai_writes_the_schema_for_each_api(tool: PublishedTool) -> None:
    transformers = {
        "openai": pytest.importorskip("pydantic_ai.profiles.openai").OpenAIJsonSchemaTransformer,
        "gemini": pytest.importorskip("pydantic_ai.profiles.google").GoogleJsonSchemaTransformer,
    }
    written = {
        name: transformer(json.loads(json.dumps(tool.parameters)), strict=None).walk()
        for name, transformer in transformers.items()
    }
    for schema in written.values():
        assert set(schema["properties"]) == set(tool.parameters["properties"])
    strict = FORMS["openai"](tool)
    if strict["strict"]:
        transformer = transformers["openai"](json.loads(json.dumps(strict["parameters"])), strict=True)
        assert transformer.walk() == strict["parameters"]
        assert transformer.is_strict_compatible


# The AI SDK


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What it would send each provider."""
    if not (FOLDER / "node_modules" / "ai").exists():
        pytest.fail("ai is missing: npm install --prefix tests/node.")
    tools = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in TOOLS]
    written: Path = tmp_path_factory.mktemp("tools") / "tools.json"
    written.write_text(json.dumps(tools))
    done = subprocess.run(  # noqa: S603 -- the script is ours
        [NODE, FOLDER / "ai_tools.mjs", written], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_ai_sdk_sends_openai_what_it_takes(sent: Json) -> None:
    functions = [*sent["openai"], *(each["function"] for each in sent["openai-chat"])]
    assert [each["name"] for each in functions] == [tool.name for tool in TOOLS] * 2
    for function in functions:
        assert [*rules.of_any(function["name"], function["description"], function["parameters"])] == []


def test_the_ai_sdk_sends_anthropic_what_it_takes(sent: Json) -> None:
    assert [each["name"] for each in sent["anthropic"]] == [tool.name for tool in TOOLS]
    for each in sent["anthropic"]:
        assert [*rules.of_any(each["name"], each["description"], each["input_schema"])] == []


def test_the_ai_sdk_sends_gemini_what_it_takes(sent: Json) -> None:
    """In the newer of Gemini's two ways to say it, which is JSON Schema too."""
    [declared] = sent["gemini"]
    declarations = declared["functionDeclarations"]
    assert [each["name"] for each in declarations] == [tool.name for tool in TOOLS]
    for each in declarations:
        assert [*rules.of_any(each["name"], each["description"], each["parametersJsonSchema"])] == []
