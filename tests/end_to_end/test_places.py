"""Twenty addresses on one default point are not twenty claims for the house that stands there."""

import shutil
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd

from core.damage import DamageGrade

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
STACKED = 20


def test_a_default_point_opens_no_draft(assess, town_event, town_grades, tmp_path):
    folder = tmp_path / "event"
    shutil.copytree(town_event.parent, folder)
    path = folder / "policies" / "location.csv"
    book = pd.read_csv(path, dtype="str", keep_default_na=False)
    truth = pd.read_parquet(folder / "truth.parquet").set_index("location_number")
    is_ruin = truth["building_id"].map(town_grades) == DamageGrade.DESTROYED
    seen = truth.index[is_ruin & (truth["expected_status"] == "graded")]
    target = book["LocNumber"] == seen[0]
    stacked = book.index[~book["LocNumber"].isin(seen)][: STACKED - 1]
    for name in ("Latitude", "Longitude", "AddressMatch"):
        book.loc[stacked, name] = book.loc[target, name].item()
    book.to_csv(path, index=False)
    run = assess(folder / "event.yaml", tmp_path / "out", AS_OF, says=town_grades)
    findings = gpd.read_parquet(run.folder / "findings.parquet")
    at_point = findings[findings["building_id"] == truth.loc[seen[0], "building_id"]]
    assert len(at_point) == STACKED
    assert set(at_point["decision"]) <= {"review", "none"}
    passes = at_point[at_point["coverage_result"] == "pass"]
    assert len(passes) > STACKED / 2
    assert (passes["decision"] == "review").all()
    assert passes["decision_reasons"].str.contains("shared_building").all()
    assert passes["match_reason"].str.contains("stacked_point").all()
