"""Outlines newer than the picture before: nobody knows that such a home stood there then. Pure.

Kept apart from grading, since when an outline was drawn changes what a grade is worth and not the
grade, which is cached.
"""

import numpy as np
import pandas as pd

from core.damage import PROBABILITIES, SeenCode, Status
from core.events import OccurrenceWindow
from core.tables import join_codes

NOT_BUILT_BEFORE = "not_built_before"
"""No building under the outline before the event, and none known until after it."""
BUILT_SINCE = "built_after_picture"
"""No building in the picture before, but an outline from before the event: that picture is old."""
_SEEN_BARE = join_codes([SeenCode.SEEN, SeenCode.BARE_BEFORE])
_SEEN_NEWER = join_codes([SeenCode.SEEN, SeenCode.OUTLINE_NEWER])
_OF_A_GRADE = [*PROBABILITIES, "novelty_frac"]


def hold_back_newer(
    grades: pd.DataFrame, buildings: pd.DataFrame, window: OccurrenceWindow
) -> pd.DataFrame:
    """The grades of buildings, held against when their outlines were drawn.

    A graded building whose outline is newer than the picture before says so in ``status_reason``.
    If that picture shows bare ground it loses its grade: to ``stale_imagery`` where the outline is
    older than the event, else to ``no_building_match``. Where the outline is not newer, a building
    stood there by it, whatever the measure says. Where no date is stated nothing changes.

    Args:
        grades: GRADES.
        buildings: FOOTPRINTS of all of them; without geometry will do.
        window: when the event's losses occurred.
    """
    drawn = buildings.set_index("building_id")["outlined_at_utc"]
    drawn_at_utc = drawn.reindex(grades["building_id"]).set_axis(grades.index)
    is_graded = grades["status"] == Status.GRADED
    is_newer = is_graded & (drawn_at_utc > grades["pre_captured_at_utc"])
    is_older = is_graded & (drawn_at_utc <= grades["pre_captured_at_utc"])
    is_bare = is_newer & (grades["status_reason"] == _SEEN_BARE)
    stood = is_bare & (drawn_at_utc < window.start_utc)
    cases = [stood, is_bare, is_newer, is_older]
    status = [Status.STALE_IMAGERY, Status.NO_BUILDING_MATCH, Status.GRADED, Status.GRADED]
    reason = [BUILT_SINCE, NOT_BUILT_BEFORE, _SEEN_NEWER, SeenCode.SEEN]
    held = grades.assign(
        status=np.select(cases, [str(word) for word in status], grades["status"]),
        status_reason=np.select(cases, [str(code) for code in reason], grades["status_reason"]),
    )
    held.loc[is_bare, _OF_A_GRADE] = np.nan
    held["evidence"] = held["evidence"].mask(is_bare)
    return held
