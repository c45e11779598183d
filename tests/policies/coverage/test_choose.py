from pathlib import Path

import pandas as pd
import pytest

from core.events import CatEvent, Peril
from core.schemas.book import LOCATIONS
from core.tables import check_table
from policies.coverage.choose import choose_policies, follow_policies
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules
from policies.coverage.screen import screen_coverage
from policies.reading.exposure import read_book

CASES = Path(__file__).parent.parent / "cases"
RULES = CoverageRules()
LANDFALL = "2018-10-10T17:30Z"

HOME = (
    "PortNumber,AccNumber,LocNumber,CountryCode,Latitude,Longitude,AddressMatch,LocCurrency,"
    "OccupancyCode,BuildingTIV,LocPerilsCovered\n"
    "1,A1,1,US,30.1501,-85.6501,2,USD,1050,200000,AA1\n"
)
ACCOUNT = "PortNumber,AccNumber,PolNumber,PolPerilsCovered,PolInceptionDate,PolExpiryDate,PolStatus"


@pytest.fixture
def answer(hurricane, tmp_path):
    """Policy number, result and reasons for the homes of a book in a folder or of account rows."""

    def run(*rows, folder=None, at=LANDFALL, until=None, event=hurricane):
        if folder is None:
            folder = tmp_path
            (folder / "location.csv").write_text(HOME)
            (folder / "account.csv").write_text("\n".join([ACCOUNT, *rows]) + "\n")
        book = read_book(folder / "location.csv", folder / "account.csv", None, event.primary_peril)
        homes = range(len(book.locations))
        loss = LossTimes(
            *(
                pd.Series(pd.Timestamp(t), index=homes, dtype="datetime64[us, UTC]")
                for t in (at, until or at)
            )
        )
        chosen = choose_policies(book.locations, book.terms, event, loss, RULES)
        check_table(chosen, LOCATIONS)
        screened = screen_coverage(chosen, event, loss, RULES)
        columns = ["policy_number", "coverage_result", "coverage_reasons"]
        return screened[columns].to_numpy().tolist(), chosen

    return run


def flood(hurricane):
    return CatEvent("flood", "Flood", (Peril.RIVER_FLOOD,), hurricane.window)


def test_the_peril_of_the_event_picks_the_policy(answer, hurricane):
    folder = CASES / "wind_and_water_policies"
    wind, _ = answer(folder=folder)
    water, _ = answer(folder=folder, event=flood(hurricane))
    assert wind == [["Wind", "pass", "in_force;peril_covered;deductible_unknown"]]
    assert water == [["Water", "pass", "in_force;peril_covered;deductible_unknown"]]


@pytest.mark.parametrize(
    ("at", "expected", "year"),
    [
        (LANDFALL, "in_force;peril_covered;deductible_unknown", 2018),
        ("2018-09-16T06:00:59Z", "in_force;peril_covered;deductible_unknown", 2017),
        ("2018-09-16T06:01:00Z", "in_force;peril_covered;deductible_unknown", 2018),
        ("2019-12-01T12:00Z", "policy_expired;deductible_unknown", 2017),
        ("2017-01-01T12:00Z", "not_yet_in_force;deductible_unknown", 2017),
    ],
)
def test_the_term_in_force_at_the_instant_of_the_loss_is_taken(answer, at, expected, year):
    (row,), chosen = answer(folder=CASES / "renewal_same_number", at=at)
    assert row[0] == "HO1"
    assert row[2].replace("several_policies;", "") == expected
    assert chosen["inception_date"].dt.year.tolist() == [year]


OLD = "1,A1,HO1,WW2,2017-10-01,2018-10-01,B"
NEW = "1,A1,HO1-01,WW2,2018-10-01,2019-10-01,B"
LATER = "1,A1,HO1-01,WW2,2018-11-01,2019-11-01,B"
NOTE = ";deductible_unknown"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([NEW], ["HO1-01", "pass", "in_force;peril_covered" + NOTE]),
        ([OLD, NEW], ["HO1-01", "pass", "in_force;peril_covered" + NOTE]),
        ([NEW, OLD], ["HO1-01", "pass", "in_force;peril_covered" + NOTE]),
        ([LATER], ["HO1-01", "refer", "not_yet_in_force" + NOTE]),
        ([OLD, LATER], ["HO1-01", "refer", "not_yet_in_force" + NOTE]),
        ([OLD], ["HO1", "fail", "policy_expired" + NOTE]),
        # a quote beside the bound policy; a cancelled one beside its rewrite
        (
            [NEW.replace(",B", ",Q").replace("HO1", "Q1"), NEW],
            ["HO1-01", "pass", "in_force;peril_covered" + NOTE],
        ),
        (
            [NEW.replace(",B", ",C").replace("HO1", "C1"), NEW],
            ["HO1-01", "pass", "in_force;peril_covered" + NOTE],
        ),
        # neither covers wind: it fails under one of them
        (
            ["1,A1,F,OO1,2018-01-01,2019-01-01,B", "1,A1,Q,QQ1,2018-01-01,2019-01-01,B"],
            ["F", "fail", "peril_not_covered" + NOTE],
        ),
        # two that answer alike on unlike terms are a person's to tell apart
        (
            [NEW, "1,A1,HO2,WW2;XX1,2018-09-01,2019-09-01,B"],
            ["HO1-01", "refer", "several_policies" + NOTE],
        ),
        # overlapping terms of one number
        (
            [NEW, NEW.replace("2019-10-01", "2019-06-01")],
            ["HO1-01", "refer", "several_policies" + NOTE],
        ),
        # layers of like terms are one home's cover
        ([NEW, NEW.replace("HO1-01", "L2")], ["HO1-01", "pass", "in_force;peril_covered" + NOTE]),
    ],
)
def test_peril_period_and_status_choose_and_doubt_refers(answer, rows, expected):
    rows_read, _ = answer(*rows)
    assert rows_read == [expected]


def test_a_renewal_within_the_window_of_the_loss_refers(answer):
    (row,), _ = answer(OLD, NEW, at="2018-09-20T00:00Z", until="2018-10-20T00:00Z")
    assert row[1] == "refer"
    assert "expiry_in_loss_window" in row[2]


def test_the_same_policy_number_in_two_accounts_is_two_policies(answer):
    rows, _ = answer(folder=CASES / "polnumber_per_account")
    assert [number for number, _, _ in rows] == ["1"] * 4


def test_a_table_follows_the_policies_of_its_homes(answer, hurricane):
    _, chosen = answer(folder=CASES / "wind_and_water_policies", event=flood(hurricane))
    key = ["portfolio_number", "account_number", "location_number"]
    table = chosen[[*key, "policy_number"]].assign(policy_number="Wind", phone="555")
    table = pd.concat([table, table.assign(account_number="elsewhere")])
    followed = follow_policies(pd.DataFrame(table), chosen)
    assert followed["policy_number"].tolist() == ["Water"]
    assert followed["phone"].tolist() == ["555"]
    assert list(followed.columns) == list(table.columns)


def test_a_book_without_policies_has_no_homes(answer):
    rows, _ = answer()
    assert rows == []
