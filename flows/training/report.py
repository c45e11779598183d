"""The card of trained weights as a page for people."""

from pathlib import Path
from typing import Any

from core.licences import judge_licence
from detectors.network.card import WeightsCard

_USES = {
    "cleared": "may be used commercially",
    "non_commercial": "may not be used commercially",
    "unknown": "counts as not cleared for commercial use",
}
_NAMES = {
    "buildings": "homes", "damaged": "damaged", "auc_damaged": "AUC damaged",
    "auc_severe": "AUC severe", "macro_f1": "macro F1",
    "calibration_error_damaged": "calibration error", "brier_damaged": "Brier score",
}  # fmt: skip

_LIMITS = (
    "It grades pictures from above. It does not see inside, and not seen is not undamaged. On a "
    "disaster, a sensor or a country that it was not trained on expect worse; measure first with "
    "`firstnotice backtest`."
)


def write_card_page(card: WeightsCard, picture: str, path: Path) -> None:
    """Write the card as Markdown; ``picture`` is the loss curve's file beside it."""
    lines = [
        f"# {card.name}", "",
        f"* Licence: {card.licence} ({_USES[str(judge_licence(card.licence))]} by its name)",
        f"* Network: {card.architecture}",
        f"* Weights: {card.name}.npz, sha256 `{card.sha256}`",
        "* Trained on:",
        *(f"  * {name}" for name in card.training_data),
        f"* Computed in: {_format(card.made_with.get('number_format'))}",
        f"* Homes trained on: {card.made_with.get('trained_on', 'not recorded')}",
        f"* {_held_back(card)}", "",
        f"![Loss by epoch]({picture})", "",
        f"## {_whose_figures(card)}", "",
        *_figures(card.metrics), "",
        "## What it is not for", "",
        _LIMITS, "",
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")


def _held_back(card: WeightsCard) -> str:
    if parts := card.made_with.get("parts"):
        return (
            f"Nothing is held back; for the figures {len(parts)} parts of the areas were, in turn"
        )
    return f"Scenes held back for the figures: {len(card.held_out_scenes)}"


def _whose_figures(card: WeightsCard) -> str:
    if card.made_with.get("parts"):
        return "On parts of the areas, each by a network that was trained on everything else"
    return "On areas that neither training nor calibration saw"


def _format(chosen: Any) -> str:
    if not isinstance(chosen, dict):
        return "not recorded"
    return f"{chosen['number_format']} ({chosen['why']})"


def _figures(metrics: dict[str, Any]) -> list[str]:
    if not metrics:
        return ["Nothing was held back to test with, so there are no figures."]
    rows = [["event", *_NAMES.values()], ["---"] * (1 + len(_NAMES))]
    rows += [[event, *(_show(figures.get(name)) for name in _NAMES)]
             for event, figures in metrics.items()]  # fmt: skip
    return [f"| {' | '.join(row)} |" for row in rows]


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value) if isinstance(value, int) else "-"
