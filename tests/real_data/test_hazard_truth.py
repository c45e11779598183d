"""What the hazard alone tells of Fort Myers Beach (Ian 2022), in loose bounds; and a county."""

import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from weather.hazards.curves import DEPTH

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ISLAND = "damage_points/fort_myers_beach_ian_2022.csv"


@pytest.fixture
def island(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import island  # noqa: PLC0415  benchmarks are scripts, on no path

    yield island
    sys.modules.pop("island", None)


@pytest.fixture
def county(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import county  # noqa: PLC0415  the same

    yield county
    sys.modules.pop("county", None)


@pytest.mark.real_data
def test_labels_of_any_case_are_one_and_blank_ones_stay_unknown(island, public_data):
    beach = island.read_island(public_data / ISLAND)
    with (public_data / ISLAND).open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["NSI_ground_elv_ft_NAVD88"]]
    words = Counter(row["LC_DS_PDA"].lower() for row in rows)
    assert len(beach) == len(rows) == 3205
    expected = [words[word] for word in ("", *island.COUNTY_GRADES)]
    assert np.bincount(beach.county + 1).tolist() == expected
    assert min(expected) > 50
    assert 2.5 < np.median(beach.depth_m) < 2.9


@pytest.mark.real_data
def test_depth_gives_the_level_that_wind_misses_and_hardly_any_order(island, public_data):
    beach = island.read_island(public_data / ISLAND)
    known = beach.county >= 0
    severe = (beach.county >= island.COUNTY_GRADES.index("major"))[known]
    once = np.ones((1, known.sum()))

    def read(prior, name):
        return island.figures_of(prior.severe[known], severe)[name](once)[0]

    priors = island.list_priors(beach)
    wind = priors["wind (year built, one gust)"]
    water, larger = priors["surge depth, published curve"], priors["both, the larger"]
    assert read(wind, "Brier") > 0.5
    assert read(larger, "Brier") < 0.3
    assert 0.5 < read(water, "AUC") < 0.65
    assert 0.05 < read(water, "told") - read(water, "so") < 0.25
    # homes in the survey's worst states are far fewer than those that lost most of their value
    assert water.severe.mean() > 2 * (beach.state >= island.SURVEY_SEVERE).mean()
    assert read(priors["both, 1 - (1 - a)(1 - b)"], "Brier") > read(larger, "Brier")


@pytest.mark.real_data
def test_a_curve_fitted_to_the_county_stands_where_the_published_one_does(island, public_data):
    beach = island.read_island(public_data / ISLAND)
    beach = beach.select(beach.county >= 0)
    fitted, _ = island.fit_depth(beach, beach.county >= 2, beach.county >= 3)
    assert fitted.median == pytest.approx(DEPTH.severe.median, abs=0.4)


def test_a_fit_finds_the_curve_that_made_the_damage(island):
    random = np.random.default_rng(5)
    depth = random.uniform(0.1, 4, 20_000)
    truth = island.Curve(1.3, 0.7)
    found = island.fit_curve(depth, random.random(20_000) < truth.chance(depth))
    assert found.median == pytest.approx(1.3, abs=0.05)
    assert found.beta == pytest.approx(0.7, abs=0.05)


def test_the_rest_of_a_county_is_whole_and_its_streets_see_one_picture_each(county):
    random = np.random.default_rng(3)
    count = 60
    grades = random.integers(0, 4, count)
    bad = county.Homes(
        random.dirichlet([4, 1, 1, 1], count), grades, np.full(count, 0.3),
        np.full(count, "wind", object), -85.6 + random.random(count) * 1e-3,
        30.2 + random.random(count) * 1e-3, random.integers(0, 5, count),
    )  # fmt: skip
    rest = county.draw_outside(bad, 0.01)
    assert len(rest) == 19 * count
    assert rest.is_whole.all()
    assert (rest.prior_damage == 0.01).all()
    streets = rest.scenes.reshape(-1, county.STREET_HOMES)
    assert (streets == streets[:, :1]).all()
    places = np.column_stack([rest.longitude, rest.latitude])
    assert len(np.unique(places, axis=0)) == len(rest)
    assert rest.longitude.min() > bad.longitude.max() + 0.9
