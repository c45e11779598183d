"""The file of claims that there are: good rows go on, bad ones say why."""

from datetime import UTC, datetime

import pytest

from claims.filed.reading import known_by, read_filed_claims
from core.errors import InputError

HEADER = "claim_number,policy_number,loss_date,notice_received_at_utc,location_number,claim_state\n"
GOOD = "CLM-1,P0001,2018-10-10,2018-10-11T09:30:00-05:00,1,open\n"


@pytest.fixture
def read(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "claims.csv"
        path.write_bytes(text.encode(encoding))
        return read_filed_claims(path)

    return write


def test_a_row_is_read_with_the_home_as_far_as_it_is_named(read):
    filed = read(
        "\ufeff" + HEADER + GOOD + "\nCLM-2,P0002,2018-10-10,2018-10-12T00:00:00Z,,CLOSED\n"
    )
    assert filed.rejects.empty
    row, other = filed.table.to_dict("records")
    assert (row["claim_number"], row["policy_number"], row["location_number"]) == (
        "CLM-1", "P0001", "1",
    )  # fmt: skip
    assert row["notice_at_utc"] == datetime(2018, 10, 11, 14, 30, tzinfo=UTC)
    assert filed.table["account_number"].isna().all()
    assert (row["is_closed"], other["is_closed"], other["row_number"]) == (False, True, 4)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("CLM-1,P1,2018-10-10", "wrong_number_of_values"),
        (" ,P1,2018-10-10,2018-10-11T09:30:00Z,1,open", "blank_claim_number"),
        ("CLM-1,,2018-10-10,2018-10-11T09:30:00Z,1,open", "blank_policy_number"),
        ("CLM-1,P1,10/10/2018,2018-10-11T09:30:00Z,1,open", "bad_loss_date"),
        ("CLM-1,P1,2018-02-30,2018-10-11T09:30:00Z,1,open", "bad_loss_date"),
        ("CLM-1,P1,2018-10-10,2018-10-11 09:30,1,open", "bad_notice"),
        ("CLM-1,P1,2018-10-10,2018-10-08T09:30:00Z,1,open", "notice_before_loss"),
        ("CLM-1,P1,2018-10-10,2018-10-11T09:30:00Z,1,perhaps", "unknown_claim_state"),
        ("CLM-1,P0001,2018-10-10,2018-10-11T09:30:00Z,1,open", "same_claim_twice"),
        (f"{'9' * 81},P1,2018-10-10,2018-10-11T09:30:00Z,1,open", "odd_text"),
        ('"CLM\n1",P1,2018-10-10,2018-10-11T09:30:00Z,1,open', "odd_text"),
    ],
)
def test_a_bad_row_is_a_reject_and_the_others_go_on(read, row, reason):
    filed = read(HEADER + GOOD + row + "\n")
    assert filed.table["claim_number"].tolist() == ["CLM-1"]
    assert filed.rejects[["row_number", "reason"]].to_numpy().tolist() == [[3, reason]]


@pytest.mark.parametrize("text", ["", "claim_number\n", HEADER.replace("loss", "los")])
def test_a_file_without_the_columns_is_refused(read, text):
    with pytest.raises(InputError, match="does not name"):
        read(text)


def test_what_is_no_text_is_refused_without_quoting_it(read):
    with pytest.raises(InputError, match="no readable CSV") as told:
        read(HEADER + "Zoë,P1", "latin-1")
    assert "Zo" not in str(told.value)


def test_a_claim_of_later_notice_is_not_known_yet(read):
    filed = read(HEADER + GOOD)
    assert known_by(filed, datetime(2018, 10, 11, 14, tzinfo=UTC)).table.empty
    assert len(known_by(filed, datetime(2018, 10, 11, 15, tzinfo=UTC)).table) == 1
