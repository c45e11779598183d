"""Prefect's server in one process, so that it ends with the process that was told to end."""

import argparse

from flows.cli.process.environment import prepare_prefect

LOG_LEVEL = "warning"


def main() -> None:
    """Serve on loopback, or where told, until told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    prepare_prefect()
    import uvicorn  # noqa: PLC0415  after the environment is ready
    from prefect.server.api.server import create_app  # noqa: PLC0415  the same

    uvicorn.run(create_app(final=True), host=given.host, port=given.port, log_level=LOG_LEVEL)


if __name__ == "__main__":
    main()
