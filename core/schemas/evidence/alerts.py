"""Schemas of alerts of the National Weather Service, as the weather room reads them."""

from core.schemas.fields import geometry, instant, number, table_schema, text

_ALERT = {
    "alert_id": text("urn of the message"),
    "event": text("as in Tornado Warning"),
    "message_type": text("Alert, Update or Cancel"),
    "status": text("Actual; Test, Exercise, System and Draft are no alerts"),
    "severity": text("Extreme, Severe, Moderate, Minor or Unknown", nullable=True),
    "certainty": text("Observed, Likely, Possible, Unlikely or Unknown", nullable=True),
    "urgency": text("Immediate, Expected, Future, Past or Unknown", nullable=True),
    "sender": text("office that issued it", nullable=True),
    "sent_at_utc": instant("when the message was sent"),
    "effective_at_utc": instant("from when the message counts", nullable=True),
    "onset_at_utc": instant("when the weather is to begin", nullable=True),
    "expires_at_utc": instant("until when the message counts, not the weather", nullable=True),
    "ends_at_utc": instant("when the weather is to end", nullable=True),
    "refers_to": text("urns of the messages that it follows", nullable=True),
    "vtec": text("valid time event codes", nullable=True),
    "area": text("counties or zones in words", nullable=True),
    "zone_codes": text("their UGC codes: ORZ001 is a zone, MOC029 a county", nullable=True),
    "affected_zones": text("the same as addresses, whose path names the kind", nullable=True),
    "unplaced_zones": text("UGC codes whose outline the geometry lacks", nullable=True),
    "max_gust_mps": number("strongest gust expected or seen", "m/s", nullable=True, at_least=0),
    "max_gust_text": text("the same as printed, as in 60 MPH", nullable=True),
    "max_hail_mm": number("widest hailstone expected or seen", "mm", nullable=True, at_least=0),
    "max_hail_text": text("the same as printed, in inches, as in Up to .75", nullable=True),
    "wind_threat": text("RADAR INDICATED or OBSERVED", nullable=True),
    "hail_threat": text("RADAR INDICATED or OBSERVED", nullable=True),
    "tornado_detection": text("POSSIBLE, RADAR INDICATED or OBSERVED", nullable=True),
    "damage_threat": text("of the tornado, thunderstorm or flash flood, as printed", nullable=True),
    "headline": text("one line", nullable=True),
    "description": text("what is seen and expected, as printed", nullable=True),
}  # fmt: skip
_OUTLINE = {
    "geometry": geometry(
        "outline; missing for watches and whatever goes by zones, until these are joined",
        nullable=True,
    )
}

NWS_ALERTS = table_schema(
    "nws_alerts",
    ["alert_id"],
    "Alerts of the National Weather Service, one row a message.",
    _ALERT | _OUTLINE,
)

ALERT_STATES = ("active", "cancelled", "expired", "not_actual")
"""What a message that no other replaces is at an instant."""

NWS_ALERT_STATES = table_schema(
    "nws_alert_states",
    ["alert_id"],
    "Alerts that no other replaces, one row a message, and what each is at an instant.",
    _ALERT | {"state": text("what it is at that instant", of=ALERT_STATES)} | _OUTLINE,
)

ALERT_RECORDS = (NWS_ALERTS,)
"""In the order of the data dictionary."""
