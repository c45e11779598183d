"""Scenes held against their files before anything relies on them; bad ones are set aside alone."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from core.errors import SceneError
from core.events import OccurrenceWindow
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene
from imagery.pairing.choose import tell_straddling
from imagery.pixels.read import SceneReader

_log = logging.getLogger(__name__)
ReadState = Callable[[Scene], str]
NOTE_COLUMNS = ("scene_id", "note")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the scenes' files showed.

    Attributes:
        usable: scenes with the extent, the pixel size and the state that their files have.
        rejected: those set aside, with the reason.
        notes: ``(scene_id, note)`` where a catalogue says something else than the file.
    """

    usable: tuple[Scene, ...]
    rejected: tuple[RejectedScene, ...]
    notes: tuple[tuple[str, str], ...]

    def notes_table(self) -> pd.DataFrame:
        """The notes, one row each: scene_id, note."""
        return pd.DataFrame(list(self.notes), columns=list(NOTE_COLUMNS))


def inspect_scenes(
    scenes: Iterable[Scene], window: OccurrenceWindow, reader: SceneReader, read_state: ReadState
) -> Inspection:
    """Judge scenes one by one.

    Args:
        scenes: as catalogues describe them.
        window: of the event.
        reader: opens their files.
        read_state: names a file's bytes as they are now.

    Raises:
        TransientError: a server failed in a way that may pass.
    """
    usable: list[Scene] = []
    rejected: list[RejectedScene] = []
    notes: list[tuple[str, str]] = []
    for scene in scenes:
        straddles = tell_straddling(scene, window)
        if straddles is not None:
            rejected.append(RejectedScene(scene.scene_id, straddles))
            continue
        try:
            judged = reader.inspect(scene)
            state = read_state(scene)
        except SceneError as error:
            _log.warning("scene %s is set aside: %s", scene.scene_id, error.problem)
            reason = f"unusable: {error.problem}. {error.remedy}"
            rejected.append(RejectedScene(scene.scene_id, reason))
            continue
        for note in judged.notes:
            _log.warning("scene %s: %s; the file is believed", scene.scene_id, note)
            notes.append((scene.scene_id, note))
        usable.append(replace(judged.scene, file_state=state))
    return Inspection(tuple(usable), tuple(rejected), tuple(notes))
