"""The delivering flow: what runs left in the outbox goes to the claims system, apart from them."""

from pathlib import Path

from prefect import flow, get_run_logger

from flows.naming import name_delivery
from flows.stages.drafts.deliver import Delivered
from flows.tasks import deliver_task
from flows.wiring.settings import Settings


@flow(name="deliver-claims", flow_run_name=name_delivery)
def deliver_claims(out: Path, settings_file: Path | None = None) -> Delivered:
    """Deliver drafts at least once, each taking effect once, and read what became of claims.

    Args:
        out: folder of all runs.
        settings_file: settings, which name the claims system; never a secret in a parameter.
    """
    delivered = deliver_task(out, settings_file)
    log = get_run_logger()
    counts = {str(state): count for state, count in delivered.counts.items()}
    log.info("delivered %s; claims system: %s", counts, delivered.followed)
    if delivered.is_stopped:
        gateway = Settings.read(settings_file).delivery.gateway
        log.warning("the claims system (%s) stopped answering; the rest waits", gateway)
    return delivered
