"""Which bands of a file are red, green, blue and mask: as it says, not by their place. Pure."""

import re
from dataclasses import dataclass

from rasterio.enums import ColorInterp

from core.chips import BANDS
from core.errors import SceneError

_COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
_UNNAMED = frozenset({ColorInterp.gray, ColorInterp.undefined, ColorInterp.pan})
"""GDAL calls the first band of a file without colours grey, whatever it holds."""
_ONE_OF_MANY = re.compile(
    r"""(?:^|.*[^a-z0-9])(?:
        qa(_\w+)?|scl|fmask|udm2?|aot|wvp|cld|snw|(cloud_?)?mask|clouds?|angles?|coastal|cirrus|
        red|green|blue|nir\d*|red_?edge\d*|swir\d*|lwir\d*|tir\d*|thermal|ndvi|
        dem|dsm|dtm|elevation|slope|vv|vh|hh|hv|(sr_|st_)?b(0?[1-9]|1[0-2]|8a)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Names of single bands, and of files that hold one, that are no picture of all visible light."""
_LANDSAT_PAN = re.compile(r"L[CE]0[789]_.*_B8", re.IGNORECASE)
BYTE = "uint8"
DEPTHS = (BYTE, "uint16", "int16", "float32", "float64")
"""Sample types of optical imagery: pictures, sensor counts, reflectance as counts or as it is."""


@dataclass(frozen=True, slots=True)
class BandNames:
    """What a file says of its bands, one entry a band.

    Attributes:
        colours: GDAL's colour interpretation.
        names: descriptions, ``""`` where there is none.
        dtypes: sample types, as numpy calls them.
    """

    colours: tuple[ColorInterp, ...]
    names: tuple[str, ...]
    dtypes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bands:
    """Which bands are read; numbers count from 1.

    Attributes:
        rgb: red, green, blue; three times the same for a panchromatic image, which is then
            shown and graded as a grey picture.
        alpha: the band that says what was seen, if there is one.
        dtype: sample type of the colours.
    """

    rgb: tuple[int, int, int]
    alpha: int | None
    dtype: str

    @property
    def needs_stretch(self) -> bool:
        """Whether its values have to be brought to 8 bits."""
        return self.dtype != BYTE


def is_one_of_many(name: str) -> bool:
    """Whether a band or a file is called as one colour of several, radar, terrain or quality."""
    return bool(_ONE_OF_MANY.fullmatch(name)) and not _LANDSAT_PAN.fullmatch(name)


def choose_bands(said: BandNames, work: str) -> Bands:
    """Red, green, blue and mask of a file.

    Colour interpretation decides, then band descriptions. Without either, one band is
    panchromatic and three are red, green, blue, as every viewer shows them. Four and more are
    not guessed at: providers write both R, G, B, N and B, G, R, N.

    Args:
        said: what the file says.
        work: what is being done, for errors.

    Raises:
        SceneError: a palette, an odd sample type, or colours that nothing names.
    """
    if ColorInterp.palette in said.colours:
        raise SceneError(
            work, "its colours are numbers of a palette",
            "Write them out with `gdal_translate -expand rgb`",
        )  # fmt: skip
    rgb = _choose_rgb(said, work)
    dtype = said.dtypes[rgb[0] - 1]
    if dtype not in DEPTHS:
        raise SceneError(
            work, f"its samples are {dtype}",
            f"Convert it to one of {', '.join(DEPTHS)} with `gdal_translate -ot`",
        )  # fmt: skip
    is_alpha = [colour is ColorInterp.alpha for colour in said.colours]
    return Bands(rgb, is_alpha.index(True) + 1 if any(is_alpha) else None, dtype)


def _choose_rgb(said: BandNames, work: str) -> tuple[int, int, int]:
    named = _find([colour.name for colour in said.colours])
    described = _find([name.strip().casefold() for name in said.names])
    if named or described:
        found = named or described
        return (found[0], found[1], found[2])
    plain = [i for i, colour in enumerate(said.colours, 1) if colour in _UNNAMED]
    others = [c for c in said.colours if c not in _UNNAMED and c is not ColorInterp.alpha]
    if not others and len(plain) == 1:
        _check_alone(said.names[plain[0] - 1], work)
        return (plain[0],) * 3
    if not others and len(plain) == BANDS:
        return (plain[0], plain[1], plain[2])
    raise SceneError(
        work, f"nothing says which of its {len(said.colours)} bands are red, green and blue "
        f"({', '.join(colour.name for colour in said.colours)})",
        "Say it as in `gdal_edit.py -colorinterp_1 blue -colorinterp_2 green -colorinterp_3 red`, "
        "from the provider's notes",
    )  # fmt: skip


def _check_alone(name: str, work: str) -> None:
    if is_one_of_many(name.strip()):
        raise SceneError(
            work, f"its one band is {name.strip()!r}, no picture in visible light",
            "Give a picture of red, green and blue, or a panchromatic one",
        )  # fmt: skip


def _find(words: list[str]) -> tuple[int, ...]:
    """Places of red, green and blue where each is said exactly once, else none."""
    wanted = [colour.name for colour in _COLOURS]
    if any(words.count(word) != 1 for word in wanted):
        return ()
    return tuple(words.index(word) + 1 for word in wanted)
