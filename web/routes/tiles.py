"""What the map draws: homes, pictures, hazards. Ids only; scenes are the run's own choice."""

from enum import StrEnum

import geopandas as gpd
from fastapi import APIRouter, Response

from web.people.guard import Bench
from web.routes.shared import KEPT, MAX_ZOOM, Json, NamedRun, NamedTile, Wanted, not_found
from web.tiles.hazards import draw_hazards

router = APIRouter(prefix="/api/events/{event_id}/{run_id}")
MVT = "application/vnd.mapbox-vector-tile"


class Side(StrEnum):
    """On which side of the event a picture was taken."""

    BEFORE = "before"
    AFTER = "after"


@router.get("/tiles/{z}/{x}/{y}.mvt", response_class=Response)
def draw_homes(run: NamedRun, place: NamedTile, wanted: Wanted, bench: Bench) -> Response:
    """A vector tile of homes."""
    if place[0] > MAX_ZOOM:
        raise not_found("tile")
    return Response(bench.vector_tile(run, place, wanted), media_type=MVT, headers=KEPT)


@router.get("/pictures/{side}/{z}/{x}/{y}.webp", response_class=Response)
def draw_pictures(run: NamedRun, side: Side, place: NamedTile, bench: Bench) -> Response:
    """A tile of pictures; nothing (204) where no scene of the run reaches."""
    drawn = bench.picture_tile(run, side.value, place)
    if drawn is None:
        return Response(status_code=204, headers=KEPT)
    return Response(drawn, media_type="image/webp", headers=KEPT)


@router.get("/hazards")
def list_hazards(run: NamedRun) -> list[Json]:
    """The event's hazards as lines, one layer a hazard."""
    path = run.folder / "work" / "hazard_areas.parquet"
    return draw_hazards(gpd.read_parquet(path)) if path.is_file() else []
