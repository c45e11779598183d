"""What is said of graded homes: what speaks against the grade joins what was seen."""

import numpy as np

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from detectors.facts import measure_facts
from flows.stages.tiles.grades import say_seen

PX = 160
UNDAMAGED, DESTROYED = [1, 0, 0, 0], [0, 0, 0, 1]


def _chips(*has_roof):
    images = np.full((len(has_roof), 2, 3, PX, PX), 90, np.uint8)
    images[:, :, 1] = 110
    inside = np.zeros((len(has_roof), PX, PX), bool)
    inside[:, 60:100, 50:110] = True
    images[np.array(has_roof), 0, :, 60:100, 50:110] = 170
    valid = np.ones((len(has_roof), 2, PX, PX), bool)
    ids = tuple(map(str, range(len(has_roof))))
    return ChipBatch(ids, images, valid, inside, np.full(len(has_roof), 0.25, np.float32))


def test_only_a_damaged_home_on_bare_ground_is_told_apart():
    grades = GradeProbabilities(np.array([UNDAMAGED, DESTROYED] * 2, np.float32))
    chips = _chips(False, False, True, True)
    said = say_seen(chips, grades, measure_facts(chips))
    assert said.tolist() == ["seen", "seen;bare_before", "seen", "seen"]


def test_an_undamaged_home_whose_roof_turned_to_rubble_looks_changed():
    chips = _chips(True, True)
    rng = np.random.default_rng(1)
    ground = rng.normal(0, 6, (2, 2, 3, PX, PX))
    images = (chips.images + ground).clip(0, 255).astype(np.uint8)
    rubble = rng.uniform(40, 230, (10, 15)).repeat(4, 0).repeat(4, 1)
    images[0, 1] = images[0, 0]
    images[1, 1, :, 60:100, 50:110] = rubble
    changed = ChipBatch(chips.building_ids, images, chips.valid, chips.footprint, chips.pixel_m)
    grades = GradeProbabilities(np.array([[0.8, 0.2, 0, 0]] * 2, np.float32))
    said = say_seen(changed, grades, measure_facts(changed))
    assert said.tolist() == ["seen", "seen;looks_changed"]


def test_nobody_is_fine():
    nobody = GradeProbabilities(np.empty((0, 4), np.float32))
    none = _chips(True).select(np.zeros(1, bool))
    assert say_seen(none, nobody, measure_facts(none)).shape == (0,)
