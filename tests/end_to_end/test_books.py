"""Books as they are: several policies and terms, many buildings in a row, high deductibles."""

import geopandas as gpd
import pandas as pd
import pytest


@pytest.fixture
def town(event_copy):
    """The rendered town's location and account files."""
    folder = event_copy.parent / "policies"
    return tuple(
        pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in ("location", "account")
    )


@pytest.fixture
def run(assess, event_copy, town_grades, tmp_path):
    """Runs the copied event over a book, the model saying that every home is destroyed."""

    def runner(location, account):
        folder = event_copy.parent / "policies"
        location.to_csv(folder / "location.csv", index=False)
        account.to_csv(folder / "account.csv", index=False)
        says = dict.fromkeys(town_grades, max(town_grades.values()))
        result = assess(event_copy, tmp_path / "out", says=says)
        findings = gpd.read_parquet(result.folder / "findings.parquet")
        return findings.set_index("location_number"), result.folder

    return runner


def test_the_shapes_of_real_books_lose_no_home_and_draft_no_wrong_one(run, town):
    location, account = town
    account = account.assign(
        PolStatus="B", PolInceptionDate="01/15/2018", PolExpiryDate="01/15/2019",
        PolPerilsCovered="WW2",
    )  # fmt: skip
    location = location.assign(
        LocPerilsCovered="AA1", AddressMatch="2", NumberOfBuildings="1", IsAggregate="0",
        LocDed1Building="0.01", LocDedType1Building="2", LocDed5PD="0", LocDedType5PD="0",
    )  # fmt: skip
    homes = location["LocNumber"].tolist()
    accounts = location.set_index("LocNumber")["AccNumber"]

    def more(number, **changes):
        own = account.loc[account["AccNumber"] == accounts[number]].iloc[0]
        return pd.DataFrame([own.to_dict() | changes])

    def change(number, **cells):
        for name, cell in cells.items():
            location.loc[location["LocNumber"] == number, name] = cell

    plain, water, renewed, later, twelve, aggregate, high, odd, layered = homes[:9]
    account = pd.concat(
        [
            more(water, PolNumber="Water", PolPerilsCovered="OO1;WSS"),
            account,
            more(renewed, PolInceptionDate="01/15/2019", PolExpiryDate="01/15/2020"),
            more(layered, PolNumber="Layer 2", LayerNumber="2", LayerAttachment="100000"),
        ]
    ).fillna("")
    account.loc[account["AccNumber"] == accounts[later], "PolInceptionDate"] = "11/01/2018"
    change(twelve, NumberOfBuildings="12")
    change(aggregate, NumberOfBuildings="15146", IsAggregate="1")
    change(high, LocDed1Building="0", LocDedType1Building="0", LocDed5PD="13600000")
    change(odd, YearBuilt="c.1920")

    findings, folder = run(location, account)
    assert sorted(findings.index) == sorted(homes)
    assert len(pd.read_parquet(folder / "work" / "rejects.parquet")) == 0
    own = account.drop_duplicates("AccNumber", keep="last").set_index("AccNumber")["PolNumber"]
    assert findings.loc[water, "policy_number"] == own[accounts[water]]

    passing = [plain, water, renewed, odd, layered]
    assert set(findings.loc[passing, "coverage_result"]) == {"pass"}
    graded = findings["status"] == "graded"
    drafted = findings.index[findings["decision"] == "open_draft"]
    assert set(drafted) & set(passing) == set(findings.index[graded]) & set(passing)
    assert {later, twelve, aggregate, high} & set(drafted) == set()

    assert "not_yet_in_force" in findings.loc[later, "coverage_reasons"]
    assert findings.loc[later, "coverage_result"] == "refer"
    many = findings.loc[[twelve, aggregate]]
    assert many["status"].tolist() == ["ambiguous_match"] * 2
    assert many["status_reason"].tolist() == ["several_buildings", "aggregate_row"]
    assert many["decision"].tolist() == ["review"] * 2
    assert many["building_id"].isna().all()
    if graded[high]:
        assert findings.loc[high, "decision"] == "review"
        assert findings.loc[high, "decision_reasons"].startswith("severe_within_deductible")
    noon = findings["loss_noon_utc"].dt.tz_convert("America/Chicago")
    assert (noon.dt.hour == 12).all()

    notices = pd.read_csv(folder / "notices.csv", dtype="str")
    assert set(notices["reason"]) == {"not_a_number", "month_first"}
    listed = pd.read_csv(folder / "daily_list.csv", dtype="str")
    assert len(listed) == len(homes)
