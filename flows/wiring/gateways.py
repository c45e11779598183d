"""Settings to the claims system's gateway. Secrets come from the environment or from files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from claims.delivery.feeding import FeedOptions
from claims.delivery.gateway import Gateway
from claims.delivery.http.calling import Caller
from claims.delivery.http.claim_center import ClaimCenter
from claims.delivery.http.patience import Patience
from claims.delivery.http.tokens import ClientCredentials, FixedToken, OAuthTokens, Tokens
from claims.delivery.http.webhook import Webhook
from core.errors import SettingsError
from flows.wiring.settings import DeliverySettings, GatewayKind, Settings

_WORK = "opening the claims system"


@contextmanager
def opened_gateway(delivery: DeliverySettings) -> Iterator[Gateway]:
    """The gateway of a claims system that is asked over HTTP; it lets go of its connections.

    Raises:
        SettingsError: the claims system is a drop, or a secret is missing.
    """
    if delivery.gateway is GatewayKind.DROP or delivery.url is None:
        raise SettingsError(
            _WORK,
            "delivery.gateway is drop, which nobody is asked for",
            "Set claim_center or webhook",
        )
    limits = httpx.Limits(
        max_connections=delivery.concurrency, max_keepalive_connections=delivery.concurrency
    )
    base = delivery.url.rstrip("/") if delivery.gateway is GatewayKind.CLAIM_CENTER else ""
    # no redirects: they would carry names and tokens elsewhere
    with httpx.Client(base_url=base, timeout=delivery.timeout_s, limits=limits) as client:
        yield _choose(delivery, delivery.url, client)


def choose_feed(settings: Settings) -> FeedOptions:
    """How the claims system's words are read."""
    return FeedOptions(settings.delivery.closed_outcomes, settings.claims.same_loss_days)


def _choose(delivery: DeliverySettings, url: str, client: httpx.Client) -> Gateway:
    patience = Patience(
        tries=delivery.tries, longest_wait_s=delivery.longest_wait_s, timeout_s=delivery.timeout_s
    )
    if delivery.gateway is GatewayKind.WEBHOOK:
        secret = _read_secret(
            "webhook_secret", delivery.webhook_secret, delivery.webhook_secret_file
        )
        return Webhook(client, url, secret.encode(), patience)
    tokens = _choose_tokens(delivery, client, patience)
    caller = Caller(client, tokens, patience)
    return ClaimCenter(caller, delivery.reference_field, delivery.document_type)


def _choose_tokens(delivery: DeliverySettings, client: httpx.Client, patience: Patience) -> Tokens:
    if delivery.token_url is None:
        return FixedToken(delivery.token.get_secret_value() if delivery.token else "")
    if delivery.client_id is None:
        raise SettingsError(_WORK, "delivery.token_url needs delivery.client_id", "Name the client")
    key = secret = None
    if delivery.private_key_file is not None:
        key = _read_file("private_key_file", delivery.private_key_file)
    else:
        secret = _read_secret("client_secret", delivery.client_secret, delivery.client_secret_file)
    credentials = ClientCredentials(
        delivery.token_url, delivery.client_id, secret, key, delivery.key_algorithm, delivery.scope
    )
    return OAuthTokens(credentials, client, patience)


def _read_secret(name: str, given: SecretStr | None, file: Path | None) -> str:
    secret = given.get_secret_value() if given is not None else ""
    if file is not None:
        secret = _read_file(f"{name}_file", file)
    if not secret:
        raise SettingsError(
            _WORK, f"delivery.{name} is not set",
            f"Set FIRSTNOTICE_DELIVERY__{name.upper()} or delivery.{name}_file",
        )  # fmt: skip
    return secret


def _read_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            _WORK, f"delivery.{name} {path} cannot be read ({type(error).__name__})",
            "Name a file that this user may read",
        ) from None  # fmt: skip
