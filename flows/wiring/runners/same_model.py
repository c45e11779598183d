"""Whether this process would grade as the flow that planned the work."""

from core.errors import FirstNoticeError, SettingsError
from flows.wiring.adapters import detector_key
from flows.wiring.context import RunContext


def check_same_model(run: RunContext, model: str) -> None:
    """Refuse to grade with another model than the plan's: its grades would lie under a wrong key.

    A process elsewhere has an environment and files of its own.

    Args:
        run: the run, as this process sees it.
        model: ``wiring.detector_key`` in the process that planned.

    Raises:
        SettingsError: the settings, weights or version here are others, or cannot be read.
    """
    work = f"grading for run {run.folder.run_id}"
    try:
        here = detector_key(run.settings)
    except FirstNoticeError as error:
        raise SettingsError(work, f"a worker cannot open the model: {error}", _SAME) from None
    if here != model:
        raise SettingsError(
            work, "a worker's detector settings, weights or version are not the flow's", _SAME
        )


_SAME = (
    "Give each worker the same firstnotice, settings file, weights path and FIRSTNOTICE_* "
    "variables as the flow; where processors differ, set detector.number_format: float32"
)
