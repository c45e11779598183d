"""``firstnotice train``: event folders with people's grades to verified weights with a card."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import SettingsError
from core.hazards.kinds import EventKind
from core.provenance import sha256_of_file
from core.schemas.book import REJECTS
from detectors.network.card import card_path, read_card
from detectors.network.number_format import NumberFormat
from detectors.training.dataset import CALIBRATION_FOLD, TEST_FOLD, LabelledChips
from detectors.training.fitting import FitOptions, fit_detector
from flows.training.boxes import chips_of_boxes
from flows.training.chips import (
    RENDERED,
    EventSource,
    chips_of_source,
    chips_of_town,
    read_event,
    tell_kinds_of,
)
from flows.training.config import TrainConfig, check_training_files, read_train_config
from flows.training.licence import check_training_licence
from flows.training.pictures import PICTURES, chips_of_pictures
from flows.training.progress import LossLog, read_curve, write_loss_picture
from flows.training.report import write_card_page
from flows.wiring.number_format import choose_format
from flows.wiring.storage.folders import atomic_path, check_out, write_table
from reports.lists.files import defuse_formulas

ALWAYS_TRAINED = (RENDERED, PICTURES)
"""Events of which nothing is held back."""
_log = logging.getLogger(__name__)
MIN_CALIBRATION = 20
"""Fewest homes held back for calibration: it fits five numbers."""


def train_detector(config_file: Path, out: Path, say: Callable[[str], None] = _log.info) -> Path:
    """Cut chips of all events (once), train, and write weights, card, loss curve and rejects.

    Args:
        config_file: see ``training_config``.
        out: where ``NAME.npz``, ``NAME.json`` (card), ``NAME.md`` (the card to read),
            ``NAME-scores.parquet`` (SCORES behind its figures), ``NAME-loss.csv``,
            ``NAME-loss.png`` and ``NAME-rejects.csv`` go, beside the chips and the checkpoint.
        say: is told one line an epoch, and of labels that do not count.

    Returns:
        The weights file.

    Raises:
        SettingsError, EventError, InputError, WeightsError: an input is wrong, or the weights'
            licence does not follow from the data's.
    """
    config = read_train_config(config_file)
    check_training_files(config, config_file)
    check_out(out)
    sources = [read_event(path) for path in config.events]
    licences = check_training_licence(config, sources)
    _write_rejects(sources, out / f"{config.name}-rejects.csv", say)
    labelled = _gather_chips(config, sources, out)
    check_parts(labelled, config.parts, config_file)
    curve = out / f"{config.name}-loss.csv"
    chosen = choose_format(config.number_format, config.device)
    made_with = _describe(config, sources) | {
        "scene_licences": licences, "number_format": asdict(chosen),
    }  # fmt: skip
    options = _options(config, chosen.number_format, tell_kinds_of(sources))
    fit = fit_detector(labelled, options, out, LossLog(curve, say), made_with)
    write_table(fit.scores, scores_path(fit.weights))
    _write_report(fit.weights, curve)
    return fit.weights


def _gather_chips(config: TrainConfig, sources: list[EventSource], out: Path) -> LabelledChips:
    """All chips as one set; gigabytes, so the sets that it is made of do not outlive the call."""
    parts = [chips_of_source(source, out / "chips") for source in sources]
    return LabelledChips.concatenate(parts + chips_beside_events(config, out))


def scores_path(weights: Path) -> Path:
    """Where SCORES of homes that weights or their like never saw lie."""
    return weights.with_name(f"{weights.stem}-scores.parquet")


def chips_beside_events(config: TrainConfig, out: Path) -> list[LabelledChips]:
    """Chips of the rendered towns, boxes and single pictures that a training file names."""
    return [
        *(chips_of_town(town, out) for town in config.towns),
        *(chips_of_boxes(boxes) for boxes in config.boxes),
        *(chips_of_pictures(pictures) for pictures in config.pictures),
    ]


def check_parts(
    labelled: LabelledChips, parts: tuple[tuple[int, ...], ...], config_file: Path
) -> None:
    """Refuse data that leaves nothing to train on, or too little to calibrate with.

    Args:
        labelled: all chips.
        parts: see ``FitOptions``.
        config_file: names the work.

    Raises:
        SettingsError: with the counts and what to add.
    """
    folds = np.where(np.isin(labelled.events, ALWAYS_TRAINED), -1, labelled.folds)
    if parts:
        sizes = [int(np.isin(folds, part).sum()) for part in parts]
        held, training = sum(sizes), len(labelled) - max(sizes)
        is_enough = int(np.count_nonzero(sizes)) > 1
        roles = f"{held} to calibrate and measure with, in parts of {sizes}"
    else:
        held, test = int((folds == CALIBRATION_FOLD).sum()), int((folds == TEST_FOLD).sum())
        training = len(labelled) - held - test
        is_enough = True
        roles = f"{held} to calibrate with and {test} to test with"
    if training and is_enough and held >= MIN_CALIBRATION:
        return
    raise SettingsError(
        f"training from {config_file}",
        f"of {len(labelled)} labelled homes {training} are to train on, {roles} (at least "
        f"{MIN_CALIBRATION} are needed to calibrate); areas are dealt by their place",
        "Add events, or rendered towns with part: train, calibrate and test",
    )


def _options(
    config: TrainConfig, number_format: NumberFormat, kinds: dict[str, EventKind]
) -> FitOptions:
    return FitOptions(
        config.name, config.licence, config.training_data, ALWAYS_TRAINED, config.start,
        config.choose_options(config.seed), config.parts, kinds, config.device, number_format,
    )  # fmt: skip


def _describe(config: TrainConfig, sources: list[EventSource]) -> dict[str, Any]:
    """What the card records of how the weights were made."""
    return config.model_dump(mode="json", exclude={"start", "events", "pictures", "boxes"}) | {
        "events": [source.event.event_id for source in sources],
        "pictures": [
            {"sha256": sha256_of_file(each.file), "boxes": each.boxes} for each in config.pictures
        ],
        "labels_sha256": {
            source.event.event_id: sha256_of_file(source.labels.path) for source in sources
        }
        | {each.event: sha256_of_file(each.file) for each in config.boxes},
        "start": sha256_of_file(config.start) if config.start else None,
        "versions": {name: version(name) for name in ("firstnotice", "torch", "torchvision")},
    }


def _write_rejects(sources: list[EventSource], path: Path, say: Callable[[str], None]) -> None:
    parts = [source.labels.rejects for source in sources if len(source.labels.rejects)]
    empty = pd.DataFrame(columns=list(REJECTS.columns)).astype({"value": "str"})
    rejects = pd.concat(parts, ignore_index=True) if parts else empty
    with atomic_path(path) as partial:
        rejects.assign(value=defuse_formulas(rejects["value"])).to_csv(partial, index=False)
    if len(rejects):
        say(f"{len(rejects)} rows of labels do not count; {path} says which and why")


def _write_report(weights: Path, curve: Path) -> None:
    picture = curve.with_suffix(".png")
    with atomic_path(picture) as partial:
        write_loss_picture(read_curve(curve), weights.stem, partial)
    with atomic_path(weights.with_suffix(".md")) as partial:
        write_card_page(read_card(card_path(weights)), picture.name, partial)
