"""What has to be in the environment before Prefect is imported."""

import os

PREFECT_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
"""No telemetry, time for a busy machine to start the ephemeral server, and quiet logs: on the
command line the progress bars say what happens, and an error is told once, in a line."""


def prepare_prefect() -> None:
    """Set what Prefect needs, where the user has not set it."""
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
