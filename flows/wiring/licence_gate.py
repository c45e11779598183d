"""Holds weights and scenes against the purpose of a run, and records what was let through."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from shapely.geometry.base import BaseGeometry

from core.errors import SettingsError
from core.licences import LicenceGate, LicenceOverride, LicenceUse, judge_licence
from core.provenance import ModelRef
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene, SceneCatalog, SceneSearch

_log = logging.getLogger(__name__)
LICENCE_REFUSED = "licence_refused"
"""Reason code of a scene that the purpose does not allow."""
_WHY = {
    LicenceUse.CLEARED: "which allows commercial use",
    LicenceUse.NON_COMMERCIAL: "which forbids commercial use",
    LicenceUse.UNKNOWN: "which is not known to allow commercial use",
}
_OVERRIDE = "name who answers for it in use.licence_overrides"


def check_weights_licence(model: ModelRef, gate: LicenceGate) -> None:
    """Refuse weights that the purpose does not allow and no override names.

    Raises:
        SettingsError: they are refused; the message names them, their licence and ways out.
    """
    if gate.is_open(model.licence) or gate.find_exact_override(model.name) is not None:
        return
    raise SettingsError(
        f"checking the licence of the weights {model.name} for {gate.purpose} use",
        f"their licence is {_quote(model.licence)}, {_why(model.licence)}",
        "Point detector.weights at weights trained on cleared data (docs/train-your-own.md), or "
        + _OVERRIDE,
    )


@dataclass(frozen=True, slots=True)
class GatedCatalog:
    """A catalogue without the scenes that the purpose does not allow.

    Attributes:
        catalog: what it asks.
        gate: what it lets through.
    """

    catalog: SceneCatalog
    gate: LicenceGate

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog; refused scenes are among the rejected, with their licence."""
        found = self.catalog.search(area, until_utc)
        refused = [scene for scene in found.scenes if is_refused(scene, self.gate)]
        for scene in refused:
            _log.warning("scene %s is set aside: licence %s", scene.scene_id, scene.licence)
        said = tuple(
            RejectedScene(
                scene.scene_id,
                f"{LICENCE_REFUSED}: {_quote(scene.licence)} is {judge_licence(scene.licence)}",
            )
            for scene in refused
        )
        names = {scene.scene_id for scene in refused}
        usable = tuple(scene for scene in found.scenes if scene.scene_id not in names)
        return SceneSearch(usable, (*found.rejected, *said))


def is_refused(scene: Scene, gate: LicenceGate) -> bool:
    """Whether the gate sets a scene aside."""
    if gate.is_open(scene.licence):
        return False
    return gate.find_override(scene.scene_id, scene.provider) is None


def check_some_scene(event_id: str, scenes: tuple[Scene, ...], gate: LicenceGate) -> None:
    """Refuse an event none of whose scenes the purpose allows; nothing would be graded.

    Raises:
        SettingsError: all are refused; the message names the first, its licence and the remedy.
    """
    if not scenes or not all(is_refused(scene, gate) for scene in scenes):
        return
    first = scenes[0]
    raise SettingsError(
        f"checking the scenes of event {event_id} for {gate.purpose} use",
        f"none of {len(scenes)} is cleared; the first, {first.scene_id} by {first.provider}, has "
        f"licence {_quote(first.licence)}, {_why(first.licence)}",
        "List scenes that are cleared, state their licence in the catalogue, or " + _OVERRIDE,
    )


def describe_licences(model: ModelRef, scenes: pd.DataFrame, gate: LicenceGate) -> dict[str, Any]:
    """What ``run.json`` says of licences: purpose, verdicts, and each override that was needed.

    Args:
        model: the weights.
        scenes: SCENES that the run looked at.
        gate: what they passed.
    """
    counts = scenes["licence"].value_counts().sort_index()
    return {
        "purpose": str(gate.purpose),
        "weights": {"name": model.name, "licence": model.licence}
        | {"use": str(judge_licence(model.licence))},
        "scenes": [
            {"licence": licence, "use": str(judge_licence(licence)), "scenes": int(count)}
            for licence, count in counts.items()
        ],
        "overrides_used": _overrides_used(model, scenes, gate),
    }


def _overrides_used(
    model: ModelRef, scenes: pd.DataFrame, gate: LicenceGate
) -> list[dict[str, Any]]:
    needed: dict[LicenceOverride, dict[str, Any]] = {}
    if not gate.is_open(model.licence):
        override = gate.find_exact_override(model.name)
        if override is not None:
            needed[override] = {"weights": model.name, "scenes": 0}
    is_open = scenes["licence"].map(gate.is_open).astype(bool)
    closed = scenes[~is_open]
    for scene_id, provider in zip(closed["scene_id"], closed["provider"], strict=True):
        override = gate.find_override(scene_id, provider)
        if override is not None:
            covers = needed.setdefault(override, {"weights": None, "scenes": 0})
            covers["scenes"] += 1
    return [asdict(override) | {"covers": covers} for override, covers in needed.items()]


def _quote(licence: str | None) -> str:
    return licence.strip() if licence and licence.strip() else "not stated"


def _why(licence: str | None) -> str:
    return _WHY[judge_licence(licence)]
