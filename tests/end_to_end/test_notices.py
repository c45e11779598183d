"""What is odd in a book reaches people: terminal, summary and workbook, with what it costs."""

import json

import openpyxl
import pandas as pd

from flows.cli.runs import _show
from flows.cli.terminal import console


def test_misspelt_columns_and_rejects_are_told_in_every_place(
    assess, event_copy, town_grades, tmp_path
):
    folder = event_copy.parent / "policies"
    location, account = (
        pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in ("location", "account")
    )
    account = account.assign(
        PolStatus="B", PolInceptionDate="2018-01-15", PolExpiryDate="2019-01-15",
        PolPerilsCovered="WW2",
    )  # fmt: skip
    location = location.assign(
        LocPerilsCovered="AA1", AddressMatch="2", LocDed1Building="0", LocDed5PD="0", LocDed6All="0"
    )
    says = dict.fromkeys(town_grades, max(town_grades.values()))

    def run(out):
        location.to_csv(folder / "location.csv", index=False)
        account.to_csv(folder / "account.csv", index=False)
        return assess(event_copy, tmp_path / out, says=says)

    right = pd.read_parquet(run("right").folder / "findings.parquet")
    drafted = set(right.loc[right["decision"] == "open_draft", "location_number"])
    drafted -= {location["LocNumber"][0]}
    assert drafted
    location.loc[0, "LocCurrency"] = "dollars"
    location.loc[1, "YearBuilt"] = "c.1920"
    location = location.rename(columns={"BuildingTIV": "BuildngTIV"})
    account = account.rename(columns={"PolExpiryDate": "PolExpiryDte"})
    result = run("misspelt")
    assert result.by_decision["open_draft"] == 0

    with console.capture() as captured:
        _show(result)
    said = captured.get()
    wanted = [
        "account.csv: Column PolExpiryDte is not read; if it is meant for PolExpiryDate, rename it",
        "location.csv: Column BuildngTIV is not read; if it is meant for BuildingTIV, rename it",
    ]
    for line in wanted:
        assert f"Not read: {line}. " in said
    assert f"Drafts that fall away for want of it: {len(drafted)}; a person" in said
    assert "Rejected: location.csv: 1 row not used, bad_currency. Give LocCurrency" in said
    assert "Odd: location.csv: YearBuilt of 1 row, not_a_number. The home stays" in said

    text = (result.folder / "summary.md").read_text(encoding="utf-8")
    head = text[: text.index("## What to expect")]
    assert all(line.partition(": ")[2] in head for line in wanted)
    told = json.loads((result.folder / "summary.json").read_text(encoding="utf-8"))
    problems = {each["reason"]: (each["file"], each["rows"]) for each in told["data_problems"]}
    assert problems["bad_currency"] == ("location.csv", 1)
    assert {each["field"]: each["reason"] for each in told["data_notices"]} == {
        "PolExpiryDate": "misspelt_column", "BuildingTIV": "misspelt_column",
        "YearBuilt": "not_a_number",
    }  # fmt: skip
    assert sum(each["imaged"] for each in told["judged_by_size"]) > 0

    book = openpyxl.load_workbook(result.folder / "daily_list.xlsx", read_only=True)
    rows = [row[:4] for row in book["Data notices"].iter_rows(min_row=2, values_only=True)]
    assert rows[0][3] == rows[1][3] == "misspelt_column"
    assert rows[2] == ("location.csv", 3, "YearBuilt", "not_a_number")
