"""What a rendered town is asked to be."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from core.damage import GRADED, DamageGrade
from core.errors import SettingsError
from core.events import Peril
from imagery.town.style import TownStyle

RENDERED_PERILS = (Peril.TROPICAL_CYCLONE_WIND, Peril.WILDFIRE)
"""Perils whose damage can be painted."""

MAX_HOMES = 4000
"""About 4 GiB at 0.5 m (1,000 homes peak at 1 GiB); larger books are several towns side by side."""

MAX_SHIFT_PX = 8.0
"""Widest misregistration that the painted margin allows."""

_WORK = "planning a rendered town"


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageMix:
    """Share of homes by grade; the four must sum to 1."""

    no_damage: float = 0.60
    """Most homes of a hurricane's path stay whole: 67% of 4,648 labelled buildings in 72 xBD
    scenes of Hurricane Michael are undamaged, 24% minor, 6% major, 2% destroyed."""
    minor: float = 0.22
    """Near that share."""
    major: float = 0.10
    """Above that share, so that 300 homes hold some thirty."""
    destroyed: float = 0.08
    """As for major."""

    def __post_init__(self) -> None:
        shares = self.shares
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:  # noqa: PLR2004  rounding of decimals
            raise SettingsError(
                _WORK, f"damage shares {shares} do not sum to 1", "Give four shares, 0 or more"
            )

    @property
    def shares(self) -> tuple[float, ...]:
        """In the order of ``core.damage.GRADED``."""
        return tuple(getattr(self, part.name) for part in fields(self))

    def compute_counts(self, homes: int) -> dict[DamageGrade, int]:
        """Whole homes by grade, by largest remainder: they sum to ``homes``."""
        exact = [share * homes for share in self.shares]
        counts = [int(value) for value in exact]
        by_remainder = sorted(range(len(exact)), key=lambda k: counts[k] - exact[k])
        for grade in by_remainder[: homes - sum(counts)]:
            counts[grade] += 1
        return dict(zip(GRADED, counts, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class TownOptions:
    """What to render. The same options give the same bytes."""

    seed: int = 7
    """Draws the style, the layout, the damage and every texture."""
    town_id: str = "rendered-town"
    """Starts the scene and building ids, so that several towns can share one event."""
    homes: int = 300
    """Homes in the footprint table; other buildings are painted but belong to nobody."""
    center_longitude_deg: float = -85.60
    """Middle of the town; by default north-west Florida, under Michael's track of 2018."""
    center_latitude_deg: float = 30.25
    """Middle of the town."""
    gsd_m: float = 0.5
    """Ground size of a pixel; that of xBD's WorldView and GeoEye scenes."""
    tile_px: int = 1024
    """Side of a scene; that of an xBD scene."""
    overlap_px: int = 64
    """Shared by neighbouring scenes: wider than any home, so each is whole in some scene."""
    rotation_deg: float = 0.0
    """Turns the pixel grid clockwise on the ground, as off-nadir products are turned."""
    pre_captured_at_utc: datetime = datetime(2018, 9, 13, 16, 22, tzinfo=UTC)
    """Capture before the event; a usual mid-morning pass in Florida."""
    post_captured_at_utc: datetime = datetime(2018, 10, 13, 16, 48, tzinfo=UTC)
    """Capture after the event; three days after Michael's landfall."""
    post_shift_px: tuple[float, float] = (1.5, -0.8)
    """Right and down shift of the post content: orthorectification leaves a pixel or two."""
    peril: Peril = Peril.TROPICAL_CYCLONE_WIND
    """WTC tears roofs and fells trees; BBF burns."""
    damage_mix: DamageMix = field(default_factory=DamageMix)
    """Exact shares of the grades."""
    cloud_homes: int = 24
    """Homes under the post cloud, about; 0 for a clear sky."""
    missing_tiles: int = 1
    """Post scenes left out, 0 or 1; a town of a single tile misses none."""
    style: TownStyle | None = None
    """Look of the town; drawn from the seed if not given."""

    def __post_init__(self) -> None:
        for holds, problem, remedy in (
            (
                self.town_id.replace("-", "").replace("_", "").isalnum() and self.town_id.isascii(),
                f"town_id is {self.town_id!r}",
                "Use letters, digits and hyphens: it names files",
            ),
            (
                1 <= self.homes <= MAX_HOMES,
                f"homes is {self.homes}",
                f"Ask for 1 to {MAX_HOMES}, or render several towns with their own town_id",
            ),
            (
                0.3 <= self.gsd_m <= 1.0,  # noqa: PLR2004  where the painted textures look right
                f"gsd_m is {self.gsd_m}",
                "Use 0.3 to 1.0 metres",
            ),
            (
                2 * self.overlap_px <= self.tile_px and self.tile_px >= 256,  # noqa: PLR2004
                f"tile_px is {self.tile_px} with overlap_px {self.overlap_px}",
                "Use tiles of 256 px or more, overlapping by at most half",
            ),
            (
                self.overlap_px * self.gsd_m >= 28,  # noqa: PLR2004  the longest home, and a margin
                f"overlap_px {self.overlap_px} at gsd_m {self.gsd_m} is under 28 m",
                "Widen the overlap, so that every home is whole in some scene",
            ),
            (
                max(map(abs, self.post_shift_px)) <= MAX_SHIFT_PX,
                f"post_shift_px is {self.post_shift_px}",
                f"Keep it within {MAX_SHIFT_PX} px",
            ),
            (
                self.peril in RENDERED_PERILS,
                f"peril is {self.peril.value}",
                f"Use one of {', '.join(RENDERED_PERILS)}",
            ),
            (
                self.missing_tiles in (0, 1) and self.cloud_homes >= 0,
                f"missing_tiles is {self.missing_tiles}, cloud_homes {self.cloud_homes}",
                "Use 0 or 1 missing tiles, and 0 or more homes under the cloud",
            ),
            (
                self.pre_captured_at_utc < self.post_captured_at_utc,
                f"the pre capture {self.pre_captured_at_utc.isoformat()} is not before the post",
                "Swap the two instants",
            ),
        ):
            if not holds:
                raise SettingsError(_WORK, problem, remedy)
