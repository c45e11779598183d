"""What the main flow needs before it begins: nothing that takes seconds to import in vain."""

import os
import subprocess
import sys

import pytest

OPENS_A_RUN = """
import sys
from datetime import UTC, datetime
from pathlib import Path

import flows.assess_event
from flows.wiring.opening import open_run

open_run(Path(sys.argv[1]), Path(sys.argv[2]), datetime(2018, 10, 14, 12, tzinfo=UTC), None)
print(*sorted({"torch", "torchvision", "sklearn"} & set(sys.modules)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch is asked for the processor")
def test_the_flow_is_imported_and_a_run_opened_without_the_libraries_that_grade(
    town_event, tmp_path
):
    # who holds torch to older kernels has torch asked what that means
    plain = {name: text for name, text in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    told = subprocess.run(
        [sys.executable, "-c", OPENS_A_RUN, town_event, tmp_path / "out"],
        capture_output=True, text=True, check=True, env=plain,
    )  # fmt: skip
    assert told.stdout.strip() == ""
