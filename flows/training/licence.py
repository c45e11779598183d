"""Weights may not be called freer than what they learned from."""

from typing import Any

from core.errors import SettingsError
from core.licences import LicenceGate, LicenceOverride, LicenceUse, Purpose, judge_licence
from core.scenes import Scene
from detectors.network.card import card_path, read_card
from flows.training.chips import EventSource, list_scenes
from flows.training.config import TrainConfig
from flows.wiring.licence_gate import check_weights_licence, is_refused


def check_training_licence(config: TrainConfig, sources: list[EventSource]) -> dict[str, Any]:
    """Hold the licence that the weights are to bear against those of the scenes.

    Weights under a licence that is not cleared for commercial use may rest on anything. A start
    that has a card counts as what its card says.

    Returns:
        Scenes by licence, for the card.

    Raises:
        SettingsError: the weights are to be cleared and a scene or the start is not; it is named.
        WeightsError: the start's card cannot be read.
    """
    words = (
        LicenceOverride(each.subject, each.by, each.reason) for each in config.licence_overrides
    )
    gate = LicenceGate(Purpose.COMMERCIAL, tuple(words))
    is_to_be_free = judge_licence(config.licence) is LicenceUse.CLEARED
    if is_to_be_free and config.start is not None and card_path(config.start).exists():
        check_weights_licence(read_card(card_path(config.start)).ref, gate)
    counts: dict[str, int] = {}
    for source in sources:
        for scene in list_scenes(source.event):
            if is_to_be_free and is_refused(scene, gate):
                raise _error(config, source, scene)
            counts[scene.licence] = counts.get(scene.licence, 0) + 1
    return dict(sorted(counts.items()))


def _error(config: TrainConfig, source: EventSource, scene: Scene) -> SettingsError:
    return SettingsError(
        f"checking the licence of {config.name}",
        f"licence: {config.licence} allows commercial use, but scene {scene.scene_id} of event "
        f"{source.event.event_id} is under {scene.licence!r}, {judge_licence(scene.licence)}",
        "Give the weights the data's licence, leave the event out, or name who answers for the "
        "scenes in licence_overrides",
    )
