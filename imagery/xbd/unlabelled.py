"""Images of xBD without a label of their own: those before the event are placed by the one after.

Eight of the public pairs, seven of Palu's, come with the label after alone. Where such an image
lies is known, since both of a pair cover the same ground pixel by pixel; when it was taken is
not, only that it was before the event.
"""

from datetime import datetime, timedelta
from pathlib import Path

from core.errors import SceneError
from core.scenes import SceneRole
from imagery.xbd.labels import IMAGE_SUFFIXES, NAME, Label

UNDATED_SPAN = timedelta(days=5 * 365)
"""How long before the event such an image may have been taken: xBD's dated ones lie within it."""
_BEFORE = timedelta(seconds=1)


def add_unlabelled(
    source: Path, labels: list[Label], starts_at_utc: datetime
) -> tuple[list[Label], list[SceneError]]:
    """Labels with one more for each image before the event that only its pair's label places.

    Args:
        source: folder with ``images/``.
        labels: of one disaster.
        starts_at_utc: first instant of loss; the images were taken before it.

    Returns:
        The labels by name, and what images of the disaster are left out, with the reason.
    """
    known = {label.scene_id for label in labels}
    after = {label.place: label for label in labels if label.role is SceneRole.POST}
    added: list[Label] = []
    left_out: list[SceneError] = []
    for scene_id, role, place in _list_images(source, labels[0].disaster):
        if scene_id in known:
            continue
        if role is SceneRole.PRE and place in after and after[place].uids:
            added.append(_label_before(after[place], starts_at_utc))
        else:
            left_out.append(_tell(source, scene_id, role))
    return sorted([*labels, *added], key=lambda label: label.scene_id), left_out


def _list_images(source: Path, disaster: str) -> list[tuple[str, SceneRole, str]]:
    """Scene, role and place of each image of a disaster, by name."""
    stems = {
        path.stem
        for path in (source / "images").glob(f"{disaster}_*")
        if path.suffix.lower() in IMAGE_SUFFIXES
    }
    named = [(stem, NAME.match(stem)) for stem in sorted(stems)]
    return [
        (stem, SceneRole(found["role"]), f"{found['disaster']}_{found['number']}")
        for stem, found in named
        if found is not None and found["disaster"] == disaster
    ]


def _label_before(after: Label, starts_at_utc: datetime) -> Label:
    """What is known of the image before from the label after."""
    return Label(
        scene_id=f"{after.place}_pre_disaster",
        disaster=after.disaster,
        place=after.place,
        role=SceneRole.PRE,
        metadata={"capture_date": (starts_at_utc - _BEFORE).isoformat()},
        uids=(),
        subtypes=(),
        pixels=(),
        degrees=(),
        capture_began_at_utc=starts_at_utc - UNDATED_SPAN,
    )


def _tell(source: Path, scene_id: str, role: SceneRole) -> SceneError:
    unknown = "its place is" if role is SceneRole.PRE else "its date and its grades are"
    return SceneError(
        f"reading the image {scene_id}", f"it has no label, so {unknown} not known",
        f"Put {scene_id}.json into {source / 'labels'}",
    )  # fmt: skip
