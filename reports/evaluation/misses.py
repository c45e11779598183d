"""A contact sheet of the surest wrong answers, for people who look for why."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from core.chips import POST, PRE, ChipBatch
from core.damage import GRADED, Tier
from reports.palette import TIER_SWATCHES

PAIRS_ACROSS = 4
PAIR_IN = (3.4, 2.5)
"""Width and height of a pair with its words, inches."""
DPI = 110
MISS_WORDS = {"missed": "severe, taken for sound", "accused": "sound, taken for severe"}
GRADE_WORDS = tuple(grade.name.lower().replace("_", " ") for grade in GRADED)


def write_worst_misses(misses: pd.DataFrame, chips: ChipBatch, path: Path) -> None:
    """Write pairs of before | after with id, truth and the model's answer, as PNG.

    The imagery keeps its owners' licence: the file stays beside the report, out of any
    repository.

    Args:
        misses: of ``evaluation.choose_worst_misses``, in the order to show.
        chips: the chip of each row, in its order.
        path: where to.
    """
    rows = max(1, -(-len(misses) // PAIRS_ACROSS))
    figure = Figure(
        figsize=(PAIR_IN[0] * PAIRS_ACROSS, PAIR_IN[1] * rows), dpi=DPI, layout="constrained"
    )
    FigureCanvasAgg(figure)
    all_axes = np.ravel(figure.subplots(rows, PAIRS_ACROSS))
    for axes in all_axes:
        axes.set_axis_off()
    if misses.empty:
        all_axes[0].text(0, 0.5, "No sure and wrong answers.", fontsize=9)
    for number, miss in enumerate(misses.itertuples()):
        _draw_pair(all_axes[number], chips, number)
        all_axes[number].set_title(
            f"{miss.event_id}\n{miss.building_id}\n{MISS_WORDS[str(miss.miss)]}: truth "
            f"{GRADE_WORDS[miss.grade]}, P {miss.sureness:.2f}",
            fontsize=6.5,
        )
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw_pair(axes: Axes, chips: ChipBatch, row: int) -> None:
    """Before and after side by side, the building outlined; what was not seen is grey."""
    images = chips.images[row].transpose(0, 2, 3, 1)
    seen = np.where(chips.valid[row][..., None], images, np.uint8(128))
    side = seen.shape[2]
    gap = np.full((seen.shape[1], max(1, side // 32), 3), 255, np.uint8)
    axes.imshow(np.concatenate([seen[PRE], gap, seen[POST]], axis=1))
    for offset in (0, side + gap.shape[1]):
        if chips.footprint[row].any() and not chips.footprint[row].all():
            across = np.arange(side) + offset
            axes.contour(
                across, np.arange(seen.shape[1]), chips.footprint[row], levels=[0.5],
                colors=[TIER_SWATCHES[Tier.T1].fill], linewidths=0.9,
            )  # fmt: skip
    axes.set_xlim(-0.5, 2 * side + gap.shape[1] - 0.5)
