"""A cut tile as a Mapbox Vector Tile."""

import mapbox_vector_tile
import shapely

from web.runs.homes import DECISIONS, TIERS, Homes
from web.tiles.cutting import EXTENT, Cut

LAYER = "homes"


def encode_tile(homes: Homes, cut: Cut) -> bytes:
    """One layer of points: feature id is the row of the home, or of the worst of its cell."""
    decision, is_seen = homes.decision[cut.rows], homes.is_seen[cut.rows]
    points = shapely.points(cut.x, cut.y)
    features = [
        {
            "id": int(row),
            "geometry": point,
            "properties": {"tier": str(TIERS[tier]), "n": int(count)}
            | ({"step": str(DECISIONS[step]), "seen": bool(seen)} if count == 1 else {}),
        }
        for row, point, tier, count, step, seen in zip(
            cut.rows, points, cut.tier, cut.counts, decision, is_seen, strict=True
        )
    ]
    encoded: bytes = mapbox_vector_tile.encode(
        [{"name": LAYER, "features": features}],
        default_options={"y_coord_down": True, "extents": EXTENT},
    )
    return encoded
