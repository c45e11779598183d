"""Claim drafts: what a claims system is asked to hold until a person submits it.

The payload has the published shape of a ClaimCenter draft (``POST /claim/v1/claims`` with its
``fixed-property-incidents`` child). Codes of causes, severities and ways of reporting are each
carrier's own lists, so they are options.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from claims.clocks.describing import describe_terms
from claims.clocks.table import ClockTable, read_clock_table
from claims.drafts.evidence import describe_evidence
from claims.drafts.hazards import MEASURED, choose_cause
from claims.drafts.pictures import (
    DraftPicture,
    describe_pictures,
    index_pictures,
    name_pictures,
)
from claims.drafts.plain import plain_value
from claims.drafts.recalling import describe_recall, describe_status, find_recalled
from claims.drafts.siblings import SIBLINGS, add_siblings, say_siblings
from claims.incidents.key import IncidentKey
from claims.incidents.obeying import is_approved
from core.damage import TIER_LABELS, Decision, Tier
from core.errors import SettingsError
from core.events import CatEvent, Peril
from core.provenance import canonical_json, sha256_of_bytes
from core.schemas.book import CONTACTS, LOCATION_KEY
from core.tables import FINDINGS, check_table

DRAFT_SCHEMA = "firstnotice.claim-draft/1"
"""Name and version of the draft's shape."""
_TRANSACTION_NAMESPACE = "firstnotice.claim-draft/1"
"""Never changes, whatever the draft's shape becomes: a claims system that has seen a transaction
must know it again."""

_OPENED = "opened_key"
"""Of a finding whose incident was opened under another key: that key."""
_PLACE = ["country_code", "area_code", "postal_code"]
"""What a draft takes from the book beside the finding."""

_LOSS_HOUR = 12
"""Noon UTC, for findings of runs that did not say when it is noon at the home: from UTC-12 to
UTC+11 it falls on the same civil day."""

_DEFAULT_CAUSES = {
    Peril.TROPICAL_CYCLONE_WIND: "wind",
    Peril.EXTRATROPICAL_WIND: "wind",
    Peril.STRAIGHT_LINE_WIND: "wind",
    Peril.TORNADO: "wind",
    Peril.WINTER_WIND: "wind",
    Peril.HAIL: "hail",
    Peril.WILDFIRE: "fire",
    Peril.SMOKE: "smoke",
    Peril.FIRE_FOLLOWING: "fire",
    Peril.STORM_SURGE: "flood",
    Peril.RIVER_FLOOD: "flood",
    Peril.FLASH_FLOOD: "flood",
    Peril.TSUNAMI: "flood",
    Peril.EARTHQUAKE: "earthquake",
    Peril.LIQUEFACTION: "earthquake",
    Peril.LANDSLIDE: "landslide",
    Peril.LIGHTNING: "lightning",
    Peril.SNOW: "snow_ice",
    Peril.ICE: "snow_ice",
    Peril.FREEZE: "freeze",
    Peril.VOLCANIC_ASH: "volcano",
    Peril.VOLCANIC_ERUPTION: "volcano",
    Peril.VOLCANIC_MUDSLIDE: "volcano",
}
_DEFAULT_SEVERITIES = {
    Tier.T0: "unknown",
    Tier.T1: "minor",
    Tier.T2: "moderate",
    Tier.T3: "major",
    Tier.T4: "severe",
    Tier.U: "unknown",
}


@dataclass(frozen=True, slots=True)
class DraftOptions:
    """The carrier's own codes and words."""

    loss_causes: Mapping[Peril, str] = field(default_factory=lambda: dict(_DEFAULT_CAUSES))
    """``lossCause`` code by peril: the event's primary one, or that of the hazard that reached a
    home where the primary one did not; placeholders, each carrier has its list, which replaces
    this one whole."""

    severities: Mapping[Tier, str] = field(default_factory=lambda: dict(_DEFAULT_SEVERITIES))
    """``severity`` code of each tier; placeholders, each carrier has its
    list, which replaces this one whole."""

    how_reported: str = "insurer_detected"
    """``howReported`` code; says that nobody called."""

    reporter_name: str = "Catastrophe detection"
    """Who reports: a desk of the insurer, not a person."""


@dataclass(frozen=True, slots=True)
class ClaimDraft:
    """A draft claim, whole and unchangeable.

    Attributes:
        transaction_id: 64 hex digits, the same for every draft of this location and event; a
            claims system that has seen it takes no second claim.
        incident_id: our pre-claim record.
        event_id: the event.
        document: canonical JSON with ``claim``, ``fixedPropertyIncident`` and ``evidence``; holds
            names and contacts, so it is kept out of ``repr``.
        pictures: files that the document names.
        is_revision_only: it says that people found less than it was drafted for, which concerns
            only a claims system that has a draft of it.
        is_approved: a person said that the draft is right, so one that stands is not revised.
    """

    transaction_id: str
    incident_id: str | None
    event_id: str
    document: str = field(repr=False)
    pictures: tuple[DraftPicture, ...] = ()
    is_revision_only: bool = False
    is_approved: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """The document as a fresh dictionary."""
        payload: dict[str, Any] = json.loads(self.document)
        return payload


def compute_transaction_id(key: IncidentKey, incident_id: str | None) -> str:
    """Hex SHA-256 of event, location and namespace, as a JSON list so that none run together.

    64 characters; ClaimCenter's ``GW-DBTransaction-ID`` takes 128. An incident opened before the
    whole key was kept has the transaction id that its draft went out with.

    Args:
        key: event and location.
        incident_id: our pre-claim record, if one is open.
    """
    in_part = replace(key, portfolio_number=None, account_number=None)
    above = [] if incident_id == in_part.incident_id else [key.portfolio_number, key.account_number]
    numbers = [*above, key.policy_number, key.location_number]
    parts = [key.event_id, *numbers, _TRANSACTION_NAMESPACE]
    return sha256_of_bytes(canonical_json(parts).encode())


def make_drafts(
    findings: pd.DataFrame,
    contacts: pd.DataFrame,
    event: CatEvent,
    options: DraftOptions,
    locations: pd.DataFrame | None = None,
    *,
    pictures: pd.DataFrame | None = None,
    hazard_rows: pd.DataFrame | None = None,
    opened_keys: Mapping[str, IncidentKey] | None = None,
    clocks: ClockTable | None = None,
) -> Iterator[ClaimDraft]:
    """A draft for each finding whose decision is ``open_draft``, in the order of the location key.

    And of each that people found less of, in case it was drafted before they looked.

    Args:
        findings: FINDINGS of the event; geometry in EPSG:4326.
        contacts: CONTACTS; locations without a row get a draft without a contact.
        event: the event.
        options: the carrier's codes and words.
        locations: the book's, for state, postal code and deadlines; drafts lack them without it.
        pictures: PICTURES of the buildings; drafts have none without it.
        hazard_rows: HAZARD_ROWS of the homes; drafts have only the strongest winds without it.
        opened_keys: what incidents were opened under, where their homes were renumbered since; a
            draft keeps the transaction id that it went out with.
        clocks: the states' terms; those of the package without it.

    Raises:
        InputError: a table breaks its schema.
        SettingsError: the carrier's lists lack a code.
    """
    checked = check_table(findings, FINDINGS)
    is_chosen = (checked["decision"] == Decision.OPEN_DRAFT.value) | find_recalled(checked)
    chosen = add_siblings(checked, checked[is_chosen].sort_values(LOCATION_KEY))
    drawn = {} if pictures is None else index_pictures(pictures)
    people = check_table(contacts, CONTACTS).merge(chosen[LOCATION_KEY], on=LOCATION_KEY)
    by_key = {_key_of(row, event): row for row in people.to_dict("records")}
    opened = opened_keys or {}
    measured = _index_hazards(hazard_rows, chosen, event)
    if locations is not None:
        chosen = chosen.merge(
            pd.DataFrame(locations)[[*LOCATION_KEY, *_PLACE]], on=LOCATION_KEY, how="left"
        )
    for row in chosen.to_dict("records"):
        seen, key = drawn.get(row["building_id"]), _key_of(row, event)
        beside = {MEASURED: measured.get(key, []), _OPENED: opened.get(row["incident_id"])}
        yield make_draft(row | beside, by_key.get(key), event, options, seen, clocks=clocks)


def make_draft(
    finding: Mapping[str, Any],
    contact: Mapping[str, Any] | None,
    event: CatEvent,
    options: DraftOptions,
    drawn: Mapping[Any, Any] | None = None,
    *,
    clocks: ClockTable | None = None,
) -> ClaimDraft:
    """The draft claim of one finding. Pure: the same finding gives the same bytes.

    Args:
        finding: one row of FINDINGS, with its rows of HAZARD_ROWS under ``hazards`` if there are
            any; geometry is a shapely point in EPSG:4326.
        contact: the location's row of CONTACTS, if there is one.
        event: the event.
        options: the carrier's codes and words.
        drawn: the building's row of PICTURES, if there is one.
        clocks: the states' terms; those of the package without it.

    Raises:
        SettingsError: the carrier's lists lack a code for the peril or the tier.
    """
    incident = plain_value(finding["incident_id"])
    transaction_id = compute_transaction_id(
        finding.get(_OPENED) or _key_of(finding, event), incident
    )
    pictures, status = name_pictures(incident or transaction_id, drawn), describe_status(finding)
    document = {
        "schema": DRAFT_SCHEMA,
        "status": status,
        "transactionId": transaction_id,
        "incidentId": incident,
        "claim": {"data": {"attributes": _describe_claim(finding, contact, event, options)}},
        "fixedPropertyIncident": {
            "data": {"attributes": _describe_incident(finding, contact, options)}
        },
        "samePolicy": finding.get(SIBLINGS),
        "deadlines": describe_terms(
            plain_value(finding.get("country_code")),
            plain_value(finding.get("area_code")),
            clocks or read_clock_table(),
        ),
        "pictures": describe_pictures(pictures),
        "evidence": describe_evidence(finding, event),
    }
    return ClaimDraft(
        transaction_id,
        incident,
        event.event_id,
        canonical_json(_drop_missing(document)),
        pictures,
        is_revision_only=status is not None,
        is_approved=is_approved(finding),
    )


def _index_hazards(
    rows: pd.DataFrame | None, chosen: pd.DataFrame, event: CatEvent
) -> dict[IncidentKey, list[dict[Any, Any]]]:
    """The rows of each chosen home, in their order."""
    found: dict[IncidentKey, list[dict[Any, Any]]] = {}
    if rows is not None:
        for row in rows.merge(chosen[LOCATION_KEY], on=LOCATION_KEY).to_dict("records"):
            found.setdefault(_key_of(row, event), []).append(row)
    return found


def _key_of(row: Mapping[str, Any], event: CatEvent) -> IncidentKey:
    return IncidentKey(event.event_id, *(row[name] for name in LOCATION_KEY))


def _describe_claim(
    finding: Mapping[str, Any],
    contact: Mapping[str, Any] | None,
    event: CatEvent,
    options: DraftOptions,
) -> dict[str, Any]:
    peril, _ = choose_cause(finding, event)
    cause = options.loss_causes.get(peril) or options.loss_causes.get(event.primary_peril)
    if cause is None:
        raise SettingsError(
            f"drafting the claims of event {event.event_id}",
            f"no loss cause is given for peril {event.primary_peril.value}",
            "Add it to loss_causes",
        )
    return {
        "policyNumber": finding["policy_number"],
        "lossDate": _format_loss_date(finding),
        "lossCause": {"code": cause},
        "howReported": {"code": options.how_reported},
        "reporter": {"displayName": options.reporter_name},
        "mainContact": None if contact is None else _describe_contact(contact),
        "description": describe_recall(finding, event.name) or _describe_in_words(finding, event),
        "catastrophe": None if event.carrier_cat_code is None else {"code": event.carrier_cat_code},
    }


def _describe_incident(
    finding: Mapping[str, Any], contact: Mapping[str, Any] | None, options: DraftOptions
) -> dict[str, Any]:
    tier = Tier(finding["tier"])
    severity = options.severities.get(tier)
    if severity is None:
        raise SettingsError(
            f"drafting the claim of policy {finding['policy_number']}",
            f"no severity is given for tier {tier.value}",
            "Add it to severities",
        )
    address = {} if contact is None else contact
    return {
        "portfolioNumber": finding["portfolio_number"],
        "accountNumber": finding["account_number"],
        "locationNumber": finding["location_number"],
        "location": {
            "addressLine1": plain_value(address.get("street_address")),
            "city": plain_value(address.get("city")),
            "state": plain_value(finding.get("area_code")),
            "postalCode": plain_value(finding.get("postal_code")),
            "latitude": finding["geometry"].y,
            "longitude": finding["geometry"].x,
        },
        "severity": {"code": severity},
        "description": f"Main building: {TIER_LABELS[tier]}, as {_name_eye(finding)}",
    }


def _name_eye(finding: Mapping[str, Any]) -> str:
    return "seen from above" if describe_status(finding) is None else "people found it"


def _describe_contact(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "displayName": plain_value(contact["insured_name"]),
        "phone": plain_value(contact["phone"]),
        "emailAddress": plain_value(contact["email"]),
        "preferredChannel": plain_value(contact["preferred_channel"]),
        "language": plain_value(contact["language"]),
        "hasContactConsent": bool(contact["has_contact_consent"]),
    }


def _describe_in_words(finding: Mapping[str, Any], event: CatEvent) -> str:
    """What a handler and the insured may read: what was seen, and nothing about cover."""
    captured = plain_value(finding["post_captured_at_utc"])
    tier = TIER_LABELS[Tier(finding["tier"])]
    seen = (
        "No usable image shows the building since then."
        if captured is None
        else f"Overhead images of {captured[:10]} show signs of damage to the building ({tier})."
    )
    return (
        f"{event.name}: the insured building lay in the area affected. {seen} Detected by the "
        "insurer from imagery and weather data; nobody has confirmed it on site. The cause of the "
        "damage, the cover and any amount are still to be looked at by a person."
    ) + say_siblings(finding)


def _format_loss_date(finding: Mapping[str, Any]) -> str:
    """Noon where the home is, so that the instant is of the same civil day there."""
    noon = finding["loss_noon_utc"]
    if pd.isna(noon):
        noon = pd.Timestamp(finding["loss_date"]).normalize() + pd.Timedelta(hours=_LOSS_HOUR)
    return f"{noon:%Y-%m-%dT%H:%M:%S}.000Z"


def _drop_missing(value: Any) -> Any:
    """Without the keys that nothing is known for, so that a claims system keeps what it knows."""
    if isinstance(value, dict):
        return {name: _drop_missing(item) for name, item in value.items() if item is not None}
    return [_drop_missing(item) for item in value] if isinstance(value, list) else value
