"""Each home is judged by the one network that saw nothing of its area."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.network.options import PredictOptions
from detectors.training.cross_fitting import judge_out_of_fold

PARTS = ((0, 3, 6), (1, 4, 7), (2,))


@pytest.fixture(scope="module")
def judged(labelled_of, network):
    """Judgements of 32 chips in eight areas, and what each network was taught."""
    labelled = labelled_of(32)
    folds = labelled.folds.copy()
    folds[:4] = -1
    taught = {}

    def teach(training, name):
        taught[name] = training
        return network

    said = judge_out_of_fold(
        labelled, folds, parts=PARTS, kinds=np.where(labelled.grades == 0, "fire", "wind"),
        teach=teach, predicting=PredictOptions(), seed=7,
    )  # fmt: skip
    return labelled, folds, taught, said


def test_a_network_is_taught_all_areas_but_those_it_judges(judged):
    labelled, folds, taught, said = judged
    for part in np.unique(said.parts):
        name = "folds-" + "-".join(map(str, PARTS[part]))
        ids = set(taught[name].chips.building_ids)
        is_held = np.isin(folds, PARTS[part])
        names = np.array(labelled.chips.building_ids)
        assert ids == set(names[~is_held])
        assert said.rows[said.parts == part].tolist() == np.flatnonzero(is_held).tolist()
    assert len(said.grades) == np.isin(folds, sum(PARTS, ())).sum() > 0
    assert np.isfinite(said.logits).all()
    assert ((said.kinds == "fire") == (said.grades == 0)).all()
    assert (said.distances > 0).all()


def test_a_parts_chances_do_not_depend_on_its_own_truth(judged):
    *_, said = judged
    part = said.parts[0]
    is_own = said.parts == part
    other = replace(said, grades=np.where(is_own, 3 - said.grades, said.grades))
    np.testing.assert_array_equal(said.calibrate_across()[is_own], other.calibrate_across()[is_own])
    assert not np.array_equal(said.calibrate_across()[~is_own], other.calibrate_across()[~is_own])
    assert said.calibrate() != other.calibrate()
