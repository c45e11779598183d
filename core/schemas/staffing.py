"""The table of a day's capacity plan."""

from core.schemas.fields import fraction, number, table_schema, text, whole

STAFFED_CELLS = table_schema(
    "staffed_cells",
    ["base", "cell"],
    "The day's capacity plan: areas that are staffed, one row a base and area.",
    {
        "base": text("where the adjusters set out from"),
        "cell": text("H3 cell of the area"),
        "adjusters": whole("adjusters sent there", "count"),
        "homes_waiting": whole("homes of the area that wait", "count"),
        "homes_reached": whole("of these, reached on the day from this base", "count"),
        "severe_waiting": number("homes expected severe among those that wait", "count"),
        "severe_reached": number("of these, among those reached", "count"),
        "loss_frac": fraction("part of the event's expected severe loss that is reached"),
        "hours_away": number("hours on the road, all together", "h", at_least=0),
        "hours_at_homes": number("hours at homes, all together", "h", at_least=0),
        "postal_code": text("commonest postal code of the homes", nullable=True),
        "latitude": number("centre of the area, WGS 84", "degrees"),
        "longitude": number("centre of the area, WGS 84", "degrees"),
    },
)
