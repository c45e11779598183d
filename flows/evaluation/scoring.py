"""Scores to evaluate: of weights that are there, or of one training for each split and seed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError, SettingsError, WeightsError
from core.hazards.kinds import EventKind
from core.provenance import content_key, sha256_of_file
from core.schemas.truth import SCORES
from core.tables import check_table
from detectors.measuring.split_scores import (
    TrainingWay,
    key_of_unit,
    score_held_out,
    train_and_score,
)
from detectors.network.card import WeightsCard, card_path, read_card, shipped_weights
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.training.dataset import LabelledChips, digest_of_chips
from detectors.training.splits import Places, Split, plan_splits
from detectors.training.start import is_whole_network
from detectors.training.train import EpochReport
from flows.evaluation.config import EvaluateConfig
from flows.progress import progress
from flows.training.chips import EventSource, chips_of_source, tell_kinds_of
from flows.training.config import TrainConfig
from flows.training.train_detector import chips_beside_events, scores_path
from flows.wiring.number_format import choose_format
from flows.wiring.storage.folders import read_table, write_table

SHIPPED_WORD = "shipped"
"""What ``--weights`` says for the weights of this package."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What was scored, and where from.

    Attributes:
        model: its name.
        labelled: chips, those that report among them.
        judged: chips of each event, whether they report or not.
        reporting: SCORES of homes that figures are of.
        choosing: SCORES of homes that thresholds are set on; empty where none were kept.
        origin: weights or splits, for the record.
    """

    model: str
    labelled: LabelledChips
    judged: dict[str, int]
    reporting: pd.DataFrame
    choosing: pd.DataFrame
    origin: dict[str, Any]


def score_weights(
    weights: str, training: TrainConfig, sources: list[EventSource], out: Path
) -> Scored:
    """Scores of the scenes that the weights' card holds out, by those weights.

    Weights that were trained on everything hold out none: then the scores that their training left
    beside them count, each by a network that never saw the home's area.

    Args:
        weights: a weights file, or ``shipped``.
        training: where and in what to compute.
        sources: the events.
        out: where chips are kept.

    Raises:
        WeightsError: the weights or their card are wrong, or hold out none of these scenes.
    """
    path = shipped_weights() if weights == SHIPPED_WORD else Path(weights)
    card = read_card(card_path(path))
    if not card.held_out_scenes and scores_path(path).exists():
        return _read_left_scores(path, card, sources, out)
    parts, judged = [], {}
    for source in sources:
        chips = chips_of_source(source, out / "chips")
        judged[str(chips.events[0])] = len(chips)
        parts.append(chips.select(np.isin(chips.scene_ids, card.held_out_scenes)))
    labelled = LabelledChips.concatenate(parts)
    if not len(labelled):
        raise WeightsError(
            f"evaluating weights {path}",
            f"none of the {len(card.held_out_scenes)} scenes that their card holds out is among "
            f"the scenes of {len(sources)} events",
            "Name the events that the weights were trained with, or evaluate without --weights",
        )
    progress().begin(f"score held-out scenes of {card.name}", 1)
    chosen = choose_format(training.number_format, training.device)
    options = PredictOptions(training.device, number_format=chosen.number_format)
    scores = score_held_out(labelled, path, options, tell_kinds_of(sources))
    progress().advance(1)
    origin = {
        "mode": "given weights",
        "weights": asdict(card.ref),
        "number_format": asdict(chosen),
        "chips_sha256": digest_of_chips(labelled),
    }
    return Scored(card.name, labelled, judged, scores, scores.head(0), origin)


def _read_left_scores(
    path: Path, card: WeightsCard, sources: list[EventSource], out: Path
) -> Scored:
    """What a training in parts left beside its weights, of these events."""
    chips = [chips_of_source(source, out / "chips") for source in sources]
    labelled = LabelledChips.concatenate(chips)
    scores = _read_scores(scores_path(path))
    scores = scores[scores["event_id"].isin(set(labelled.events))].reset_index(drop=True)
    if scores.empty:
        raise WeightsError(
            f"evaluating weights {path}",
            f"none of the {len(sources)} events has a home among the scores beside them",
            "Name the events that the weights were trained with, or evaluate without --weights",
        )
    judged = {str(part.events[0]): len(part) for part in chips}
    origin = {
        "mode": "each part of the areas by a network trained on everything else",
        "weights": asdict(card.ref),
        "number_format": card.made_with.get("number_format"),
        "scores_sha256": sha256_of_file(scores_path(path)),
    }
    return Scored(card.name, labelled, judged, scores, scores.head(0), origin)


def score_splits(
    config: EvaluateConfig, training: TrainConfig, sources: list[EventSource], out: Path
) -> Scored:
    """Scores of every split and seed, each by a model of its own; what is on disk is kept.

    Args:
        config: who reports, and the seeds.
        training: towns and how to train.
        sources: the events.
        out: chips and scores are kept under it.

    Raises:
        SettingsError: nobody is to report, or the start of all trainings has learnt from events.
        InputError: a fold or event has no chips, or scores on disk are damaged.
        WeightsError: the starting weights cannot be read.
    """
    if not config.area_folds and not config.leave_out_events:
        raise SettingsError(
            "evaluating", "the config names neither area_folds nor leave_out_events",
            "Name some, or score weights that are there with --weights",
        )  # fmt: skip
    if is_whole_network(training.start):
        raise SettingsError(
            "evaluating", f"trainings would begin with {training.start}, which has seen areas that "
            "are to report",
            "Name a training config that begins with ImageNet's weights or with nothing, such as "
            "configs/train-start.yaml",
        )  # fmt: skip
    parts = [chips_of_source(source, out / "chips") for source in sources]
    judged = {str(part.events[0]): len(part) for part in parts}
    beside = chips_beside_events(training, out)
    boxed = {boxes.event for boxes in training.boxes}
    never_reporting = sorted({str(part.events[0]) for part in beside} - boxed)
    labelled = LabelledChips.concatenate(parts + beside)
    splits = plan_splits(
        Places.of(labelled, never_reporting), config.area_folds, config.leave_out_events
    )
    digest = digest_of_chips(labelled)
    runs = [(split, seed) for split in splits for seed in config.seeds]
    chosen = choose_format(training.number_format, training.device)
    way = _Way(training, chosen.number_format, out / "units", tell_kinds_of(sources))
    units = list(_score_units(runs, labelled, digest, way))
    origin = {
        "mode": "trained for each split",
        "weights": None,
        "number_format": asdict(chosen),
        "chips_sha256": digest,
        "start_sha256": sha256_of_file(training.start) if training.start else None,
        "units": [name for name, _, _ in units],
    }
    reporting, choosing = (pd.concat([unit[n] for unit in units]) for n in (1, 2))
    return Scored(training.name, labelled, judged, reporting, choosing, origin)


@dataclass(frozen=True, slots=True)
class _Way:
    """How splits are trained and scored, and where their scores are kept."""

    training: TrainConfig
    number_format: NumberFormat
    folder: Path
    kinds: Mapping[str, EventKind]


def _score_units(
    runs: list[tuple[Split, int]],
    labelled: LabelledChips,
    chips_digest: str,
    way: "_Way",
) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Name, reporting and choosing SCORES of each split and seed; what is on disk is kept."""
    training, folder = way.training, way.folder
    folder.mkdir(parents=True, exist_ok=True)
    predicting = PredictOptions(training.device, number_format=way.number_format)
    start = sha256_of_file(training.start) if training.start else None
    for split, seed in runs:
        options = training.choose_options(seed)
        key = content_key(
            version("firstnotice"), version("torch"), training.device,
            key_of_unit(chips_digest, split, options, start, predicting),
        )  # fmt: skip
        name = f"{split.name}-seed-{seed}-{key}"
        choosing, reporting = folder / f"{name}-choosing.parquet", folder / f"{name}.parquet"
        if not reporting.exists() or not choosing.exists():
            checkpoint = folder / f"{name}.checkpoint"
            how = TrainingWay(
                options, training.start, training.device, way.number_format, way.kinds
            )
            told = _UnitProgress(f"{split.name} seed {seed}")
            scores = train_and_score(labelled, split, how, checkpoint, told)
            write_table(scores.choosing, choosing)
            write_table(scores.reporting, reporting)
            checkpoint.unlink(missing_ok=True)
        yield name, _read_scores(reporting), _read_scores(choosing)


def _read_scores(path: Path) -> pd.DataFrame:
    try:
        scores: pd.DataFrame = check_table(read_table(path), SCORES)
    except (OSError, ValueError, InputError) as error:
        raise InputError(
            f"reading scores {path}", f"not a table of scores ({error})",
            "Delete it; the evaluation trains this part again",
        ) from error  # fmt: skip
    return scores


class _UnitProgress:
    """Draws a bar for each epoch of a split's training."""

    _PARTS = 100

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._epoch = 0
        self._done = 0

    def __call__(self, report: EpochReport) -> None:
        if report.epoch != self._epoch:
            self._epoch, self._done = report.epoch, 0
            stage = f"{self._unit}: epoch {report.epoch} of {report.epochs}"
            progress().begin(stage, self._PARTS)
        done = int(report.done_frac * self._PARTS)
        progress().advance(done - self._done)
        self._done = done
