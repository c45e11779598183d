"""From scores to figures with intervals, by event and pooled. Pure."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import GRADED, PROBABILITIES, DamageGrade
from core.estimates import POOLED, Estimate, JudgedGroup
from detectors.measuring.bootstrap import (
    MIN_SCENES,
    BootstrapOptions,
    compute_interval,
    draw_scenes,
    split_blocks,
)
from detectors.measuring.metrics import Judged, MetricOptions, compute_figures, explain_absent
from detectors.measuring.ranking import Floats, choose_threshold

_UNIT = ["split", "seed"]


def compute_groups(
    scores: pd.DataFrame, choosing: pd.DataFrame, metric: MetricOptions, draw: BootstrapOptions
) -> tuple[JudgedGroup, ...]:
    """Figures of each kind of split, pooled and by event.

    Args:
        scores: SCORES of the homes that report.
        choosing: SCORES of the homes that thresholds are set on; empty where none were kept.
        metric: where lists are cut.
        draw: how intervals are drawn.
    """
    marked = scores.merge(
        _choose_thresholds(choosing, metric.false_alarm_budget), on=_UNIT, how="left"
    )
    groups = []
    for kind, rows in marked.groupby("kind", sort=True):
        groups.append(_judge(str(kind), POOLED, rows, metric, draw))
        groups += [
            _judge(str(kind), str(event), part, metric, draw)
            for event, part in rows.groupby("event_id", sort=True)
        ]
    return tuple(groups)


def _choose_thresholds(choosing: pd.DataFrame, budget: float) -> pd.DataFrame:
    """The threshold on P(severe) of each split and seed; a unit without one is left out."""
    found = []
    for (split, seed), rows in choosing.groupby(_UNIT):
        judged = _judged(rows)
        is_severe = judged.grades >= DamageGrade.MAJOR
        threshold = choose_threshold(judged.chance_of(DamageGrade.MAJOR), is_severe, budget)
        if threshold is not None:
            found.append((split, seed, threshold))
    table = pd.DataFrame(found, columns=[*_UNIT, "threshold"])
    return table.astype({"split": str, "seed": "int64", "threshold": float})


def _judged(rows: pd.DataFrame) -> Judged:
    probabilities = rows[PROBABILITIES].to_numpy(np.float64)
    judged = Judged(probabilities, rows["grade"].to_numpy(np.int64))
    if "threshold" not in rows or rows["threshold"].isna().any():
        return judged
    is_opened = judged.chance_of(DamageGrade.MAJOR) >= rows["threshold"].to_numpy()
    return Judged(probabilities, judged.grades, is_opened)


def _judge(
    kind: str, event_id: str, rows: pd.DataFrame, metric: MetricOptions, draw: BootstrapOptions
) -> JudgedGroup:
    codes = rows.groupby(["event_id", "scene_id"], sort=True).ngroup().to_numpy()
    scenes = int(codes.max()) + 1
    seeds = rows["seed"].to_numpy()
    by_seed = [(_judged(rows[seeds == seed]), codes[seeds == seed]) for seed in np.unique(seeds)]
    first = by_seed[0][0]
    return JudgedGroup(
        kind, event_id, tuple(int((first.grades == grade).sum()) for grade in GRADED),
        scenes, len(rows[["event_id", "area"]].drop_duplicates()), len(by_seed),
        {each.figure: each for each in _estimate(by_seed, scenes, metric, draw)},
    )  # fmt: skip


def _estimate(
    by_seed: list[tuple[Judged, NDArray[np.intp]]], scenes: int, metric: MetricOptions,
    draw: BootstrapOptions,
) -> tuple[Estimate, ...]:  # fmt: skip
    absent: dict[str, str] = {}
    for judged, _ in by_seed:
        absent |= explain_absent(judged, metric)
    once = [compute_figures(judged, np.ones((1, len(codes))), metric) for judged, codes in by_seed]
    drawn = _draw_figures(by_seed, scenes, metric, draw) if scenes >= MIN_SCENES else {}
    return tuple(
        Estimate(name, reason=absent[name])
        if name in absent
        else _interval(name, np.array([float(each[name][0]) for each in once]), drawn, draw)
        for name in once[0]
    )


def _draw_figures(
    by_seed: list[tuple[Judged, NDArray[np.intp]]], scenes: int, metric: MetricOptions,
    draw: BootstrapOptions,
) -> dict[str, Floats]:  # fmt: skip
    """Figures of each resample, mean over seeds; every seed sees the same scenes drawn."""
    draws = draw_scenes(scenes, draw)
    parts = []
    for block in split_blocks(draws, max(len(codes) for _, codes in by_seed)):
        each = [
            compute_figures(judged, block[:, codes].astype(np.float64), metric)
            for judged, codes in by_seed
        ]
        parts.append({name: np.mean([one[name] for one in each], axis=0) for name in each[0]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _interval(
    name: str, values: Floats, drawn: dict[str, Floats], draw: BootstrapOptions
) -> Estimate:
    known = float(values.mean()), float(values.min()), float(values.max())
    if name not in drawn:
        return Estimate(name, known[0], None, None, *known[1:], "no interval: one scene only")
    ends = compute_interval(drawn[name], draw)
    if ends is None:
        reason = "no interval: too few scenes hold such homes"
        return Estimate(name, known[0], None, None, *known[1:], reason)
    return Estimate(name, known[0], *ends, *known[1:])
