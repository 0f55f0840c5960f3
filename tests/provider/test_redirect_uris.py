"""Which URIs may be registered, and which are found again (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1)."""

import pytest

from ivgraph_auth.provider.redirect_uris import (
    AppType,
    UriRefused,
    UriType,
    check_redirect_uri,
    host_of,
    is_loopback,
    is_private_use,
    matches,
)
from tests.provider.hostile_uris import HOSTILE

CALLBACK = "https://app.example.com/auth/callback"


@pytest.mark.parametrize("app_type", AppType)
@pytest.mark.parametrize("uri", HOSTILE)
def test_hostile_uri_cannot_be_registered_and_matches_nothing(uri: str, app_type: AppType) -> None:
    for uri_type in UriType:
        with pytest.raises(UriRefused):
            check_redirect_uri(uri, uri_type, app_type)
    assert not matches(uri, [CALLBACK, "http://127.0.0.1/callback"], any_loopback_port=True)


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK,
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com:8443/cb?tenant=1&x=%20",
        "https://APP.example.com/cb",
        "http://localhost/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/cb",
        "https://app.example.com/.well-known/cb",
    ],
)
@pytest.mark.parametrize("app_type", AppType)
def test_https_and_loopback_may_be_registered(uri: str, app_type: AppType) -> None:
    check_redirect_uri(uri, UriType.CALLBACK, app_type)
    check_redirect_uri(uri, UriType.LOGOUT, app_type)
    assert matches(uri, [uri], any_loopback_port=False)


@pytest.mark.parametrize(
    "uri", ["com.example.app:/callback", "com.example.app://cb/x?y=1", "cursor://anysphere.cursor-mcp/oauth/callback"]
)
def test_private_use_schemes_are_for_native_apps(uri: str) -> None:
    check_redirect_uri(uri, UriType.CALLBACK, AppType.NATIVE)
    assert is_private_use(uri)
    for app_type in (AppType.SPA, AppType.REGULAR_WEB):
        with pytest.raises(UriRefused):
            check_redirect_uri(uri, UriType.CALLBACK, app_type)
    with pytest.raises(UriRefused):
        check_redirect_uri(uri, UriType.ORIGIN, AppType.NATIVE)


@pytest.mark.parametrize("uri", ["https://app.example.com", "https://app.example.com:8443", "http://localhost:3000"])
def test_origin_has_no_path(uri: str) -> None:
    check_redirect_uri(uri, UriType.ORIGIN, AppType.SPA)
    for other in (f"{uri}/", f"{uri}/x", f"{uri}?x"):
        with pytest.raises(UriRefused):
            check_redirect_uri(other, UriType.ORIGIN, AppType.SPA)


@pytest.mark.parametrize("uri", ["https://APP.example.com", "https://app.example.com:443", "http://localhost:80"])
def test_origin_is_written_as_browsers_write_it(uri: str) -> None:
    with pytest.raises(UriRefused):
        check_redirect_uri(uri, UriType.ORIGIN, AppType.SPA)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://127.0.0.1:49152/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:1/cb", True),
        ("http://127.0.0.1:49152/cb/", False),
        ("http://127.0.0.1:49152/CB", False),
        ("http://127.0.0.1:49152/cb?x=1", False),
        ("http://localhost:49152/cb", False),
        ("https://127.0.0.1:49152/cb", False),
        ("http://127.0.0.1:49152/cb#x", False),
        ("http://127.0.0.1:0/cb", False),
        ("http://127.0.0.1:70000/cb", False),
        ("http://127.0.0.1:49152@evil.example/cb", False),
    ],
)
def test_native_app_listens_on_any_port_of_loopback(given: str, *, found: bool) -> None:
    registered = ["http://127.0.0.1:8080/cb"]
    assert matches(given, registered, any_loopback_port=True) is found
    assert not matches(given, registered, any_loopback_port=False)


@pytest.mark.parametrize(
    "given",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?",
        f"{CALLBACK}?x=1",
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("app", "APP"),
        CALLBACK.replace(".com", ".com:443"),
        CALLBACK.replace("callback", "%63allback"),
        CALLBACK.replace("callback", "Callback"),
        f"{CALLBACK}.evil",
    ],
)
def test_anything_else_is_found_to_the_letter(given: str) -> None:
    assert not matches(given, [CALLBACK], any_loopback_port=True)


def test_people_are_shown_the_host() -> None:
    assert host_of("https://APP.example.com:8443/x") == "app.example.com"
    assert host_of("http://[::1]:3000/x") == "[::1]"
    assert host_of("com.example.app:/callback") == "com.example.app"
    assert is_loopback("http://[::1]:3000/x")
    assert not is_loopback("https://localhost/x")
