"""A batch of chips holds together or is not made."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chips import BANDS, POST, PRE, ChipBatch

COUNT, HEIGHT, WIDTH = 4, 5, 6


def _make(count: int = COUNT, start: int = 0) -> ChipBatch:
    """Chips whose every array says which building it belongs to."""
    number = np.arange(start, start + count)
    return ChipBatch(
        tuple(f"b{n}" for n in number),
        np.broadcast_to(number[:, None, None, None, None], (count, 2, BANDS, HEIGHT, WIDTH)).astype(
            np.uint8
        ),
        np.broadcast_to((number % 2 == 0)[:, None, None, None], (count, 2, HEIGHT, WIDTH)).copy(),
        np.broadcast_to((number % 3 == 0)[:, None, None], (count, HEIGHT, WIDTH)).copy(),
        number.astype(np.float32),
    )


def _numbers(chips: ChipBatch) -> list[int]:
    """The buildings' numbers, having checked that all arrays agree on them."""
    numbers = [int(name[1:]) for name in chips.building_ids]
    expected = _make(max(numbers, default=0) + 1)
    for field in fields(ChipBatch)[1:]:
        np.testing.assert_array_equal(
            getattr(chips, field.name), getattr(expected, field.name)[numbers]
        )
    return numbers


def test_time_runs_from_before_to_after():
    assert (PRE, POST) == (0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"building_ids": ("a",)}, r"1 buildings need images \(1, 2, 3, height, width\)"),
        ({"images": np.zeros((COUNT, 2, 4, HEIGHT, WIDTH), np.uint8)}, r"got \(4, 2, 4, 5, 6\)"),
        ({"images": np.zeros((COUNT, 3, HEIGHT, WIDTH), np.uint8)}, r"got \(4, 3, 5, 6\)"),
        ({"images": np.zeros((COUNT, 2, 3, HEIGHT, WIDTH), np.float32)}, "uint8, got float32"),
        ({"valid": np.ones((COUNT, HEIGHT, WIDTH), bool)}, r"valid needs shape \(4, 2, 5, 6\)"),
        ({"footprint": np.ones((COUNT, WIDTH, HEIGHT), bool)}, r"footprint needs .*got \(4, 6, 5"),
        ({"pixel_m": np.ones(3, np.float32)}, r"pixel_m needs shape \(4,\), got \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(_make(), **change)


@given(st.lists(st.integers(0, COUNT - 1)))
@settings(max_examples=25)
def test_selecting_keeps_each_chip_with_its_building_in_the_given_order(order):
    assert _numbers(_make().select(np.array(order, dtype=np.intp))) == order


@given(st.lists(st.booleans(), min_size=COUNT, max_size=COUNT))
@settings(max_examples=16)
def test_selecting_by_mask_keeps_the_order(mask):
    picked = _make().select(np.array(mask))
    assert _numbers(picked) == [n for n, keep in enumerate(mask) if keep]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
@settings(max_examples=25)
def test_parts_put_together_are_the_whole(sizes):
    starts = np.cumsum([0, *sizes])
    parts = [_make(size, int(start)) for size, start in zip(sizes, starts, strict=False)]
    assert _numbers(ChipBatch.concatenate(parts)) == list(range(sum(sizes)))
