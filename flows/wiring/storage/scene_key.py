"""What names a scene in cache keys."""

from core.provenance import content_key
from core.scenes import Scene


def key_of_scene(scene: Scene) -> str:
    """Names all of a scene that decides what is cut of it: where it lies, and its very bytes."""
    return content_key(
        scene.scene_id, scene.href, str(scene.gsd_m), scene.extent.wkb_hex, scene.sha256,
        scene.file_state,
    )  # fmt: skip
