"""Books that nobody would wish for: each spoilt cell is told by row, field, value and remedy, and
the good rows around it go on."""

import csv
import gzip
import io
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ExposureError
from policies.reading.exposure import read_book
from policies.reading.files import packed, parquet

HOME = {
    "PortNumber": "1", "AccNumber": "A1", "LocNumber": "1", "CountryCode": "US",
    "Latitude": "30.1", "Longitude": "-85.6", "LocPerilsCovered": "WW2", "LocCurrency": "USD",
    "AddressMatch": "2", "BuildingTIV": "200000",
}  # fmt: skip
POLICY = {
    "PortNumber": "1", "AccNumber": "A1", "PolNumber": "HO1", "PolPerilsCovered": "WW2",
    "PolInceptionDate": "2018-01-01", "PolExpiryDate": "2019-01-01",
}  # fmt: skip
PERSON = {"PortNumber": "1", "AccNumber": "A1", "LocNumber": "1", "InsuredName": "Ada Example"}
FORMULAS = ('=HYPERLINK("http://x")', "+1-2", "@SUM(A1)", "-2+3", "\t=1")
SQL = "1'; DROP TABLE book_homes; --"
LONG = "x" * 100_000


def text_of(rows, newline="\r\n"):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    """A book of homes given as rows, or as the location file's bytes, under an account of one."""

    def read_it(homes, people=(PERSON,), name="location.csv", policies=(POLICY,)):
        content = homes if isinstance(homes, bytes) else text_of(homes).encode()
        (tmp_path / name).write_bytes(content)
        (tmp_path / "account.csv").write_text(text_of(policies), newline="")
        (tmp_path / "contacts.csv").write_text(text_of(people), newline="")
        return read_book(tmp_path / name, tmp_path / "account.csv", tmp_path / "contacts.csv")

    return read_it


def told(table):
    names = ["row_number", "field", "reason", "value"]
    cells = table[names].astype(object)
    return list(cells.where(cells.notna(), None).itertuples(index=False, name=None))


def kept(book):
    return book.locations["location_number"].tolist()


SPOILT = [
    ({"LocNumber": ""}, "LocNumber", "blank_key", None),
    ({"AccNumber": "", "LocNumber": ""}, "AccNumber;LocNumber", "blank_key", None),
    ({"LocNumber": LONG}, "LocNumber", "value_too_long", "100000 characters, at most 255"),
    ({"LocNumber": "1\n2"}, "LocNumber", "control_character", "control characters in the cell"),
    ({"LocPerilsCovered": LONG}, "LocPerilsCovered", "value_too_long",
     "100000 characters, at most 10000"),
    ({"AccNumber": SQL}, "AccNumber", "unknown_account", SQL),
    ({"Latitude": "27", "Longitude": "-90"}, "Latitude;Longitude", "in_the_sea", "27, -90"),
    ({"Latitude": "90"}, "Latitude;Longitude", "outside_country", "90, -85.6"),
    ({"Latitude": "0", "Longitude": "0"}, "Latitude;Longitude", "null_island", "0, 0"),
    ({"Latitude": "-85.6", "Longitude": "30.1"}, "Latitude;Longitude", "swapped_coordinates",
     "-85.6, 30.1"),
    ({"Longitude": "85.6"}, "Latitude;Longitude", "sign_lost", "30.1, 85.6"),
    ({"Latitude": "=1+1"}, "Latitude;Longitude", "not_a_number", "=1+1, -85.6"),
    ({"CountryCode": "=US"}, "CountryCode", "bad_country_code", "=US"),
    ({"LocCurrency": "'; --"}, "LocCurrency", "bad_currency", "'; --"),
    ({name: name for name in HOME}, None, "repeated_header", None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "reason", "value"), SPOILT, ids=lambda x: str(x)[:20])
def test_a_spoilt_row_is_told_and_its_neighbours_go_on(read, change, field, reason, value):
    book = read([HOME, HOME | change, HOME | {"LocNumber": "3"}])
    assert kept(book) == ["1", "3"]
    mine = book.rejects[book.rejects["file"] == "location.csv"]
    assert told(mine) == [(3, field, reason, value)]
    assert mine["remedy"].str.len().min() > 20


@pytest.mark.parametrize(
    ("change", "reason", "value"),
    [
        ({"BuildingTIV": LONG}, "value_too_long", "100000 characters, at most 10000"),
        ({"BuildingTIV": "1\x07"}, "control_character", "control characters in the cell"),
        ({"BuildingTIV": "=1+1"}, "not_a_number", "=1+1"),
    ],
    ids=["long", "control", "formula"],
)
def test_a_spoilt_value_that_a_home_can_do_without_is_missing(read, change, reason, value):
    book = read([HOME, HOME | {"LocNumber": "2"} | change])
    assert kept(book) == ["1", "2"]
    assert told(book.notices) == [(3, "BuildingTIV", reason, value)]
    assert book.locations["building_tiv"].tolist() == [200_000, 0]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_in_names_are_kept_as_names(read, formula):
    book = read([HOME], people=[PERSON | {"InsuredName": formula}])
    assert book.contacts["insured_name"].tolist() == [formula.strip()]


def test_a_name_of_a_hundred_thousand_letters_is_counted_and_not_quoted(read, caplog):
    long = "Zhang " * 20_000
    with caplog.at_level("DEBUG"):
        book = read([HOME], people=[PERSON | {"InsuredName": long, "Phone": "7"}])
    assert book.contacts["insured_name"].isna().all()
    assert book.contacts["phone"].tolist() == ["7"]
    assert told(book.notices) == [
        (2, "InsuredName", "value_too_long", "119999 characters, at most 10000")
    ]
    assert "Zhang" not in caplog.text + book.notices.to_csv() + book.rejects.to_csv()


def test_sql_in_ids_is_an_id(read):
    homes = [HOME | {"AccNumber": SQL, "LocNumber": SQL}]
    book = read(homes, policies=[POLICY | {"AccNumber": SQL, "PolNumber": SQL}])
    assert kept(book) == [SQL]
    assert book.locations["policy_number"].tolist() == [SQL]


def test_lines_of_several_encodings_keep_their_letters(read):
    rows = [HOME | {"LocNumber": f"{n}-é"} for n in range(3)]
    lines = text_of(rows).splitlines(keepends=True)
    encodings = ("utf-8", "utf-8", "cp1252", "utf-8")
    content = b"".join(line.encode(each) for line, each in zip(lines, encodings, strict=True))
    book = read(content)
    assert kept(book) == ["0-é", "1-é", "2-é"]
    assert told(book.notices) == [(1, "text", "not_utf8", "from line 3 on")]


def test_line_breaks_in_cells_and_between_rows_are_told_apart(read):
    rows = [HOME | {"AreaCode": "F\r\nL"}, HOME | {"LocNumber": "2", "AreaCode": "F\nL"}]
    content = text_of(rows).encode()
    assert kept(read(content)) == ["1", "2"]
    assert kept(read(content.replace(b"\r\n", b"\n"))) == ["1", "2"]


def test_two_columns_of_one_name_are_refused_by_name(read):
    content = text_of([HOME]).encode().replace(b"AddressMatch", b"latitude")
    with pytest.raises(ExposureError, match=r"header names Latitude twice.*Keep one"):
        read(content)


def test_two_columns_of_a_name_that_nobody_reads_do_no_harm(read):
    content = b"x,x," + text_of([HOME], "\n").encode().replace(b"\n1,", b"\n9,9,1,")
    assert kept(read(content)) == ["1"]


def test_a_packed_book_is_a_book(read):
    content = gzip.compress(text_of([HOME]).encode())
    assert kept(read(content, name="location.csv.gz")) == ["1"]
    assert kept(read(content)) == ["1"], "whatever it is called"


def test_a_gzip_bomb_is_not_unpacked(read, monkeypatch):
    bomb = gzip.compress(text_of([HOME]).encode() + b"\n" * 40_000_000)
    with pytest.raises(ExposureError, match=r"\d+ bytes unpack to more than 200 times as many"):
        read(bomb)
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(ExposureError, match="unpacks to more than 1 MiB, more than any book does"):
        read(bomb)


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: data[:20] + b"\x00" * 60])
def test_a_damaged_gzip_is_told(read, spoil):
    content = gzip.compress(text_of([HOME] * 200).encode())
    with pytest.raises(ExposureError, match="gzip is damaged or cut short"):
        read(spoil(content))


def test_a_zip_archive_is_not_opened(read):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("location.csv", b"0" * 50_000_000)
    with pytest.raises(ExposureError, match="a ZIP archive or an Excel workbook"):
        read(out.getvalue())


def to_parquet(columns):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_a_parquet_book_says_what_its_csv_says(read, tmp_path):
    homes = [HOME | {"LocNumber": str(n), "YearBuilt": "1980"} for n in range(1, 4)]
    csv_book = read(homes)
    typed = pd.DataFrame(homes).astype(
        {"LocNumber": float, "Latitude": float, "Longitude": float, "YearBuilt": "int32"}
    )
    typed.loc[1, "LocNumber"] = None
    book = read(to_parquet({name: pa.array(typed[name]) for name in typed}), name="book.parquet")
    assert kept(book) == ["1", "3"], "a float id is the id that it was"
    assert told(book.rejects) == [(3, "LocNumber", "blank_key", None)]
    same = csv_book.locations[csv_book.locations["location_number"] != "2"].reset_index(drop=True)
    assert book.locations.equals(same)


def test_dates_of_a_parquet_book_are_days(tmp_path, read):
    days = pa.array([pd.Timestamp("2018-03-01 06:00")])
    columns = {name: pa.array([value]) for name, value in HOME.items()}
    book = read(to_parquet(columns | {"LocInceptionDate": days}))
    assert book.locations["inception_date"].tolist() == [pd.Timestamp("2018-03-01")]


def test_a_parquet_bomb_is_not_unpacked(read, monkeypatch):
    there = HOME | {"Latitude": "30.100217", "Longitude": "-85.603118"}
    columns = {name: pa.array([value] * 50) for name, value in there.items()}
    shared = pa.array([LONG] * 50).dictionary_encode()
    book = read(to_parquet(columns | {"AreaCode": shared}))
    assert set(book.notices["reason"]) == {"value_too_long"}
    monkeypatch.setattr(parquet, "MAX_ROWS", 49)
    with pytest.raises(ExposureError, match="it says to hold 50 rows, more than 49"):
        read(to_parquet(columns))


@pytest.mark.parametrize(
    "column", [pa.array([[1]]), pa.array([b"\xff\xfe"])], ids=["list", "bytes"]
)
def test_a_parquet_column_of_no_plain_values_is_told(read, column):
    columns = {name: pa.array([value]) for name, value in HOME.items()}
    with pytest.raises(ExposureError, match="no sound Parquet of plain columns"):
        read(to_parquet(columns | {"AreaCode": column}))


def test_a_damaged_parquet_is_told(read):
    columns = {name: pa.array([value]) for name, value in HOME.items()}
    with pytest.raises(ExposureError, match="no sound Parquet"):
        read(to_parquet(columns)[:-40])
