"""A bad chip is named with its value, and costs nobody else the grade."""

import dataclasses
import re

import numpy as np
import pytest

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from detectors.calibrate import UNCALIBRATED
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector
from detectors.network.screening import (
    ChipFlaw,
    ChipSample,
    collect_chips,
    grade_usable,
    screen_chips,
)

PX = 32


class _Certain:
    """Fails on any chip that it should not have been given."""

    def grade(self, chips):
        assert not screen_chips(chips).astype(bool).any()
        return GradeProbabilities(np.tile(np.float32([0.7, 0.1, 0.1, 0.1]), (len(chips), 1)))


def sample_of(chips, index=0, **changes):
    sample = ChipSample(
        chips.building_ids[index], chips.images[index], chips.valid[index],
        chips.footprint[index], float(chips.pixel_m[index]),
    )  # fmt: skip
    return dataclasses.replace(sample, **changes)


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


@pytest.mark.parametrize(
    ("flaw", "value", "changes"),
    [
        (ChipFlaw.BANDS_WRONG, "(2, 4, 32, 32)", {"image": np.zeros((2, 4, PX, PX), np.uint8)}),
        (ChipFlaw.BANDS_WRONG, "(3, 32, 32)", {"image": np.zeros((3, PX, PX), np.uint8)}),
        (ChipFlaw.SIZE_WRONG, "(16, 16)", {"image": np.zeros((2, 3, 16, 16), np.uint8)}),
        (ChipFlaw.SIZE_WRONG, "(31, 32)", {"footprint": np.zeros((31, PX), bool)}),
        (ChipFlaw.SIZE_WRONG, "(1, 32, 32)", {"valid": np.ones((1, PX, PX), bool)}),
        (ChipFlaw.NOT_FINITE, "NaN", {"image": np.full((2, 3, PX, PX), np.nan, np.float32)}),
        (ChipFlaw.NOT_UINT8, "float32", {"image": np.zeros((2, 3, PX, PX), np.float32)}),
        (ChipFlaw.NOT_UINT8, "uint16", {"image": np.zeros((2, 3, PX, PX), np.uint16)}),
        (ChipFlaw.SCALE_WRONG, "nan", {"pixel_m": float("nan")}),
        (ChipFlaw.SCALE_WRONG, "0.0", {"pixel_m": 0.0}),
        (ChipFlaw.SCALE_WRONG, "inf", {"pixel_m": float("inf")}),
    ],
)
def test_a_malformed_sample_is_a_reject_with_its_value(chips_of, flaw, value, changes):
    chips = chips_of(3)
    samples = [sample_of(chips, 0), sample_of(chips, 1, **changes), sample_of(chips, 2)]
    batch, (reject,) = collect_chips(samples, PX)
    assert batch.building_ids == ("b0", "b2")
    assert (reject.building_id, reject.flaw) == ("b1", flaw)
    assert value in reject.value
    assert np.array_equal(batch.images, chips.images[[0, 2]])
    assert np.array_equal(batch.footprint, chips.footprint[[0, 2]])


def test_nothing_good_gives_an_empty_batch():
    batch, rejects = collect_chips([], PX)
    assert (len(batch), rejects) == (0, ())
    assert screen_chips(batch).tolist() == []


def test_a_batch_of_another_make_is_refused_with_what_it_got(chips_of):
    chips = chips_of(2)
    with pytest.raises(ValueError, match=re.escape("got (2, 2, 4, 32, 32)")):
        dataclasses.replace(chips, images=np.zeros((2, 2, 4, PX, PX), np.uint8))
    with pytest.raises(ValueError, match="chips are uint8, got float32"):
        dataclasses.replace(chips, images=chips.images.astype(np.float32))
    with pytest.raises(ValueError, match="all the input array dimensions"):
        ChipBatch.concatenate([chips, chips_of(1, px=16)])
