"""Buildings that came back unseen get another pair, never the same again, while there is one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from core.events import OccurrenceWindow
from core.scenes import Scene
from imagery.pairing.choose import PairingOptions, choose_pairs
from imagery.pairing.retry import TRIED, Blame, choose_other_pairs

START = datetime(2018, 10, 10, 12, tzinfo=UTC)
WINDOW = OccurrenceWindow(START, START + timedelta(hours=12))
HOME = gpd.GeoDataFrame(
    {"building_id": ["home"]},
    geometry=[shapely.box(-85.6001, 30.15, -85.6, 30.1501)], crs=4326,
)  # fmt: skip


def _scene(name, days):
    return Scene(
        name, name, START + timedelta(days=days), shapely.box(-85.7, 30.1, -85.5, 30.2), 0.5,
        float("nan"), float("nan"), 0.0, "made up", "CC0-1.0",
    )  # fmt: skip


SCENES = (_scene("pre-1", -10), _scene("pre-2", -30), _scene("post-1", 2), _scene("post-2", 4))


def _tried(*attempts, home="home"):
    return pd.DataFrame([(home, *each) for each in attempts], columns=TRIED)


def _choose(tried, scenes=SCENES, homes=HOME):
    pairs = choose_other_pairs(homes, scenes, WINDOW, PairingOptions(), tried)
    return list(zip(pairs["pre_scene_id"], pairs["post_scene_id"], strict=True))


@pytest.mark.parametrize(
    ("blame", "pair"),
    [
        (Blame.POST, ("pre-1", "post-2")),
        (Blame.PRE, ("pre-2", "post-1")),
        (Blame.BOTH, ("pre-2", "post-2")),
        (Blame.EITHER, ("pre-1", "post-2")),
    ],
)
def test_the_scene_to_blame_is_exchanged(blame, pair):
    assert _choose(_tried(("pre-1", "post-1", blame))) == [pair]


def test_where_there_is_no_other_after_the_one_before_is_exchanged():
    tried = _tried(("pre-1", "post-1", Blame.EITHER))
    assert _choose(tried, SCENES[:3]) == [("pre-2", "post-1")]
    tried = _tried(("pre-1", "post-1", Blame.POST))
    assert _choose(tried, SCENES[:3]) == []


def test_no_pair_comes_twice_and_the_tries_end():
    tried = _tried(("pre-1", "post-1", Blame.EITHER))
    seen = {("pre-1", "post-1")}
    while pair := _choose(tried):
        assert pair[0] not in seen
        seen.add(pair[0])
        tried = pd.concat([tried, _tried((*pair[0], Blame.EITHER))])
    assert len(seen) == 3


def test_homes_are_asked_for_apart():
    other = HOME.assign(building_id="other")
    tried = pd.concat(
        [
            _tried(("pre-1", "post-1", Blame.POST)),
            _tried(("pre-1", "post-1", Blame.PRE), home="other"),
        ]
    )
    homes = pd.concat([HOME, other], ignore_index=True)
    pairs = choose_other_pairs(homes, SCENES, WINDOW, PairingOptions(), tried)
    chosen = pairs.set_index("building_id")[["pre_scene_id", "post_scene_id"]].T.to_dict("list")
    assert chosen == {"home": ["pre-1", "post-2"], "other": ["pre-2", "post-1"]}


def test_a_scene_that_shows_less_of_the_home_stands_in():
    half = replace(SCENES[3], extent=shapely.box(-85.60003, 30.1, -85.5, 30.2))
    assert choose_pairs(HOME, (*SCENES[:3], half), WINDOW, PairingOptions())[
        "post_scene_id"
    ].tolist() == ["post-1"]
    tried = _tried(("pre-1", "post-1", Blame.POST))
    assert _choose(tried, (*SCENES[:3], half)) == [("pre-1", "post-2")]


def test_nothing_tried_is_nothing_chosen():
    assert _choose(pd.DataFrame(columns=TRIED)) == []
