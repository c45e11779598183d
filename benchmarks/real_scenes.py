"""Some real scenes of an xBD disaster as an event folder, laid as ``firstnotice import xbd`` does.

``python benchmarks/real_scenes.py`` makes it and says where it is. xBD's pictures are CC BY-NC-SA
4.0: they are read where they lie, and what is made of them stays in the system's temporary folder.
"""

import os
import tempfile
from pathlib import Path

from dense_suburb import CACHE

import flows.importing.xbd
from core.provenance import content_key, sha256_of_file
from flows.importing.xbd import DEFAULT_SEED, import_xbd

DATA = Path(os.environ.get("FIRSTNOTICE_DATA") or Path(__file__).parents[2] / "shared" / "data")
DISASTER = "hurricane-michael"
EVERY = 5
"""One pair in so many, by name: 15 of the public 72, from open ground to whole streets."""


class NoScenesError(Exception):
    """The public scenes are not on this machine."""


def write_real_scenes(every: int = EVERY, data: Path = DATA, cache: Path = CACHE) -> Path:
    """The event file of one pair in ``every``, made unless it is there.

    Raises:
        NoScenesError: ``data`` holds no scene of the disaster.
    """
    xbd = data / "xbd"
    labels = sorted((xbd / "labels").glob(f"{DISASTER}_*_post_disaster.json"))[::every]
    if not labels:
        raise NoScenesError(
            f"there are no xBD scenes of {DISASTER} in {xbd}; "
            "name the folder of public data in FIRSTNOTICE_DATA"
        )
    places = [path.stem.removesuffix("_post_disaster") for path in labels]
    code = sha256_of_file(Path(flows.importing.xbd.__file__))
    out = cache / f"real-{content_key(places, DEFAULT_SEED, code)}"
    if not (out / DISASTER).exists():
        with tempfile.TemporaryDirectory(prefix="firstnotice-bench-") as chosen:
            _link(xbd, places, Path(chosen))
            import_xbd(Path(chosen), out, DISASTER, DEFAULT_SEED, hurdat2=None)
    return out / DISASTER / "event.yaml"


def _link(xbd: Path, places: list[str], chosen: Path) -> None:
    """A folder of these pairs alone; nothing is copied."""
    for kind in ("images", "labels"):
        (chosen / kind).mkdir()
        for place in places:
            for path in (xbd / kind).glob(f"{place}_*"):
                (chosen / kind / path.name).symlink_to(path.resolve())


if __name__ == "__main__":
    print(write_real_scenes())
