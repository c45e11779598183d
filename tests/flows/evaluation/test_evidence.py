"""Pictures, hazard and both side by side: figures known by construction, intervals over scenes."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from flows.evaluation.evidence import FIGURES, compare_evidence

HOMES = 400


@pytest.fixture
def homes():
    generator = np.random.default_rng(7)
    grades = generator.choice(4, HOMES, p=[0.6, 0.2, 0.1, 0.1])
    scenes = generator.integers(0, 8, HOMES).astype(str).astype(object)
    noise = generator.random(HOMES)
    sure = np.where(grades > 0, 0.6, 0.1) + 0.3 * noise
    return grades, scenes, sure


def test_figures_are_those_of_scikit_learn(homes):
    grades, scenes, sure = homes
    told = compare_evidence({"image": (sure, sure / 2)}, grades, scenes)["image"]
    assert told["auc_damaged"]["value"] == pytest.approx(roc_auc_score(grades > 0, sure), abs=1e-3)
    assert told["brier_damaged"]["value"] == pytest.approx(
        brier_score_loss(grades > 0, sure), abs=1e-3
    )
    assert told["average_precision_severe"]["value"] == pytest.approx(
        average_precision_score(grades > 1, sure / 2), abs=1e-3
    )
    assert set(told) == set(FIGURES)


def test_each_figure_lies_within_its_interval(homes):
    grades, scenes, sure = homes
    told = compare_evidence({"image": (sure, sure / 2)}, grades, scenes)["image"]
    for name in ("auc_damaged", "auc_severe", "brier_damaged"):
        assert told[name]["low"] <= told[name]["value"] <= told[name]["high"]


def test_evidence_that_knows_nothing_has_no_rank(homes):
    grades, scenes, sure = homes
    flat = np.full(HOMES, 0.3)
    told = compare_evidence({"image": (sure, sure), "hazard": (flat, flat)}, grades, scenes)
    assert told["hazard"]["auc_damaged"]["value"] == 0.5
    assert told["image"]["auc_damaged"]["value"] > 0.9


def test_one_scene_has_no_interval_and_one_side_no_rank():
    told = compare_evidence(
        {"image": (np.array([0.1, 0.2]), np.zeros(2))}, np.zeros(2, np.int64),
        np.array(["a", "a"], dtype=object),
    )["image"]  # fmt: skip
    assert set(told) == {"brier_damaged", "calibration_error_damaged"}
    assert set(told["brier_damaged"]) == {"value"}
