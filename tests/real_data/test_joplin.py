"""Joplin 2011: two CRSs, 0.6 m, plain strips, and footprints nine years newer than the images."""

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from core.damage import Status
from core.errors import CoverageError
from imagery.catalogs.folder import FolderCatalog

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(900)]

AS_OF = datetime(2011, 5, 25, 12, tzinfo=UTC)
WHOLE_FRAC = 0.98
FAR_M = 200.0
"""Beyond the reach of the homes around, and the width of a building."""

GONE = ("ms-0992", "ms-1604", "ms-2241", "ms-0797", "ms-1657")
"""Houses, flats and a shop that a person sees before and sees as rubble after."""
STANDING = ("ms-1873", "ms-1283", "ms-0345", "ms-0181")
"""Houses that a person sees before and after."""
LABELS = Path(__file__).parent / "joplin_standing.csv"
"""What a person saw in the pictures before, of each outline that both dates show: whether a
building stands under it, near enough to be the one meant."""


@pytest.fixture(scope="module")
def stands_before():
    """``yes``, ``no`` or ``unsure`` by building."""
    return pd.read_csv(LABELS, dtype=str).set_index("building_id")["stands_before"]


@pytest.fixture(scope="module")
def findings(joplin_event, assess, tmp_path_factory):
    try:
        result = assess(joplin_event, tmp_path_factory.mktemp("joplin-out"), AS_OF)
    except CoverageError as error:
        pytest.fail(f"the run counts as incomplete: {error}")
    return gpd.read_parquet(result.folder / "findings.parquet").set_index("building_id")


@pytest.fixture(scope="module")
def shown_frac(joplin_event):
    """Share of each outline that lies on tiles of both dates, by building."""
    found = FolderCatalog(joplin_event.parent / "imagery").search(
        shapely.box(-95, 37, -94, 38), AS_OF
    )
    assert len(found.scenes) == 10
    assert found.rejected == ()
    outlines = gpd.read_parquet(joplin_event.parent / "footprints.parquet")
    both = shapely.intersection(
        *(
            shapely.union_all([s.extent for s in found.scenes if s.scene_id.startswith(side)])
            for side in ("pre", "post")
        )
    )
    shown = outlines.intersection(both).to_crs(32615).area / outlines.to_crs(32615).area
    return pd.Series(shown.to_numpy(), index=outlines["building_id"])


def test_every_footprint_has_one_row(findings, joplin_event):
    outlines = gpd.read_parquet(joplin_event.parent / "footprints.parquet")
    assert len(findings) == len(outlines) == 2823
    assert findings["location_number"].is_unique
    assert findings["status"].isin(list(Status)).all()
    assert findings["status_reason"].notna().all()


def test_what_the_tiles_do_not_show_is_said_to_be_unseen(findings, shown_frac):
    shown = shown_frac.reindex(findings.index)
    unseen = findings[(shown < 0.01).to_numpy()]
    assert len(unseen) > 2000
    assert set(unseen["status"]) == {Status.NO_IMAGERY}
    assert set(unseen["tier"]) == {"U"}
    # what was seen around counts, and far from it the hazard's chance alone is left
    seen = findings[findings["status"] == "graded"].to_crs(26915).geometry.union_all()
    is_far = unseen.to_crs(26915).distance(seen) > FAR_M
    assert is_far.sum() > 1000
    assert unseen.loc[is_far, "p_damage"].eq(unseen.loc[is_far, "prior_damage"]).all()
    assert not unseen["decision"].eq("open_draft").any()


def test_what_both_dates_show_has_a_grade_or_a_reason(findings, shown_frac):
    whole = findings[(shown_frac.reindex(findings.index) >= WHOLE_FRAC).to_numpy()]
    assert len(whole) > 300
    graded = whole["status"].eq(Status.GRADED)
    assert graded.mean() > 0.5
    assert whole.loc[~graded, "status_reason"].ne("seen").all()
    assert whole.loc[graded, "registration_shift_m"].median() < 3


def test_houses_that_are_gone_and_houses_that_stand_are_told_apart(findings):
    gone, standing = findings.loc[list(GONE)], findings.loc[list(STANDING)]
    assert gone.loc[gone["status"].eq(Status.GRADED), "p_severe"].gt(0.5).all()
    assert standing.loc[standing["status"].eq(Status.GRADED), "p_severe"].lt(0.5).all()
    assert pd.concat([gone, standing])["status"].eq(Status.GRADED).sum() >= 5


def test_nothing_is_claimed_by_outlines_that_are_newer_than_the_pictures(findings):
    assert not findings["decision"].eq("open_draft").any()
    graded = findings[findings["status"].eq(Status.GRADED)]
    assert set(graded["status_reason"]) == {"seen;outline_newer_than_images"}
    severe = graded[graded["tier"].isin(["T3", "T4"])]
    assert len(severe) > 20
    assert severe["decision_reasons"].str.contains("outline_newer_than_images").all()
    assert severe["decision"].eq("review").all()


def test_a_site_that_was_built_on_later_is_not_called_destroyed(findings):
    site = findings.loc["ms-2584"]
    assert (site["status"], site["status_reason"]) == ("no_building_match", "not_built_before")
    assert site["tier"] == "U"
    assert pd.isna(site["p_destroyed"])


def test_hardly_a_home_that_stood_is_called_unbuilt(findings, stands_before):
    seen = stands_before.reindex(findings.index)
    unbuilt = findings["status_reason"].eq("not_built_before")
    assert findings.loc[unbuilt, "status"].eq("no_building_match").all()
    assert unbuilt[seen.eq("no")].sum() >= 3
    assert unbuilt[seen.eq("yes")].sum() <= 0.01 * seen.eq("yes").sum()
    assert not findings.loc[list(GONE), "status_reason"].eq("not_built_before").any()
