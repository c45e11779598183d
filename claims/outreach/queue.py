"""Whom to write to about an event, by which way and from when on. Pure.

Nobody is written to twice an event: not for two homes, not on two days. Without consent on file
nobody is written to at all; the agent asks. What is held back stays in the queue with its reason.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pandas as pd

from claims.outreach.hours import find_window
from claims.outreach.opt_outs import OptOuts, name_addresses
from claims.outreach.options import OutreachOptions

NEEDED = (
    "incident_id", "policy_number", "location_number", "insured_name", "city", "phone", "email",
    "preferred_channel", "language", "has_contact_consent", "time_zone",
)  # fmt: skip
_FALLBACK = ("email", "sms", "phone")
"""Ways tried in this order where the preferred one has no address."""
_ADDRESS_OF = {"email": "email", "sms": "phone", "phone": "phone"}


class Standing(StrEnum):
    """What is to be done with a home of the queue."""

    READY = "ready"
    """May be written to from ``not_before_utc`` on."""
    AGENT = "through_agent"
    """Their agent asks: they want that, or no consent is on file."""
    JOINED = "joined"
    """The message to the same person about another home says it too."""
    CONTACTED = "contacted_already"
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact_known"
    """The contacts file does not have the home."""
    ADDRESS_SHARED = "address_shared"
    """Somebody of another name has the same address: a person looks whose it is."""
    ZONE_UNKNOWN = "time_zone_unknown"
    """Nobody may be called there, for it is not known when it is night."""


@dataclass(frozen=True, slots=True)
class Known:
    """What bars or joins messages.

    Attributes:
        contacted: incidents of the event about which somebody was written to.
        addresses: of the people concerned, see ``name_addresses``.
        opt_outs: who asked not to be contacted.
    """

    contacted: Collection[str]
    addresses: Collection[str]
    opt_outs: OptOuts


def build_queue(
    homes: pd.DataFrame, known: Known, now_utc: datetime, options: OutreachOptions
) -> pd.DataFrame:
    """A row for each home to ask about, in their order, with its ``standing``.

    Args:
        homes: ``NEEDED`` of homes whose insureds are to be asked, the most urgent first.
        known: what bars or joins messages.
        now_utc: timezone-aware.
        options: quiet hours and words.

    Returns:
        The homes with ``standing, channel, address, not_before_utc, not_after_utc, joined_to``:
        the incident whose message says it too.
    """
    writer = _Writer(known, now_utc, options)
    rows = [writer.place({str(k): v for k, v in row.items()}) for row in homes.to_dict("records")]
    told = pd.DataFrame(rows, index=homes.index, columns=list(_NOTHING))
    language = homes["language"].where(homes["language"].notna(), options.default_language)
    return homes.assign(language=language, **{name: told[name] for name in _NOTHING})


def group_messages(queue: pd.DataFrame) -> dict[str, list[str]]:
    """The incidents that each message is about, by the incident that it is sent for."""
    sent = queue[queue["standing"].isin([Standing.READY, Standing.AGENT])]
    groups = {name: [name] for name in sent["incident_id"]}
    for row in queue[queue["standing"] == Standing.JOINED].to_dict("records"):
        groups[row["joined_to"]].append(row["incident_id"])
    return groups


_NOTHING: Mapping[str, Any] = {
    "standing": None, "channel": None, "address": None, "not_before_utc": None,
    "not_after_utc": None, "joined_to": None,
}  # fmt: skip


class _Writer:
    """Places homes one after the other, knowing who was placed before."""

    def __init__(self, known: Known, now_utc: datetime, options: OutreachOptions) -> None:
        self.known = known
        self.now_utc = now_utc
        self.options = options
        self.first: dict[str, tuple[str, str]] = {}

    def place(self, home: dict[str, Any]) -> dict[str, Any]:
        """Where the home stands, and what its message needs."""
        home = {name: None if _is_missing(value) else value for name, value in home.items()}
        addresses = name_addresses(home["phone"], home["email"])
        barred = self._bar(home, addresses)
        if barred is not None:
            return {**_NOTHING, "standing": str(barred)}
        name, incident = str(home["insured_name"] or "").casefold(), home["incident_id"]
        others = [self.first[each] for each in sorted(addresses) if each in self.first]
        if others and others[0][0] != name:
            return {**_NOTHING, "standing": str(Standing.ADDRESS_SHARED)}
        if others:
            return {**_NOTHING, "standing": str(Standing.JOINED), "joined_to": others[0][1]}
        placed = self._choose(home)
        if placed["standing"] in (Standing.READY, Standing.AGENT):
            self.first |= dict.fromkeys(addresses, (name, incident))
        return placed

    def _bar(self, home: Mapping[str, Any], addresses: frozenset[str]) -> Standing | None:
        outs = self.known.opt_outs
        if home["incident_id"] in self.known.contacted:
            return Standing.CONTACTED
        if home["policy_number"] in outs.policies or addresses & outs.addresses:
            return Standing.OPTED_OUT
        if addresses & set(self.known.addresses):
            return Standing.CONTACTED
        return Standing.NO_CONTACT if home["has_contact_consent"] is None else None

    def _choose(self, home: Mapping[str, Any]) -> dict[str, Any]:
        wanted = home["preferred_channel"]
        ways = [wanted, *(way for way in _FALLBACK if way != wanted)]
        able = [way for way in ways if way in _ADDRESS_OF and home[_ADDRESS_OF[way]]]
        if wanted == "agent" or not home["has_contact_consent"] or not able:
            return {**_NOTHING, "standing": str(Standing.AGENT), "channel": "agent"}
        channel = able[0]
        sent = {**_NOTHING, "channel": channel, "address": home[_ADDRESS_OF[channel]]}
        if channel not in self.options.quiet_channels:
            return {**sent, "standing": str(Standing.READY), "not_before_utc": self.now_utc}
        if home["time_zone"] is None:
            return {**_NOTHING, "standing": str(Standing.ZONE_UNKNOWN)}
        begin, end = find_window(self.now_utc, home["time_zone"], self.options)
        return {**sent, "standing": str(Standing.READY),
                "not_before_utc": begin, "not_after_utc": end}  # fmt: skip


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or value != value  # noqa: PLR0124  NaN
