"""A bad chip is named with its value, and costs nobody else the grade."""

import dataclasses
import re

import numpy as np
import pytest

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from detectors.calibrate import Calibration
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector
from detectors.network.screening import grade_usable, screen_chips

PX = 32
UNCALIBRATED = Calibration(1.0, (0.0,) * 4)


class _Certain:
    """Fails on any chip that it should not have been given."""

    def grade(self, chips):
        assert not screen_chips(chips).astype(bool).any()
        return GradeProbabilities(np.tile(np.float32([0.7, 0.1, 0.1, 0.1]), (len(chips), 1)))


@pytest.fixture
def spoilt(chips_of):
    """Six chips, four of them spoilt each in its way."""
    chips = chips_of(6)
    chips.footprint[1] = False
    chips.valid[2, 1] = False
    chips.images[3, 0] = 77
    chips.valid[4, 0] &= ~chips.footprint[4]
    return chips


def test_each_flaw_is_named(spoilt):
    assert screen_chips(spoilt).tolist() == [
        "", "outline_without_pixels", "no_pixels_on_building", "blank_picture",
        "no_pixels_on_building", "",
    ]  # fmt: skip


def test_one_bad_chip_does_not_keep_the_others_from_their_grade(spoilt):
    judged = grade_usable(_Certain(), spoilt)
    assert judged.is_graded.tolist() == [True, False, False, False, False, True]
    assert len(judged.grades) == 2


def test_the_real_detector_grades_the_good_ones_as_it_would_alone(spoilt, network):
    detector = SiameseDetector(network, UNCALIBRATED, None, PredictOptions(flips=1))
    judged = grade_usable(detector, spoilt)
    alone = detector.grade(spoilt.select(np.array([0, 5])))
    assert judged.grades.values == pytest.approx(alone.values, abs=1e-5)


@pytest.mark.parametrize("count", [0, 1])
def test_a_batch_of_only_bad_chips_asks_nobody(chips_of, count):
    chips = chips_of(count)
    chips.footprint[:] = False
    judged = grade_usable(None, chips)
    assert len(judged.grades) == 0
    assert not judged.is_graded.any()


def test_a_coloured_but_even_picture_is_blank_and_a_dark_one_is_not(chips_of):
    chips = chips_of(2)
    chips.images[0, 1] = np.array([10, 90, 200], np.uint8)[:, None, None]
    chips.images[1, 1] //= 40
    assert screen_chips(chips).tolist() == ["blank_picture", ""]


def test_a_batch_of_another_make_is_refused_with_what_it_got(chips_of):
    chips = chips_of(2)
    with pytest.raises(ValueError, match=re.escape("got (2, 2, 4, 32, 32)")):
        dataclasses.replace(chips, images=np.zeros((2, 2, 4, PX, PX), np.uint8))
    with pytest.raises(ValueError, match="chips are uint8, got float32"):
        dataclasses.replace(chips, images=chips.images.astype(np.float32))
    with pytest.raises(ValueError, match="all the input array dimensions"):
        ChipBatch.concatenate([chips, chips_of(1, px=16)])
