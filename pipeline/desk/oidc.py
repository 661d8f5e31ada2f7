"""Signing in elsewhere: OpenID Connect, the code flow with PKCE, for houses that have an identity provider.

Knows the protocol, by Authlib; which account somebody is stays this desk's knowledge: none is made by signing in.

References
----------
OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9700 (best current practice).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pipeline.errors import ConfigurationError

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""With which an identity may be signed; never by a secret that both sides know, nor not at all."""
TIMEOUT_S = 10


@dataclass(frozen=True)
class Provider:
    """An identity provider.

    Parameters
    ----------
    issuer : str
        Its address, under which ``/.well-known/openid-configuration`` lies.
    client, secret : str
        By which it knows this desk.
    claim : str
        Which claim of an identity is the account's id.
    """

    issuer: str
    client: str
    secret: str
    claim: str = "preferred_username"


@dataclass(frozen=True)
class Journey:
    """One sign-in that is under way, as the browser brings it back: whoever lacks it did not begin it."""

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def begun() -> Journey:
        """A new one."""
        return Journey(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


def authorization(provider: Provider, journey: Journey, back: str) -> str:
    """The address at the provider where one signs in.

    Raises
    ------
    ConfigurationError
        If the provider cannot be reached or is another one.
    """
    with _client(provider, back) as client:
        address, _ = client.create_authorization_url(
            _configuration(provider)["authorization_endpoint"],
            state=journey.state,
            nonce=journey.nonce,
            code_verifier=journey.verifier,
        )
    return str(address)


def identity(provider: Provider, journey: Journey, back: str, code: str) -> str:
    """The account's id, as the provider says who signed in.

    Raises
    ------
    ConfigurationError
        If the provider does not answer, or its answer is not for this sign-in; says no more than that.
    """
    try:
        configuration = _configuration(provider)
        with _client(provider, back) as client:
            token = client.fetch_token(
                configuration["token_endpoint"],
                code=code,
                code_verifier=journey.verifier,
                grant_type="authorization_code",
            )
        keys = KeySet.import_key_set(
            httpx.get(configuration["jwks_uri"], timeout=TIMEOUT_S).raise_for_status().json()
        )
        claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client},
            exp={"essential": True},
            nonce={"essential": True, "value": journey.nonce},
        ).validate(claims)
        return str(claims[provider.claim])
    except (httpx.HTTPError, AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"统一身份认证没有通过（{type(error).__name__}），请重新登录或联系管理员"
        ) from error


def _configuration(provider: Provider) -> dict[str, Any]:
    address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        found = httpx.get(address, timeout=TIMEOUT_S).raise_for_status().json()
        if found["issuer"] != provider.issuer:
            raise ValueError("another issuer")
        return {name: found[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"统一身份认证暂时不可用（{type(error).__name__}），请用本地账号登录") from error


def _client(provider: Provider, back: str) -> OAuth2Client:
    return OAuth2Client(
        provider.client,
        provider.secret,
        scope="openid profile",
        redirect_uri=back,
        code_challenge_method="S256",
        timeout=TIMEOUT_S,
    )
