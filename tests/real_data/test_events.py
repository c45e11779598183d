"""A few real scenes of two disasters, from xBD's folder to findings."""

import shutil
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from claims.ledger.store import Ledger
from flows.importing.xbd import import_xbd

pytestmark = pytest.mark.real_data

MICHAEL = ("00000018", "00000105", "00000139")
SANTA_ROSA = ("00000028", "00000113")


@pytest.fixture(scope="module")
def some_scenes(public_data, tmp_path_factory):
    """Copies a few pairs of a disaster, images and labels."""

    def copy(disaster, numbers):
        source = tmp_path_factory.mktemp(disaster)
        for kind in ("images", "labels"):
            (source / kind).mkdir()
            for number in numbers:
                for path in (public_data / "xbd" / kind).glob(f"{disaster}_{number}_*"):
                    shutil.copy(path, source / kind)
        return source

    return copy


def test_michael_by_its_track_gives_every_policy_a_row(some_scenes, public_data, assess, tmp_path):
    tracks = public_data / "weather" / "hurdat2" / "hurdat2_2017_2018.txt"
    source = some_scenes("hurricane-michael", MICHAEL)
    [imported] = import_xbd(source, tmp_path, "hurricane-michael", 7, tracks)
    event_file = imported.folder / "event.yaml"
    out = tmp_path / "out"
    result = assess(event_file, out, datetime(2018, 10, 14, tzinfo=UTC))
    findings = gpd.read_parquet(result.folder / "findings.parquet")
    truth = pd.read_parquet(imported.folder / "truth.parquet")
    assert set(findings["location_number"]) == set(truth["location_number"])
    assert findings["location_number"].is_unique
    assert findings["gust_mps"].between(40, 90).all()
    expected = truth.set_index("location_number")["expected_status"]
    said = findings.set_index("location_number")["status"]
    assert (said == expected[said.index]).mean() > 0.9  # edges of scenes cut some homes in half
    assert Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}").verify().ok
    assert assess(event_file, out, datetime(2018, 10, 15, tzinfo=UTC)).new_incidents == 0


def test_santa_rosa_by_an_area_of_interest_finds_the_burnt_homes(some_scenes, assess, tmp_path):
    source = some_scenes("santa-rosa-wildfire", SANTA_ROSA)
    [imported] = import_xbd(source, tmp_path, "santa-rosa-wildfire", 7, None)
    event_file = imported.folder / "event.yaml"
    content = yaml.safe_load(event_file.read_text(encoding="utf-8"))
    content["hazard"] = {"box": [-122.80, 38.38, -122.62, 38.53]}
    event_file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert content["perils"][0] == "BBF"
    result = assess(event_file, tmp_path / "out", datetime(2017, 10, 14, tzinfo=UTC))
    findings = gpd.read_parquet(result.folder / "findings.parquet")
    assert set(findings["hazard_basis"]) == {"area_of_interest"}
    known = findings.merge(pd.read_parquet(imported.folder / "truth.parquet"), on="location_number")
    graded = known[known["status"] == "graded"]
    burnt = graded["grade"] == "destroyed"
    assert burnt.sum() > 10
    assert graded.loc[burnt, "p_severe"].median() > graded.loc[~burnt, "p_severe"].median()
