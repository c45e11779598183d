"""Who is in the path: by the hazard alone, wherever pictures are and whatever else is insured."""

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest

from core.errors import WeatherError
from flows.stages.locate import locate
from flows.stages.see import find_scenes, plan_imagery
from flows.wiring.opening import open_run

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
HOMES = 24
FAR = (-81.7, 26.2)
"""In the eyewall a day before the storm reached the town, 5 degrees from every scene."""
EARLIER = (
    "20181009, 0600,  , HU, 26.2N,  82.0W, 100,  955,  140,  120,   70,  110,   70,   60,   40,"
    "   50,   40,   35,   20,   30,\n"
)


@pytest.fixture
def far_home(event_copy):
    """A home of the book near the storm's track, with an outline and no scene near it."""
    folder = event_copy.parent
    track = folder / "weather" / "hurdat2.txt"
    header, rest = track.read_text().split("\n", 1)
    track.write_text(header.replace("     5,", "     6,") + "\n" + EARLIER + rest)
    path = folder / "policies" / "location.csv"
    book = pd.read_csv(path, dtype="str", keep_default_na=False)
    book.loc[0, ["Longitude", "Latitude"]] = [str(FAR[0] + 1e-5), str(FAR[1] + 1e-5)]
    book.to_csv(path, index=False)
    outlines = gpd.read_parquet(folder / "footprints.parquet")
    first = outlines.geometry.iloc[0]
    moved = gpd.GeoSeries(
        [first, *outlines.geometry.iloc[1:]], crs=outlines.crs, index=outlines.index
    )
    moved.iloc[0] = gpd.GeoSeries([first]).translate(
        FAR[0] - first.centroid.x, FAR[1] - first.centroid.y
    )[0]
    outlines.set_geometry(moved).to_parquet(folder / "footprints.parquet")
    return outlines["building_id"].iloc[0], book.loc[0, "LocNumber"]


def test_a_home_far_from_every_scene_has_its_row(event_copy, far_home, tmp_path):
    building_id, number = far_home
    run = open_run(event_copy, tmp_path / "out", AS_OF, None)
    found = locate(run)
    assert (found.in_book, found.in_path) == (HOMES, HOMES)
    matches = pd.read_parquet(run.folder.work("matches")).set_index("location_number")
    assert matches.loc[number, "building_id"] == building_id
    plan_imagery(run, find_scenes(run))
    pairs = pd.read_parquet(run.folder.work("pairs")).set_index("building_id")
    assert pairs.loc[building_id, "pair_status"] == "no_imagery"
    areas = gpd.read_parquet(run.folder.work("hazard_areas"))
    assert areas.union_all().buffer(0).contains(gpd.points_from_xy([FAR[0]], [FAR[1]])[0])


def test_the_track_ends_at_the_runs_instant(event_copy, far_home, tmp_path):
    _, number = far_home
    early = datetime(2018, 10, 9, 12, tzinfo=UTC)
    run = open_run(event_copy, tmp_path / "out", early, None)
    assert locate(run).in_path == 1
    locations = gpd.read_parquet(run.folder.work("locations"))
    assert locations["location_number"].tolist() == [number]
    before = open_run(event_copy, tmp_path / "out", datetime(2018, 10, 9, tzinfo=UTC), None)
    with pytest.raises(WeatherError, match="later than that"):
        locate(before)


def test_a_storm_that_only_rains_has_its_path_and_says_so(event_copy, tmp_path):
    """Harvey's kind: winds under the threshold for days, the ground under water."""
    track = event_copy.parent / "weather" / "hurdat2.txt"
    rows = [
        f"201810{day:02d}, 0000,  , TS, 30.1N,  85.5W,  40,  997,  100,  100,  100,  100,"
        + "    0," * 8
        for day in range(9, 14)
    ]
    track.write_text("\n".join(["AL992018,            STALLED,      5,", *rows, ""]))
    run = open_run(event_copy, tmp_path / "out", AS_OF, None)
    assert locate(run).in_path == HOMES
    hazards = pd.read_parquet(run.folder.work("hazards"))
    assert set(hazards["hazard_reason"]) == {"rain"}
    assert hazards["rain_mm"].min() > 150
    each = pd.read_parquet(run.folder.work("hazard_rows"))
    assert each.groupby("hazard")["is_reached"].agg(["size", "all", "any"]).to_numpy().tolist() == [
        [HOMES, True, True],
        [HOMES, False, False],
    ]
