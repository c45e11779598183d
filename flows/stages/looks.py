"""Looks at the same buildings, each with another pair of scenes, and which of them is kept."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from core.damage import Status
from core.errors import InputError
from flows.stages.tiles.cache import read_grades
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_table
from imagery.pairing.retry import TRIED, Blame

_SEEN_MOST = {
    str(status): rank
    for rank, status in enumerate(
        (Status.GRADED, Status.MISALIGNED, Status.OBSCURED, Status.NO_IMAGERY)
    )
}
"""What says most of a building first."""


GradedTiles = tuple[Path, ...]
"""Where the rows of a batch's tiles lie."""


def tiles_of(graded: Iterable[GradedTiles]) -> list[Path]:
    """The files of all batches of a look."""
    return [path for batch in graded for path in batch]


def pairs_path(run: RunContext, look: int) -> Path:
    """Where the pairs of a look lie; the first, 0, has all buildings, later ones some."""
    return run.folder.work("pairs" if look == 0 else f"pairs_{look}")


def read_looks(run: RunContext, looks: Sequence[list[GradedTiles]]) -> pd.DataFrame:
    """Rows of GRADES with ``pair_status``, ``pair_reason``, ``blame`` and ``look``.

    Args:
        run: the run.
        looks: where each look's rows lie, a batch of tiles each.

    Raises:
        InputError: a building was lost or came twice on the way.
    """
    parts = []
    for number, graded in enumerate(looks):
        pairs = read_table(pairs_path(run, number))
        rows = read_grades(tiles_of(graded))
        merged = pairs.merge(rows, on="building_id", how="left", validate="one_to_one")
        lost = merged.loc[(merged["pair_status"] == "paired") & merged["status"].isna()]
        if len(lost):
            raise InputError(
                "gathering grades", f"{len(lost)} buildings have no status, "
                f"{lost['building_id'].iloc[0]!r} the first", "Run the event again",
            )  # fmt: skip
        parts.append(merged.assign(look=number))
    return pd.concat(parts)


def keep_best(rows: pd.DataFrame) -> pd.DataFrame:
    """The look at each building that saw most of it, the first of equals.

    Args:
        rows: see ``read_looks``.
    """
    ranked = rows.assign(
        _rank=rows["status"].map(_SEEN_MOST).fillna(len(_SEEN_MOST)),
        _hidden=1 - rows["usable_frac"].astype("float64").fillna(0.0),
    ).sort_values(["_rank", "_hidden", "look"], kind="stable")
    best = ranked.drop_duplicates("building_id").drop(columns=["_rank", "_hidden"])
    first = rows.loc[rows["look"] == 0, "building_id"]
    return best.set_index("building_id").loc[first].reset_index()


def find_tried(rows: pd.DataFrame) -> pd.DataFrame:
    """What was tried, columns ``TRIED``, of the buildings that no look has shown yet.

    Args:
        rows: see ``read_looks``.
    """
    paired = rows[rows["pair_status"] == "paired"]
    is_open = (paired["blame"] != Blame.NONE).groupby(paired["building_id"]).transform("all")
    return paired.loc[is_open, TRIED]
