import filecmp
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from core.errors import InputError
from core.events import CatEvent, Peril
from core.schemas.truth import TRUTH
from core.tables import check_table
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules
from policies.coverage.screen import screen_coverage
from policies.made_up.book import BookRegion, BookShares, make_book, write_book
from policies.made_up.people import choose_perils, choose_unrelated_perils
from policies.matching.match import MatchOptions, match_locations
from policies.reading.exposure import read_book

DATA = Path(os.environ.get("FIRSTNOTICE_DATA", Path(__file__).parents[4] / "shared" / "data"))
SIDE = 20
COUNT = SIDE * SIDE
SHARES = BookShares()
NO_SHARES = BookShares(0, 0, 0, 0, 0, 0)
REGION = BookRegion(area_code="FL")


@pytest.fixture(scope="module")
def town(footprints_of, plot):
    """400 houses: rows of near neighbours with wide gardens, some overlapping, some sheds."""
    shapes = {}
    for n in range(COUNT):
        row, column = divmod(n, SIDE)
        west, south = 28.0 * column + 160 * (column // 4), 90.0 * row
        width = 31.0 if n % 50 == 7 else 14.0  # overlaps its neighbour
        shapes[f"house-{n:03d}"] = plot.box(west, south, width, 11)
    shapes["shed"] = plot.box(16, 0, 3, 3)
    shapes["nested"] = plot.box(28, 1, 13, 10)
    shapes["bow"] = shapely.Polygon(
        [plot.point(-40, 0), plot.point(-20, 20), plot.point(-20, 0), plot.point(-40, 20)]
    )
    return footprints_of(shapes)


@pytest.fixture(scope="module")
def grades(town):
    words = np.array(["no-damage", "minor-damage", "destroyed"])
    return pd.Series(words[np.arange(len(town)) % 3], index=town["building_id"])


@pytest.fixture(scope="module")
def made(town, grades, hurricane):
    return make_book(town, grades, hurricane, seed=7, shares=SHARES, region=REGION)


@pytest.fixture(scope="module")
def read_back(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("event") / "policies"
    write_book(made, folder)
    return read_book(*(folder / f"{name}.csv" for name in ("location", "account", "contacts")))


@pytest.fixture(scope="module")
def matches(read_back, town):
    return match_locations(read_back.locations, town, MatchOptions())


def test_one_policy_a_building(made, town):
    assert sorted(made.truth["building_id"]) == sorted(town["building_id"])
    assert made.truth["location_number"].is_unique
    assert made.account["PolNumber"].is_unique
    assert made.truth["location_number"].tolist()[:2] == ["000001", "000002"]
    check_table(made.truth, TRUTH)


def test_the_book_reads_back_but_for_its_duplicates(made, read_back):
    assert len(read_back.locations) == len(made.truth)
    assert len(read_back.contacts) == len(made.truth)
    assert set(read_back.rejects["reason"]) == {"duplicate_row"}
    assert len(read_back.rejects) == round(SHARES.duplicate_frac * len(made.truth))


def test_the_truth_is_what_matching_says(made, matches):
    said = made.truth.merge(matches, on="location_number", suffixes=("", "_matched"))
    status = said["match_status"].replace("matched", "graded")
    assert status.tolist() == said["expected_status"].tolist()
    graded = said.loc[status == "graded"]
    other = graded.loc[graded["building_id"] != graded["building_id_matched"], "building_id"]
    assert set(other) <= {"nested"}  # the same house drawn twice


def test_faults_come_by_count(made):
    count = len(made.truth)
    status = made.truth["expected_status"].value_counts()
    assert status["geocode_too_coarse"] == round(SHARES.coarse_frac * count)
    assert status["no_building_match"] == round(SHARES.displaced_frac * count)
    assert status["ambiguous_match"] >= round(SHARES.between_frac * count)
    assert (made.location["AddressMatch"] == "7").sum() == status["geocode_too_coarse"]


def test_coverage_faults_come_by_count(made, read_back, hurricane):
    losses = pd.Series(pd.Timestamp("2018-10-10T17:30Z"), index=read_back.locations.index)
    coverages = screen_coverage(
        read_back.locations, hurricane, LossTimes.of_instants(losses), CoverageRules()
    )
    said = coverages["coverage_reasons"].value_counts()
    count = len(made.truth)
    assert said.to_dict() == {
        "in_force;peril_covered": count - said.iloc[1:].sum(),
        "policy_expired": round(SHARES.lapsed_frac * count),
        "peril_not_covered": round(SHARES.not_covered_frac * count),
    }


def test_no_home_has_two_faults(made, read_back, matches, hurricane):
    locations = read_back.locations
    losses = pd.Series(pd.Timestamp("2018-10-10T17:30Z"), index=locations.index)
    coverages = screen_coverage(
        locations, hurricane, LossTimes.of_instants(losses), CoverageRules()
    )
    is_repeated = made.location["LocNumber"].duplicated(keep=False)
    repeated = set(made.location.loc[is_repeated, "LocNumber"])
    failed = set(coverages.loc[coverages["coverage_result"] == "fail", "location_number"])
    is_moved = matches["match_reason"].isin(["geocode_class", "several_near", "nothing_in_radius"])
    moved = set(matches.loc[is_moved, "location_number"])
    assert all((repeated, failed, moved))
    assert len(repeated | failed | moved) == len(repeated) + len(failed) + len(moved)


def test_moved_points_stay_in_the_area(town, grades, hurricane, plot, read_back):
    area = plot.box(-100, -100, 2000, 2000)
    region = BookRegion(area=area)
    made = make_book(town, grades, hurricane, seed=1, shares=SHARES, region=region)
    points = shapely.points(
        made.location["Longitude"].astype(float), made.location["Latitude"].astype(float)
    )
    assert shapely.covers(area, points).all()
    assert shapely.covers(
        shapely.box(*town.total_bounds).buffer(1e-6), read_back.locations.geometry
    ).all()


def test_the_same_seed_gives_the_same_bytes_whatever_the_order(
    town, grades, hurricane, made, tmp_path
):
    write_book(made, tmp_path / "one")
    shuffled = town.sample(frac=1, random_state=3)
    again = make_book(shuffled, grades, hurricane, seed=7, shares=SHARES, region=REGION)
    write_book(again, tmp_path / "two")
    names = ["location.csv", "account.csv", "contacts.csv"]
    assert filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", names, shallow=False)[0] == names
    pd.testing.assert_frame_equal(made.truth, again.truth)
    other = make_book(town, grades, hurricane, seed=8, shares=SHARES, region=REGION)
    assert not other.location.equals(made.location)


def test_people_are_made_up(made):
    assert made.contacts["Email"].str.fullmatch(r"insured\.\d{6}@example\.com").all()
    assert made.contacts["Phone"].str.fullmatch(r"555-01\d\d").all()


def test_without_shares_every_home_is_plain(footprints_of, plot, hurricane):
    town = footprints_of({f"b{n}": plot.box(40 * n, 0, 12, 12) for n in range(30)})
    grades = pd.Series("no-damage", index=town["building_id"])
    made = make_book(town, grades, hurricane, seed=0, shares=NO_SHARES, region=REGION)
    assert set(made.truth["expected_status"]) == {"graded"}
    assert len(made.location) == 30


def test_a_crowded_town_has_no_room_to_displace(footprints_of, plot, hurricane):
    town = footprints_of(
        {f"b{n}": plot.box(11 * (n % 5), 11 * (n // 5), 10, 10) for n in range(25)}
    )
    grades = pd.Series("no-damage", index=town["building_id"])
    shares = BookShares(0, 0, 0, displaced_frac=0.2, between_frac=0.2, duplicate_frac=0)
    made = make_book(town, grades, hurricane, seed=0, shares=shares, region=REGION)
    status = made.truth["expected_status"].value_counts().to_dict()
    assert status.get("no_building_match", 0) == 0
    assert status["graded"] + status.get("ambiguous_match", 0) == 25


@pytest.mark.parametrize("count", [0, 1])
def test_the_smallest_towns(footprints_of, plot, hurricane, count):
    town = footprints_of({f"b{n}": plot.box(0, 0, 12, 12) for n in range(count)})
    grades = pd.Series("no-damage", index=town["building_id"])
    made = make_book(town, grades, hurricane, seed=0, shares=SHARES, region=REGION)
    assert (len(made.location), len(made.truth)) == (count, count)


def test_a_building_without_a_grade_is_told(town, grades, hurricane):
    with pytest.raises(InputError, match="building 'shed' has no grade"):
        make_book(town, grades.drop("shed"), hurricane, seed=0, shares=SHARES, region=REGION)


@pytest.mark.parametrize("values", [{"lapsed_frac": -0.1}, {"coarse_frac": 0.99}])
def test_shares_that_cannot_be_are_refused(values):
    with pytest.raises(ValueError, match="sum to at most 1"):
        BookShares(**values)


@pytest.mark.parametrize(
    ("perils", "covered", "unrelated"),
    [
        (["WTC", "WSS"], "WW2;XX1;BB1", "QQ1"),
        (["BBF"], "WW2;XX1;BB1", "QQ1"),
        (["QEQ", "QTS"], "WW2;XX1;BB1;QQ1", "OO1"),
        (["ORF"], "WW2;XX1;BB1;OO1", "QQ1"),
        (["WSS"], "WW2;XX1;BB1;WSS", "QQ1"),
        (["VVE"], "WW2;XX1;BB1;VV1", "QQ1"),
        (["QEQ", "ORF", "BBF", "XTD"], "WW2;XX1;BB1;QQ1", "BFR"),
    ],
)
def test_policies_cover_the_primary_peril_without_water_by_the_way(
    hurricane, perils, covered, unrelated
):
    event = CatEvent("e", "E", tuple(Peril(code) for code in perils), hurricane.window)
    assert choose_perils(event) == covered
    assert choose_unrelated_perils(event) == unrelated


def read_label_shapes(labels):
    """Pre-event outlines of xBD label files by uid."""
    shapes = {}
    for path in labels:
        for feature in json.loads(path.read_text())["features"]["lng_lat"]:
            shapes[feature["properties"]["uid"]] = shapely.from_wkt(feature["wkt"])
    return shapes


@pytest.mark.real_data
@pytest.mark.parametrize("disaster", ["hurricane-michael", "guatemala-volcano"])
def test_the_truth_holds_on_real_outlines(footprints_of, hurricane, tmp_path, disaster):
    labels = sorted((DATA / "xbd" / "labels").glob(f"{disaster}_*_pre_disaster.json"))
    if not labels:
        pytest.skip(f"no xBD labels at {DATA}; set FIRSTNOTICE_DATA")
    town = footprints_of(read_label_shapes(labels[:12]))
    grades = pd.Series("no-damage", index=town["building_id"])
    made = make_book(town, grades, hurricane, seed=5, shares=SHARES, region=REGION)
    write_book(made, tmp_path)
    book = read_book(tmp_path / "location.csv", tmp_path / "account.csv", None)
    assert set(book.rejects["reason"]) <= {"duplicate_row"}
    matches = match_locations(book.locations, town, MatchOptions())
    said = made.truth.merge(matches, on="location_number", suffixes=("", "_matched"))
    assert len(said) == len(made.truth)
    status = said["match_status"].replace("matched", "graded")
    assert status.tolist() == said["expected_status"].tolist()
