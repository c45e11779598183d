import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from core.errors import InputError
from reports.lists.columns import BY_NAME
from reports.lists.daily_list import build_daily_list
from reports.lists.workbook import (
    EXCEL_MAX_TEXT,
    SHEET_COLUMNS,
    InputFaults,
    WorkbookOptions,
    choose_sheets,
    write_list_xlsx,
)
from reports.palette import TIER_SWATCHES
from reports.summary.numbers import EventTables, summarise

SHEETS = [
    "Summary",
    "Work queue",
    "New",
    "Changed",
    "Refer",
    "Not seen",
    "Address problems",
    "Data problems",
    "Data notices",
    "All",
    "Dictionary",
]


def summary_of(world):
    tables = EventTables(world.findings, world.rejects, world.hazard_areas, world.notices)
    return summarise(tables, world.context)


def faults_of(world):
    return InputFaults(world.rejects, world.notices)


@pytest.fixture(scope="module")
def table(world):
    return build_daily_list(world.findings, world.locations, world.contacts, world.context)


@pytest.fixture(scope="module")
def path(world, table, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "daily_list.xlsx"
    write_list_xlsx(table, faults_of(world), summary_of(world), path)
    return path


@pytest.fixture(scope="module")
def book(path):
    return openpyxl.load_workbook(path)


def rows_of(sheet):
    rows = list(sheet.iter_rows())
    by_title = {BY_NAME[name].heading: name for name in SHEET_COLUMNS}
    names = [by_title.get(cell.value, cell.value) for cell in rows[0]]
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


def test_sheets_and_their_rows(book, table):
    assert book.sheetnames == SHEETS
    for name, rows in choose_sheets(table).items():
        assert book[name].max_row == len(rows) + 1, name
    acts = table["decision"] != "none"
    assert book["Work queue"].max_row == acts.sum() + 1
    unplaced = table["status"].isin(["no_building_match", "ambiguous_match", "geocode_too_coarse"])
    assert book["Not seen"].max_row == ((table["status"] != "graded") & ~unplaced).sum() + 1
    assert book["Address problems"].max_row == unplaced.sum() + 1
    said = {row["next_action"].value for row in rows_of(book["Address problems"])}
    assert all("address" in words for words in said)


def test_headers_are_frozen_and_filtered(book, table):
    sheet = book["All"]
    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.auto_filter.ref.endswith(str(len(table) + 1))
    assert [cell.value for cell in sheet[1]] == [BY_NAME[name].heading for name in SHEET_COLUMNS]


def test_what_is_worked_from_comes_first_and_the_rest_is_grouped_away(book):
    sheet = book["Work queue"]
    titles = [cell.value for cell in sheet[1]][:16]
    assert titles == [
        "#", "Tier", "Change", "Policy", "Insured", "Address", "City", "Next step",
        "Owner", "Due", "Reach by", "Contact", "Chance severe", "Expected severe loss",
        "# by severity", "Visit today from",
    ]  # fmt: skip
    for place in range(1, len(SHEET_COLUMNS) + 1):
        column = sheet.column_dimensions[get_column_letter(place)]
        if place <= 16:
            assert not column.hidden
        elif place == 17:  # openpyxl joins columns alike into the first
            assert column.hidden
            assert column.outlineLevel == 1
    assert rows_of(sheet)[0]["next_action"].alignment.wrap_text


def test_it_prints_in_landscape_one_page_wide_with_its_header_on_every_page(book):
    for name in ("Work queue", "Refer", "Data problems"):
        sheet = book[name]
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((1, 0), (None, 0))
        assert sheet.print_title_rows == "$1:$1"


def test_all_whose_cover_needs_a_person_are_in_refer(book, table):
    refer = table["coverage_result"] == "refer"
    assert (refer & (table["decision"] == "none")).any()
    assert book["Refer"].max_row == refer.sum() + 1


def test_cells_are_typed(book, table):
    cells = rows_of(book["All"])
    zero = next(row for row in cells if row["policy_no"].value == "000123")
    assert zero["policy_no"].data_type == "s"
    assert zero["policy_no"].number_format == "@"
    assert zero["zip"].data_type == "s"
    assert zero["post_date"].value == datetime(2018, 10, 11)  # noqa: DTZ001  a civil day
    assert zero["post_date"].number_format == "yyyy-mm-dd"
    assert zero["building_tiv"].number_format == "#,##0"
    for cell, value in zip(cells, table.itertuples(), strict=True):
        assert cell["p_severe"].value == value.p_severe
        assert cell["rank"].value == value.rank


def test_tiers_have_their_colour(book):
    for row in rows_of(book["All"]):
        tier = row["tier"]
        assert tier.fill.fgColor.rgb[2:].lower() == TIER_SWATCHES[tier.value].fill[1:]


def test_nothing_is_a_formula_and_links_lead_to_the_map_alone(book, path):
    names = {row["insured_name"].value for row in rows_of(book["All"])}
    assert any(name.startswith("'=HYPERLINK") for name in names)
    assert "'=2+5" in {row["value"].value for row in rows_of(book["Data problems"])}
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
            linked = [cell for cell in row if cell.hyperlink]
            assert all(cell.hyperlink.target == "map.html" for cell in linked)
    with zipfile.ZipFile(path) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def test_a_home_links_to_its_place_on_the_map(world, table, tmp_path):
    odd = table.head(2).assign(policy_no=["PN/1 #2", "P'(3)"])
    write_list_xlsx(odd, faults_of(world), summary_of(world), tmp_path / "links.xlsx")
    rows = rows_of(openpyxl.load_workbook(tmp_path / "links.xlsx")["All"])
    for row, part in zip(rows, ("PN%2F1%20%232", "P'(3)"), strict=True):
        link = row["policy_no"].hyperlink
        portfolio, account, location = (
            row[name].value for name in ("portfolio_no", "account_no", "loc_no")
        )
        assert link.location == f"home={portfolio},{account},{part},{location}"
    assert rows[0]["policy_no"].value == "PN/1 #2"


def test_what_is_odd_in_the_book_has_a_sheet_with_misspelt_columns_first(book):
    first, second = rows_of(book["Data notices"])
    assert (first["row_number"].value, first["reason"].value) == (1, "misspelt_column")
    assert first["remedy"].value.startswith("Column PolExpiryDte is not read")
    assert (second["field"].value, second["value"].value) == ("YearBuilt", "'=c.1920")
    said = " ".join(str(cell.value) for cell in book["Summary"]["A"])
    assert "Column PolExpiryDte is not read" in said


def test_the_same_list_gives_the_same_bytes(world, table, path, tmp_path):
    write_list_xlsx(table, faults_of(world), summary_of(world), tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_what_is_cut_is_said(world, table, tmp_path):
    options = WorkbookOptions(rows_per_sheet=20)
    write_list_xlsx(
        table,
        faults_of(world),
        summary_of(world),
        tmp_path / "cut.xlsx",
        options,
    )
    book = openpyxl.load_workbook(tmp_path / "cut.xlsx")
    assert book["All"].max_row == 21
    said = " ".join(str(cell.value) for cell in book["Summary"]["A"])
    assert "Sheet All holds the first 20 of 300 rows" in said
    assert rows_of(book["All"])[0]["policy_no"].value == table["policy_no"][0]


@pytest.mark.parametrize("rows", [0, 1_048_576])
def test_a_sheet_cannot_hold_more_than_excel(rows):
    with pytest.raises(InputError, match=f"rows_per_sheet is {rows}"):
        WorkbookOptions(rows_per_sheet=rows)


def test_an_empty_list_still_gives_every_sheet(empty_world, tmp_path):
    world = empty_world
    table = build_daily_list(world.findings, world.locations, world.contacts, world.context)
    write_list_xlsx(table, faults_of(world), summary_of(world), tmp_path / "empty.xlsx")
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    assert book.sheetnames == SHEETS
    assert book["All"].max_row == 1


def test_a_cell_longer_than_excel_holds_is_cut_and_not_lost(world, table, tmp_path):
    long = table.head(1).assign(decision_reasons="x" * (EXCEL_MAX_TEXT + 1))
    write_list_xlsx(long, faults_of(world), summary_of(world), tmp_path / "long.xlsx")
    book = openpyxl.load_workbook(tmp_path / "long.xlsx")
    text = rows_of(book["All"])[0]["decision_reasons"].value
    assert len(text) == EXCEL_MAX_TEXT
    assert text.endswith("…")


def test_control_characters_do_not_break_the_file(world, table, tmp_path):
    odd = table.head(1).assign(insured_name="Zz\x00\x0b\ud7ffñ <&> \n 名前")
    write_list_xlsx(odd, faults_of(world), summary_of(world), tmp_path / "odd.xlsx")
    book = openpyxl.load_workbook(tmp_path / "odd.xlsx")
    assert rows_of(book["All"])[0]["insured_name"].value.startswith("Zz")


def test_rows_whose_step_ended_are_work(world, table, tmp_path):
    last = table.index[-1]
    before = table.copy()
    before.loc[last, "decision"] = "review"
    now = build_daily_list(world.findings, world.locations, world.contacts, world.context, before)
    sheets = choose_sheets(now)
    assert "cleared" in set(sheets["Work queue"]["change_flag"])
    assert sheets["Changed"]["change_flag"].tolist() == ["cleared"]
    assert len(sheets["New"]) == 0
    assert isinstance(sheets["All"], pd.DataFrame)
