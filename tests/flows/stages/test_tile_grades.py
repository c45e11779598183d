"""What is said of graded homes: only a damaged one on bare ground is told apart."""

import numpy as np

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from flows.stages.tile_grades import say_seen

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
    said = say_seen(_chips(False, False, True, True), grades)
    assert said.tolist() == ["seen", "seen;bare_before", "seen", "seen"]


def test_nobody_is_fine():
    nobody = GradeProbabilities(np.empty((0, 4), np.float32))
    assert say_seen(_chips(True).select(np.zeros(1, bool)), nobody).shape == (0,)
