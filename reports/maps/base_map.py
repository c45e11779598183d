"""An online map under the homes, if an installation wants one; without it nothing is fetched."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOST = re.compile(r"(\{s\}\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?")
_URL = re.compile(r"https://[^\s\"'<>;,\\]+")
"""No sign that could end the policy's source list or the page's text."""
SUBDOMAIN = "{s}"
_NEEDED = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, slots=True)
class BaseMap:
    """An online map under the homes of ``map.html``; off unless an address is given."""

    base_url: str | None = None
    """address of its tiles with {z}, {x}, {y} (and {s}), as in https://tiles.example/{z}/{x}/{y}.png;
    absent = none, and the page asks nobody for anything. Whoever serves it sees who looks where"""

    base_attribution: str | None = None
    """whose it is and under which licence, shown below the map; goes with base_url"""

    base_max_zoom: int = 19
    """finest zoom that its server has; beyond it the page enlarges"""

    def __post_init__(self) -> None:
        if (self.base_url is None) != (not (self.base_attribution or "").strip()):
            raise ValueError("map.base_url and map.base_attribution go together")
        if self.base_url is None:
            return
        host = urlsplit(self.base_url.replace(SUBDOMAIN, "a")).netloc
        is_sound = _URL.fullmatch(self.base_url) and _HOST.fullmatch(host)
        if not is_sound or not all(part in self.base_url for part in _NEEDED):
            raise ValueError(
                f"map.base_url {self.base_url!r} is no https address of tiles with {{z}}, {{x}} "
                "and {y}"
            )

    @property
    def origin(self) -> str | None:
        """The one place that the page may ask for pictures, as its security policy names it."""
        if self.base_url is None:
            return None
        host = urlsplit(self.base_url.replace(SUBDOMAIN, "*")).netloc
        return f"https://{host}"

    def describe(self) -> dict[str, object] | None:
        """What the page's scripts read; None where there is none."""
        if self.base_url is None:
            return None
        return {
            "url": self.base_url,
            "attribution": self.base_attribution,
            "maxZoom": self.base_max_zoom,
        }
