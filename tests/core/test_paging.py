"""Cursors: opaque, and good for one caller and one query only."""

import base64

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivgraph_auth.core.paging import CursorNotValid, Cursors
from ivgraph_auth.core.secrets import Secret

PLENTY = settings(derandomize=True, deadline=None, max_examples=60)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
KEY = Secret("k" * 32)


@PLENTY
@given(binding=TEXT, position=TEXT)
def test_a_cursor_leads_back_to_its_position(binding: str, position: str) -> None:
    cursor = Cursors(KEY).issue(binding, position)
    assert Cursors(KEY).open(binding, cursor) == position
    assert cursor.isascii()
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@PLENTY
@given(binding=TEXT, other=TEXT, position=TEXT)
def test_a_cursor_is_of_no_use_to_another_list(binding: str, other: str, position: str) -> None:
    assume(binding != other)
    with pytest.raises(CursorNotValid):
        Cursors(KEY).open(other, Cursors(KEY).issue(binding, position))


def test_where_the_binding_ends_cannot_be_moved() -> None:
    cursor = Cursors(KEY).issue("sessions of 1", "2 x")
    with pytest.raises(CursorNotValid):
        Cursors(KEY).open("sessions of 12", cursor)


@PLENTY
@given(position=TEXT, at=st.integers(0, 1000), bit=st.integers(0, 7))
def test_a_cursor_that_was_changed_does_not_open(position: str, at: int, bit: int) -> None:
    cursor = Cursors(KEY).issue("list", position)
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at % len(raw)] ^= 1 << bit
    with pytest.raises(CursorNotValid):
        Cursors(KEY).open("list", base64.urlsafe_b64encode(raw).decode().rstrip("="))


@PLENTY
@given(text=st.text(max_size=80) | st.text(st.sampled_from("AZaz09-_="), max_size=80))
def test_any_other_text_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(CursorNotValid) as refusal:
        Cursors(KEY).open("list", text)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_cursor")


def test_a_cursor_of_another_service_does_not_open() -> None:
    with pytest.raises(CursorNotValid):
        Cursors(Secret("x" * 32)).open("list", Cursors(KEY).issue("list", "5"))
