"""Chooses another pair for buildings whose first one showed nothing of them. Pure.

A pair is chosen by what catalogues say. Where the pixels then say otherwise (a black collar, a
cloud, a file that is cut short), the scene to blame is left out and the choice made once more.
"""

from collections.abc import Iterator
from enum import StrEnum

import geopandas as gpd
import pandas as pd

from core.events import OccurrenceWindow
from core.scenes import Scene
from core.tables import PAIRS, check_table
from imagery.pairing.choose import PairingOptions, choose_pairs


class Blame(StrEnum):
    """Which scene of a pair a building came back unseen of."""

    NONE = ""
    """Seen; or unseen for a reason that no other picture mends."""
    PRE = "pre"
    POST = "post"
    BOTH = "both"
    EITHER = "either"
    """One of the two, or that they do not fit: the one after is exchanged first."""


TRIED = ["building_id", "pre_scene_id", "post_scene_id", "blame"]
"""Columns of what was tried, a row a building and pair."""


def choose_other_pairs(
    footprints: gpd.GeoDataFrame,
    scenes: tuple[Scene, ...],
    window: OccurrenceWindow,
    options: PairingOptions,
    tried: pd.DataFrame,
) -> pd.DataFrame:
    """The next best pair of each building that has one, PAIRS; never one that was tried.

    Args:
        footprints: building_id and geometry of those to look at again, EPSG:4326.
        scenes: all there are.
        window: when the event's losses occurred.
        options: what is acceptable and what shortcomings cost.
        tried: columns ``TRIED``.
    """
    parts = []
    for ids, history in _alike(tried):
        rest = footprints[footprints["building_id"].isin(ids)]
        for bad in _scenes_to_leave_out(history):
            allowed = tuple(scene for scene in scenes if scene.scene_id not in bad)
            pairs = choose_pairs(rest, allowed, window, options)
            is_paired = (pairs["pair_status"] == "paired").to_numpy()
            parts.append(pairs[is_paired])
            rest = rest[~is_paired]
    chosen = pd.concat(parts) if parts else choose_pairs(footprints[:0], (), window, options)
    checked: pd.DataFrame = check_table(chosen.reset_index(drop=True), PAIRS)
    return checked


_History = tuple[tuple[str, str, str], ...]
"""Scene before, scene after and who is to blame, of each pair tried."""


def _alike(tried: pd.DataFrame) -> Iterator[tuple[list[str], _History]]:
    """Buildings for which the same was tried, with what."""
    rows = tried.assign(attempt=list(zip(*(tried[name] for name in TRIED[1:]), strict=True)))
    history = rows.groupby("building_id")["attempt"].agg(lambda each: tuple(sorted(each)))
    for attempts, buildings in history.groupby(history):
        yield list(buildings.index), attempts


def _scenes_to_leave_out(history: _History) -> Iterator[set[str]]:
    """Sets of scenes, best first; each holds a scene of every pair tried."""
    sure = {pre for pre, _, blame in history if blame in (Blame.PRE, Blame.BOTH)}
    sure |= {post for _, post, blame in history if blame in (Blame.POST, Blame.BOTH)}
    unsure = [(pre, post) for pre, post, blame in history if blame == Blame.EITHER]
    yield sure | {post for _, post in unsure}
    if unsure:
        yield sure | {pre for pre, _ in unsure}
