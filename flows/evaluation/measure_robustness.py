"""``firstnotice robustness``: how a detector's figures hold when pictures get worse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.errors import SettingsError
from detectors.measuring.stress import STRESSES, measure_stress
from detectors.network.card import WeightsCard, card_path, honest_twin, read_card, shipped_weights
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector
from detectors.training.dataset import LabelledChips
from flows.progress import progress
from flows.training.chips import EventSource, chips_of_source, read_event, tell_kinds_of
from flows.training.config import read_train_config
from flows.wiring.number_format import choose_format
from flows.wiring.storage.folders import atomic_path, check_out

SHIPPED = "shipped"
SEED = 11
MOST_HOMES = 600
"""Homes an event: its rates are then known to about 2 percentage points, in minutes a core."""
REPORT, FIGURES_FILE, PLOT = "robustness.md", "robustness.json", "robustness.png"
_SHOWN = {
    "auc_damaged": "AUC damaged",
    "average_precision_severe": "AP severe",
    "mean_p_damaged": "mean P(damaged)",
    "mean_p_damaged_of_undamaged": "of undamaged",
    "calibration_error_damaged": "calibration error",
}


def measure_robustness(
    config_file: Path, weights: str, out: Path, most_homes: int = MOST_HOMES
) -> pd.DataFrame:
    """Stress a detector on the scenes that its card holds out, event by event, and write it down.

    Writes ``robustness.md``, ``robustness.json`` and ``robustness.png`` to ``out``.

    Args:
        config_file: training config; its events are looked at.
        weights: a weights file, or ``shipped``; where they saw everything, their twin that did not.
        out: folder; chips that were cut are kept under it.
        most_homes: homes looked at in each event, drawn at random with a fixed seed.

    Returns:
        ``measure_stress`` of each event, with its ``event_id``.

    Raises:
        SettingsError: no event of the config has a scene that was held out.
        WeightsError, EventError: an input is wrong.
    """
    config = read_train_config(config_file)
    check_out(out)
    path = honest_twin(shipped_weights() if weights == SHIPPED else Path(weights))
    card = read_card(card_path(path))
    chosen = choose_format(config.number_format, config.device)
    options = PredictOptions(config.device, number_format=chosen.number_format)
    out.mkdir(parents=True, exist_ok=True)
    sources = [read_event(path) for path in config.events]
    kinds = tell_kinds_of(sources)
    parts = _held_out(sources, card, out / "chips", most_homes)
    if not parts:
        raise SettingsError(
            f"stressing {card.name} on the events of {config_file}",
            f"none has one of the {len(card.held_out_scenes)} scenes that its card holds out",
            "Name the events that the weights were trained and tested on",
        )
    tables = []
    progress().begin("stress", len(parts))
    for event_id, labelled in parts.items():
        detector = SiameseDetector.load(path, options, kinds[event_id])
        table = measure_stress(detector.grade, labelled, STRESSES, SEED)
        table.insert(0, "event_id", event_id)
        tables.append(table)
        progress().advance(1)
    figures = pd.concat(tables, ignore_index=True)
    write_robustness(figures, card, out)
    return figures


def _held_out(
    sources: list[EventSource], card: WeightsCard, folder: Path, most_homes: int
) -> dict[str, LabelledChips]:
    """Held-out chips by event; events without any are left out."""
    parts = {}
    for source in sources:
        labelled = chips_of_source(source, folder)
        places = np.flatnonzero(np.isin(labelled.scene_ids, card.held_out_scenes))
        if len(places):
            drawn = np.random.default_rng(SEED).permutation(places)[:most_homes]
            keep = np.zeros(len(labelled), bool)
            keep[drawn] = True
            parts[str(labelled.events[places[0]])] = labelled.select(keep)
    return parts


def write_robustness(figures: pd.DataFrame, card: WeightsCard, out: Path) -> None:
    """Write the report, its figures and its plot; each file appears whole."""
    with atomic_path(out / PLOT) as path:
        draw_stress(figures).savefig(path, format="png", dpi=110)
    rows = figures.astype(object).where(figures.notna(), None).to_dict("records")
    record = {"model": card.name, "sha256": card.sha256, "seed": SEED, "stresses": rows}
    with atomic_path(out / FIGURES_FILE) as path:
        path.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    with atomic_path(out / REPORT) as path:
        path.write_text(spell_report(figures, card), encoding="utf-8")


def spell_report(figures: pd.DataFrame, card: WeightsCard) -> str:
    """The report as Markdown."""
    lines = [
        f"# How {card.name} holds under stress\n",
        f"Weights {card.sha256[:12]}, on scenes that neither training nor calibration saw,",
        "the image alone. Each cell is the figure under stress and, in brackets, without it.",
        'Figures that mean nothing under a stress are "-".\n',
        f"![P(damaged) and AUC under stress]({PLOT})\n",
    ]
    for event_id, part in figures.groupby("event_id", sort=False):
        first = part.iloc[0]
        lines += [
            f"## {event_id}", "",
            f"{first['buildings']} buildings, {first['base_rate']:.0%} damaged.", "",
            "| stress | what | " + " | ".join(_SHOWN.values()) + " | answers changed |",
            "|---" * (len(_SHOWN) + 3) + "|",
            *(_spell_row(row) for row in part.to_dict("records")), "",
        ]  # fmt: skip
    return "\n".join(lines)


def _spell_row(row: dict[str, object]) -> str:
    cells = (
        f"{_spell(row[name])} ({_spell(row[f'{name}_unstressed'])})"
        if _is_known(row[name])
        else "-"
        for name in _SHOWN
    )
    changed = f"{float(str(row['answers_changed'])):.0%}"
    return f"| {row['stress']} | {row['meaning']} | {' | '.join(cells)} | {changed} |"


def _is_known(value: object) -> bool:
    return not np.isnan(float(str(value)))


def _spell(value: object) -> str:
    return f"{float(str(value)):.3f}" if _is_known(value) else "-"


def draw_stress(figures: pd.DataFrame) -> Figure:
    """Per event, a row a stress: mean P(damaged) and AUC beside the unstressed ones."""
    events = figures["event_id"].unique()
    figure = Figure(figsize=(11, 1.2 + 3.2 * len(events)), layout="constrained")
    axes = figure.subplots(len(events), 2, squeeze=False, sharey="row")
    for row, event_id in zip(axes, events, strict=True):
        part = figures[figures["event_id"] == event_id].iloc[::-1]
        for axis, name in zip(row, ("mean_p_damaged", "auc_damaged"), strict=True):
            axis.barh(part["stress"], part[name], color="#4a90c9")
            axis.axvline(part[f"{name}_unstressed"].iloc[0], color="#5b1250", label="no stress")
            axis.set_title(f"{event_id}: {_SHOWN[name]}", fontsize=10)
            axis.set_xlim(0, 1)
        row[0].axvline(
            part["base_rate"].iloc[0], color="#f08a24", ls="--", label="damaged in truth"
        )
        row[0].legend(fontsize=8)
    return figure
