"""``firstnotice evaluate``: figures on homes kept from training, calibration and any choice."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from core.damage import DamageGrade
from core.errors import SettingsError
from core.estimates import POOLED
from core.provenance import sha256_of_file
from detectors.measuring.bootstrap import BootstrapOptions
from detectors.measuring.estimates import compute_groups
from detectors.measuring.metrics import MetricOptions
from flows.evaluation.config import EvaluateConfig, read_evaluate_config
from flows.evaluation.scoring import Scored, score_splits, score_weights
from flows.progress import progress
from flows.training.chips import EventSource, digest_scenes, read_event
from flows.training.config import check_training_files, read_train_config
from flows.wiring.storage.folders import atomic_path, check_out, write_table
from reports.evaluation.contents import (
    Abstention,
    Evaluation,
    choose_worst_misses,
)
from reports.evaluation.files import MISSES, write_evaluation_json, write_evaluation_md
from reports.evaluation.misses import write_worst_misses
from reports.evaluation.plots import (
    write_budget,
    write_confusion,
    write_precision_recall,
    write_reliability,
)

MISSES_SHOWN = 12
"""Of either kind on the contact sheet: three rows of pairs."""


def evaluate_detector(config_file: Path, out: Path, weights: str | None = None) -> Evaluation:
    """Score, measure and report; goes on where it was stopped.

    Args:
        config_file: the evaluation file.
        out: where scores, plots and the report go.
        weights: a weights file, or ``shipped``, to score on the scenes that its card holds out;
            None trains a model for each split and seed.

    Raises:
        SettingsError, EventError, InputError, WeightsError: an input is wrong.
    """
    config = read_evaluate_config(config_file)
    training = read_train_config(config.train)
    if weights is None:
        check_training_files(training, config.train)
    if not training.events:
        raise SettingsError(
            f"evaluating by {config_file}", f"{config.train} names no events",
            "Name events with truth; rendered towns never report",
        )  # fmt: skip
    sources = [read_event(path) for path in training.events]
    check_out(out)
    scored = (
        score_splits(config, training, sources, out)
        if weights is None
        else score_weights(weights, training, sources, out)
    )
    write_table(scored.reporting, out / "scores.parquet")
    provenance = _describe(config_file, config, sources) | scored.origin
    evaluation = _measure(config, scored, _count_abstentions(sources, scored), provenance)
    _publish(evaluation, scored, out)
    return evaluation


def _count_abstentions(sources: list[EventSource], scored: Scored) -> tuple[Abstention, ...]:
    """Clearly labelled homes of each event with a report, and those of them with a chip."""
    counts = []
    for source in sources:
        event_id = source.event.event_id
        if (scored.reporting["event_id"] == event_id).any():
            labelled = int((source.labels.grades < DamageGrade.UNCLASSIFIED).sum())
            counts.append(Abstention(event_id, labelled, scored.judged[event_id]))
    whole = Abstention(POOLED, sum(c.labelled for c in counts), sum(c.judged for c in counts))
    return (*counts, whole) if len(counts) > 1 else tuple(counts)


def _measure(
    config: EvaluateConfig,
    scored: Scored,
    abstentions: tuple[Abstention, ...],
    provenance: dict[str, Any],
) -> Evaluation:
    metric = MetricOptions(config.false_alarm_budget, config.capacity)
    draw = BootstrapOptions(config.bootstrap.resamples, config.bootstrap.seed)
    progress().begin("measure and draw intervals", 1)
    groups = compute_groups(scored.reporting, scored.choosing, metric, draw)
    progress().advance(1)
    return Evaluation(
        scored.model, groups, abstentions, metric.false_alarm_budget, metric.destroyed_precision,
        metric.capacity, draw.resamples, provenance,
    )  # fmt: skip


def _describe(
    config_file: Path, config: EvaluateConfig, sources: list[EventSource]
) -> dict[str, Any]:
    """What the figures come from; no instant and no path, so that a replay writes the same."""
    data = {
        source.event.event_id: {
            "catalog": digest_scenes(source.event),
            "footprints": sha256_of_file(source.event.footprints),
            "labels": sha256_of_file(source.labels.path),
        }
        for source in sources
    }
    names = ("firstnotice", "torch", "torchvision", "numpy", "scikit-learn")
    return {
        "config_sha256": sha256_of_file(config_file),
        "train_config_sha256": sha256_of_file(config.train),
        "config": config.model_dump(mode="json", exclude={"train"}),
        "data": data,
        "versions": {name: version(name) for name in names},
    }


def _publish(evaluation: Evaluation, scored: Scored, out: Path) -> None:
    """Plots first and the JSON last: a folder that holds it is finished."""
    progress().begin("draw and write", 1)
    scores = scored.reporting
    for name, write in (
        ("precision_recall.png", write_precision_recall),
        ("reliability.png", write_reliability),
        ("confusion.png", write_confusion),
    ):
        with atomic_path(out / name) as partial:
            write(scores, partial)
    with atomic_path(out / "budget.png") as partial:
        write_budget(scores, partial, evaluation.false_alarm_budget)
    misses = choose_worst_misses(scores, MISSES_SHOWN)
    with atomic_path(out / MISSES) as partial:
        write_worst_misses(misses, scored.labelled.select(_rows_of(misses, scored)).chips, partial)
    with atomic_path(out / "evaluation.md") as partial:
        write_evaluation_md(evaluation, partial)
    with atomic_path(out / "evaluation.json") as partial:
        write_evaluation_json(evaluation, partial)
    progress().advance(1)


def _rows_of(misses: pd.DataFrame, scored: Scored) -> Any:
    """Where the chip of each miss is, in the order of the misses."""
    labelled = scored.labelled
    index = pd.MultiIndex.from_arrays([labelled.events, list(labelled.chips.building_ids)])
    return index.get_indexer(pd.MultiIndex.from_frame(misses[["event_id", "building_id"]]))
