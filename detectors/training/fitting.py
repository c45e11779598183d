"""From labelled chips to weights and a card: train, calibrate, measure, write."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core.estimates import SplitKind
from core.hazards.kinds import EventKind
from core.provenance import sha256_of_file
from detectors.calibrate import Calibrations
from detectors.measuring.evaluate import score_by_event
from detectors.measuring.split_scores import tabulate_scores
from detectors.network.card import WeightsCard, card_path, write_card
from detectors.network.model import SiameseDamageNet, round_weights
from detectors.network.novelty import fit_novelty
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.predict import compute_answers, compute_logits
from detectors.network.weights import ARCHITECTURE, read_state, write_weights
from detectors.training.cross_fitting import Judgements, judge, judge_out_of_fold, name_part
from detectors.training.dataset import CALIBRATION_FOLD, TEST_FOLD, LabelledChips
from detectors.training.sampling import draw_known, tell_kinds
from detectors.training.start import read_start
from detectors.training.train import EpochReport, TrainOptions, train

_log = logging.getLogger(__name__)
HELD_BACK = "held-back"
"""Split of the fold that reports, where one calibrates and one reports."""


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
        parts: folds of areas that calibrate and measure, dealt to parts: each part is judged by a
            network that was trained on everything else, and what is written is trained on
            everything. None at all: one fold calibrates, one measures, and neither is trained on.
        kinds: kind of each event, for the calibration; of those left out nothing is known.
        device: where to compute training.
        number_format: what training, calibration and figures compute in.
    """

    name: str
    licence: str
    training_data: tuple[str, ...]
    always_trained: tuple[str, ...]
    start: Path | None
    train: TrainOptions
    parts: tuple[tuple[int, ...], ...] = ()
    kinds: Mapping[str, EventKind] = field(default_factory=dict)
    device: str = "cpu"
    number_format: NumberFormat = NumberFormat.FLOAT32


class Fit(NamedTuple):
    """What a training leaves.

    Attributes:
        weights: the file, with its card beside it.
        scores: SCORES behind the card's figures, of homes that the scoring network never saw.
    """

    weights: Path
    scores: pd.DataFrame


class _Fitted(NamedTuple):
    """What the two ways of calibrating and measuring come to."""

    trained: LabelledChips
    network: SiameseDamageNet
    calibrations: Calibrations
    distances: NDArray[np.float64]
    scores: pd.DataFrame
    held_out_scenes: tuple[str, ...]


def fit_detector(
    labelled: LabelledChips,
    options: FitOptions,
    folder: Path,
    report: Callable[[EpochReport], None],
    made_with: dict[str, Any],
) -> Fit:
    """Train, calibrate and measure on homes not trained on, and write weights and card.

    Calibration and figures are of the half-precision weights as they are read back, graded as
    runs grade.

    Args:
        labelled: all chips.
        options: what to make.
        folder: where ``NAME.npz`` and ``NAME.json`` go, and the checkpoints.
        report: told of progress.
        made_with: what else the card records.

    Raises:
        WeightsError: the starting weights cannot be read.
    """
    fitter = _Fitter(options, folder, report)
    is_kept = np.isin(labelled.events, options.always_trained)
    folds = np.where(is_kept, -1, labelled.folds)
    fitted = (
        fitter.cross_fit(labelled, folds) if options.parts else fitter.hold_back(labelled, folds)
    )
    known = fitted.trained.select(draw_known(len(fitted.trained), options.train.seed))
    readings = compute_answers(fitted.network, known.chips, fitter.predicting).readings
    path = folder / f"{options.name}.npz"
    digest = write_weights(fitted.network, path, fit_novelty(readings, fitted.distances))
    card = WeightsCard(
        options.name, ARCHITECTURE, digest, options.licence, options.training_data,
        fitted.held_out_scenes, options.train.model, fitted.calibrations.general,
        score_by_event(fitted.scores),
        made_with | {"trained_on": len(fitted.trained)}, fitted.calibrations.by_kind,
    )  # fmt: skip
    write_card(card, card_path(path))
    return Fit(path, fitted.scores)


@dataclass(frozen=True, slots=True)
class _Fitter:
    """Both ways to come from chips to what the card says."""

    options: FitOptions
    folder: Path
    report: Callable[[EpochReport], None]

    @property
    def predicting(self) -> PredictOptions:
        return PredictOptions(number_format=self.options.number_format)

    def kinds_of(self, labelled: LabelledChips) -> NDArray[np.str_]:
        """``(batch,)`` EventKind of each chip's event."""
        return tell_kinds(labelled.events, self.options.kinds)

    def teach(self, training: LabelledChips, name: str) -> SiameseDamageNet:
        """A network as its weights are read back; goes on from a checkpoint of that name."""
        _log.info("training %s on %d homes", name, len(training))
        network = train(
            training, self.options.train, read_start(self.options.start),
            checkpoint=self.folder / f"{name}.checkpoint",
            device=torch.device(self.options.device), number_format=self.options.number_format,
            report=self.report,
        )  # fmt: skip
        path = self.folder / f"{name}.npz"
        write_weights(network, path)
        return round_weights(read_state(path, self.options.train.model))

    def hold_back(self, labelled: LabelledChips, folds: NDArray[np.int64]) -> _Fitted:
        """Calibrated on one fold of areas, measured on another, trained on the rest."""
        is_trained = ~np.isin(folds, [TEST_FOLD, CALIBRATION_FOLD])
        training = labelled.select(is_trained)
        network = self.teach(training, self.options.name)
        judged = judge(
            network, labelled, is_trained, folds == CALIBRATION_FOLD, part=CALIBRATION_FOLD,
            kinds=self.kinds_of(labelled), predicting=self.predicting, seed=self.options.train.seed,
        )  # fmt: skip
        calibrations = judged.calibrate()
        test = labelled.select(folds == TEST_FOLD)
        logits = compute_logits(network, test.chips, self.predicting)
        chances = calibrations.probabilities(logits, self.kinds_of(test))
        return _Fitted(
            training, network, calibrations, judged.distances,
            tabulate_scores(
                test, chances, HELD_BACK, SplitKind.HELD_OUT_SCENES, self.options.train.seed
            ),
            tuple(sorted(set(test.scene_ids.tolist()))),
        )  # fmt: skip

    def cross_fit(self, labelled: LabelledChips, folds: NDArray[np.int64]) -> _Fitted:
        """Trained on everything; calibrated and measured by networks that were not."""
        options = self.options
        judged = judge_out_of_fold(
            labelled, folds, parts=options.parts, kinds=self.kinds_of(labelled),
            teach=lambda training, part: self.teach(training, f"{options.name}-{part}"),
            predicting=self.predicting, seed=options.train.seed,
        )  # fmt: skip
        self._write_parts(labelled, judged)
        scores = tabulate_scores(
            labelled, judged.calibrate_across(), _name_parts(judged.parts),
            SplitKind.AREA_FOLD, options.train.seed, rows=judged.rows,
        )  # fmt: skip
        network = self.teach(labelled, options.name)
        return _Fitted(labelled, network, judged.calibrate(), judged.distances, scores, ())

    def _write_parts(self, labelled: LabelledChips, judged: Judgements) -> None:
        """A card for each part's network, so that it can be run on what it never saw.

        What is written for use has seen everything; these are its honest twins.
        """
        options = self.options
        for part in np.unique(judged.parts):
            is_own = judged.parts == part
            rows = judged.rows[is_own]
            others = judged.select(~is_own).calibrate()
            chances = others.probabilities(judged.logits[is_own], judged.kinds[is_own])
            scores = tabulate_scores(
                labelled, chances, f"part-{part}",
                SplitKind.AREA_FOLD, options.train.seed, rows=rows,
            )  # fmt: skip
            name = f"{options.name}-{name_part(options.parts[part])}"
            path = self.folder / f"{name}.npz"
            card = WeightsCard(
                name, ARCHITECTURE, sha256_of_file(path), options.licence, options.training_data,
                tuple(sorted(set(labelled.scene_ids[rows].tolist()))), options.train.model,
                others.general, score_by_event(scores), {"trained_on": len(labelled) - len(rows)},
                others.by_kind,
            )  # fmt: skip
            write_card(card, card_path(path))


def _name_parts(parts: NDArray[np.int64]) -> NDArray[np.str_]:
    """What SCORES call the part of each home."""
    return np.char.add("part-", parts.astype(str))
