import dataclasses

import pandas as pd
import pytest

from reports.summary.files import summary_as_markdown
from reports.summary.judged import EDGES_M2, count_judged
from reports.summary.numbers import EventTables, summarise

AREAS = (60.0, 100.0, 101.0, 999.0, 1500.0, 2500.0, 5000.0, 8000.0)


@pytest.fixture
def homes(world):
    """Eight homes under imagery; the two largest are obscured."""
    findings = world.findings[world.findings["status"] == "graded"].head(len(AREAS))
    return findings.assign(
        status=["graded"] * 6 + ["obscured"] * 2,
        building_tiv=[1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 40.0, 50.0],
    )


@pytest.fixture
def buildings(homes):
    return pd.DataFrame({"building_id": homes["building_id"].to_numpy(), "area_m2": AREAS})


def test_each_class_counts_its_homes_and_their_value(homes, buildings):
    classes = count_judged(homes, buildings)
    assert [each.over_m2 for each in classes] == list(EDGES_M2[:-1])
    assert [each.imaged for each in classes] == [2, 1, 1, 1, 3]
    assert [each.judged for each in classes] == [2, 1, 1, 1, 1]
    largest = classes[-1]
    assert (largest.up_to_m2, largest.judged_frac) == (None, pytest.approx(1 / 3, abs=1e-4))
    assert largest.insured_value == {"USD": 100.0}
    assert largest.judged_value_frac == {"USD": 0.1}
    assert largest.lowest_frac == 0.1


def test_homes_without_imagery_or_building_are_in_no_class(homes, buildings):
    some = homes.assign(post_captured_at_utc=homes["post_captured_at_utc"].where(
        homes.index != homes.index[0]))  # fmt: skip
    some.loc[homes.index[1], "building_id"] = None
    classes = count_judged(some, buildings)
    assert classes[0].imaged == 0
    assert (classes[0].judged_frac, classes[0].judged_value_frac) == (None, {})
    assert classes[0].lowest_frac is None
    assert sum(each.imaged for each in classes) == len(AREAS) - 2


def test_a_class_that_falls_behind_is_said_by_homes_and_by_value(world, homes, buildings):
    tables = EventTables(homes, world.rejects, world.hazard_areas, buildings=buildings)
    text = summary_as_markdown(summarise(tables, world.context))
    assert "| over 2,000 m2 | 3 | 1 | 33.3 % | USD 10.0 % |" in text
    assert "Less than 95 % judged of what lies under imagery: over 2,000 m2: 1 of 3 homes" in text
    seen = dataclasses.replace(tables, findings=homes.assign(status="graded"))
    assert "Less than 95 %" not in summary_as_markdown(summarise(seen, world.context))


def test_a_missing_value_share_alone_is_said(world, homes, buildings):
    most = homes.assign(status=["graded"] * 7 + ["obscured"])
    many = pd.concat([most.iloc[[5]]] * 40 + [most.iloc[[7]]], ignore_index=True)
    (*_, largest) = count_judged(many, buildings)
    assert largest.judged_frac > 0.95
    assert largest.lowest_frac == pytest.approx(400 / 450, abs=1e-4)
