"""What xBD's labels do not say of its disasters: peril, dates, place, storm.

Dates are the days of the losses in the scenes' area, from public reports; they end no later than
the first image after the event was taken.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.events import Peril


@dataclass(frozen=True, slots=True)
class XbdDisaster:
    """One of xBD's disasters.

    Attributes:
        title: what people call it.
        perils: OED perils, the primary one first.
        start_utc: first instant of loss.
        end_utc: last instant of loss.
        country_code: ISO 3166-1 alpha-2.
        area_code: state, empty outside the United States.
        currency: ISO 4217.
        storm_id: of the best track, for tropical cyclones of the Atlantic.
    """

    title: str
    perils: tuple[Peril, ...]
    start_utc: datetime
    end_utc: datetime
    country_code: str
    area_code: str
    currency: str
    storm_id: str | None = None


def _disaster(title: str, perils: str, days: str, place: str, storm: str = "") -> XbdDisaster:
    start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days.split("/"))
    country, area, currency = place.split(" ")
    return XbdDisaster(
        title, tuple(Peril(code) for code in perils.split()), start, end, country,
        area.strip("-"), currency, storm or None,
    )  # fmt: skip


XBD_DISASTERS = {
    "guatemala-volcano": _disaster(
        "Volcan de Fuego 2018", "VVE VVL VVA", "2018-06-03/2018-06-05", "GT - GTQ"
    ),
    "hurricane-florence": _disaster(
        "Hurricane Florence 2018", "WTC OSF WSS", "2018-09-13/2018-09-17", "US NC USD", "AL062018"
    ),
    "hurricane-harvey": _disaster(
        "Hurricane Harvey 2017", "WTC OSF WSS", "2017-08-25/2017-08-30", "US TX USD", "AL092017"
    ),
    "hurricane-matthew": _disaster(
        "Hurricane Matthew 2016", "WTC WSS OSF", "2016-10-04/2016-10-05", "HT - HTG", "AL142016"
    ),
    "hurricane-michael": _disaster(
        "Hurricane Michael 2018", "WTC WSS", "2018-10-10T12:00/2018-10-11", "US FL USD", "AL142018"
    ),
    "joplin-tornado": _disaster(
        "Joplin tornado 2011", "XTD", "2011-05-22T22:00/2011-05-23", "US MO USD"
    ),
    "lower-puna-volcano": _disaster(
        "Lower Puna eruption 2018", "VVE", "2018-05-03/2018-05-19", "US HI USD"
    ),
    "mexico-earthquake": _disaster(
        "Puebla earthquake 2017", "QEQ", "2017-09-19T18:14/2017-09-20", "MX - MXN"
    ),
    "midwest-flooding": _disaster(
        "Midwest floods 2019", "ORF OSF", "2019-03-13/2019-03-20", "US NE USD"
    ),
    "moore-tornado": _disaster(
        "Moore tornado 2013", "XTD", "2013-05-20T19:00/2013-05-21", "US OK USD"
    ),
    "nepal-flooding": _disaster(
        "Nepal floods 2017", "ORF OSF", "2017-08-11/2017-08-20", "NP - NPR"
    ),
    "palu-tsunami": _disaster(
        "Palu earthquake and tsunami 2018", "QTS QEQ QLF", "2018-09-28T10:00/2018-09-29", "ID - IDR"
    ),
    "pinery-bushfire": _disaster(
        "Pinery bushfire 2015", "BBF", "2015-11-25/2015-11-27", "AU - AUD"
    ),
    "portugal-wildfire": _disaster(
        "Pedrogao Grande fire 2017", "BBF", "2017-06-17/2017-06-20", "PT - EUR"
    ),
    "santa-rosa-wildfire": _disaster(
        "Tubbs fire 2017", "BBF BSK", "2017-10-09T04:45/2017-10-10", "US CA USD"
    ),
    "socal-fire": _disaster(
        "Woolsey fire 2018", "BBF BSK", "2018-11-08T22:00/2018-11-12", "US CA USD"
    ),
    "sunda-tsunami": _disaster(
        "Sunda Strait tsunami 2018", "QTS", "2018-12-22T14:00/2018-12-23", "ID - IDR"
    ),
    "tuscaloosa-tornado": _disaster(
        "Tuscaloosa tornado 2011", "XTD", "2011-04-27T21:00/2011-04-28", "US AL USD"
    ),
    "woolsey-fire": _disaster(
        "Woolsey fire 2018", "BBF BSK", "2018-11-08T22:00/2018-11-12", "US CA USD"
    ),
}

PERILS_BY_TYPE = {
    "wind": (Peril.TROPICAL_CYCLONE_WIND,),
    "tornado": (Peril.TORNADO,),
    "fire": (Peril.WILDFIRE, Peril.SMOKE),
    "flooding": (Peril.RIVER_FLOOD, Peril.FLASH_FLOOD),
    "earthquake": (Peril.EARTHQUAKE,),
    "tsunami": (Peril.TSUNAMI,),
    "volcano": (Peril.VOLCANIC_ERUPTION,),
}
"""Perils by the labels' ``disaster_type``, for a disaster that is not in the table."""
