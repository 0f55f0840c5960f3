"""Secrets that do not show themselves."""

import copy
import re
import secrets
from collections import Counter

import pytest

from ivgraph_auth.core.secrets import (
    ALPHANUMERIC,
    Secret,
    random_alphanumeric,
    random_hex,
    random_token,
    random_uuid,
    same,
    sha256,
)

TEXT = "Xy7-the-text-itself"


@pytest.mark.parametrize("shown", ["{!r}", "{!s}", "{}", "{!a}"])
def test_a_secret_shows_asterisks(shown: str) -> None:
    assert TEXT not in shown.format(Secret(TEXT))
    assert "***" in shown.format(Secret(TEXT))


def test_a_secret_shows_asterisks_inside_of_other_things() -> None:
    for holder in (
        [Secret(TEXT)],
        {"x": Secret(TEXT)},
        (Secret(TEXT),),
        ValueError(Secret(TEXT)),
        copy.copy(Secret(TEXT)),
    ):
        assert TEXT not in f"{holder!r} {holder}"


def test_a_secret_is_revealed_on_demand_only() -> None:
    assert Secret(TEXT).reveal() == TEXT
    with pytest.raises(TypeError):
        "".join([Secret(TEXT)])  # type: ignore[list-item]
    assert not hasattr(Secret(TEXT), "__dict__")


def test_equal_secrets_are_equal() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))
    assert Secret(TEXT) != Secret(TEXT.lower())
    assert Secret(TEXT) != TEXT


@pytest.mark.parametrize(("left", "right"), [("a", "a"), (b"a", "a"), ("ä\ud800", "ä\ud800"), ("", b"")])
def test_comparison_takes_text_of_any_kind(left: str | bytes, right: str | bytes) -> None:
    assert same(left, right)
    assert not same(left, f"x{right!r}")


def test_a_digest_takes_text_of_any_kind() -> None:
    assert len({sha256(text) for text in ("", "a", "\ud800", "\x00", "ä")}) == 5
    assert len(sha256(TEXT)) == 32


def test_what_is_random_has_its_form_and_does_not_come_twice() -> None:
    forms = [
        (random_token, r"[A-Za-z0-9_-]{43}"),
        (lambda: random_hex(32), r"[0-9a-f]{32}"),
        (lambda: random_alphanumeric(32), r"[A-Za-z0-9]{32}"),
        (lambda: str(random_uuid()), r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ]
    for make, form in forms:
        made = [make() for _ in range(100)]
        assert len(set(made)) == 100
        assert all(re.fullmatch(form, text) for text in made)


def test_every_letter_is_as_likely_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte that the system could give, as often as any other."""
    monkeypatch.setattr(secrets, "token_bytes", lambda _: bytes(range(256)))
    letters = Counter(random_alphanumeric(4 * len(ALPHANUMERIC)))
    assert letters == dict.fromkeys(ALPHANUMERIC, 4)


@pytest.mark.parametrize("characters", [0, 1, 32, 46, 1000])
def test_so_many_letters_come_as_are_asked_for(characters: int) -> None:
    assert {len(random_alphanumeric(characters)) for _ in range(200)} == {characters}
