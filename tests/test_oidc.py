"""Signing in elsewhere, against a real provider on a port of its own."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from pipeline.desk import Desk
from pipeline.desk.oidc import Provider
from pipeline.store import Store
from tests.desks import client, people


class Identities:
    """A small OpenID Connect provider: whoever comes is `who`; `changes` spoil what it says."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.who, self.changes, self.asked, self.issuer = "wang", {}, {}, ""
        self.signs_with = self.key

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", lambda _: JSONResponse({"keys": [self.key.as_dict(private=False)]})),
            ]
        )

    async def configuration(self, _request):
        there = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return JSONResponse({name: self.issuer + path for name, path in there.items()} | {"issuer": self.issuer})

    async def token(self, request):
        form = await request.form()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if form["code"] != "code" or challenge.decode() != self.asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims = {
            "iss": self.issuer,
            "aud": "callqa",
            "exp": int(time.time()) + 60,
            "nonce": self.asked["nonce"],
            "preferred_username": self.who,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.changes, self.signs_with)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed})


@pytest.fixture(scope="module")
def identities():
    provider = Identities()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        provider.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield provider
        server.should_exit = True
        thread.join()


@pytest.fixture
def browser(identities, tmp_path):
    identities.who, identities.changes, identities.signs_with = "wang", {}, identities.key
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        people(store)
        yield client(Desk(store, provider=Provider(identities.issuer, "callqa", "secret")))


def signed_in(browser, identities, **changes):
    """The answer when the browser comes back from the provider."""
    away = browser.get("/sign-in/elsewhere?next=/me").headers["location"]
    identities.asked = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
    return browser.get("/sign-in/back", params={"state": identities.asked["state"], "code": "code"} | changes)


def test_who_has_an_account_gets_in_and_where_one_wanted_to_go(browser, identities):
    assert "统一身份认证" in browser.get("/sign-in").text
    answer = signed_in(browser, identities)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "王芳" in browser.get("/me").text
    assert identities.asked["code_challenge_method"] == "S256"


def test_no_account_is_made_by_signing_in(browser, identities):
    identities.who = "stranger"
    answer = signed_in(browser, identities)
    assert answer.status_code == 403
    assert "还没有账号" in answer.text


@pytest.mark.parametrize(
    "changes",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=["nonce", "audience", "issuer", "expired"],
)
def test_an_identity_that_is_not_for_this_sign_in_is_refused(browser, identities, changes):
    identities.changes = changes
    answer = signed_in(browser, identities)
    assert answer.status_code == 422
    assert "没有通过" in answer.text


def test_an_identity_that_somebody_else_signed_is_refused(browser, identities):
    identities.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
    assert signed_in(browser, identities).status_code == 422


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"code": ""}])
def test_who_did_not_begin_cannot_end_it(browser, identities, changes):
    assert signed_in(browser, identities, **changes).status_code == 400


def test_a_code_of_somebody_else_is_refused_by_the_provider(browser, identities):
    assert signed_in(browser, identities, code="stolen").status_code == 422


def test_without_a_provider_there_is_no_such_page(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        browser = client(store)
        assert browser.get("/sign-in/elsewhere").status_code == 404
        assert "统一身份认证" not in browser.get("/sign-in").text


def test_a_provider_that_is_away_leaves_the_local_accounts(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        browser = client(Desk(store, provider=Provider("http://127.0.0.1:9", "callqa", "secret")))
        answer = browser.get("/sign-in/elsewhere")
        assert answer.status_code == 422
        assert "请用本地账号登录" in answer.text
