import logging
import os
from pathlib import Path

import pytest

from core.errors import ExposureError
from policies.reading.files.text_table import read_text_table
from policies.reading.oed import CONTACT_COLUMNS, FileColumns

COLUMNS = FileColumns(("A", "B"), ("C", "Z"))


@pytest.fixture
def read(tmp_path: Path):
    def read_bytes(content: bytes):
        path = tmp_path / "book.csv"
        path.write_bytes(content)
        return read_text_table(path, COLUMNS)

    return read_bytes


def test_everything_stays_text(read):
    table = read(b"A,B,C\n00123, z ,NA\n1e5,,null\n")
    assert table.rows["A"].tolist() == ["00123", "1e5"]
    assert table.rows["B"].isna().tolist() == [False, True]
    assert table.rows["B"][0] == "z"
    assert table.rows["C"].tolist() == ["NA", "null"]
    assert table.rows["Z"].isna().all()


def test_names_match_whatever_their_case_and_order(read):
    table = read(b"unknown,b ,A\nx,2,1\n")
    assert table.rows[["A", "B"]].to_numpy().tolist() == [["1", "2"]]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_any_line_ending(read, ending):
    assert read(ending.join([b"A,B", b"1,2", b"3,4", b""])).rows["A"].tolist() == ["1", "3"]


@pytest.mark.parametrize("delimiter", [b";", b"\t", b"|"])
def test_what_stands_between_values_is_told_by_the_header(read, delimiter):
    table = read(b"A,B,C\n1,'2,5',x\n".replace(b",", delimiter).replace(b"'2" + delimiter, b"'2,"))
    assert table.rows[["A", "B", "C"]].to_numpy().tolist() == [["1", "'2,5'", "x"]]
    assert len(table.rejects) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_accents_survive(read, encoding, caplog):
    with caplog.at_level(logging.WARNING):
        table = read("A,B\nJosé Núñez,Müller\n".encode(encoding))
    assert table.rows.loc[0, ["A", "B"]].tolist() == ["José Núñez", "Müller"]
    assert ("book.csv is not UTF-8; it is read as cp1252" in caplog.text) == (encoding == "cp1252")


def test_bytes_without_a_windows_letter_read_as_latin_1(read, caplog):
    assert read(b"A,B\n\xe9\x81,2\n").rows["A"][0].startswith("é")
    assert "latin-1" in caplog.text


@pytest.mark.parametrize("content", [b"A,B", b"A,B\n", b"\xef\xbb\xbfA,B\r\n"])
def test_a_header_without_rows_is_an_empty_table(read, content):
    table = read(content)
    assert len(table.rows) == 0
    assert len(table.rejects) == 0


def test_row_numbers_count_every_row_from_the_header(read):
    table = read(b'A,B,C\n1,2,3\n\n4,5\n6,"x\ny",8\n7,8,9,10\n11,12,13\n')
    assert table.rows["row_number"].tolist() == [2, 5, 7]
    assert table.rejects["row_number"].tolist() == [4, 6]
    assert table.rejects["value"].tolist() == ["2 values, not 3", "4 values, not 3"]
    assert set(table.rejects["reason"]) == {"wrong_number_of_values"}


def test_a_stray_quote_does_not_swallow_rows_in_silence(read):
    table = read(b'A,B,C\n1,2,"x\n3,4,5\n6,7,y"\n8,9,0\n')
    assert table.rows["A"].tolist() == ["8"]
    assert table.rejects[["reason", "value"]].to_numpy().tolist() == [
        ["unclosed_quote", "2 line breaks in one value"]
    ]


def test_a_quote_left_open_to_the_end_is_told(read):
    assert read(b'A,B,C\n1,2,"x\n3,4,5\n').rejects["reason"].tolist() == ["unclosed_quote"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"<!DOCTYPE html><html>", "a web page or XML"),
        (b"\n <?xml?>", "a web page or XML"),
        (b"PK\x03\x04\x00", "binary data"),
        (b"A,B\n" + b"1,2\n" * 50_000 + b"\x00", "binary data"),
        (b"x" * 10_000_000, "the first line is longer than"),
        (os.urandom(10_000_000), "reading book.csv"),
        (b"A:B\n1:2\n", "the header lacks A, B"),
        (b"Policies of today\n\nA,B\n1,2\n", "Row 3 looks like the header"),
        (b"A,C\n1,2\n", "the header lacks B"),
        (b"A,a,B\n1,2,3\n", "the header names A twice"),
        (b'A,B\n1,"' + b"x" * 40_000_000, "a row is longer than"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_file_is_refused_in_few_words(read, content, problem):
    with pytest.raises(ExposureError) as caught:
        read(content)
    assert problem in str(caught.value)
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ExposureError, match=r"nowhere\.csv cannot be read \(No such file"):
        read_text_table(tmp_path / "nowhere.csv", COLUMNS)


def test_a_file_without_a_header_names_nobody(tmp_path, caplog):
    path = tmp_path / "contacts.csv"
    path.write_text("P1,A1,1,Mary Jones,12 Oak St\nP1,A2,1,John Roe,14 Oak St\n")
    with caplog.at_level("DEBUG"), pytest.raises(ExposureError) as caught:
        read_text_table(path, CONTACT_COLUMNS)
    told = str(caught.value) + caplog.text
    assert "the header lacks PortNumber, AccNumber, LocNumber; of its 5 names 0 are known" in told
    assert not [name for name in ("Mary", "Jones", "Oak", "A1") if name in told]
