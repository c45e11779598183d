"""Evidence is joined without losing or doubling a location, and the image changes the odds."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.damage import Status
from core.schemas.book import LOCATION_KEY
from detectors.fusion import FusionOptions
from flows.stages.judge import add_posterior, join_evidence

PROBABILITIES = ["p_no_damage", "p_minor", "p_major", "p_destroyed"]
UNMATCHED = [Status.NO_BUILDING_MATCH, Status.AMBIGUOUS_MATCH, Status.GEOCODE_TOO_COARSE]
OPTIONS = FusionOptions()

_home = st.fixed_dictionaries(
    {
        "match": st.sampled_from(["matched", "matched", *map(str, UNMATCHED)]),
        "building": st.integers(0, 5),
        "prior": st.floats(0, 1),
    }
)
_building = st.fixed_dictionaries(
    {
        "status": st.sampled_from([str(s) for s in Status if s not in UNMATCHED]),
        "p": st.tuples(*[st.floats(0.001, 1)] * 4),
    }
)


def _tables(homes, buildings):
    count = len(homes)
    keys = pd.DataFrame(
        {
            "portfolio_number": pd.Series(["1"] * count, dtype="str"),
            "account_number": pd.Series(["A1"] * count, dtype="str"),
            "policy_number": pd.Series([f"P{k:03d}" for k in range(count)], dtype="str"),
            "location_number": pd.Series(["1"] * count, dtype="str"),
        }
    )
    locations = gpd.GeoDataFrame(
        keys.assign(building_tiv=1000.0, deductible_amount=np.nan, currency="USD", geocode_class=2),
        geometry=gpd.points_from_xy([-85.6] * count, [30.2] * count),
        crs=4326,
    )
    is_matched = [home["match"] == "matched" for home in homes]
    matches = keys.assign(
        match_status=pd.Series([home["match"] for home in homes], dtype="str"),
        match_reason=pd.Series([f"why-{home['match']}" for home in homes], dtype="str"),
        building_id=pd.Series(
            [f"b{home['building']}" if matched else None
             for home, matched in zip(homes, is_matched, strict=True)], dtype="str",
        ),
    )  # fmt: skip
    grades = pd.DataFrame(
        {
            "building_id": pd.Series([f"b{k}" for k in range(len(buildings))], dtype="str"),
            "status": pd.Series([each["status"] for each in buildings], dtype="str"),
            "status_reason": pd.Series([f"saw-{each['status']}" for each in buildings]),
        }
    )
    shares = np.array([each["p"] for each in buildings], float).reshape(-1, 4)
    shares /= shares.sum(axis=1, keepdims=True)
    shares[(grades["status"] != "graded").to_numpy()] = np.nan
    grades[PROBABILITIES] = shares
    hazards = keys.assign(
        prior_damage=np.array([home["prior"] for home in homes], float),
        prior_severe=np.array([home["prior"] / 3 for home in homes], float),
        leading_hazard="wind",
    )
    return locations, matches, grades, hazards


@settings(max_examples=50, deadline=None)
@given(
    homes=st.lists(_home, max_size=12),
    buildings=st.lists(_building, min_size=6, max_size=6),
    turn=st.randoms(use_true_random=False),
)
def test_each_location_comes_out_once_with_its_own_status(homes, buildings, turn):
    locations, matches, grades, hazards = _tables(homes, buildings)
    order = list(range(len(homes)))
    turn.shuffle(order)
    joined = join_evidence(locations, matches.iloc[order], grades, hazards.iloc[order[::-1]])
    assert joined[LOCATION_KEY].equals(locations[LOCATION_KEY])
    for home, row in zip(homes, joined.to_dict("records"), strict=True):
        if home["match"] == "matched":
            seen = buildings[home["building"]]["status"]
            assert (row["status"], row["status_reason"]) == (seen, f"saw-{seen}")
            assert row["building_id"] == f"b{home['building']}"
        else:
            assert (row["status"], row["status_reason"]) == (home["match"], f"why-{home['match']}")
            assert pd.isna(row["building_id"])
        assert row["prior_damage"] == home["prior"]

    judged = add_posterior(joined, OPTIONS)
    assert judged[LOCATION_KEY].equals(locations[LOCATION_KEY])
    is_graded = (judged["status"] == "graded").to_numpy()
    unseen = judged[~is_graded]
    assert (unseen["tier"] == "U").all()
    assert unseen["p_damage"].between(0, 1).all()
    assert (unseen["p_severe"] <= unseen["p_damage"]).all()
    seen = judged[is_graded]
    assert seen["tier"].isin(["T0", "T1", "T2", "T3", "T4"]).all()
    assert seen["p_damage"].between(0, 1).all()
    assert (seen["p_severe"] <= seen["p_damage"] + 1e-9).all()


def _one(status, probabilities, prior):
    locations, matches, grades, hazards = _tables(
        [{"match": "matched", "building": 0, "prior": prior}],
        [{"status": status, "p": probabilities}],
    )
    return add_posterior(join_evidence(locations, matches, grades, hazards), OPTIONS).iloc[0]


@pytest.mark.parametrize(
    ("probabilities", "tier"),
    [
        ((0.97, 0.01, 0.01, 0.01), "T0"),
        ((0.01, 0.97, 0.01, 0.01), "T2"),
        ((0.01, 0.01, 0.97, 0.01), "T3"),
        ((0.01, 0.01, 0.01, 0.97), "T4"),
    ],
)
def test_a_sure_image_in_a_fair_wind_gives_its_own_tier(probabilities, tier):
    assert _one("graded", probabilities, 0.3)["tier"] == tier


def test_the_hazard_moves_what_the_image_says_and_leaves_the_image_alone():
    weak, strong = (_one("graded", (0.5, 0.3, 0.1, 0.1), prior) for prior in (0.05, 0.9))
    assert weak["p_damage"] < strong["p_damage"]
    assert weak["p_no_damage"] == strong["p_no_damage"] == pytest.approx(0.5)


def test_no_location_at_all_is_fine():
    joined = join_evidence(*_tables([], [{"status": "graded", "p": (1, 1, 1, 1)}]))
    assert len(add_posterior(joined, OPTIONS)) == 0


def test_two_grades_of_one_building_are_refused():
    locations, matches, grades, hazards = _tables(
        [{"match": "matched", "building": 0, "prior": 0.1}],
        [{"status": "graded", "p": (1, 1, 1, 1)}],
    )
    with pytest.raises(pd.errors.MergeError):
        join_evidence(locations, matches, pd.concat([grades, grades]), hazards)


def _along_a_street(joined, count):
    """The homes along a street, 15 m apart."""
    places = gpd.points_from_xy(-85.7 + np.arange(count) * 1.5e-4, np.full(count, 30.2))
    return joined.set_geometry(gpd.GeoSeries(places, index=joined.index, crs=4326))


def test_whole_streets_outside_the_bad_area_do_not_outvote_its_hazard():
    """Pictures give whole homes a few tenths; their mean is no proof against a weak hazard."""
    count = 60
    homes = [{"match": "matched", "building": k, "prior": 0.01} for k in range(count)]
    whole = {"status": "graded", "p": [0.62, 0.28, 0.07, 0.03]}
    doubtful = {"status": "graded", "p": [0.35, 0.35, 0.2, 0.1]}
    locations, matches, grades, hazards = _tables(homes, [doubtful] + [whole] * (count - 1))
    joined = join_evidence(locations, matches, grades, hazards)
    street = _along_a_street(joined, count)
    judged = add_posterior(street, OPTIONS)
    alone = add_posterior(street.iloc[:1], OPTIONS)
    assert judged["p_damage"].iloc[0] == pytest.approx(alone["p_damage"].iloc[0], abs=0.02)
    assert judged["tier"].iloc[0] == "T1"  # by its picture alone it would be T2
