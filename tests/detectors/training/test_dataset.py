"""Labelled chips come back whole, and areas stay together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from detectors.training.dataset import (
    CALIBRATION_FOLD,
    FOLDS,
    TEST_FOLD,
    LabelledChips,
    fold_of_area,
    read_chips,
    write_chips,
)


def _assert_same(one, other):
    assert one.chips.building_ids == other.chips.building_ids
    for name in ("images", "valid", "footprint", "pixel_m"):
        np.testing.assert_array_equal(getattr(one.chips, name), getattr(other.chips, name))
    for name in ("grades", "events", "areas", "scene_ids"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("px", [8, 13, 32])
@pytest.mark.parametrize("name", ["chips.npz", "chips.npz.partial"])
def test_chips_come_back_from_the_very_path_they_were_written_to(tmp_path, labelled_of, px, name):
    labelled = labelled_of(6, px)
    write_chips(labelled, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    _assert_same(read_chips(tmp_path / name), labelled)


def test_no_chips_come_back_as_none(tmp_path, labelled_of):
    nothing = labelled_of(4).select(np.zeros(4, bool))
    write_chips(nothing, tmp_path / "none.npz")
    assert len(read_chips(tmp_path / "none.npz")) == 0


@pytest.mark.parametrize("keep", [0, 10, 300, -50])
def test_a_file_cut_short_is_named(tmp_path, labelled_of, keep):
    path = tmp_path / "chips.npz"
    write_chips(labelled_of(4), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="not a chip file") as caught:
        read_chips(path)
    assert str(path) in caught.value.work


def test_what_is_no_chip_file_is_named(tmp_path):
    np.savez(tmp_path / "other.npz", images=np.zeros((1, 2, 3, 4, 4), np.uint8))
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("other.npz", "array.npy", "missing.npz"):
        with pytest.raises(InputError, match="not a chip file"):
            read_chips(tmp_path / name)


@pytest.mark.parametrize("grade", [-1, 4])
def test_only_graded_chips_are_labelled(labelled_of, grade):
    labelled = labelled_of(4)
    with pytest.raises(ValueError, match="grades 0 to 3"):
        replace(labelled, grades=np.array([0, 1, 2, grade]))


@given(st.text())
def test_an_area_has_one_fold_for_ever(area):
    assert 0 <= fold_of_area(area) < FOLDS
    assert fold_of_area(area) == fold_of_area(area)


def test_areas_are_spread_over_all_folds_and_none_is_split(labelled_of):
    labelled = labelled_of(400)
    folds = labelled.folds
    assert set(folds) == set(range(FOLDS))
    for area in set(labelled.areas):
        assert len(set(folds[labelled.areas == area])) == 1
        assert folds[labelled.areas == area][0] == fold_of_area(str(area))
    assert TEST_FOLD != CALIBRATION_FOLD
    assert {TEST_FOLD, CALIBRATION_FOLD} <= set(range(FOLDS))


def test_parts_put_together_are_the_whole(labelled_of):
    whole = labelled_of(9)
    first = np.arange(9) < 4
    parts = [whole.select(first), whole.select(~first)]
    _assert_same(LabelledChips.concatenate(parts), whole)
    assert list(parts[1].chips.building_ids) == [f"b{n}" for n in range(4, 9)]
