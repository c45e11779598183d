"""``event.yaml``: one catastrophe, its inputs, and how long it is looked at."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from core.errors import EventError
from core.events import CatEvent, OccurrenceWindow, Peril, StormClass
from flows.wiring.sections.hazard import HazardSection
from flows.wiring.sections.policies import PoliciesSection
from flows.wiring.sections.weather import WeatherSection
from flows.wiring.wording.yaml_problems import describe_problem
from imagery.catalogs.noaa_eri import BUCKET, REGION

_PORTS = tuple(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))
RESERVED = frozenset(
    ("cache", "events", "latest", "drafts", "replays", "con", "prn", "aux", "nul", *_PORTS)
)
"""Folders that runs keep beside those of events, and what no folder can be called on Windows."""
MAX_ID_LENGTH = 80
"""With a run's id, well below the 255 bytes of a file's name."""
MAX_EVENT_FILE_BYTES = 1 << 20
"""An event file has some thirty lines; a megabyte is something else."""
_WEB = ("http://", "https://")


def _as_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("write it in UTC with a trailing Z")
    return value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_as_utc)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WindowSection(_Section):
    """When losses occurred."""

    start_utc: Instant
    end_utc: Instant


def _path_or_address(value: object) -> object:
    """A catalogue on a server stays text; anything else is a path."""
    if isinstance(value, str):
        return value if value.casefold().startswith(_WEB) else Path(value)
    return value


PathOrAddress = Annotated[Path | str, BeforeValidator(_path_or_address)]
Address = Annotated[str, Field(pattern=r"(?i)^https?://[^/\s]+")]


class Signing(StrEnum):
    """Who signs the addresses of pixels."""

    NONE = "none"
    PLANETARY_COMPUTER = "planetary_computer"


class StacApiSection(_Section):
    """A server that searches."""

    url: Address = Field(description="landing page of a STAC API")
    collections: tuple[str, ...] = Field(
        min_length=1, description="collections that are searched, as the server names them"
    )
    sign: Signing = Field(Signing.NONE, description="none or planetary_computer")


class NoaaEriSection(_Section):
    """NOAA's Emergency Response Imagery."""

    event: str = Field(pattern=r"^[\w.-]+$", description="folder in the bucket, like 2018_Michael")
    bucket: str = Field(BUCKET, description="the bucket")
    endpoint: Address | None = Field(None, description="another S3 server than Amazon's")
    region: str = Field(REGION, pattern=r"^[a-z0-9-]+$", description="the bucket's at Amazon")


class ImagerySection(_Section):
    """Where scenes are listed; all that are given are searched."""

    catalog: PathOrAddress | None = Field(
        None, description="catalog.json of a static STAC catalogue, a path or an http(s) address"
    )
    stac_api: StacApiSection | None = None
    noaa_eri: NoaaEriSection | None = None
    folder: Path | None = Field(None, description="folder of GeoTIFFs with a manifest.csv")
    max_pre_age_days: float | None = Field(
        None, gt=0, description="oldest acceptable scene before the event; settings say otherwise"
    )

    @model_validator(mode="after")
    def _some_source(self) -> Self:
        if not any((self.catalog, self.stac_api, self.noaa_eri, self.folder)):
            raise ValueError("give at least one of catalog, stac_api, noaa_eri, folder")
        return self


Share = Annotated[float | None, Field(ge=0, le=1)]


class EventFile(_Section):
    """The whole file; paths are relative to it."""

    event_id: str
    name: str
    perils: tuple[Peril, ...] = Field(description="OED codes, the primary peril first")
    window: WindowSection
    opens_at_utc: Instant = Field(description="scheduled runs look at the event from here")
    closes_at_utc: Instant = Field(description="until here")
    carrier_cat_code: str | None = None
    pcs_code: str | None = None
    storm_class: StormClass | None = Field(
        None,
        description="what a tropical cyclone was declared to be: hurricane deductibles go by it",
    )
    hazard: HazardSection | None = Field(None, description="who is in the path")
    hazards: tuple[HazardSection, ...] = Field(
        (), description="several: a home that any of them reaches; holds hazard too, once read"
    )
    weather: WeatherSection | None = Field(
        None, description="live services that evidence is pulled from, into weather/"
    )
    imagery: ImagerySection
    footprints: Path = Field(
        description="building outlines: GeoParquet, or as Overture, Microsoft and Google give them"
    )
    policies: PoliciesSection
    reviews: Path | None = Field(
        None, description="CSV of people's grades; recalibrates the pictures' chances"
    )
    claims: Path | None = Field(
        None, description="CSV of claims that the claims system has; none is opened beside them"
    )
    staff: Path | None = Field(
        None, description="CSV of bases and adjusters; the day's work is planned for them"
    )
    max_rejected_frac: Share = Field(
        None, description="part of the book that rejects may cost; these five else settings say"
    )
    min_in_path_frac: Share = Field(None, description="part of the homes read in the path")
    max_too_coarse_frac: Share = Field(
        None, description="part of the homes in the path that may be placed too coarsely"
    )
    min_matched_frac: Share = Field(
        None, description="part of the homes placed well enough that must have a building"
    )
    min_assessed_frac: Share = Field(
        None, description="part of the homes with a building that must be graded"
    )

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if (self.hazard is None) == (not self.hazards):
            raise ValueError("give hazard, or hazards as a list of such")
        return self

    @field_validator("event_id")
    @classmethod
    def _names_a_folder(cls, event_id: str) -> str:
        if event_id in RESERVED or event_id.startswith("-") or len(event_id) > MAX_ID_LENGTH:
            raise ValueError(
                f"{event_id[:MAX_ID_LENGTH]!r} cannot name the event's folder: it is reserved, "
                f"begins with a hyphen or is longer than {MAX_ID_LENGTH}; take another, like "
                "michael-2018"
            )
        return event_id

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.closes_at_utc <= self.opens_at_utc:
            raise ValueError("closes_at_utc is not after opens_at_utc, so the event is never open")
        return self

    @property
    def event(self) -> CatEvent:
        """The event in core's words."""
        window = OccurrenceWindow(self.window.start_utc, self.window.end_utc)
        return CatEvent(
            self.event_id,
            self.name,
            self.perils,
            window,
            self.carrier_cat_code,
            self.pcs_code,
            self.storm_class,
        )


def read_event_file(path: Path) -> EventFile:
    """Read and check an event file, its paths made absolute.

    Raises:
        EventError: it is missing, is no such file, or a value is wrong; the message names it.
    """
    work = f"reading the event file {path}"
    return parse_event_file(_read_text(path, work), work, path.parent.resolve())


def parse_event_file(text: str, work: str, folder: Path) -> EventFile:
    """Check the text of an event file that lies in a folder, its paths made absolute.

    Raises:
        EventError: it is no such file, or a value is wrong; the message names it.
    """
    try:
        event = EventFile.model_validate(yaml.safe_load(text))
        _ = event.event
    except ValidationError as error:
        problem = describe_problem(error, text, EventFile)
        raise EventError(work, problem, "docs/event-file.md shows each field") from None
    except (RecursionError, yaml.YAMLError) as error:
        raise EventError(
            work, f"it is no YAML: {describe_problem(error, text, EventFile)}",
            "Mend that line: names and values are parted by a colon and a space, a section's lines "
            "are indented alike",
        ) from None  # fmt: skip
    return _anchored(event, folder)


def _read_text(path: Path, work: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_EVENT_FILE_BYTES:
            raise EventError(work, f"it has {size} bytes", "Point to an event.yaml")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EventError(
            work, f"it cannot be read ({error})",
            "Point to an event.yaml; `firstnotice init` writes one",
        ) from error  # fmt: skip


def _anchored(event: EventFile, base: Path) -> EventFile:
    hazards = event.hazards or ((event.hazard,) if event.hazard else ())
    seen = event.imagery
    listed = {
        "catalog": base / seen.catalog if isinstance(seen.catalog, Path) else seen.catalog,
        "folder": base / seen.folder if seen.folder else None,
    }
    imagery = seen.model_copy(update=listed)
    return event.model_copy(
        update={
            "hazard": None,
            "hazards": tuple(each.anchored(base) for each in hazards),
            "imagery": imagery,
            "policies": event.policies.anchored(base),
            "footprints": base / event.footprints,
            "reviews": base / event.reviews if event.reviews else None,
            "claims": base / event.claims if event.claims else None,
            "staff": base / event.staff if event.staff else None,
        }
    )


def write_event_file(event: EventFile, path: Path) -> None:
    """Write an event file with relative paths as given."""
    content = event.model_dump(mode="json", exclude_none=True, exclude_defaults=False)
    hazards = [{k: v for k, v in each.items() if v} for each in content.pop("hazards")]
    content |= {"hazard": hazards[0]} if len(hazards) == 1 else {"hazards": hazards}
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
