"""How insureds may be written to or called. Pure."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path

from core.errors import SettingsError

CHANNELS = ("email", "sms", "phone", "agent")
"""Ways to reach an insured; the agent knows their own."""


@dataclass(frozen=True, slots=True)
class OutreachOptions:
    """How insureds may be written to or called; counsel confirms it before anything goes out."""

    quiet_from: str = "21:00"
    """from here nobody is called or texted, by the home's own clock (US: 47 CFR 64.1200(c)(1),
    8 am to 9 pm; some states end earlier)"""

    quiet_until: str = "08:00"
    """... until here, the next morning"""

    quiet_channels: tuple[str, ...] = ("sms", "phone")
    """channels that keep quiet hours"""

    opt_outs: Path | None = None
    """CSV of who asked not to be contacted: columns policy_number, phone or email, any of them"""

    default_language: str = "en"
    """of insureds whose language is not told"""

    template: str = "first-notice"
    """the messenger's name of the message that a lead approved"""

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise ValueError(
                f"outreach.quiet_until {self.quiet_until} is not before quiet_from "
                f"{self.quiet_from}, so nobody could ever be called"
            )
        if unknown := set(self.quiet_channels) - set(CHANNELS):
            raise ValueError(f"outreach.quiet_channels names {min(unknown)!r}, not {CHANNELS}")

    @property
    def opens(self) -> time:
        """When calls may begin, local."""
        return _read_time("quiet_until", self.quiet_until)

    @property
    def closes(self) -> time:
        """When they end."""
        return _read_time("quiet_from", self.quiet_from)


def _read_time(name: str, text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            "reading the settings", f"outreach.{name} is {text!r}", "Write a time like '08:00'"
        ) from None
