"""Intervals cover what they should, draw scenes and not homes, and say when there are none."""

import time

import numpy as np
import pandas as pd
import pytest

from core.estimates import POOLED
from core.schemas.truth import SCORES
from core.tables import check_table
from detectors.measuring.bootstrap import (
    BootstrapOptions,
    compute_interval,
    draw_scenes,
    split_blocks,
)
from detectors.measuring.estimates import compute_groups
from detectors.measuring.metrics import MetricOptions

DRAW = BootstrapOptions(resamples=400, seed=1)
METRIC = MetricOptions(capacity=(10,))
NONE_CHOSEN = pd.DataFrame(columns=list(SCORES.columns))


def scores_of(
    scenes: int, each: int, seeds: tuple[int, ...] = (7,), event: str = "storm", noise: float = 1
) -> pd.DataFrame:
    """SCORES of scenes of so many homes; the answer leans to the truth."""
    parts = []
    for seed in seeds:
        homes = scenes * each
        grades = np.random.default_rng(5).integers(0, 4, homes)
        raw = np.eye(4)[grades] + noise * np.random.default_rng(seed).random((homes, 4))
        chances = raw / raw.sum(axis=1, keepdims=True)
        columns = dict(zip(["p_no_damage", "p_minor", "p_major", "p_destroyed"], chances.T,
                           strict=True))  # fmt: skip
        scene = np.repeat(np.arange(scenes), each)
        parts.append(
            pd.DataFrame(
                {
                    "event_id": event, "building_id": [f"{event}-{n}" for n in range(homes)],
                    "scene_id": [f"s{n}" for n in scene], "area": [f"a{n // 2}" for n in scene],
                    "fold": 1, "split": "fold-1", "kind": "area_fold", "seed": seed,
                    "grade": grades,
                }
                | columns
            )
        )  # fmt: skip
    return check_table(pd.concat(parts), SCORES)


def figures_of(groups, event=POOLED):
    group = next(group for group in groups if group.event_id == event)
    return group.figures


def test_draws_are_of_scenes_with_replacement_and_repeat_by_seed():
    draws = draw_scenes(9, BootstrapOptions(resamples=5000, seed=3))
    assert (draws.sum(axis=1) == 9).all()
    assert draws.mean(axis=0) == pytest.approx(np.ones(9), abs=0.06)
    assert draws.var() == pytest.approx(1 - 1 / 9, abs=0.03)
    assert (draws == draw_scenes(9, BootstrapOptions(resamples=5000, seed=3))).all()
    blocks = list(split_blocks(draws, 900_000))
    assert max(map(len, blocks)) == 2
    assert (np.concatenate(blocks) == draws).all()


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    """Scenes of normal means: the 95% interval holds the true mean in some 95 of 100 worlds."""
    generator = np.random.default_rng(11)
    options = BootstrapOptions(resamples=400, seed=2)
    draws = draw_scenes(40, options) / 40
    held = 0
    for _ in range(300):
        low, high = compute_interval(draws @ generator.normal(0.3, 1, 40), options)
        held += low <= 0.3 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_an_interval_of_the_lucky_is_not_given():
    options = BootstrapOptions(resamples=100)
    values = np.arange(100.0)
    assert compute_interval(values, options) == pytest.approx((2.475, 96.525))
    values[:11] = np.nan
    assert compute_interval(values, options) is None
    assert compute_interval(np.full(100, np.nan), options) is None


def test_scenes_not_homes_are_drawn():
    """The same homes in few scenes and in many: few scenes know less, where scenes differ."""
    many = scores_of(100, 4)
    sure = np.where(np.arange(400) < 200, 0.97, 0.4)  # the first scenes look alike to the model
    many["grade"] = np.where(np.arange(400) % 200 < 100, 3, 0)
    many["p_destroyed"], many["p_no_damage"] = sure, 1 - sure
    many["p_minor"] = many["p_major"] = 0.0
    few = many.assign(scene_id=[f"s{n // 50}" for n in range(400)])
    widths = []
    for table in (many, few):
        brier = figures_of(compute_groups(table, NONE_CHOSEN, METRIC, DRAW))["brier_severe"]
        widths.append(brier.high - brier.low)
        assert brier.low < brier.value < brier.high
    assert widths[1] > 2 * widths[0]


def test_seeds_give_mean_and_extremes_over_the_same_homes():
    both = figures_of(compute_groups(scores_of(8, 10, (7, 8)), NONE_CHOSEN, METRIC, DRAW))
    alone = [
        figures_of(compute_groups(scores_of(8, 10, (seed,)), NONE_CHOSEN, METRIC, DRAW))
        for seed in (7, 8)
    ]
    for name, estimate in both.items():
        if estimate.value is not None:
            values = [each[name].value for each in alone]
            assert estimate.value == pytest.approx(np.mean(values))
            assert (estimate.seed_low, estimate.seed_high) == (min(values), max(values))


def test_groups_count_homes_scenes_areas_and_seeds_once():
    table = pd.concat([scores_of(6, 10, (7, 8)), scores_of(2, 10, (7, 8), event="fire")])
    groups = compute_groups(table, NONE_CHOSEN, METRIC, DRAW)
    counts = {g.event_id: (sum(g.by_grade), g.scenes, g.areas, g.seeds) for g in groups}
    assert counts == {POOLED: (80, 8, 4, 2), "fire": (20, 2, 1, 2), "storm": (60, 6, 3, 2)}


def test_what_cannot_be_given_says_why():
    one = scores_of(1, 12)
    figures = figures_of(compute_groups(one, NONE_CHOSEN, METRIC, DRAW))
    assert figures["auc_damaged"].low is None
    assert figures["auc_damaged"].reason == "no interval: one scene only"
    assert figures["recall_severe_at_choice"].reason == (
        "no threshold: no homes without severe damage were kept apart to set it"
    )
    unhurt = scores_of(6, 10).assign(grade=0)
    figures = figures_of(compute_groups(unhurt, NONE_CHOSEN, METRIC, DRAW))
    assert (figures["auc_damaged"].value, figures["auc_damaged"].reason) == (
        None, "no home is damaged",
    )  # fmt: skip
    rare = scores_of(6, 10)
    rare["grade"] = np.where(np.arange(60) == 3, 3, 0)
    figures = figures_of(compute_groups(rare, NONE_CHOSEN, METRIC, DRAW))
    assert figures["auc_severe"].value is not None
    assert figures["auc_severe"].reason == "no interval: too few scenes hold such homes"
    for estimate in figures.values():
        assert estimate.value is None or np.isfinite(estimate.value)
        assert (estimate.low is None) == (estimate.reason is not None)


def test_thresholds_come_from_the_homes_that_do_not_report():
    """A model that sees nothing: its threshold gives away about the budget here, and no more."""
    reporting, choosing = (scores_of(50, 80, noise=1e6).assign(seed=seed) for seed in (7, 7))
    choosing["p_no_damage"] = np.random.default_rng(1).random(len(choosing))
    for part in ("p_minor", "p_major"):
        choosing[part] = 0.0
    choosing["p_destroyed"] = 1 - choosing["p_no_damage"]
    reporting[["p_no_damage", "p_destroyed"]] = choosing[["p_destroyed", "p_no_damage"]]
    reporting[["p_minor", "p_major"]] = 0.0
    figures = figures_of(compute_groups(reporting, choosing, METRIC, DRAW))
    false = figures["false_alarms_at_choice"]
    assert 0.005 < false.value < 0.045
    assert false.low < false.value < false.high
    # where one unit has no threshold, pooled figures have none either
    other = pd.concat([reporting, reporting.assign(split="fold-2", event_id="fire")])
    figures = figures_of(compute_groups(other, choosing, METRIC, DRAW))
    assert figures["false_alarms_at_choice"].value is None


def test_a_thousand_resamples_of_five_thousand_homes_take_seconds():
    table = scores_of(200, 25, noise=3)
    began = time.perf_counter()
    compute_groups(table, NONE_CHOSEN, MetricOptions(), BootstrapOptions(resamples=1000))
    assert time.perf_counter() - began < 40  # 2 groups; about 2 s on an idle core
