"""The hazards of an event file: what each is, and where it is read from."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.hazards.kinds import HazardKind
from core.units import KNOT_MPS
from weather.fields.rain_options import RainFieldOptions
from weather.fields.wind_options import WindFieldOptions
from weather.hazards.thresholds import SCREEN_RAIN_MM

LOWEST_WIND_KT = WindFieldOptions().lowest_wind_mps / KNOT_MPS
"""Weaker winds are not computed, so no home is looked at for them."""
LOWEST_RAIN_MM = RainFieldOptions().lowest_mm
"""Less rain is not computed, likewise."""
SOURCES = ("track", "area", "box", "grid", "scene_extents")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrackSection(_Section):
    """A tropical cyclone's best track as the hazard."""

    hurdat2: Path | None = Field(None, description="older name of file")
    file: Path | None = Field(
        None, description="HURDAT2 file, ATCF b-deck or IBTrACS CSV; its content says which"
    )
    storm_id: str = Field(description="as in AL142018")
    threshold_kt: float = Field(
        50.0,
        gt=LOWEST_WIND_KT,
        description="sustained wind from which homes are looked at, knots",
    )
    rain_threshold_mm: float = Field(
        SCREEN_RAIN_MM,
        ge=LOWEST_RAIN_MM,
        description="rain over the storm's life from which homes are looked at, mm",
    )

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        if (self.hurdat2 is None) == (self.file is None):
            raise ValueError("give the track's file, once: as file, or as hurdat2")
        return self

    @property
    def path(self) -> Path:
        """The file, however it is named."""
        path = self.file or self.hurdat2
        assert path is not None  # noqa: S101  one is given
        return path


class GridSection(_Section):
    """A field of the hazard: a raster, or a GRIB2 file of MRMS."""

    file: Path = Field(description="GeoTIFF or any raster that states its CRS; MRMS GRIB2")
    threshold: float = Field(
        gt=0, description="from which homes are looked at: m/s, mm, m, or the scale's own number"
    )
    unit: str | None = Field(
        None, description="of the file's values, as in mph or ft, where the file does not state it"
    )
    band: int = Field(1, ge=1, description="band of the file")


class HazardSection(_Section):
    """Exactly one source of a hazard."""

    kind: HazardKind | None = Field(
        None, description="what it is; of a track always wind and rain, else the event's peril"
    )

    track: TrackSection | None = None
    area: Path | None = Field(
        None, description="polygons of the area of interest: GeoJSON in EPSG:4326"
    )
    box: tuple[float, float, float, float] | None = Field(
        None, description="area of interest as west, south, east, north, degrees"
    )
    grid: GridSection | None = None
    scene_extents: bool = Field(
        default=False, description="the ground that post-event scenes show is the hazard"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}; got {given}")
        if self.grid is not None and self.kind is None:
            raise ValueError("say kind beside grid: what its values are of")
        return self

    @field_validator("box")
    @classmethod
    def _box_on_earth(
        cls, box: tuple[float, float, float, float] | None
    ) -> tuple[float, float, float, float] | None:
        if box is not None:
            west, south, east, north = box
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004  degrees
                raise ValueError(f"give west, south, east, north in degrees; got {list(box)}")
        return box

    def anchored(self, base: Path) -> Self:
        """With absolute paths."""
        places: dict[str, object] = {}
        if self.track is not None:
            given = "file" if self.track.file else "hurdat2"
            places["track"] = self.track.model_copy(update={given: base / self.track.path})
        if self.area is not None:
            places["area"] = base / self.area
        if self.grid is not None:
            places["grid"] = self.grid.model_copy(update={"file": base / self.grid.file})
        return self.model_copy(update=places)

    @property
    def file(self) -> Path | None:
        """The file that it is read from; None for a box and the scenes' ground."""
        if self.track is not None:
            return self.track.path
        return self.area if self.grid is None else self.grid.file

    @property
    def source(self) -> str:
        """Which of ``SOURCES`` is given."""
        return next(name for name in SOURCES if getattr(self, name))
