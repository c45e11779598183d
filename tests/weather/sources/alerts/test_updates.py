"""Updates replace and cancellations end, whatever the order that messages come in."""

from datetime import UTC, datetime
from itertools import permutations

import pandas as pd
import pytest

from weather.sources.alerts.nws_alerts import read_nws_alerts
from weather.sources.alerts.updates import follow_updates

EVENING = datetime(2021, 12, 11, 1, tzinfo=UTC)
"""19:00 of the alerts' clock: after they expire, before their weather ends."""


@pytest.fixture
def states(alerts_file):
    def follow(*features, at=EVENING):
        found = follow_updates(read_nws_alerts(alerts_file(*features)).table, at)
        return dict(zip(found["alert_id"].str[4:], found["state"], strict=True))

    return follow


def test_an_update_replaces_what_it_names_in_any_order(alert, states):
    chain = [
        alert("a", sent="16:00"),
        alert("b", sent="17:00", kind="Update", follows=["a"]),
        alert("c", sent="18:00", kind="Update", follows=["a", "b"]),
    ]
    for order in permutations(chain):
        assert states(*order) == {"c": "active"}


def test_expires_is_not_ends(alert, states):
    assert states(alert("a")) == {"a": "active"}
    assert states(alert("a", ends=None)) == {"a": "expired"}
    assert states(alert("a"), at=datetime(2021, 12, 11, 5, tzinfo=UTC)) == {"a": "expired"}


def test_a_cancellation_ends(alert, states):
    both = [alert("a", sent="16:00"), alert("b", sent="17:00", kind="Cancel", follows=["a"])]
    assert states(*both) == states(*reversed(both)) == {"b": "cancelled"}


def test_a_cancellation_of_a_part_leaves_the_rest(alert, alerts_file):
    whole = alert("a", sent="16:00", zones=("MOC029", "MOC059"))
    part = alert("b", sent="17:00", kind="Cancel", follows=["a"], zones=("MOC059",))
    rest = alert("c", sent="17:00", kind="Update", follows=["a"], zones=("MOC029",))
    found = follow_updates(read_nws_alerts(alerts_file(part, whole)).table, EVENING)
    left = found.set_index("alert_id").loc["urn:a"]
    assert (left["state"], left["zone_codes"], left["unplaced_zones"]) == (
        "active", "MOC029", "MOC029",
    )  # fmt: skip
    found = follow_updates(read_nws_alerts(alerts_file(part, whole, rest)).table, EVENING)
    assert dict(zip(found["alert_id"], found["state"], strict=True)) == {
        "urn:b": "cancelled", "urn:c": "active",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("action", "state"), [("CON", "active"), ("CAN", "cancelled"), ("EXP", "expired")]
)
def test_the_event_code_ties_messages_that_do_not_name_each_other(alert, states, action, state):
    code = "/O.{}.KSGF.TO.A.0552.000000T0000Z-211211T0500Z/"
    first = alert("a", sent="16:00", parameters={"VTEC": [code.format("NEW")]})
    later = alert("b", sent="17:00", kind="Update", parameters={"VTEC": [code.format(action)]})
    assert states(later, first) == {"b": state}
    elsewhere = alert(
        "c", sent="16:30", zones=("ILC133",), parameters=first["properties"]["parameters"]
    )
    assert states(later, first, elsewhere) == {"b": state, "c": "active"}


def test_a_test_replaces_nothing_and_is_no_alert(alert, states):
    assert states(
        alert("a", sent="16:00"),
        alert("b", sent="17:00", kind="Update", follows=["a"], status="Test"),
    ) == {"a": "active", "b": "not_actual"}


def test_messages_of_later_are_not_known_yet(alert, states):
    sent_later = alert("b", sent="22:00", kind="Cancel", follows=["a"])
    assert states(alert("a"), sent_later) == {"a": "active"}


def test_messages_that_name_themselves_or_each_other_are_not_lost(alert, states):
    assert states(alert("a", follows=["a"])) == {"a": "active"}
    assert states(alert("a", follows=["b"]), alert("b", follows=["a"])) == {"b": "active"}


def test_the_same_message_of_two_polls_counts_once(alert, alerts_file):
    table = read_nws_alerts(alerts_file(alert("a"))).table
    assert len(follow_updates(pd.concat([table, table]), EVENING)) == 1
    assert len(follow_updates(table.iloc[:0], EVENING)) == 0
