"""Equal inputs have equal names, and nothing nameless gets one."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.provenance import (
    KEY_LENGTH,
    canonical_json,
    content_key,
    digest_of_rows,
    sha256_of_bytes,
    sha256_of_file,
)

JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(), JSON_LIKE))
def test_the_order_of_keys_does_not_matter(value):
    turned = dict(reversed(list(value.items())))
    assert canonical_json(turned) == canonical_json(value)
    assert content_key(turned) == content_key(value)


@given(JSON_LIKE)
def test_canonical_json_is_json_of_the_value(value):
    assert json.loads(canonical_json(value)) == value


def test_order_of_parts_and_of_lists_matters():
    assert content_key("a", "b") != content_key("b", "a")
    assert content_key(["a", "b"]) != content_key(["b", "a"])
    assert content_key("ab") != content_key("a", "b")
    assert content_key(1) != content_key("1")


def test_a_key_is_the_same_for_ever():
    assert (
        content_key("block-7", {"b": 1, "a": [1.5, None]})
        == (hashlib.sha256(b'["block-7",{"a":[1.5,null],"b":1}]').hexdigest()[:KEY_LENGTH])
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_refused(value):
    for parts in (value, [value], {"deep": {"er": value}}):
        with pytest.raises(ValueError, match="not JSON compliant"):
            content_key(parts)


def test_paths_and_instants_are_written_as_text():
    instant = datetime(2018, 10, 10, tzinfo=UTC)
    assert canonical_json([Path("a/b"), instant]) == '["a/b","2018-10-10 00:00:00+00:00"]'


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_file_has_the_digest_of_its_bytes(tmp_path, size):
    data = bytes(i % 251 for i in range(size))
    (tmp_path / "f").write_bytes(data)
    assert sha256_of_file(tmp_path / "f") == sha256_of_bytes(data)


def test_rows_are_told_apart_from_their_order_and_their_cells():
    rows = [["a", 1], ["b", 2]]
    assert digest_of_rows(iter(rows)) == digest_of_rows(rows)
    assert digest_of_rows(rows) != digest_of_rows(rows[::-1])
    assert digest_of_rows([["a"], ["b"]]) != digest_of_rows([["a", "b"]])
    assert digest_of_rows([]) == hashlib.sha256(b"").hexdigest()
