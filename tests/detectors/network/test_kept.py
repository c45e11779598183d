"""What was seen before the storm is as good as seen on the day."""

from dataclasses import replace

import numpy as np
import pytest

from core.chips import POST
from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.network.kept import KeptDetector, look_before
from detectors.network.novelty import fit_novelty, measure_distances
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector, compute_answers

EXACT = PredictOptions(batch=4)
UNCALIBRATED = Calibration(1.0, (0.0,) * 4)


@pytest.fixture
def detector(network, chips_of):
    known = compute_answers(network, chips_of(40, seed=9), EXACT).readings
    novelty = fit_novelty(known[:20], measure_distances(known[:20], known[20:]))
    return SiameseDetector(network, UNCALIBRATED, ModelRef("m", "0", "MIT"), EXACT, novelty)


def _kept(detector, chips):
    rows = {name: row for row, name in enumerate(chips.building_ids)}
    return KeptDetector(detector, look_before(detector, chips), rows)


def test_grades_are_those_of_both_dates_looked_at_together(detector, chips_of):
    chips = chips_of(11)
    plain, kept = detector.grade(chips), _kept(detector, chips).grade(chips)
    np.testing.assert_allclose(kept.values, plain.values, atol=1e-3)
    np.testing.assert_allclose(kept.novelty_frac, plain.novelty_frac, atol=0.02)


def _whole(chips):
    return replace(chips, valid=np.ones_like(chips.valid))


def test_the_date_before_is_not_looked_at_again(detector, chips_of):
    chips = _whole(chips_of(5))
    kept = _kept(detector, chips)
    black = replace(chips, images=chips.images * np.array([0, 1], np.uint8)[:, None, None, None])
    np.testing.assert_array_equal(kept.grade(black).values, kept.grade(chips).values)
    assert (detector.grade(black).values != detector.grade(chips).values).any()


def test_the_date_after_has_no_part_in_what_is_kept(detector, chips_of):
    chips = chips_of(5)
    later = replace(chips, images=chips.images[:, [0, 0]])
    first, second = look_before(detector, chips), look_before(detector, later)
    np.testing.assert_array_equal(first.coarse, second.coarse)
    assert first.fine.dtype == np.float16
    assert len(first) == 5


def test_buildings_go_by_their_ids_and_the_unknown_are_looked_at_whole(detector, chips_of):
    chips = chips_of(9)
    kept = _kept(detector, chips.select(np.arange(0, 9, 2)))
    order = np.array([8, 3, 0, 5, 2])
    np.testing.assert_allclose(
        kept.grade(chips.select(order)).values, detector.grade(chips).values[order], atol=1e-3
    )


def test_a_home_that_a_date_shows_in_part_is_graded_as_if_nothing_were_kept(detector, chips_of):
    chips = _whole(chips_of(4))
    valid = chips.valid.copy()
    valid[1, POST, :, 20:] = False
    cut = replace(chips, valid=valid)
    kept, plain = _kept(detector, chips).grade(cut), detector.grade(cut)
    np.testing.assert_allclose(kept.values[1], plain.values[1], rtol=1e-5)
    assert (plain.values[1] != detector.grade(chips).values[1]).any()


def test_with_mirrored_views_nothing_kept_is_used(detector, chips_of):
    chips = chips_of(4)
    four = replace(detector, options=replace(EXACT, flips=4))
    np.testing.assert_array_equal(_kept(four, chips).grade(chips).values, four.grade(chips).values)


def test_half_precision_is_close(detector, chips_of):
    chips = chips_of(8)
    half = replace(detector, options=replace(EXACT, number_format=NumberFormat.BFLOAT16))
    np.testing.assert_allclose(
        _kept(half, chips).grade(chips).values, half.grade(chips).values, atol=5e-3
    )
