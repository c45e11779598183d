import dataclasses
import json
import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from core.damage import CoverageResult, Decision, Status, Tier
from core.errors import InputError
from reports.summary.files import summary_as_json, write_summary_json, write_summary_md
from reports.summary.numbers import (
    EventTables,
    SummaryOptions,
    summarise,
)
from reports.summary.problems import count_scenes


def summary_of(world, **options):
    tables = EventTables(
        world.findings, world.rejects, world.hazard_areas, locations=world.locations,
        buildings=world.footprints,
    )  # fmt: skip
    return summarise(tables, world.context, options=SummaryOptions(**options))


@pytest.fixture(scope="module")
def summary(world):
    return summary_of(world)


def test_every_count_adds_up(world, summary):
    for counts, vocabulary in (
        (summary.by_status, Status),
        (summary.by_tier, Tier),
        (summary.by_decision, Decision),
        (summary.by_coverage, CoverageResult),
    ):
        assert list(counts) == [str(word) for word in vocabulary]
        assert sum(counts.values()) == summary.locations == len(world.findings)
    assert summary.assessed == summary.by_status["graded"]
    assert summary.assessed_frac == pytest.approx(summary.assessed / 300, abs=1e-4)
    assert summary.imaged == summary.by_status["graded"] + summary.by_status["obscured"]


def test_homes_unlike_the_training_are_counted_and_a_strange_event_is_said(world, tmp_path):
    for share, is_strange in ((0.02, False), (0.2, True)):
        seen = (world.findings["status"] == "graded").to_numpy()
        novelty = pd.Series(np.nan, index=world.findings.index)
        count = round(share * seen.sum())
        novelty[seen] = np.where(np.arange(seen.sum()) < count, 0.995, 0.3)
        changed = dataclasses.replace(world, findings=world.findings.assign(novelty_frac=novelty))
        summary = summary_of(changed)
        assert summary.strange == count
        assert summary.strange_frac == pytest.approx(count / seen.sum(), abs=1e-4)
        write_summary_md(summary, tmp_path / "summary.md")
        text = (tmp_path / "summary.md").read_text()
        assert f"{count:,} of {seen.sum():,} assessed homes" in text
        assert ("This event is unlike its training" in text) == is_strange


def test_a_model_that_cannot_tell_says_nothing_of_strangeness(world, tmp_path):
    findings = world.findings.assign(novelty_frac=np.nan)
    summary = summary_of(dataclasses.replace(world, findings=findings))
    assert summary.strange_frac is None
    write_summary_md(summary, tmp_path / "summary.md")
    assert "learnt from" not in (tmp_path / "summary.md").read_text()


def test_value_and_loss_by_construction(world, summary):
    tiv = world.findings["building_tiv"]
    tier = world.findings["tier"]
    assert sum(summary.insured_value["USD"].values()) == pytest.approx(tiv.sum(), abs=0.1)
    ratio = {"T0": 0, "T1": 0.05, "T2": 0.175, "T3": 0.375, "T4": 0.875, "U": 0}
    assert summary.indicative_loss == {
        "USD": pytest.approx((tiv * tier.map(ratio)).sum(), abs=0.01)
    }
    assert summary.unknown_values == (tiv == 0).sum() > 0


def test_currencies_are_never_added(world):
    currency = pd.Series(np.where(np.arange(300) % 2, "USD", "EUR"), dtype="str")
    mixed = dataclasses.replace(world, findings=world.findings.assign(currency=currency))
    summary = summary_of(mixed)
    assert list(summary.insured_value) == list(summary.indicative_loss) == ["EUR", "USD"]


def test_the_part_not_assessed_is_told_apart(world, summary):
    unseen = world.findings[world.findings["status"] != "graded"]
    assert summary.damaged_not_assessed.expected == round(unseen["p_damage"].sum(), 1)
    assert summary.damaged_not_assessed.locations == len(unseen)
    assert summary.damaged.expected == round(world.findings["p_damage"].sum(), 1)


def test_hazard_bands_nest_and_match_geopandas(world, summary):
    areas = world.hazard_areas.sort_values(["hazard", "value"])
    expected = [int(world.findings.intersects(area).sum()) for area in areas.geometry]
    assert [band.locations for band in summary.hazard_bands] == expected
    winds = [b.locations for b in summary.hazard_bands if b.hazard == "sustained_wind"]
    assert len(winds) == 3
    assert winds == sorted(winds, reverse=True)
    words = [band.words for band in summary.hazard_bands]
    assert words[0] == "storm_rain, 100 mm or more"
    assert words[-1] == "tornado, anywhere in its area"


def test_worst_postal_codes_first(world):
    summary = summary_of(world, top_postal_codes=2)
    codes = summary.top_postal_codes
    assert len(codes) == 2
    assert codes[0].expected_severe >= codes[1].expected_severe
    without = summarise(
        EventTables(world.findings, world.rejects, world.hazard_areas), world.context
    )
    assert without.top_postal_codes == ()


def test_rejects_are_counted_by_reason_without_their_values(summary):
    found = {(p.file, p.reason): p.rows for p in summary.data_problems}
    assert found == {
        ("account.csv", "expiry_not_a_date"): 1,
        ("location.csv", "latitude_missing"): 2,
    }
    assert summary.rejected_rows == 3
    assert "=2+5" not in summary_as_json(summary)


def test_json_round_trip(summary, tmp_path):
    write_summary_json(summary, tmp_path / "summary.json")
    read = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert read["as_of_utc"] == "2018-10-12T11:00:00Z"
    assert read["by_tier"] == summary.by_tier
    assert read["damaged"]["expected"] == summary.damaged.expected
    assert "not a denial" in read["note"].lower()


def test_json_never_says_nan(empty_world, tmp_path):
    summary = summary_of(empty_world)
    write_summary_json(summary, tmp_path / "summary.json")
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    read = json.loads(text, parse_constant=pytest.fail)
    assert (read["assessed_frac"], read["gust_max_mps"], read["locations"]) == (None, None, 0)
    assert read["damaged"] == {"expected": 0.0, "low": 0.0, "high": 0.0, "locations": 0}


def test_json_refuses_a_number_it_cannot_say(summary):
    with pytest.raises(ValueError, match="not JSON compliant"):
        summary_as_json(dataclasses.replace(summary, gust_max_mps=math.nan))


def test_markdown_reads_and_holds_no_names(world, empty_world, summary, tmp_path):
    write_summary_md(summary, tmp_path / "summary.md")
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# Hurricane Michael\n")
    assert "**300 insured locations in the path**" in text
    assert "Not a denial" in text
    for name in world.contacts["insured_name"]:
        assert name not in text
        assert name not in summary_as_json(summary)
    assert "Zz" not in text
    write_summary_md(summary_of(empty_world), tmp_path / "empty.md")
    assert "**0 insured locations" in (tmp_path / "empty.md").read_text(encoding="utf-8")


def test_markdown_tables_hold_their_shape_whatever_the_file_was_called(summary, tmp_path):
    problem = dataclasses.replace(summary.data_problems[-1], file="a|b<img>\n.csv")
    write_summary_md(
        dataclasses.replace(summary, data_problems=(problem,)), tmp_path / "summary.md"
    )
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "| a\\|b\\<img\\> .csv | expiry\\_not\\_a\\_date | Write it as YYYY-MM-DD | 1 |" in text


@pytest.mark.parametrize(
    "instant",
    [datetime(2018, 10, 12), datetime(2018, 10, 12, tzinfo=timezone(timedelta(hours=-5)))],  # noqa: DTZ001  the fault under test
)
def test_a_report_speaks_of_a_utc_instant(world, instant):
    with pytest.raises(InputError, match="not UTC"):
        dataclasses.replace(world.context, as_of_utc=instant)


def test_lists_count_from_one(world):
    with pytest.raises(InputError, match="list_version is 0"):
        dataclasses.replace(
            world.context, as_of_utc=datetime(2018, 1, 1, tzinfo=UTC), list_version=0
        )


def test_a_run_that_set_no_scene_aside_has_nocount_scenes():
    none = pd.DataFrame([]).reindex(columns=["scene_id", "reason"])
    assert count_scenes(none) == ()
    one = pd.DataFrame({"scene_id": ["a"], "reason": ["unusable: x: y"]})
    assert [(each.reason, each.rows) for each in count_scenes(one)] == [("unusable", 1)]
