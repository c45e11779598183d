"""Where batches are graded, as the settings say it."""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RunnerKind(StrEnum):
    """Who grades batches."""

    THREADS = "threads"
    DASK = "dask"


class RunnerSettings(BaseModel):
    """Where batches are graded: threads of one process, or the workers of a Dask cluster."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RunnerKind = Field(
        RunnerKind.THREADS, description="threads, or dask (pip install 'firstnotice[dask]')"
    )
    workers: int = Field(
        2, ge=1,
        description="batches at once: threads, or processes of a Dask cluster on this machine",
    )  # fmt: skip
    address: str | None = Field(
        None, pattern=r"^(tcp|tls)://[^\s/]+:\d+$",
        description="dask: scheduler of a running cluster, as in tcp://host:8786; "
        "absent = a cluster on this machine for the run",
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, given: Any) -> Any:
        """``runner: dask`` says the kind alone."""
        return {"kind": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _address_is_of_dask(self) -> Self:
        if self.address is not None and self.kind is not RunnerKind.DASK:
            raise ValueError(f"address {self.address!r} needs kind: dask")
        return self
