"""The forms in which encryption keys are given."""

import base64
import os

import pytest

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.sealing import CannotOpenError
from ivgraph_auth.keys.keyring import add_last, generate_key, parse_keyring, put_first

# With the two characters in which the alphabets differ.
RAW = bytes.fromhex("fb ef be ff") * 8
OTHER = bytes(range(32))
STANDARD = base64.b64encode(RAW).decode()
URL_SAFE = base64.urlsafe_b64encode(RAW).decode()


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.mark.parametrize("text", [STANDARD, URL_SAFE, STANDARD.rstrip("="), URL_SAFE.rstrip("=")])
def test_a_key_is_taken_in_either_alphabet_with_or_without_padding(text: str) -> None:
    assert parse_keyring(f"main:{text}").keys == {"main": RAW}


@pytest.mark.parametrize(
    "text",
    [
        f"a:{STANDARD},b:{encoded(OTHER)}",
        f" a:{STANDARD} , b:{encoded(OTHER)} ",
        f",a:{STANDARD},,b:{encoded(OTHER)},",
        f"a:{STANDARD}\n,\tb: {encoded(OTHER)}\n",
    ],
)
def test_blanks_and_spare_commas_do_not_matter_and_the_first_key_is_the_current_one(text: str) -> None:
    keyring = parse_keyring(text)
    assert list(keyring.keys.items()) == [("a", RAW), ("b", OTHER)]
    assert keyring.current == "a"


@pytest.mark.parametrize("key_id", ["a", "2026-11", "A.b_c-9", "x" * 64])
def test_plain_ids_are_taken(key_id: str) -> None:
    assert parse_keyring(f"{key_id}:{STANDARD}").current == key_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        STANDARD,
        f":{STANDARD}",
        f"a b:{STANDARD}",
        f"ä:{STANDARD}",
        f"a/b:{STANDARD}",
        f"{'x' * 65}:{STANDARD}",
        "main:",
        "main",
        f"main:{encoded(RAW[:31])}",
        f"main:{encoded(RAW + b'x')}",
        f"main:{encoded(RAW[:16])}",
        f"main:{RAW.hex()}",
        f"main:{STANDARD[:-4]}!!!=",
        f"main:{STANDARD[:20]} {STANDARD[20:]}",
        f"main:{STANDARD}ä",
        f"main:{STANDARD}:{STANDARD}",
        f"a:{STANDARD},a:{encoded(OTHER)}",
        f"a:{STANDARD},b:nonsense",
    ],
)
def test_anything_else_is_refused_by_the_settings_name_and_without_the_value(text: str) -> None:
    with pytest.raises(ConfigurationError, match="IVGRAPH_ENCRYPTION_KEYS") as refusal:
        parse_keyring(text)
    for secret in (STANDARD[:20], encoded(OTHER)[:20], RAW.hex()[:20], "nonsense"):
        assert secret not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_refusal_tells_which_entry_it_is() -> None:
    with pytest.raises(ConfigurationError, match="entry 2"):
        parse_keyring(f"a:{STANDARD},b:short")


def test_a_generated_key_is_one_that_is_taken() -> None:
    one, other = generate_key("main"), generate_key("main")
    assert one != other
    assert parse_keyring(one).open(parse_keyring(one).seal(b"text", "row"), "row") == b"text"


def test_a_new_first_key_leaves_the_old_ones_readable() -> None:
    old, new = generate_key("old"), generate_key("new")
    sealed = parse_keyring(old).seal(b"text", "row")
    assert parse_keyring(f"{new},{old}").open(sealed, "row") == b"text"
    with pytest.raises(CannotOpenError, match="old"):
        parse_keyring(new).open(sealed, "row")


def test_a_keyring_shows_ids_and_no_key() -> None:
    key = os.urandom(32)
    keyring = parse_keyring(f"main:{encoded(key)}")
    for shown in (repr(keyring), str(keyring), f"{keyring}"):
        assert "main" in shown
        assert encoded(key) not in shown
        assert repr(key) not in shown
        assert key.hex() not in shown


def test_a_key_is_added_as_the_last_and_put_first() -> None:
    one, two, three = generate_key("one"), generate_key("two"), generate_key("three")
    text = add_last(f" {one},,{two}\n", three)
    assert list(parse_keyring(text).keys) == ["one", "two", "three"]
    assert list(parse_keyring(put_first(text, "three")).keys) == ["three", "one", "two"]
    assert parse_keyring(put_first(text, "three")).keys == parse_keyring(text).keys
