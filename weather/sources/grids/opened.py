"""Raster files as GDAL opens them: cells, place and tags, every fault told as one of ours."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from core.errors import WeatherError
from weather.sources.grids.grid import Block
from weather.sources.records import read_bytes

_GZIP = b"\x1f\x8b"
_MOST_CELLS = 4e9
_OPTIONS = {"GDAL_PAM_ENABLED": "NO", "CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO"}
"""Nothing is written beside a file that is read, and nothing beside it is believed."""


@dataclass(frozen=True, slots=True)
class RasterFile:
    """A raster file by name.

    Attributes:
        path: the file, gzipped or not.
        driver: of GDAL, the only one tried.
        what: it should be, for messages.
    """

    path: Path
    driver: str
    what: str

    @contextmanager
    def open(self) -> Iterator[Any]:
        """The file as rasterio's dataset.

        Raises:
            WeatherError: it cannot be opened or read, or is of another kind.
        """
        name = str(self.path.resolve())
        try:
            with self.path.open("rb") as start:
                is_packed = start.read(len(_GZIP)) == _GZIP
        except OSError:
            read_bytes(self.path, self.what)
        try:
            with (
                rasterio.Env(**_OPTIONS),
                rasterio.open(f"/vsigzip/{name}" if is_packed else name, driver=self.driver) as it,
            ):
                if it.width * it.height > _MOST_CELLS:
                    raise self.refuse(f"it states {it.height} rows of {it.width} cells")
                yield it
        except (RasterioError, gzip.BadGzipFile, ValueError, OverflowError, MemoryError) as error:
            raise self.refuse(f"it cannot be read ({str(error).strip()[:200]})") from error

    def refuse(self, problem: str) -> WeatherError:
        """The error of a file that is none of its kind."""
        return WeatherError(
            f"reading {self.path.name}", problem, f"Give {self.what} as published, whole"
        )


@dataclass(frozen=True, slots=True)
class FileCells:
    """Values of a band of a raster file, scaled as the file says.

    Attributes:
        file: that holds them.
        band: the first being 1.
    """

    file: RasterFile
    band: int

    def read(self, blocks: Iterable[Block]) -> Iterator[NDArray[np.float64]]:
        """Values of each block, NaN where the file declares none."""
        with self.file.open() as it:
            scale, offset = it.scales[self.band - 1], it.offsets[self.band - 1]
            for row, column, rows, columns in blocks:
                found = it.read(
                    self.band, window=Window(column, row, columns, rows), masked=True
                )  # fmt: skip
                with np.errstate(invalid="ignore", over="ignore"):
                    values = found.astype(np.float64).filled(np.nan) * scale + offset
                yield values
