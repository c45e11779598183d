"""What a run may tell of its settings and sources: everything but secrets."""

import re
from typing import Any

from flows.wiring.settings import Settings

HIDDEN = "***"
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<user>[^/?#@:\s]*)(?P<password>:\S*)?@)?"
    r"(?P<rest>[^?#\s]*)(?P<query>\?[^#\s]*)?(?P<end>#\S*)?",
    re.IGNORECASE,
)
_PLAIN_QUERY = re.compile(
    r"^(sslmode|connect_timeout|application_name|timeout|cache|mode)=", re.IGNORECASE
)


def describe_settings(settings: Settings) -> dict[str, Any]:
    """All settings as JSON knows them, secrets hidden."""
    described: dict[str, Any] = hide_secrets(settings.model_dump(mode="json"))
    return described


def hide_secrets(value: Any) -> Any:
    """JSON-like values with the secrets of addresses in them hidden: passwords and queries.

    A query may be a signature or a password (``?sig=...``), so only parameters known to be plain
    stay.
    """
    if isinstance(value, dict):
        return {name: hide_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [hide_secrets(each) for each in value]
    return _ADDRESS.sub(_hide, value) if isinstance(value, str) else value


def _hide(address: re.Match[str]) -> str:
    login = "" if address["user"] is None else f"{address['user']}@"
    if address["password"]:
        login = f"{address['user']}:{HIDDEN}@"
    return f"{address['scheme']}{login}{address['rest']}{_hide_query(address['query'])}"


def _hide_query(query: str | None) -> str:
    if not query:
        return ""
    parts = query[1:].split("&")
    shown = [
        part if _PLAIN_QUERY.match(part) else f"{part.partition('=')[0]}={HIDDEN}"
        for part in parts if part
    ]  # fmt: skip
    return "?" + "&".join(shown)
