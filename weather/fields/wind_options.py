"""Choices of the parametric wind field, each with its reason and source."""

from dataclasses import dataclass

from weather.fields.terrain import OPEN_LAND_M, compute_gust_factor


@dataclass(frozen=True, slots=True)
class WindFieldOptions:
    """How a wind field is made from a best track."""

    time_step_s: float = 600.0
    """Seconds between the instants at which the storm is placed; a track's own instants are
    always added. At 10 minutes a fast storm (20 m/s) moves 12 km, half a typical radius of
    maximum wind, so the swath has no gaps."""

    decay_exponent: float = 0.5
    """Outside the last known radius, and where radii are unknown, wind falls as
    ``radius ** -decay_exponent`` (modified Rankine vortex; Riehl 1963, J. Atmos. Sci. 20, finds
    0.5; Hughes 1952, J. Meteor. 9, spans about 0.4 to 0.6)."""

    motion_asymmetry_frac: float = 0.55
    """Share of the storm's forward speed that adds to the wind on one side of the centre and is
    missing on the other (Lin and Chavas 2012, J. Geophys. Res. 117, D09120)."""

    motion_rotation_deg: float = 20.0
    """The wind that the motion adds is turned by this much from the heading, against the sense
    of the map's east-to-north in the northern hemisphere (to the left), mirrored in the southern
    (Lin and Chavas 2012)."""

    roughness_m: float = OPEN_LAND_M
    """Roughness length of the ground where gusts are wanted, metres. The curves that gusts are held
    against (``weather.hazards.prior``) are in gusts over open terrain, wherever the home stands; a
    best track's wind is that over the sea. See ``weather.fields.terrain``."""

    lowest_wind_mps: float = 12.0
    """Winds below are reported as 0 and their instant as unknown: under gale force (17.2 m/s)
    and under the 31 mph (13.9 m/s) of a wind advisory, with no known damage to homes."""

    chunk_points: int = 2_048
    """Most points computed together. Measured on two cores with 200,000 points over Michael's
    landfall: 512 points 5.6 s, 2,048 3.1 s, 8,192 5.6 s; a chunk has to be small on the map to be
    spared the instants at which the storm is elsewhere."""

    def __post_init__(self) -> None:
        for name in ("time_step_s", "decay_exponent", "lowest_wind_mps", "chunk_points"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        _ = self.gust_factor
        if not 0 <= self.motion_asymmetry_frac <= 1:
            raise ValueError(
                f"motion_asymmetry_frac must be 0 to 1, got {self.motion_asymmetry_frac}"
            )

    @property
    def gust_factor(self) -> float:
        """3-second gust over the track's 1-minute wind: 1.08 over open land.

        The commentary of ASCE 7-10 (C26.5) pairs 74 mph sustained over water with 81 mph gusts over
        open land (1.10).
        """
        return compute_gust_factor(self.roughness_m)
