"""The evaluation file: who reports, how often to train, where lists are cut."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import SettingsError
from detectors.training.dataset import FOLDS


class BootstrapSection(BaseModel):
    """How intervals are drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resamples: int = Field(1000, ge=100, le=100_000, description="draws of scenes")
    seed: int = Field(20181010, ge=0, description="of the draws")


class EvaluateConfig(BaseModel):
    """The evaluation file; paths are relative to where the command runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: Path = Field(description="training file: events, towns and how to train")
    seeds: tuple[int, ...] = Field((7,), min_length=1, description="one training each, a split")
    area_folds: tuple[int, ...] = Field((), description="folds of areas that report, 0 to 7")
    leave_out_events: tuple[str, ...] = Field((), description="ids of events that report whole")
    bootstrap: BootstrapSection = BootstrapSection()
    false_alarm_budget: float = Field(
        0.02, gt=0, lt=1, description="share of homes without severe damage opened wrongly"
    )
    capacity: tuple[int, ...] = Field((50, 200), description="homes that a team looks at in a day")

    @model_validator(mode="after")
    def _check(self) -> "EvaluateConfig":
        for name in ("seeds", "area_folds", "leave_out_events", "capacity"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names one twice: {list(values)}")
        if any(not 0 <= fold < FOLDS for fold in self.area_folds):
            raise ValueError(f"area_folds are 0 to {FOLDS - 1}, not {list(self.area_folds)}")
        if any(size < 1 for size in self.capacity) or any(seed < 0 for seed in self.seeds):
            raise ValueError("a capacity is at least 1 and a seed at least 0")
        return self


def read_evaluate_config(path: Path) -> EvaluateConfig:
    """Read an evaluation file.

    Raises:
        SettingsError: it is missing or a value is wrong.
    """
    try:
        return EvaluateConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(
            f"reading the evaluation config {path}", str(error), "See configs/evaluate.yaml"
        ) from None
