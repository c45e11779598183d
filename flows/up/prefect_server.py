"""Prefect's server in one process, with its scheduler mended; a program of its own.

Prefect 3.8 hands its scheduler's rows to SQLAlchemy with values of hybrid properties (``state``)
among the columns. SQLAlchemy 2.0 passed them over; 2.1 refuses, and then no schedule ever starts
a run: the log says "Can't evaluate bulk DML statement", and all else works.
"""

import argparse
from typing import Any

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

    mend_bulk_inserts()
    uvicorn.run(create_app(final=True), host=given.host, port=given.port, log_level=LOG_LEVEL)


def mend_bulk_inserts() -> None:
    """Let bulk inserts of Prefect's tables pass hybrid properties over, as SQLAlchemy 2.0 did."""
    from prefect.server.database import orm_models  # noqa: PLC0415  the server's, seconds
    from sqlalchemy.ext.hybrid import hybrid_property  # noqa: PLC0415  the same

    for mapper in orm_models.Base.registry.mappers:
        for descriptor in mapper.all_orm_descriptors:
            if isinstance(descriptor, hybrid_property):
                _pass_over(descriptor)


def _pass_over(descriptor: Any) -> None:
    if getattr(descriptor, "bulk_dml_setter", None) is None:
        descriptor.bulk_dml_setter = lambda _class, _mapping, _value: None


if __name__ == "__main__":
    main()
