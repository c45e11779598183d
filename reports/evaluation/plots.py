"""Plots of an evaluation: read in colour, in grey and by colour-blind people.

Lines differ in colour, dash and darkness at once. Where several seeds judged a home, all their
answers are drawn, each home once a seed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from core.damage import GRADED, PROBABILITIES, DamageGrade, Decision, Tier
from core.estimates import POOLED
from reports.evaluation.contents import KIND_WORDS
from reports.palette import DECISION_SWATCHES, HEADER, TIER_SWATCHES

PANEL_IN = (4.6, 3.9)
"""Width and height of a panel, inches; two fit across a printed page."""
DPI = 150
BINS = 10
"""Bins of equal width, those of the calibration error."""
MIN_IN_BIN = 10
"""Homes under which a bin's share is hollow: too few to say."""
BUDGET_SHOWN = 0.2
"""Wrongly opened share up to which the budget plot goes; nobody works a list beyond."""
QUESTIONS = {"damaged": DamageGrade.MINOR, "severe": DamageGrade.MAJOR}

_BLUE = DECISION_SWATCHES[Decision.OPEN_DRAFT].fill
_Style = tuple[str, tuple[int, tuple[int, ...]]]

STYLES: tuple[_Style, ...] = (
    (_BLUE, (0, ())),
    (TIER_SWATCHES[Tier.T3].fill, (0, (6, 2))),
    (TIER_SWATCHES[Tier.T2].fill, (0, (2, 1))),
    (TIER_SWATCHES[Tier.T4].fill, (0, (6, 2, 1, 2))),
    (DECISION_SWATCHES[Decision.REVIEW].fill, (0, (1, 2))),
    (TIER_SWATCHES[Tier.T0].line, (0, (8, 2, 2, 2, 2, 2))),
)
"""Colour and dash of the events' lines, in their order; after the last the first comes again."""
POOLED_STYLE: _Style = (HEADER.fill, (0, ()))
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", _BLUE])

Lines = dict[str, pd.DataFrame]
Draw = Callable[[Axes, pd.DataFrame, str, dict[str, Any]], None]


def write_precision_recall(scores: pd.DataFrame, path: Path) -> None:
    """Write precision against recall, a row of panels a kind of split, as PNG."""
    _write_panels(scores, path, _draw_precision_recall, ("recall", "precision"))


def write_reliability(scores: pd.DataFrame, path: Path) -> None:
    """Write how often it was so against how sure the model was, as PNG."""
    _write_panels(scores, path, _draw_reliability, ("probability told", "share that was so"))


def write_budget(scores: pd.DataFrame, path: Path, budget: float) -> None:
    """Write severe homes found against homes wrongly opened, as PNG.

    Args:
        scores: SCORES.
        path: where to.
        budget: share wrongly opened that a line marks.
    """
    kinds = _kinds(scores)
    figure = _figure(1, len(kinds))
    for axes, (kind, rows) in zip(figure.axes, kinds.items(), strict=True):
        for name, part, style in _lines(rows):
            _draw_found(axes, part, name, style)
        axes.axvline(budget, color=HEADER.fill, linewidth=0.8, linestyle=":")
        axes.annotate(f" {budget:.3g}", (budget, 0.02), fontsize=8)
        axes.set(xlim=(0, BUDGET_SHOWN), title=f"severe\n{KIND_WORDS[kind]}")
        _finish(axes, "share wrongly opened", "share of severe homes found")
    _save(figure, path)


def write_confusion(scores: pd.DataFrame, path: Path) -> None:
    """Write truth against the likeliest grade, a row a kind of split, an event a column, as PNG.

    Shades are shares of a row; counts are homes, mean over seeds.
    """
    kinds = _kinds(scores)
    figure = _figure(len(kinds), max(len(_lines(rows)) for rows in kinds.values()))
    columns = len(figure.axes) // len(kinds)
    for row, (kind, rows) in enumerate(kinds.items()):
        lines = _lines(rows)
        for column in range(columns):
            axes = figure.axes[row * columns + column]
            if column >= len(lines):
                axes.set_axis_off()
                continue
            name, part, _ = lines[column]
            _draw_confusion(axes, part)
            axes.set_title(f"{name}\n{KIND_WORDS[kind]}", fontsize=9)
    _save(figure, path)


def compute_bins(
    chances: NDArray[np.float64], happened: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean chance, share that was so and homes of each bin that holds any."""
    bins = np.minimum((chances * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    filled = counts > 0
    told = np.bincount(bins, chances, BINS)[filled] / counts[filled]
    was = np.bincount(bins, happened, BINS)[filled] / counts[filled]
    return told, was, counts[filled]


def _write_panels(scores: pd.DataFrame, path: Path, draw: Draw, labels: tuple[str, str]) -> None:
    kinds = _kinds(scores)
    figure = _figure(len(kinds), len(QUESTIONS))
    panels = [(kind, question) for kind in kinds for question in QUESTIONS]
    for axes, (kind, question) in zip(figure.axes, panels, strict=True):
        for name, part, style in _lines(kinds[kind]):
            draw(axes, part, question, style | {"label": name})
        axes.set(xlim=(0, 1), title=f"{question}\n{KIND_WORDS[kind]}")
        _finish(axes, *labels)
    _save(figure, path)


def _draw_precision_recall(
    axes: Axes, rows: pd.DataFrame, question: str, style: dict[str, Any]
) -> None:
    chances, happened = _answers(rows, question)
    if happened.any():
        precision, recall, _ = precision_recall_curve(happened, chances)
        axes.step(recall, precision, where="post", **style)
        axes.axhline(happened.mean(), color=style["color"], linewidth=0.5, linestyle=":")


def _draw_reliability(axes: Axes, rows: pd.DataFrame, question: str, style: dict[str, Any]) -> None:
    told, was, counts = compute_bins(*_answers(rows, question))
    axes.plot([0, 1], [0, 1], color=TIER_SWATCHES[Tier.T0].line, linewidth=0.8)
    axes.plot(told, was, **style)
    is_enough = counts >= MIN_IN_BIN
    colour = style["color"]
    axes.scatter(told[is_enough], was[is_enough], s=18, color=colour, zorder=3)
    axes.scatter(
        told[~is_enough], was[~is_enough], s=18, facecolor="white", edgecolor=colour, zorder=3
    )


def _draw_found(axes: Axes, rows: pd.DataFrame, name: str, style: dict[str, Any]) -> None:
    chances, happened = _answers(rows, "severe")
    if happened.any() and not happened.all():
        wrong, found, _ = roc_curve(happened, chances)
        axes.step(wrong, found, where="post", **(style | {"label": name}))


def _draw_confusion(axes: Axes, rows: pd.DataFrame) -> None:
    size = len(GRADED)
    answer = rows[list(PROBABILITIES)].to_numpy().argmax(axis=1)
    cells = np.bincount(rows["grade"].to_numpy() * size + answer, minlength=size * size)
    counts = cells.reshape(size, size) / rows["seed"].nunique()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    for truth in range(size):
        for said in range(size):
            ink = "white" if shares[truth, said] > 0.5 else HEADER.fill  # noqa: PLR2004  half dark
            text = f"{counts[truth, said]:,.0f}\n{shares[truth, said]:.0%}"
            axes.text(said, truth, text, ha="center", va="center", fontsize=8, color=ink)
    words = [grade.name.lower().replace("_", " ") for grade in GRADED]
    axes.set_xticks(range(size), words, fontsize=8, rotation=20)
    axes.set_yticks(range(size), words, fontsize=8)
    axes.set_xlabel("likeliest grade", fontsize=9)
    axes.set_ylabel("truth", fontsize=9)


def _answers(rows: pd.DataFrame, question: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """P(grade of the question or worse), and whether it was so."""
    grade = QUESTIONS[question]
    chances = rows[list(PROBABILITIES[grade:])].to_numpy(np.float64).sum(axis=1)
    return chances, rows["grade"].to_numpy() >= grade


def _kinds(scores: pd.DataFrame) -> Lines:
    return {str(kind): rows for kind, rows in scores.groupby("kind", sort=True)}


def _lines(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame, dict[str, Any]]]:
    """Name, rows and style of each event, and of all where there are several."""
    events = [(str(event), part) for event, part in rows.groupby("event_id", sort=True)]
    lines: list[tuple[str, pd.DataFrame, dict[str, Any]]] = [
        (event, part, _style(*STYLES[number % len(STYLES)], 1.4))
        for number, (event, part) in enumerate(events)
    ]
    return [*lines, (POOLED, rows, _style(*POOLED_STYLE, 2.2))] if len(events) > 1 else lines


def _style(colour: str, dash: tuple[int, tuple[int, ...]], width: float) -> dict[str, Any]:
    return {"color": colour, "linestyle": dash, "linewidth": width}


def _figure(rows: int, columns: int) -> Figure:
    figure = Figure(
        figsize=(PANEL_IN[0] * columns, PANEL_IN[1] * rows), dpi=DPI, layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.subplots(rows, columns)
    return figure


def _finish(axes: Axes, across: str, up: str) -> None:
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.title.set_fontsize(9)
    axes.tick_params(labelsize=8)
    axes.grid(color=TIER_SWATCHES[Tier.T0].fill, linewidth=0.4)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, framealpha=0.9)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="png", metadata={"Software": None})
