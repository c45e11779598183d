"""The training file: what to learn from, what to make, under which licence."""

from collections import Counter
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import SettingsError
from core.events import Peril
from detectors.network.number_format import FormatWish
from detectors.training.dataset import FOLDS
from detectors.training.train import TrainOptions
from flows.wiring.settings import OverrideSettings
from imagery.town.options import RENDERED_PERILS
from imagery.town.town import TownOptions

_WORK = "reading the training config {}"
_TRAIN = TrainOptions()
_TOWN = TownOptions()
Part = Literal[
    "stem", "middle", "deep", "mark", "fine", "coarse", "detail", "evidence", "head"
]  # fmt: skip
"""Parts of the network, ``detectors.network.model.SiameseDamageNet``."""
SHARE_ROUNDING = 1e-9
"""Decimal shares that add up to 1 may miss it by this much in binary."""


class TownConfig(BaseModel):
    """A rendered town to learn from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(description="draws the town; no two towns share one")
    peril: Literal[Peril.TROPICAL_CYCLONE_WIND, Peril.WILDFIRE] = Field(
        Peril.TROPICAL_CYCLONE_WIND, description=f"one of {', '.join(RENDERED_PERILS)}"
    )
    homes: int = Field(_TOWN.homes, ge=1, description="homes in the town")
    rotation_deg: float = Field(0.0, description="turns the pixel grid on the ground")
    part: Literal["train", "calibrate", "test"] = Field(
        "train", description="what the town is for; calibrate and test towns are held back whole"
    )


class PicturesConfig(BaseModel):
    """Pictures taken after disasters, one a building, no image before; they never report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path = Field(description="zip with one folder a grade")
    boxes: float = Field(2.2, ge=1, description="a picture's side over its building's")


class BoxesConfig(BaseModel):
    """Boxes that people drew in pairs of pictures without coordinates, as xBD names them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str = Field(pattern=r"\w", description="what the buildings count as")
    file: Path = Field(description="CSV, a row a building")
    images: Path = Field(
        description="folder of <scene>_pre_disaster.jpg and <scene>_post_disaster.jpg"
    )
    scene: str = Field("scene", description="its column of scenes")
    grade: str = Field("label", description="its column of xBD's words of damage")
    box: tuple[str, str, str, str] = Field(
        ("xmin", "ymin", "xmax", "ymax"),
        description="its columns of left, top, right and bottom, pixels of the pictures",
    )


class TrainConfig(BaseModel):
    """The training file; paths are relative to where the command runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="of the model; names its files"
    )
    licence: str = Field(
        pattern=r"\w", description="SPDX id of the weights; follows the training data's"
    )
    training_data: tuple[str, ...] = Field(min_length=1, description="for the card")
    events: tuple[Path, ...] = Field(
        (), description="event.yaml files with truth.parquet or labels.csv beside them"
    )
    towns: tuple[TownConfig, ...] = Field((), description="rendered towns")
    pictures: tuple[PicturesConfig, ...] = Field((), description="pictures without a before")
    boxes: tuple[BoxesConfig, ...] = Field((), description="boxes in pairs without coordinates")
    shares: dict[str, float] = Field(
        {}, description="event: share of the chips drawn; the others get the rest by their size"
    )
    water_events: tuple[str, ...] = Field(
        (), description="events whose major damage says water at the building, not how much damage"
    )
    parts: tuple[tuple[int, ...], ...] = Field(
        (),
        description="folds of areas that calibrate and measure, dealt to parts: each is judged by "
        "a network trained on everything else, what is written is trained on everything; none: "
        "one fold calibrates, one measures, neither is trained on",
    )  # fmt: skip
    licence_overrides: tuple[OverrideSettings, ...] = Field(
        (), description="scenes whose licence a person answers for"
    )
    start: Path | None = Field(
        None, description="ImageNet weights of the backbone, or weights of this command, .npz"
    )
    frozen: tuple[Part, ...] = Field(
        ("stem",), description="parts that keep what they start with; none from nothing"
    )
    start_share: float = Field(
        _TRAIN.start_share, ge=0, lt=1,
        description="share of the start in what comes out, where the start is whole weights",
    )  # fmt: skip
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?)$", description="cpu or cuda")
    number_format: FormatWish = Field(
        FormatWish.AUTO, description="auto (what the processor does fast), float32 or bfloat16"
    )
    seed: int = _TRAIN.seed
    epochs: int = Field(9, ge=1)
    batch: int = Field(_TRAIN.batch, ge=2)
    learning_rate: float = Field(5e-4, gt=0)
    ema_decay: float = Field(
        _TRAIN.ema_decay, ge=0, lt=1,
        description="averaging of weights over steps; under a thousand steps take 0.9",
    )  # fmt: skip

    def choose_options(self, seed: int) -> TrainOptions:
        """How to train, with a seed that need not be the file's."""
        return TrainOptions(
            seed=seed, epochs=self.epochs, batch=self.batch, learning_rate=self.learning_rate,
            ema_decay=self.ema_decay, shares=tuple(sorted(self.shares.items())),
            frozen=self.frozen, start_share=self.start_share,
            water_events=tuple(sorted(self.water_events)),
        )  # fmt: skip

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if not self.events and not self.towns:
            raise ValueError("it names no events and no towns; name some")
        dealt = [fold for part in self.parts for fold in part]
        if len(self.parts) == 1 or len(set(dealt)) < len(dealt) or not all(self.parts):
            raise ValueError("parts: give two or more, each with folds that no other has")
        if dealt and not set(dealt) <= set(range(FOLDS)):
            raise ValueError(f"parts: folds are 0 to {FOLDS - 1}")
        if (
            sum(self.shares.values()) > 1 + SHARE_ROUNDING
            or min(self.shares.values(), default=0) < 0
        ):
            raise ValueError(f"shares: {self.shares} are not parts of 1")
        for name, values in (
            ("towns: seed", [town.seed for town in self.towns]),
            ("events:", [str(path) for path in self.events]),
        ):
            twice = [value for value, count in Counter(values).items() if count > 1]
            if twice:
                raise ValueError(f"{name} {twice[0]} is there twice")
        return self


def read_train_config(path: Path) -> TrainConfig:
    """Read a training file, whose events need be there; see ``check_training_files``.

    Raises:
        SettingsError: it is missing, a value is wrong, or an event that it names is not there; the
            message names the field.
    """
    work = _WORK.format(path)
    remedy = "See configs/train-commercial.yaml and docs/train-your-own.md"
    try:
        config = TrainConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(work, f"{field}: {first['msg']}", remedy) from None
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(work, f"it cannot be read ({error})", remedy) from error
    _check_files({f"events.{place}": file for place, file in enumerate(config.events)}, work)
    return config


def check_training_files(config: TrainConfig, path: Path) -> None:
    """Refuse a training file whose pictures or start are missing; only training needs them.

    Raises:
        SettingsError: naming the field.
    """
    named = {f"pictures.{place}": each.file for place, each in enumerate(config.pictures)}
    named |= {f"boxes.{place}": each.file for place, each in enumerate(config.boxes)}
    if config.start is not None:
        named["start"] = config.start
    _check_files(named, _WORK.format(path))


def _check_files(named: dict[str, Path], work: str) -> None:
    for field, file in named.items():
        if not file.is_file():
            raise SettingsError(
                work, f"{field}: there is no file {file}",
                "Correct the path; it is relative to where the command runs",
            )  # fmt: skip
