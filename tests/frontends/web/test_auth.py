"""Tokens, session cookies and rate limits."""

from __future__ import annotations

from capture_station.frontends.web.auth import COOKIE_LIFETIME_S, MAX_REVOKED, RateLimiter, TokenAuth
from tests.frontends.conftest import Clock

from .conftest import TOKEN


def test_a_cookie_expires(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock)
    cookie = auth.new_cookie()
    clock.pass_s(COOKIE_LIFETIME_S - 2)
    assert auth.allows("", cookie)
    clock.pass_s(3)
    assert not auth.allows("", cookie)


def test_forged_cookies_are_refused(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock)
    expires, nonce, signature = auth.new_cookie().split(".")
    assert not auth.allows("", f"{int(expires) + 1}.{nonce}.{signature}")
    assert not auth.allows("", TokenAuth(f"{TOKEN}!", clock).new_cookie())
    for cookie in ("", ".", "..", "é.é.é", "\udcff", f"{expires}.{nonce}."):
        assert not auth.allows("", cookie)


def test_a_revoked_cookie_stays_revoked_whatever_else_is_revoked(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock)
    cookie = auth.new_cookie()
    auth.revoke(cookie)
    for number in range(2 * MAX_REVOKED):
        auth.revoke(f"rubbish {number}")
    assert not auth.allows("", cookie)


def test_only_the_right_token_is_accepted(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock)
    for authorization in ("", "Bearer", "Bearer ", "Basic " + TOKEN, TOKEN, "Bearer \udcff"):
        assert not auth.allows(authorization, "")
    assert auth.allows(f"bearer {TOKEN}", "")
    assert TokenAuth(None, clock).allows("", "")


def test_each_client_has_a_rate_limit_that_recovers(clock: Clock) -> None:
    limiter = RateLimiter(2, 0.5, clock)
    assert [limiter.take("a"), limiter.take("a")] == [0, 0]
    assert limiter.take("a") == 2
    assert limiter.take("b") == 0
    clock.pass_s(2)
    assert limiter.take("a") == 0
    assert limiter.take("a") == 2
    clock.pass_s(1e9)
    assert [limiter.take("a"), limiter.take("a")] == [0, 0]
    assert limiter.take("a") > 0


def test_old_clients_are_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(1, 1, clock)
    for number in range(5000):
        assert limiter.take(str(number)) == 0
    assert len(limiter._left) <= 1024
