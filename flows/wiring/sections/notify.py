"""Who is told when a list is published, held back, released or late, and where."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from core.errors import SettingsError


class Occasion(StrEnum):
    """What is told."""

    PUBLISHED = "published"
    HELD = "held"
    RELEASED = "released"
    LATE = "late"


class NotifySettings(BaseModel):
    """Messages to a webhook or by e-mail; nobody is told by default. See docs/every-day.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: tuple[SecretStr, ...] = Field(
        (),
        description="addresses as apprise writes them, jsons://host/path or mailtos://..; they may "
        "hold passwords, so better in FIRSTNOTICE_NOTIFY__TARGETS (a JSON list) or a file",
    )
    targets_file: Path | None = Field(None, description="file of such addresses, one a line")
    occasions: tuple[Occasion, ...] = Field(tuple(Occasion), description="what is told")
    late_after_h: float = Field(
        26.0, gt=0, description="an open event whose newest list is older, hours, is late"
    )

    def read_targets(self) -> list[str]:
        """All addresses.

        Raises:
            SettingsError: the file cannot be read.
        """
        given = [each.get_secret_value() for each in self.targets]
        if self.targets_file is None:
            return given
        try:
            lines = self.targets_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "reading whom to notify", f"notify.targets_file cannot be read ({error!r})",
                "Name a text file with one address a line",
            ) from error  # fmt: skip
        return given + [line.strip() for line in lines if line.strip() and line[0] != "#"]
