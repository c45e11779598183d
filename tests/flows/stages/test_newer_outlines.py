"""A home that may not have stood before is never claimed by its pictures alone."""

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from core.damage import PROBABILITIES
from core.events import OccurrenceWindow
from core.tables import FOOTPRINTS, GRADES, check_table
from flows.stages.newer_outlines import hold_back_newer

BEFORE = pd.Timestamp("2010-07-01T18:00Z")
WINDOW = OccurrenceWindow(
    datetime(2011, 5, 22, 22, tzinfo=UTC), datetime(2011, 5, 22, 23, tzinfo=UTC)
)
OUTLINED = {
    "unstated": pd.NaT,
    "same": BEFORE,
    "between": pd.Timestamp("2011-01-01T00:00Z"),
    "after": pd.Timestamp("2020-03-01T00:00Z"),
}
SEEN, BARE, NEWER = "seen", "seen;bare_before", "seen;outline_newer_than_images"


def _hold(drawn, status="graded", reason=SEEN):
    ids = pd.Series(list(drawn), dtype="str")
    chances = status == "graded"
    grades = pd.DataFrame({"building_id": ids, "status": status, "status_reason": reason})
    grades = grades.assign(
        pre_scene_id="pre", post_scene_id="post",
        pre_captured_at_utc=BEFORE, post_captured_at_utc=pd.Timestamp("2011-05-24T18:00Z"),
        registration_shift_m=1.0, usable_frac=1.0, novelty_frac=0.3,
        evidence="much rougher" if chances else None,
        **dict(zip(PROBABILITIES, [0, 0, 0, 1.0] if chances else [np.nan] * 4, strict=True)),
    )  # fmt: skip
    buildings = pd.DataFrame(
        {"building_id": ids, "outlined_at_utc": pd.to_datetime(pd.Series(drawn.values()), utc=True)}
    )
    grades = check_table(grades, GRADES)
    held = hold_back_newer(grades, buildings.sample(frac=1, random_state=1), WINDOW)
    return grades.set_index("building_id"), check_table(held, GRADES).set_index("building_id")


def test_a_home_on_ground_that_was_bare_is_not_graded_where_its_outline_is_newer():
    grades, held = _hold(OUTLINED, reason=BARE)
    assert held["status"].to_dict() == {
        "unstated": "graded", "same": "graded",
        "between": "stale_imagery", "after": "no_building_match",
    }  # fmt: skip
    assert held["status_reason"].to_dict() == {
        "unstated": BARE, "same": SEEN,
        "between": "built_after_picture", "after": "not_built_before",
    }  # fmt: skip
    lost = held.loc[["between", "after"]]
    assert lost[[*PROBABILITIES, "novelty_frac", "evidence"]].isna().all(axis=None)
    assert (lost["usable_frac"] == 1).all()
    kept = ["unstated", "same"]
    assert held.loc[kept, [*PROBABILITIES, "evidence"]].equals(
        grades.loc[kept, [*PROBABILITIES, "evidence"]]
    )


def test_a_home_that_may_have_stood_keeps_its_grade_and_says_that_the_outline_is_newer():
    grades, held = _hold(OUTLINED)
    assert (held["status"] == "graded").all()
    assert held["status_reason"].to_list() == [SEEN, SEEN, NEWER, NEWER]
    assert held.drop(columns="status_reason").equals(grades.drop(columns="status_reason"))


@pytest.mark.parametrize("status", ["obscured", "no_imagery", "stale_imagery", "misaligned"])
def test_what_was_not_graded_stays_as_it_is(status):
    grades, held = _hold(OUTLINED, status=status, reason="why")
    assert held.equals(grades)


@pytest.mark.parametrize("drawn", [pd.NaT, OUTLINED["after"]])
def test_one_home_will_do(drawn):
    _, held = _hold({"a": drawn}, reason=BARE)
    assert held["status"].item() == ("graded" if drawn is pd.NaT else "no_building_match")


def test_no_home_will_do():
    grades = check_table(pd.DataFrame(columns=list(GRADES.columns)), GRADES)
    buildings = check_table(
        gpd.GeoDataFrame(columns=list(FOOTPRINTS.columns), geometry="geometry", crs=4326),
        FOOTPRINTS,
    )
    held = hold_back_newer(grades, buildings, WINDOW)
    assert len(check_table(held, GRADES)) == 0
