"""A building before or after: drawn from its scene, or as the run kept it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core.errors import FirstNoticeError
from imagery.shown.crops import draw_crop
from web.runs.listing import Run
from web.runs.sides import SIDES

if TYPE_CHECKING:
    from web.workbench import Workbench

_KEPT = {"before": "pre_jpeg", "after": "post_jpeg"}
PICTURES_FILE = Path("work") / "pictures.parquet"


def find_picture(bench: "Workbench", run: Run, building_id: str, side: str) -> bytes | None:
    """JPEG of a building; None where neither its scene nor a kept picture is there.

    Args:
        bench: holds runs and readers.
        run: whose pictures.
        building_id: one of the run's homes.
        side: one of ``SIDES``.
    """
    return _draw(bench, run, building_id, side) or _find_kept(run, building_id, side)


def _draw(bench: "Workbench", run: Run, building_id: str, side: str) -> bytes | None:
    pixels, table = bench.pixels(run), bench.homes(run).table
    used = table.loc[table["building_id"] == building_id, SIDES[side]].dropna()
    if pixels is None or used.empty or str(used.iloc[0]) not in pixels.scenes:
        return None
    outlines = bench.outlines(run)
    if building_id not in outlines.index:
        return None
    scene, outline = pixels.scenes[str(used.iloc[0])], outlines.geometry[building_id]
    try:
        return draw_crop(scene, outline, pixels.reader.read)
    except FirstNoticeError:  # what was kept is shown instead
        return None


def _find_kept(run: Run, building_id: str, side: str) -> bytes | None:
    path = run.folder / PICTURES_FILE
    if not path.is_file():
        return None
    is_it = [("building_id", "=", building_id)]
    found = pd.read_parquet(path, columns=[_KEPT[side]], filters=is_it)[_KEPT[side]].dropna()
    return bytes(found.iloc[0]) if len(found) else None
