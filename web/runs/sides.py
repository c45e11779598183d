"""The scenes before and after that a run graded homes on, the most used first. Pure."""

from collections.abc import Mapping

import pandas as pd

from core.scenes import Scene

SIDES = {"before": "pre_scene_id", "after": "post_scene_id"}
"""What the map calls a side, and the column of findings that names its scenes."""


def order_scenes(table: pd.DataFrame, side: str, scenes: Mapping[str, Scene]) -> list[Scene]:
    """Scenes of a side that homes were graded on; the one of most homes lies on top.

    Args:
        table: with the columns of ``SIDES``.
        side: one of ``SIDES``.
        scenes: by scene id; one that is not there is left out.
    """
    used = (
        table[SIDES[side]].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    )
    return [scenes[str(name)] for name in used.index if name in scenes]
