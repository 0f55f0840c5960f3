"""Envelope encryption: what was sealed opens with its key and its row, and with nothing else."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivgraph_auth.core.sealing import CannotOpenError, Keyring, sealed_with

PLENTY = settings(derandomize=True, deadline=None, max_examples=60)
KEYS = {"one": bytes(range(32)), "two": bytes(range(32, 64))}
TEXT = b"what nobody else may read"
ROW = "grant:7"


@PLENTY
@given(plaintext=st.binary(max_size=300), identity=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_was_sealed_opens(plaintext: bytes, identity: str) -> None:
    sealed = Keyring(KEYS).seal(plaintext, identity)
    assert Keyring(KEYS).open(sealed, identity) == plaintext
    assert len(plaintext) < 8 or plaintext not in sealed


def test_the_same_text_is_sealed_anew_each_time() -> None:
    keyring = Keyring(KEYS)
    sealed = {keyring.seal(TEXT, ROW) for _ in range(50)}
    assert len(sealed) == 50
    # Key id aside, nothing is shared: neither nonces nor data keys.
    assert len({item[5:17] for item in sealed}) == len({item[65:77] for item in sealed}) == 50


@PLENTY
@given(identity=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_record_does_not_open_in_another_row(identity: str) -> None:
    assume(identity != ROW)
    with pytest.raises(CannotOpenError):
        Keyring(KEYS).open(Keyring(KEYS).seal(TEXT, ROW), identity)


@pytest.mark.parametrize("ring", [KEYS, {"one": KEYS["one"]}, {"two": KEYS["two"], "one": KEYS["one"]}])
def test_a_record_with_any_byte_changed_does_not_open(ring: dict[str, bytes]) -> None:
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    for at in range(len(sealed)):
        for bit in (0, 3, 7):
            changed = bytearray(sealed)
            changed[at] ^= 1 << bit
            with pytest.raises(CannotOpenError):
                Keyring(ring).open(bytes(changed), ROW)


def test_a_record_cut_short_or_made_longer_does_not_open() -> None:
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    for end in range(len(sealed)):
        with pytest.raises(CannotOpenError):
            Keyring(KEYS).open(sealed[:end], ROW)
    with pytest.raises(CannotOpenError):
        Keyring(KEYS).open(sealed + b"\x00", ROW)


@PLENTY
@given(noise=st.binary(max_size=150) | st.binary(max_size=150).map(lambda rest: b"\x01\x03one" + rest))
def test_noise_does_not_open(noise: bytes) -> None:
    with pytest.raises(CannotOpenError):
        Keyring(KEYS).open(noise, ROW)


def test_the_first_key_seals_and_every_key_opens() -> None:
    old = Keyring({"two": KEYS["two"]}).seal(TEXT, ROW)
    new = Keyring(KEYS).seal(TEXT, ROW)
    assert (sealed_with(old), sealed_with(new)) == ("two", "one")
    assert Keyring(KEYS).open(old, ROW) == Keyring(KEYS).open(new, ROW) == TEXT


def test_another_key_under_the_same_id_does_not_open() -> None:
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    with pytest.raises(CannotOpenError):
        Keyring({"one": KEYS["two"]}).open(sealed, ROW)


def test_an_unknown_key_is_named() -> None:
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    with pytest.raises(CannotOpenError, match="one"):
        Keyring({"two": KEYS["two"]}).open(sealed, ROW)


def test_a_record_relabelled_with_another_key_id_does_not_open() -> None:
    both = {"one": KEYS["one"], "two": KEYS["one"]}
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    with pytest.raises(CannotOpenError):
        Keyring(both).open(sealed.replace(b"one", b"two", 1), ROW)


def test_parts_of_two_records_do_not_make_a_third() -> None:
    """The wrapped data key of one, the ciphertext of the other."""
    first, second = (Keyring(KEYS).seal(text, ROW) for text in (TEXT, TEXT[::-1]))
    wrapped_ends = 2 + len("one") + 12 + 48
    with pytest.raises(CannotOpenError):
        Keyring(KEYS).open(first[:wrapped_ends] + second[wrapped_ends:], ROW)


def test_a_refusal_holds_nothing_of_what_was_sealed() -> None:
    sealed = Keyring(KEYS).seal(TEXT, ROW)
    with pytest.raises(CannotOpenError) as refusal:
        Keyring(KEYS).open(sealed, "other")
    assert TEXT.decode() not in str(refusal.value)
    assert refusal.value.__cause__ is None
