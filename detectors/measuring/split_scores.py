"""Train on one part of a split, calibrate on another, and score the third."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core.damage import GRADED
from core.estimates import SplitKind
from core.hazards.kinds import EventKind
from core.provenance import content_key
from core.schemas.truth import SCORES
from core.tables import check_table
from detectors.calibrate import Calibrations
from detectors.network.model import round_weights
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector, compute_logits
from detectors.network.weights import ARCHITECTURE
from detectors.training.dataset import LabelledChips
from detectors.training.sampling import tell_kinds, weigh_events
from detectors.training.splits import Split
from detectors.training.start import read_start
from detectors.training.train import RECIPE, EpochReport, TrainOptions, train

GIVEN_SEED = -1
"""Stands in SCORES for weights that were there before the evaluation."""
GIVEN_SPLIT = "held-out-scenes"


@dataclass(frozen=True, slots=True)
class TrainingWay:
    """How every split is trained.

    Attributes:
        options: of the training; its seed stands in the scores.
        start: see ``start.read_start``; None for none.
        device: where to compute.
        number_format: what to compute in.
        kinds: kind of each event, for the calibration.
    """

    options: TrainOptions
    start: Path | None
    device: str
    number_format: NumberFormat
    kinds: Mapping[str, EventKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class UnitScores:
    """What one training of one split says.

    Attributes:
        reporting: SCORES of homes that nothing was fitted to; figures are of these.
        choosing: SCORES of the homes that calibration was fitted to, for thresholds.
    """

    reporting: pd.DataFrame
    choosing: pd.DataFrame


def key_of_unit(
    chips_digest: str,
    split: Split,
    options: TrainOptions,
    start: str | None,
    predicting: PredictOptions,
) -> str:
    """Names the scores of a split and seed by all data and options that they come from.

    Args:
        chips_digest: of all chips, ``digest_of_chips``.
        split: who reports, chooses and trains.
        options: how to train, the seed among it.
        start: digest of the starting weights' file, if there are any.
        predicting: how chips are scored.
    """
    masks = (split.reporting, split.choosing, split.training)
    roles = [hashlib.sha256(np.packbits(mask).tobytes()).hexdigest() for mask in masks]
    return content_key(
        ARCHITECTURE, RECIPE, chips_digest, split.name, roles, asdict(options),
        start, asdict(predicting),
    )  # fmt: skip


def train_and_score(
    labelled: LabelledChips,
    split: Split,
    way: TrainingWay,
    checkpoint: Path,
    report: Callable[[EpochReport], None],
) -> UnitScores:
    """Train on the split's training chips, calibrate on the choosing ones, score both others.

    Args:
        labelled: all chips that the split's masks are over.
        split: the roles.
        way: how to train.
        checkpoint: training goes on from it.
        report: told of progress.

    Raises:
        WeightsError: the starting weights cannot be read.
    """
    network = train(
        labelled.select(split.training), way.options, read_start(way.start),
        checkpoint=checkpoint, device=torch.device(way.device),
        number_format=way.number_format, report=report,
    )  # fmt: skip
    network = round_weights(network).to(way.device)
    predicting = PredictOptions(way.device, number_format=way.number_format)
    choosing, reporting = labelled.select(split.choosing), labelled.select(split.reporting)
    logits = compute_logits(network, choosing.chips, predicting)
    kinds, others = (tell_kinds(part.events, way.kinds) for part in (choosing, reporting))
    weights = weigh_events(choosing.events)
    calibrations = Calibrations.fit(logits, choosing.grades, weights, kinds)
    said_of_others = compute_logits(network, reporting.chips, predicting)
    chances = calibrations.probabilities(said_of_others, others)
    said = (split.name, split.kind, way.options.seed)
    return UnitScores(
        tabulate_scores(reporting, chances, *said),
        tabulate_scores(choosing, calibrations.probabilities(logits, kinds), *said),
    )


def score_held_out(
    labelled: LabelledChips, weights: Path, options: PredictOptions, kinds: Mapping[str, EventKind]
) -> pd.DataFrame:
    """SCORES of chips by weights that are there; the caller picks chips that they never saw.

    Args:
        labelled: the chips.
        weights: the file; its card lies beside it.
        options: how to compute.
        kinds: kind of each event, which chooses the calibration.

    Raises:
        WeightsError: the weights cannot be loaded.
    """
    chances = np.empty((len(labelled), len(GRADED)), np.float32)
    for event in np.unique(labelled.events):
        is_own = labelled.events == event
        detector = SiameseDetector.load(weights, options, kinds.get(str(event)))
        chances[is_own] = detector.grade(labelled.chips.select(is_own)).values  # noqa: PD011
    return tabulate_scores(labelled, chances, GIVEN_SPLIT, SplitKind.HELD_OUT_SCENES, GIVEN_SEED)


def tabulate_scores(
    labelled: LabelledChips,
    probabilities: NDArray[np.floating],
    split: str | NDArray[np.str_],
    kind: SplitKind,
    seed: int,
    *,
    rows: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """SCORES of chips and what was said of them.

    Args:
        labelled: the chips.
        probabilities: ``(batch, grades)``, calibrated.
        split: which part was kept back, of all or of each.
        kind: how.
        seed: of the training.
        rows: ``(batch,)``, which of the chips; None for all.

    Raises:
        InputError: a building stands twice in the same part, or a probability is none.
    """
    chosen = np.arange(len(labelled)) if rows is None else rows
    chances = probabilities.astype(np.float64)
    table = pd.DataFrame(
        {
            "event_id": labelled.events[chosen],
            "building_id": np.array(labelled.chips.building_ids, object)[chosen],
            "scene_id": labelled.scene_ids[chosen],
            "area": labelled.areas[chosen],
            "fold": labelled.folds[chosen],
            "split": split,
            "kind": str(kind),
            "seed": seed,
            "grade": labelled.grades[chosen],
            "p_no_damage": chances[:, 0],
            "p_minor": chances[:, 1],
            "p_major": chances[:, 2],
            "p_destroyed": chances[:, 3],
        }
    )
    checked: pd.DataFrame = check_table(table.astype({"building_id": "str"}), SCORES)
    return checked
