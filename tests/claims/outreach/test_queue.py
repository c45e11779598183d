from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.outreach.hours import find_window
from claims.outreach.opt_outs import OptOuts, name_addresses, read_opt_outs
from claims.outreach.options import OutreachOptions
from claims.outreach.queue import NEEDED, Known, build_queue, group_messages
from core.errors import FirstNoticeError, InputError

NOON = datetime(2018, 10, 12, 17, tzinfo=UTC)
"""Noon in Chicago."""
OPTIONS = OutreachOptions()
NOBODY = Known((), (), OptOuts())


def home(number, **values):
    told = {
        "incident_id": f"inc-{number}", "policy_number": f"P{number}", "location_number": "1",
        "insured_name": f"Ann {number}", "city": "Springvale", "phone": f"850 555 {number:04d}",
        "email": f"a{number}@example.com", "preferred_channel": "sms", "language": "es",
        "has_contact_consent": True, "time_zone": "America/Chicago",
    }  # fmt: skip
    return told | values


def queue_of(*homes, known=NOBODY, now=NOON, options=OPTIONS):
    table = pd.DataFrame(homes, columns=list(NEEDED))
    return build_queue(table, known, now, options)


@pytest.mark.parametrize(
    ("values", "standing", "channel", "address"),
    [
        ({}, "ready", "sms", "850 555 0001"),
        ({"preferred_channel": "email"}, "ready", "email", "a1@example.com"),
        ({"preferred_channel": "email", "email": None}, "ready", "sms", "850 555 0001"),
        ({"preferred_channel": None}, "ready", "email", "a1@example.com"),
        ({"preferred_channel": "agent"}, "through_agent", "agent", None),
        ({"has_contact_consent": False}, "through_agent", "agent", None),
        ({"phone": None, "email": None}, "through_agent", "agent", None),
        ({"has_contact_consent": None}, "no_contact_known", None, None),
        ({"time_zone": None}, "time_zone_unknown", None, None),
        ({"time_zone": None, "preferred_channel": "email"}, "ready", "email", "a1@example.com"),
    ],
)
def test_by_which_way_a_home_is_asked(values, standing, channel, address):
    row = queue_of(home(1, **values)).iloc[0]
    told = [None if pd.isna(each) else each for each in row[["standing", "channel", "address"]]]
    assert told == [standing, channel, address]


@pytest.mark.parametrize(
    "outs",
    [OptOuts(frozenset({"P1"})), OptOuts(addresses=frozenset({"8505550001"})),
     OptOuts(addresses=frozenset({"a1@example.com"}))],
)  # fmt: skip
def test_who_opted_out_is_held_back_however_the_number_is_written(outs):
    number = home(1, phone="+1 (850) 555-0001", email=" A1@Example.com ")
    assert queue_of(number, known=Known((), (), outs))["standing"].tolist() == ["opted_out"]


def test_one_person_with_two_homes_gets_one_message_about_both():
    queue = queue_of(home(1), home(2, insured_name="Ann 1", phone="1-850-555-0001"), home(3))
    assert queue["standing"].tolist() == ["ready", "joined", "ready"]
    assert group_messages(queue) == {"inc-1": ["inc-1", "inc-2"], "inc-3": ["inc-3"]}


def test_an_address_under_two_names_is_a_persons_to_look_at():
    queue = queue_of(home(1), home(2, phone="850 555 0001"))
    assert queue["standing"].tolist() == ["ready", "address_shared"]
    # a number without its area code names nobody
    short = queue_of(home(1, phone="555-0001"), home(2, phone="555-0001"))
    assert short["standing"].tolist() == ["ready", "ready"]


def test_who_was_asked_before_is_not_asked_again_for_another_home():
    known = Known({"inc-1"}, name_addresses("850 555 0001", None), OptOuts())
    queue = queue_of(home(1), home(2, phone="+18505550001"), home(3), known=known)
    assert queue["standing"].tolist() == ["contacted_already", "contacted_already", "ready"]


PEOPLE = st.fixed_dictionaries({
    "phone": st.sampled_from([None, "850 555 0001", "850 555 0002", "555-0001"]),
    "email": st.sampled_from([None, "a@example.com", "B@example.com", "b@example.com"]),
    "insured_name": st.sampled_from(["Ann", "Bob"]),
    "preferred_channel": st.sampled_from([None, "email", "sms", "phone", "agent"]),
    "has_contact_consent": st.booleans(),
})  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(PEOPLE, max_size=8), st.integers(0, 8))
def test_nobody_comes_twice_an_event_over_days(people, first):
    homes = [home(number, **each) for number, each in enumerate(people)]
    day_1 = queue_of(*homes[:first])
    told = [name for group in group_messages(day_1).values() for name in group]
    whose = [each for each in homes if each["incident_id"] in told]
    addresses = {a for each in whose for a in name_addresses(each["phone"], each["email"])}
    day_2 = queue_of(*homes, known=Known(told, addresses, OptOuts()))
    sent = pd.concat([day_1[day_1["standing"] == "ready"], day_2[day_2["standing"] == "ready"]])
    reached = [
        next(iter(named)) if (named := name_addresses(*(
            (row.address, None) if row.channel != "email" else (None, row.address)
        ))) else row.incident_id
        for row in sent.itertuples()
    ]  # fmt: skip
    assert len(reached) == len(set(reached))
    again = [name for group in group_messages(day_2).values() for name in group]
    assert not set(told) & set(again)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2018, 1, 1), datetime(2018, 12, 30)),  # noqa: DTZ001  made UTC below
    st.sampled_from(["America/Chicago", "America/Puerto_Rico", "Pacific/Honolulu", "Asia/Tokyo"]),
)
def test_nobody_is_called_at_night_by_the_homes_own_clock(now, zone):
    now = now.replace(tzinfo=UTC)
    begin, end = find_window(now, zone, OPTIONS)
    local_begin, local_end = (each.astimezone(ZoneInfo(zone)) for each in (begin, end))
    assert now <= begin < end
    assert 8 <= local_begin.hour < 21
    assert (local_end.hour, local_end.minute) == (21, 0)
    assert local_begin.date() == local_end.date()
    assert (begin - now).total_seconds() <= 12 * 3600  # a clock may be set back at night


def test_quiet_hours_that_leave_no_day_are_refused():
    with pytest.raises(ValueError, match="nobody could ever be called"):
        OutreachOptions(quiet_from="08:00", quiet_until="21:00")
    with pytest.raises(FirstNoticeError, match="'9 pm'"):
        OutreachOptions(quiet_from="9 pm")


def test_opt_outs_are_read_and_a_file_without_them_stops_everything(tmp_path):
    path = tmp_path / "outs.csv"
    path.write_text("policy_number,phone,email\nP7,,\n,+1 850-555-0100,\n,,Bo@Example.com\n")
    outs = read_opt_outs(path)
    assert outs.policies == {"P7"}
    assert outs.addresses == {"8505550100", "bo@example.com"}
    assert "example" not in repr(outs).lower()
    path.write_text("name\nBo\n")
    with pytest.raises(InputError, match="none of the columns"):
        read_opt_outs(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_opt_outs(tmp_path / "none.csv")
