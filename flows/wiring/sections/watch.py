"""``watch.yaml``: which services are watched, for whose homes, and from when on it is an event."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import EventError
from flows.wiring.event_file import ImagerySection, PathOrAddress
from flows.wiring.sections.policies import PoliciesSection
from flows.wiring.sections.weather import Address
from flows.wiring.wording.yaml_problems import describe_problem
from weather.feeds import nhc, nws_alerts, wfigs

_SEE = "docs/watching.md shows each field"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WatchedStorms(_Section):
    """Tropical cyclones that are alive, by the National Hurricane Center."""

    site: Address = Field(nhc.SITE, description="the center's site")
    atcf: Address = Field(nhc.ATCF, description="folder of its track files")


class WatchedAlerts(_Section):
    """Alerts of the National Weather Service."""

    areas: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(min_length=1)
    kinds: tuple[str, ...] = Field(
        (
            "Tornado Warning", "Flash Flood Warning", "Severe Thunderstorm Warning",
            "Hurricane Warning", "Storm Surge Warning",
        ), min_length=1,
        description="kinds of alerts that can become an event, as the service names them",
    )  # fmt: skip
    zones: tuple[Path, ...] = Field(
        (),
        description="outlines of forecast zones and counties (weather.gov/gis), for alerts "
        "that have none of their own, as hurricane warnings",
    )
    api: Address = Field(nws_alerts.API, description="the service")


class WatchedFires(_Section):
    """Fires by their names; each becomes an event once its perimeter meets the book."""

    incidents: tuple[str, ...] = Field(min_length=1, description="names or unique identifiers")
    service: Address = Field(wfigs.SERVICE, description="layer of perimeters")


class WatchedSection(_Section):
    """Services; all that are given are asked."""

    storms: WatchedStorms | None = None
    alerts: WatchedAlerts | None = None
    fires: WatchedFires | None = None


class ThresholdSection(_Section):
    """From when on a hazard is an event: all must be reached."""

    locations: int = Field(1, ge=1, description="homes of the book inside")
    insured_value: float = Field(0.0, ge=0, description="sum of their buildings' insured value")
    wind_kt: float = Field(50.0, gt=0, description="storms: sustained wind that counts as inside")


class WatchFile(_Section):
    """The whole file; paths are relative to it."""

    events: Path = Field(Path("events"), description="folder that event folders are written to")
    policies: PoliciesSection
    footprints: Path
    imagery: ImagerySection
    services: WatchedSection
    thresholds: ThresholdSection = Field(
        default_factory=lambda: ThresholdSection.model_validate({})
    )
    closes_after_days: float = Field(
        30.0, gt=0, description="an event closes so many days after its last new evidence"
    )


def read_watch_file(path: Path) -> WatchFile:
    """Read and check a watch file, its paths made absolute.

    Raises:
        EventError: it is missing, is no such file, or a value is wrong; the message names it.
    """
    work = f"reading the watch file {path}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EventError(work, f"it cannot be read ({error})", _SEE) from error
    try:
        watched = WatchFile.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError, RecursionError) as error:
        raise EventError(work, describe_problem(error, text, WatchFile), _SEE) from None
    return _anchored(watched, path.parent.resolve())


def _anchored(watched: WatchFile, base: Path) -> WatchFile:
    policies, seen = watched.policies.anchored(base), watched.imagery
    imagery = seen.model_copy(
        update={
            "catalog": _anchor(seen.catalog, base),
            "folder": base / seen.folder if seen.folder else None,
        }
    )
    return watched.model_copy(
        update={
            "events": base / watched.events, "policies": policies, "imagery": imagery,
            "footprints": base / watched.footprints,
            "services": _anchor_services(watched.services, base),
        }
    )  # fmt: skip


def _anchor(place: PathOrAddress | None, base: Path) -> PathOrAddress | None:
    return base / place if isinstance(place, Path) else place


def _anchor_services(services: WatchedSection, base: Path) -> WatchedSection:
    if services.alerts is None:
        return services
    zones = tuple(base / path for path in services.alerts.zones)
    alerts = services.alerts.model_copy(update={"zones": zones})
    return services.model_copy(update={"alerts": alerts})
