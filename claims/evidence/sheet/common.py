"""What both versions of the sheet show: the pictures, the weather."""

from collections.abc import Mapping
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from claims.evidence.sheet.parts import bullets, picture_row

Pack = Mapping[str, Any]

TITLES = {"pre": "Before", "post": "After"}
"""Of pictures, by the role of their scene."""
_PICTURE_MM = 58.0
_MOST_HAZARDS = 8
_DAY_AND_MINUTE = len("2018-10-13T16:48")


def show_pictures(pack: Pack, pictures: Mapping[str, bytes]) -> Table:
    """Before, after, and where the model saw damage, with dates, sources and licences."""
    by_role = {image["role"]: image for image in pack["images"]}
    shown = []
    for role, title in TITLES.items():
        image = by_role.get(role)
        caption = "no picture was chosen" if image is None else _caption(image)
        shown.append((pictures.get(title.lower()), title, caption))
    if "tinted" in pictures:
        shown.append(
            (pictures["tinted"], "Where damage was seen", "the picture after, tinted by the model")
        )
    return picture_row(shown, _PICTURE_MM * mm)


def say_when(instant: str | None) -> str:
    """``2018-10-13 16:48 UTC``."""
    if instant is None:
        return "at an unknown time"
    return f"{instant[:_DAY_AND_MINUTE].replace('T', ' ')} UTC"


def name_digests(pack: Pack) -> dict[str, Any]:
    """Digests of the pictures by name."""
    return {
        f"picture {TITLES[image['role']].lower()}": (image["chip"] or {}).get("sha256")
        for image in pack["images"]
    }


def show_hazards(pack: Pack) -> list[Flowable]:
    """The hazards at the home, those that were strong enough first."""
    rows = sorted(pack["hazard"], key=lambda row: not row["is_reached"])
    lines = [row["in_words"] for row in rows if row["in_words"] is not None]
    return bullets(lines, _MOST_HAZARDS, "No hazard was measured at the home.")


def _caption(image: Mapping[str, Any]) -> str:
    gsd = "" if image["gsd_m"] is None else f"; {image['gsd_m']:.2f} m a pixel"
    return (
        f"{say_when(image['captured_at_utc'])}; {image['provider'] or 'provider not known'}; "
        f"licence {image['licence'] or 'not known'}{gsd}"
    )
