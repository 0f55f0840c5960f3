"""What is asked of URLs, hosts and Notion ids."""

import uuid
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivgraph_auth.core.urls import (
    host_name,
    is_local_path,
    is_loopback_host,
    origin,
    parse_notion_id,
    with_fragment,
    with_query,
)

PLENTY = settings(derandomize=True, deadline=None, max_examples=80)
VALUES = st.dictionaries(
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=4,
)


@PLENTY
@given(identifier=st.uuids())
def test_a_notion_id_is_read_with_all_dashes_or_none(identifier: uuid.UUID) -> None:
    for text in (str(identifier), identifier.hex, str(identifier).upper(), identifier.hex.upper()):
        assert parse_notion_id(text) == identifier


@PLENTY
@given(text=st.text(max_size=45) | st.text(st.sampled_from("0123456789abcdefABCDEF-"), min_size=30, max_size=40))
@example("11111111-22224333-8444-555555555555")
@example("{11111111-2222-4333-8444-555555555555}")
@example("urn:uuid:11111111-2222-4333-8444-555555555555")
@example("11111111-2222-4333-8444-555555555555\n")
@example(" 11111111-2222-4333-8444-555555555555")
@example("\uff111111111222243338444555555555555")
def test_nothing_else_is_a_notion_id(text: str) -> None:
    found = parse_notion_id(text)
    assert found is None or text.lower() in {str(found), found.hex}


@pytest.mark.parametrize(
    "path", ["/", "/reports", "/oauth2/authorize?client_id=a&scope=b%20c", "/a/b.c~d", "/a//b", "/?x"]
)
def test_paths_of_this_service_are_local(path: str) -> None:
    assert is_local_path(path)


@PLENTY
@given(text=st.text(max_size=30) | st.text(st.sampled_from("/\\.:@%?#\t\n\r ahtps5C2F"), max_size=14))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("\n//evil.example")
@example("https://evil.example")
@example("javascript:alert(1)")
@example("")
@example("reports")
@example("/a\nb")
@example("/" + "x" * 2001)
def test_a_local_path_never_leads_to_another_host(text: str) -> None:
    if not is_local_path(text):
        return
    # As browsers do: backslashes are slashes, and tabs and newlines are dropped.
    seen = text.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert urlsplit(urljoin("https://home.example/x", seen)).netloc == "home.example"
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= 2001


@pytest.mark.parametrize(
    "text",
    [
        "", "reports", "//evil.example", "/\\evil.example", "\\evil", "/\t/evil.example", " /a", "/a b", "/a#b", "/ä",
        "/a\x00",         "https://evil.example", "javascript:alert(1)", "/a\\..\\b", "/" + "x" * 2001,
    ],
)  # fmt: skip
def test_anything_else_is_not_local(text: str) -> None:
    assert not is_local_path(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "app.localhost"])
def test_loopback_hosts(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        None,
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evillocalhost",
        "128.0.0.1",
    ],
)
def test_other_hosts_are_not_loopback(host: str | None) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com:8000", "example.com"),
        ("example.com:", "example.com"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::1]:8000", "::1"),
        ("[2001:DB8::1]:1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_a_host_header_without_its_port(header: str, name: str) -> None:
    assert host_name(header) == name


@PLENTY
@given(header=st.text(max_size=40))
def test_any_host_header_has_some_name(header: str) -> None:
    assert isinstance(host_name(header), str)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.com", "https://example.com"),
        ("https://example.com:443/a?b#c", "https://example.com"),
        ("http://example.com:80/", "http://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("https://user:pw@example.com:8443/", "https://example.com:8443"),
        ("http://[::1]:3000/x", "http://[::1]:3000"),
        ("http://[::1]/", "http://[::1]"),
    ],
)
def test_an_origin_is_written_as_browsers_do(url: str, expected: str) -> None:
    assert origin(url) == expected
    assert origin(expected) == expected


@PLENTY
@given(values=VALUES)
def test_a_query_carries_any_values_behind_what_is_there(values: dict[str, str]) -> None:
    url = with_query("https://host/path?first=1&second=a%26b#part", **values)
    parts = urlsplit(url)
    found = parse_qsl(parts.query, keep_blank_values=True)
    assert found == [("first", "1"), ("second", "a&b"), *values.items()]
    assert (parts.netloc, parts.path, parts.fragment) == ("host", "/path", "part")


@PLENTY
@given(values=VALUES)
def test_a_fragment_carries_any_values_and_replaces_what_is_there(values: dict[str, str]) -> None:
    url = with_fragment("https://host/path?x=1#old", **values)
    before, _, fragment = url.partition("#")
    assert before == "https://host/path?x=1"
    assert parse_qsl(fragment, keep_blank_values=True) == list(values.items())
