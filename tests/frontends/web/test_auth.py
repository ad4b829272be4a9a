"""Cookies and allowances over time."""

from __future__ import annotations

from capture_station.frontends.web.auth import MOST_REVOKED, SIGNED_IN_S, Access, Allowance
from tests.frontends.conftest import Clock

from .conftest import TOKEN


def test_a_cookie_ends_by_itself(clock: Clock) -> None:
    access = Access(TOKEN, clock)
    cookie = access.cookie()
    clock.pass_s(SIGNED_IN_S - 2)
    assert access.admits("", cookie)
    clock.pass_s(3)
    assert not access.admits("", cookie)


def test_a_changed_cookie_or_another_stations_is_none(clock: Clock) -> None:
    access = Access(TOKEN, clock)
    expires, nonce, signature = access.cookie().split(".")
    assert not access.admits("", f"{int(expires) + 1}.{nonce}.{signature}")
    assert not access.admits("", Access(f"{TOKEN}!", clock).cookie())
    for cookie in ("", ".", "..", "é.é.é", "\udcff", f"{expires}.{nonce}."):
        assert not access.admits("", cookie)


def test_a_cookie_that_was_taken_back_stays_so_whatever_else_is_shown(clock: Clock) -> None:
    access = Access(TOKEN, clock)
    cookie = access.cookie()
    access.revoke(cookie)
    for number in range(2 * MOST_REVOKED):
        access.revoke(f"rubbish {number}")
    assert not access.admits("", cookie)


def test_no_token_shows_no_way_in_where_one_is_needed(clock: Clock) -> None:
    access = Access(TOKEN, clock)
    for authorization in ("", "Bearer", "Bearer ", "Basic " + TOKEN, TOKEN, "Bearer \udcff"):
        assert not access.admits(authorization, "")
    assert access.admits(f"bearer {TOKEN}", "")
    assert Access(None, clock).admits("", "")


def test_an_allowance_grows_back_for_each_client(clock: Clock) -> None:
    allowance = Allowance(2, 0.5, clock)
    assert [allowance.take("a"), allowance.take("a")] == [0, 0]
    assert allowance.take("a") == 2
    assert allowance.take("b") == 0
    clock.pass_s(2)
    assert allowance.take("a") == 0
    assert allowance.take("a") == 2
    clock.pass_s(1e9)
    assert [allowance.take("a"), allowance.take("a")] == [0, 0]
    assert allowance.take("a") > 0


def test_clients_without_number_are_forgotten(clock: Clock) -> None:
    allowance = Allowance(1, 1, clock)
    for number in range(5000):
        assert allowance.take(str(number)) == 0
    assert len(allowance._left) <= 1024
