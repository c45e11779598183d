"""The local rate against a plain loop over all pairs, and what it must never do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.local_rate import EARTH_M, LocalRateOptions, compute_local_rate

OPTIONS = LocalRateOptions(reach_m=150, most=64, hazard_homes=2)
CHANCE = st.floats(0, 1)
METRE_DEG = math.degrees(1 / EARTH_M)


def place(metres):
    """Homes so far apart, ``(east, north)`` metres from a corner on the equator."""
    x, y = np.asarray(metres, float).reshape(-1, 2).T
    return x * METRE_DEG, y * METRE_DEG


def rate(metres, image, prior, options=OPTIONS, buildings=None):
    count = len(image)
    codes = np.arange(count) if buildings is None else np.asarray(buildings)
    return compute_local_rate(
        place(metres), codes.astype(np.intp), np.asarray(image, float),
        np.broadcast_to(np.asarray(prior, float), count).copy(), options,
    )  # fmt: skip


homes = st.lists(
    st.tuples(st.tuples(st.floats(0, 400), st.floats(0, 400)), CHANCE | st.just(np.nan), CHANCE),
    min_size=1, max_size=12,
)  # fmt: skip


@given(homes)
@settings(max_examples=100)
def test_it_is_what_a_loop_over_all_pairs_gives(given):
    metres, image, prior = (np.array(each, float) for each in zip(*given, strict=True))
    found = rate(metres, image, prior)
    for home in range(len(given)):
        away = np.hypot(*(metres - metres[home]).T)
        if (np.abs(away - 150) < 0.01).any():
            return  # on the edge either answer is right
        near = (away < 150) & np.isfinite(image)
        near[home] = False
        expected = (image[near].sum() + 2 * prior[home]) / (near.sum() + 2)
        assert found[home] == pytest.approx(expected)


def test_nothing_seen_around_leaves_the_hazard_alone():
    assert rate([[0, 0], [1000, 0]], [0.9, 0.9], [0.1, 0.2]).tolist() == [0.1, 0.2]
    assert rate([[0, 0], [10, 0]], [np.nan, np.nan], [0.1, 0.2]).tolist() == [0.1, 0.2]


def test_a_home_that_was_not_seen_learns_from_its_street():
    street = [[20 * k, 0] for k in range(7)]
    seen = [0.95, 0.9, 0.97, np.nan, 0.9, 0.95, 0.9]
    assert rate(street, seen, 0.3)[3] == pytest.approx((sum(seen[:3]) + sum(seen[4:]) + 0.6) / 8)


def test_policies_of_one_building_are_no_neighbours_and_count_once():
    metres = [[0, 0], [1, 0], [30, 0]]
    found = rate(metres, [0.9, 0.9, 0.1], 0.3, buildings=[0, 0, 1])
    assert found[0] == found[1] == pytest.approx((0.1 + 0.6) / 3)
    assert found[2] == pytest.approx((0.9 + 0.6) / 3)


def test_distances_hold_far_from_the_equator():
    longitude = np.array([25.0, 25.0 + 100 * METRE_DEG / math.cos(math.radians(65))])
    found = compute_local_rate(
        (longitude, np.array([65.0, 65.0])), np.arange(2), np.array([0.9, 0.9]),
        np.array([0.3, 0.3]), LocalRateOptions(reach_m=101),
    )  # fmt: skip
    assert found[0] == pytest.approx(0.5)


def test_only_the_nearest_count():
    metres = [[k, 0] for k in range(101)]
    image = [0.5, *([1.0] * 4), *([0.0] * 96)]
    options = LocalRateOptions(reach_m=150, most=4, hazard_homes=1)
    assert rate(metres, image, 0.5, options)[0] == pytest.approx(4.5 / 5)


def test_no_homes_are_fine_and_odd_options_are_not():
    assert len(rate(np.zeros((0, 2)), [], 0.3)) == 0
    with pytest.raises(ValueError, match="positive"):
        LocalRateOptions(reach_m=0)
