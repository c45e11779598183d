import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.schemas.book import NOTICES, REJECTS
from core.tables import check_table
from reports.summary.files import summary_as_json, summary_as_markdown
from reports.summary.numbers import EventTables, summarise
from reports.summary.problems import (
    count_notices,
    count_rejects,
    count_rows,
    tell_notice,
    tell_problem,
)

NO_DATES = "Homes in the path without a known period of cover: 3"


def rejects_of(*rows):
    names = ["file", "row_number", "reason"]
    table = pd.DataFrame(rows, columns=names).assign(value="?", remedy="Mend it")
    return check_table(table, REJECTS)


def notices_of(*rows):
    names = ["file", "row_number", "field", "reason"]
    table = pd.DataFrame(rows, columns=names).assign(value="?", remedy="Mend it")
    return check_table(table, NOTICES)


def test_a_row_with_two_reasons_is_one_row():
    rejects = rejects_of(
        ("location.csv", 2, "bad_currency"), ("location.csv", 2, "blank_key"),
        ("location.csv", 3, "bad_currency"), ("account.csv", 2, "blank_key"),
    )  # fmt: skip
    assert count_rows(rejects) == 3
    first, *others = count_rejects(rejects)
    assert (first.file, first.reason, first.rows) == ("location.csv", "bad_currency", 2)
    assert {(each.file, each.rows) for each in others} == {("account.csv", 1), ("location.csv", 1)}
    assert tell_problem(first) == "location.csv: 2 rows not used, bad_currency. Mend it"


def test_nothing_wrong_is_nothing_told(world):
    assert count_rejects(rejects_of()) == ()
    assert count_rows(rejects_of()) == 0
    assert count_notices(notices_of(), world.findings) == ()


def test_misspelt_columns_come_before_any_number_of_odd_values(world):
    notices = notices_of(
        *(("location.csv", row, "YearBuilt", "not_a_number") for row in range(2, 9)),
        ("location.csv", 1, "BuildingTIV", "misspelt_column"),
    )
    column, years = count_notices(notices, world.findings)
    unknown = (world.findings["building_tiv"] == 0).sum()
    assert column.effect == f"Homes in the path without an insured value: {unknown}"
    assert tell_notice(column) == f"location.csv: Mend it. {column.effect}"
    assert (years.field, years.rows, years.effect) == ("YearBuilt", 7, None)
    assert tell_notice(years) == "location.csv: YearBuilt of 7 rows, not_a_number. Mend it"


@pytest.mark.parametrize(
    ("field", "reason", "effect", "drafts"),
    [
        ("PolExpiryDate", "misspelt_column", NO_DATES, 2),
        ("PolInceptionDate", "ambiguous_date", NO_DATES, 2),
        ("PolExpiryDate", "month_first", None, 0),
        ("LocDed6All", "misspelt_column", "Homes in the path without a known deductible: 1", 0),
        ("AddressMatch", "misspelt_column",
         "Homes in the path placed too coarsely to find their building: 1", 0),
        ("PolStatus", "misspelt_column", "Cancelled and lapsed policies count as in force", 0),
        ("PostalCode", "misspelt_column", None, 0),
    ],
)  # fmt: skip
def test_what_homes_lack_by_it_is_counted(world, field, reason, effect, drafts):
    homes = world.findings.head(6).assign(
        status=["graded"] * 5 + ["geocode_too_coarse"],
        tier=["T4", "T3", "T4", "T0", "T4", "U"],
        coverage_result=["refer", "refer", "refer", "pass", "pass", "pass"],
        coverage_reasons=["dates_missing", "dates_missing;deductible_unknown",
                          "dates_missing;grouped_surge", *["in_force"] * 3],
        decision=["review"] * 3 + ["none", "open_draft", "none"],
        decision_reasons=["cover_unclear_damaged"] * 3 + ["no_damage_seen", "severe_damage", "x"],
        deductible_amount=[1.0] * 5 + [np.nan],
    )  # fmt: skip
    (notice,) = count_notices(notices_of(("a.csv", 1, field, reason)), homes)
    assert (notice.effect, notice.drafts_fallen) == (effect, drafts)
    assert notice.is_grave == (reason == "misspelt_column" or drafts > 0)
    assert ("Drafts that fall away for want of it: 2; a person" in tell_notice(notice)) == (
        drafts > 0
    )


def test_the_summary_names_columns_that_were_not_read_at_its_top(world):
    tables = EventTables(world.findings, world.rejects, world.hazard_areas, world.notices)
    summary = summarise(tables, world.context)
    text = summary_as_markdown(summary)
    top = text[: text.index("## What to expect")]
    assert "Column PolExpiryDte is not read; if it is meant for PolExpiryDate, rename it" in top
    assert "YearBuilt" not in top
    assert "| location.csv | YearBuilt | not\\_a\\_number |" in text
    assert "c.1920" not in text
    assert "c.1920" not in summary_as_json(summary)
    clean = dataclasses.replace(summary, data_notices=())
    assert "## Not read" not in summary_as_markdown(clean)
