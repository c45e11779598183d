import json
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from claims.delivery.http.tokens import ClientCredentials, FixedToken, OAuthTokens
from core.errors import SettingsError

URL = "https://sign-in.example/oauth/token"
_SECRET = "told to nobody"  # noqa: S105  of nobody


class _Server:
    """Gives tokens, numbered."""

    def __init__(self, expires_in: int = 3600) -> None:
        self.forms: list[dict[str, list[str]]] = []
        self._expires_in = expires_in

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.forms.append(parse_qs(request.content.decode()))
        said = {"access_token": f"t{len(self.forms)}", "expires_in": self._expires_in}
        return httpx.Response(200, content=json.dumps(said))


@pytest.fixture
def tokens_of(calm):
    def make(server, credentials=None, clock=lambda: 1_000.0) -> OAuthTokens:
        client = httpx.Client(transport=httpx.MockTransport(server))
        asked = credentials or ClientCredentials(URL, "me", _SECRET, scope="cc.claims")
        return OAuthTokens(asked, client, calm, clock)

    return make


def test_one_token_serves_until_it_ends_or_is_refused(tokens_of):
    server, now = _Server(), [1_000.0]
    tokens = tokens_of(server, clock=lambda: now[0])
    assert [tokens.get(), tokens.get(), tokens.get(refused="older")] == ["t1"] * 3
    assert tokens.get(refused="t1") == "t2"
    now[0] += 3_580
    assert tokens.get() == "t3", "renewed before it ends"
    assert server.forms[0] == {
        "grant_type": ["client_credentials"], "client_id": ["me"], "client_secret": [_SECRET],
        "scope": ["cc.claims"],
    }  # fmt: skip


def test_with_a_key_the_client_signs_and_tells_no_secret(tokens_of):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    server = _Server()
    tokens_of(server, ClientCredentials(URL, "me", private_key=pem)).get()
    (form,) = server.forms
    assert "client_secret" not in form
    claims = jwt.decode(
        form["client_assertion"][0], key.public_key(), ["RS256"], audience=URL,
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("me", "me", 300)


@pytest.mark.parametrize("answer", [(401, "{}"), (200, "{}"), (200, "no json"), (200, "[]")])
def test_a_refusal_names_the_settings_and_no_secret(answer, tokens_of):
    status, content = answer
    server = lambda _: httpx.Response(status, content=content)  # noqa: E731
    with pytest.raises(SettingsError, match="token_url") as told:
        tokens_of(server).get()
    assert _SECRET not in str(told.value)


def test_no_secret_stands_in_what_is_printed():
    printed = repr(ClientCredentials(URL, "me", _SECRET, private_key=_SECRET)) + repr(
        FixedToken(_SECRET)
    )
    assert _SECRET not in printed
