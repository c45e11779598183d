"""From labelled chips to weights and a card: hold back, train, calibrate, measure, write."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from detectors.calibrate import fit_calibration
from detectors.measuring.evaluate import score_by_event
from detectors.network.card import WeightsCard, card_path, write_card
from detectors.network.model import round_weights
from detectors.network.novelty import fit_novelty
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.predict import compute_answers, compute_logits
from detectors.network.weights import ARCHITECTURE, read_state, write_weights
from detectors.training.dataset import CALIBRATION_FOLD, TEST_FOLD, LabelledChips
from detectors.training.start import read_start
from detectors.training.train import EpochReport, TrainOptions, train

KNOWN_CHIPS = 4000
"""Training chips that novelty is measured from: twenty for each of its dimensions."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What to make and from where to start.

    Attributes:
        name: of the model; names its files.
        licence: SPDX id of the weights, which follows the training data's.
        training_data: data sets trained on, for the card.
        always_trained: events of which nothing is held back (rendered chips).
        start: weights to begin with, see ``start.read_start``; None for none.
        train: how to train.
        device: where to compute training.
        number_format: what training, calibration and figures compute in.
    """

    name: str
    licence: str
    training_data: tuple[str, ...]
    always_trained: tuple[str, ...]
    start: Path | None
    train: TrainOptions
    device: str = "cpu"
    number_format: NumberFormat = NumberFormat.FLOAT32


def fit_detector(
    labelled: LabelledChips,
    options: FitOptions,
    folder: Path,
    report: Callable[[EpochReport], None],
    made_with: dict[str, Any],
) -> Path:
    """Train, calibrate on one fold of areas, measure on another, and write weights and card.

    Neither fold is trained on. Calibration and figures are of the half-precision weights as
    they are read back, graded as runs grade.

    Args:
        labelled: all chips.
        options: what to make.
        folder: where ``NAME.npz`` and ``NAME.json`` go, and the checkpoint.
        report: told of progress.
        made_with: what else the card records.

    Raises:
        WeightsError: the starting weights cannot be read.
    """
    is_kept = np.isin(labelled.events, options.always_trained)
    folds = np.where(is_kept, -1, labelled.folds)
    training = labelled.select(~np.isin(folds, [TEST_FOLD, CALIBRATION_FOLD]))
    network = train(
        training, options.train, read_start(options.start),
        checkpoint=folder / f"{options.name}.checkpoint", device=torch.device(options.device),
        number_format=options.number_format, report=report,
    )  # fmt: skip
    path = folder / f"{options.name}.npz"
    write_weights(network, path)
    network = round_weights(read_state(path, options.train.model))
    predicting = PredictOptions(number_format=options.number_format)
    held = labelled.select(folds == CALIBRATION_FOLD)
    answers = compute_answers(network, held.chips, predicting)
    calibration = fit_calibration(answers.logits, held.grades, weigh_events(held))
    known = training.select(_draw_known(len(training), options.train.seed))
    novelty = fit_novelty(
        compute_answers(network, known.chips, predicting).readings, answers.readings
    )
    digest = write_weights(network, path, novelty)
    test = labelled.select(folds == TEST_FOLD)
    chances = calibration.probabilities(compute_logits(network, test.chips, predicting))
    card = WeightsCard(
        options.name, ARCHITECTURE, digest, options.licence, options.training_data,
        tuple(sorted(set(test.scene_ids.tolist()))), options.train.model, calibration,
        score_by_event(chances, test), made_with | {"trained_on": len(training)},
    )  # fmt: skip
    write_card(card, card_path(path))
    return path


def _draw_known(count: int, seed: int) -> NDArray[np.bool_]:
    """Which chips tell what the training set looks like, at most ``KNOWN_CHIPS`` of them."""
    drawn: NDArray[np.bool_] = np.random.default_rng(seed).permutation(count) < KNOWN_CHIPS
    return drawn


def weigh_events(labelled: LabelledChips) -> NDArray[np.float64]:
    """Weight of each chip so that each event counts by the square root of its size."""
    _, inverse, counts = np.unique(labelled.events, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] ** -0.5, np.float64)
