"""The ``weather`` section of an event file: live services that its evidence is pulled from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from weather.feeds import firms, mrms, nhc, nws_alerts, shakemap, spc, wfigs

Address = Annotated[str, Field(pattern=r"(?i)^https?://[^/\s]+")]
Box = tuple[float, float, float, float]
_STORM = r"(?i)^(AL|EP|CP|WP|IO|SH|LS)\d{6}$"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NhcSection(_Section):
    """The National Hurricane Center: the storm's track so far, and its last advisory."""

    storm_id: str = Field(pattern=_STORM, description="as in AL142018")
    site: Address = Field(nhc.SITE, description="the center's site")
    atcf: Address = Field(nhc.ATCF, description="folder of its track files")


class NwsAlertsSection(_Section):
    """Alerts of the National Weather Service that are in force."""

    areas: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(
        min_length=1, description="states and territories, two letters each"
    )
    api: Address = Field(nws_alerts.API, description="the service")


class SpcSection(_Section):
    """Reports of hail, wind and tornadoes of the Storm Prediction Center, over the window."""

    site: Address = Field(spc.SITE, description="folder of the reports")


class MrmsSection(_Section):
    """Hail and rain seen by radar, over the window."""

    products: tuple[str, ...] = Field(
        mrms.PRODUCTS, min_length=1, description="folders of the bucket below CONUS/"
    )
    bucket: Address = Field(mrms.BUCKET, description="the bucket")


class WfigsSection(_Section):
    """A fire's perimeter as the agencies draw it."""

    incident: str = Field(min_length=1, description="the fire's name, or its unique identifier")
    service: Address = Field(wfigs.SERVICE, description="layer of perimeters")


class FirmsSection(_Section):
    """Fires seen from space, over the window; settings hold the key."""

    box: Box = Field(description="west, south, east, north, degrees")
    sensors: tuple[str, ...] = Field(firms.SENSORS, min_length=1, description="FIRMS sources")
    api: Address = Field(firms.API, description="the service")


class ShakeMapSection(_Section):
    """How an earthquake shook."""

    quake_id: str = Field(pattern=r"^\w+$", description="of the USGS, as in us7000kufc")
    api: Address = Field(shakemap.API, description="the catalogue")


class WeatherSection(_Section):
    """Services that are asked, each about this event; all that are given."""

    nhc: NhcSection | None = None
    nws_alerts: NwsAlertsSection | None = None
    spc: SpcSection | None = None
    mrms: MrmsSection | None = None
    wfigs: WfigsSection | None = None
    firms: FirmsSection | None = None
    shakemap: ShakeMapSection | None = None
