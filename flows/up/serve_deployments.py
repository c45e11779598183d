"""The process of ``firstnotice up`` that serves the deployments; a program of its own."""

import argparse
from pathlib import Path

from flows.cli.process.environment import prepare_prefect

PARALLEL_RUNS = 4


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--watch", type=Path)
    given = parser.parse_args()
    prepare_prefect()
    from prefect import serve  # noqa: PLC0415  after its environment is ready

    from flows.up.deployments import Place, make_deployments  # noqa: PLC0415  the same
    from flows.wiring.adapters import is_delivered_with_run  # noqa: PLC0415  the same
    from flows.wiring.settings import Settings  # noqa: PLC0415  the same

    delivers = not is_delivered_with_run(Settings.read(given.settings))
    place = Place(given.events, given.out, given.settings, given.watch, delivers)
    # what is due stays due while this process is away for a moment
    serve(
        *make_deployments(place), limit=PARALLEL_RUNS, pause_on_shutdown=False,
        print_starting_message=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
