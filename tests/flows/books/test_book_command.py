import json
import re

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.errors import ExposureError, InputError, SettingsError
from flows.cli.book import app
from flows.wiring.books import store_address
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import read_exports

LOCATION = """\
PortNumber,AccNumber,LocNumber,CountryCode,Latitude,Longitude,AddressMatch,LocPerilsCovered,\
LocCurrency,BuildingTIV
1,A1,0001,US,30.1,-85.6,2,WW2,USD,200000
1,A2,0002,US,30.2,-85.6,7,WW2,USD,100000
1,A3,=3,US,-85.6,30.2,2,WW2,USD,100000
"""
ACCOUNT = """\
PortNumber,AccNumber,PolNumber,PolPerilsCovered,PolInceptionDate,PolExpiryDate,PolDed6All
1,A1,HO1,WW2,2018-01-01,2019-01-01,1000
1,A2,HO2,WW2,2018-01-01,2019-01-01,1000
1,A3,HO3,WW2,2018-01-01,2019-01-01,1000
"""
CONTACTS = """\
PortNumber,AccNumber,LocNumber,InsuredName,Phone,ContactConsent
1,A1,0001,Ada Example,555-0100,yes
"""


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    texts = {"location": LOCATION, "account": ACCOUNT, "contacts": CONTACTS}
    for role, text in texts.items():
        (folder / f"{role}.csv").write_text(text)
    return folder


@pytest.fixture
def book(tmp_path):
    """Runs a command about books with a store of its own; gives exit code and what was said."""

    def run(*words):
        words = [str(word) for word in words]
        needs_none = words[0] == "check" and words[1].startswith("/")
        store = [] if needs_none else ["--store", str(tmp_path / "books")]
        result = CliRunner().invoke(app, [*words, *store])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


def test_a_book_is_loaded_once_and_a_name_means_the_last_load(book, files):
    code, said = book("load", files, "--name", "florida", "--by", "steward-1")
    assert code == 0
    assert "2 homes read, 1 lost" in said
    _, again = book("load", files, "--name", "florida", "--by", "steward-1")
    assert "was there already" in again
    (files / "location.csv").write_text(LOCATION.replace("200000", "210000"))
    book("load", files, "--name", "florida", "--by", "steward-2")
    (files / "location.csv").write_text(LOCATION)
    book("load", files, "--name", "florida", "--by", "steward-3")
    loads = json.loads(book("show", "--json")[1])
    assert [each["loaded_by"] for each in loads] == [
        "steward-1", "steward-1", "steward-2", "steward-3",
    ]  # fmt: skip
    assert [each["is_current"] for each in loads] == [True, True, False, True]
    assert len({each["snapshot_id"] for each in loads}) == 2
    shown = json.loads(book("show", "florida", "--json")[1])
    assert shown["snapshot_id"] == loads[0]["snapshot_id"]
    assert [each["name"] for each in shown["files"]] == [
        "location.csv", "account.csv", "contacts.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81, "...", "florida ", "6a87a5533a42"])
def test_a_name_that_nobody_could_write_or_tell_from_an_id_is_refused(book, files, name, tmp_path):
    with pytest.raises(InputError, match="its name is"):
        book("load", files, "--name", name)
    assert not (tmp_path / "books").exists()


def test_old_books_expire_but_for_what_a_name_means(book, files, tmp_path, monkeypatch):
    who = ("--by", "steward-1", "--role", "supervisor", "--purpose", "kept long enough")
    with pytest.raises(SettingsError, match="retention_days is not set"):
        book("expire", *who)
    monkeypatch.setenv("FIRSTNOTICE_BOOK__RETENTION_DAYS", "30")
    for year, value in (("2017", "200000"), ("2018", "210000")):
        (files / "location.csv").write_text(LOCATION.replace("200000", value))
        book("load", files, "--name", "florida")
        log = tmp_path / "books" / "loads.jsonl"
        log.write_text(re.sub(r'(loaded_at_utc": ")20[2-9]\d', rf"\g<1>{year}", log.read_text()))
    out = tmp_path / "out"
    out.mkdir()
    _, said = book("expire", *who, "--out", out)
    assert "1 books removed" in said
    loads = json.loads(book("show", "--json")[1])
    assert [each["homes"] for each in loads] == [None, 2]
    assert "removed, loaded 2017" in book("show")[1]
    (told,) = read_exports(out)
    assert (told["what"], told["rows"]) == ("book removed past its retention", 2)
    with pytest.raises(ExposureError, match="past its retention"):
        book("show", loads[0]["snapshot_id"])
    assert "0 books removed" in book("expire", *who, "--out", out)[1]


def test_a_policy_is_shown_without_names_unless_a_purpose_is_given(book, files, tmp_path):
    book("load", files, "--name", "florida")
    told = json.loads(book("show", "florida", "--policy", "HO1", "--json")[1])
    assert [home["location_number"] for home in told["homes"]] == ["0001"]
    assert told["homes"][0]["deductible_amount"] == 1000
    assert "contacts" not in told
    asked = ("show", "florida", "--policy", "HO1", "--contacts", "--by", "adj-7")
    with pytest.raises(InputError, match="no purpose is given"):
        book(*asked)
    assert not (tmp_path / "books" / "accesses.jsonl").exists()
    _, said = book(*asked, "--purpose", "call after the storm")
    assert "Ada Example" in said
    (noted,) = (tmp_path / "books" / "accesses.jsonl").read_text().splitlines()
    assert json.loads(noted) | {"at_utc": ""} == {
        "actor": "adj-7", "purpose": "call after the storm", "policy_number": "HO1",
        "snapshot_id": json.loads(book("show", "florida", "--json")[1])["snapshot_id"],
        "at_utc": "",
    }  # fmt: skip
    with pytest.raises(ExposureError, match=r"policy 'HO9': .* no home insured by it"):
        book("show", "florida", "--policy", "HO9")


def test_the_check_tells_what_to_mend_and_fails_where_a_run_would(book, files, tmp_path):
    report = tmp_path / "report.xlsx"
    code, said = book("check", files, "--report", report)
    assert code == 3
    assert "1 of the book's 3 homes were rejected (33%, at most 30% allowed)" in said
    assert "rejected: 1 x swapped_coordinates (location.csv, Latitude;Longitude, row 4)" in said
    assert "7 postcode" in said
    assert "Ada" not in said
    sheets = openpyxl.load_workbook(report)
    assert sheets.sheetnames == [
        "Measures", "Reasons", "Geocodes", "Stacked points", "No contact", "Rejects", "Notices",
    ]  # fmt: skip
    rejected = [[cell.value for cell in row] for row in sheets["Rejects"].iter_rows()]
    assert rejected[1][:5] == [
        "location.csv", 4, "Latitude;Longitude", "swapped_coordinates", "-85.6, 30.2",
    ]  # fmt: skip
    measures = {row[0].value: row[1].value for row in sheets["Measures"].iter_rows(min_row=2)}
    assert measures == {
        "read": 2, "lost": 1, "misplaced": 1, "repeated": 0, "conflicting": 0, "stacked": 0,
        "without_expiry": 0, "without_deductible": 0, "without_value": 0, "unreachable": 1,
        "fit_for_automation": 1,
    }  # fmt: skip


def test_a_good_book_passes_from_files_and_from_the_store_alike(book, files, tmp_path):
    (files / "location.csv").write_text(LOCATION.replace("-85.6,30.2", "30.2,-85.61"))
    lists = [tmp_path / "files.csv", tmp_path / "stored.csv"]
    code, said = book("check", files, "--report", lists[0])
    assert code == 0
    book("load", files, "--name", "florida")
    stored_code, stored_said = book("check", "florida", "--report", lists[1])
    assert stored_code == 0
    assert stored_said.replace("stored.csv", "files.csv") == said
    assert lists[0].read_bytes() == lists[1].read_bytes()


def test_a_value_that_a_spreadsheet_would_run_is_defused(book, files, tmp_path):
    (files / "location.csv").write_text(LOCATION.replace("USD,200000", "=US,200000"))
    code, _ = book("check", files, "--report", tmp_path / "report.csv")
    assert code == 3
    told = pd.read_csv(tmp_path / "report.csv")
    assert told["value"].tolist() == ["'=US", "'-85.6, 30.2", "0001"]


def test_a_book_without_a_home_is_not_stored(book, files):
    (files / "location.csv").write_text(LOCATION.replace(",US,", ",?,"))
    with pytest.raises(ExposureError, match="no home that can be used; 3 are lost"):
        book("load", files, "--name", "florida")


def test_what_is_no_book_is_told(book, files, tmp_path):
    (files / "location.parquet").write_bytes(b"")
    with pytest.raises(ExposureError, match=r"location files there: location.csv, location.parq"):
        book("load", files, "--name", "x")
    with pytest.raises(ExposureError, match="1 files are given"):
        book("load", files / "location.csv", "--name", "x")
    with pytest.raises(InputError, match=r"report.doc is no .xlsx or .csv"):
        book("check", files / "location.csv", files / "account.csv", "--report", "report.doc")


@pytest.mark.parametrize("way", ["environment", "file"])
def test_a_password_comes_from_the_environment_or_a_file(monkeypatch, tmp_path, way):
    monkeypatch.setenv("FIRSTNOTICE_BOOK__STORE", "postgresql+psycopg://u@db/books")
    if way == "environment":
        monkeypatch.setenv("FIRSTNOTICE_BOOK__PASSWORD", "s3cret")
    else:
        (tmp_path / "secret").write_text("s3cret\n")
        monkeypatch.setenv("FIRSTNOTICE_BOOK__PASSWORD_FILE", str(tmp_path / "secret"))
    settings = Settings.read(None)
    assert store_address(None, settings, None) == "postgresql+psycopg://u:s3cret@db/books"
    assert "s3cret" not in repr(settings) + json.dumps(settings.model_dump(mode="json"))


def test_a_password_file_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("FIRSTNOTICE_BOOK__PASSWORD_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="password_file cannot be read"):
        store_address("postgresql://u@db/books", Settings.read(None), None)
