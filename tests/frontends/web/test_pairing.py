"""Pairing an operator's phone: a code lets one phone in, for a few minutes, and guessing is slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_station.commands.run import pairing
from capture_station.frontends.web import pairing as pairing_module
from capture_station.frontends.web.pairing import LIFETIME_S, PairingCodes, phone_addresses
from capture_station.frontends.web.sockets import listen
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

from .serving import Serving, serving


def test_a_code_lets_one_phone_in_and_then_nobody(locked: Serving) -> None:
    code = locked.server.pairing.new()
    with locked.client() as phone, locked.client() as stranger:
        assert phone.get("/api/v1/state").status_code == 401
        answer = phone.post("/api/v1/pair", json={"code": code})
        assert answer.status_code == 204
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert code not in answer.headers["set-cookie"]
        assert phone.get("/api/v1/state").status_code == 200
        assert stranger.post("/api/v1/pair", json={"code": code}).status_code == 403
        assert stranger.get("/api/v1/state").status_code == 401


def test_guessing_is_slow_and_does_not_take_the_code_away(locked: Serving) -> None:
    code = locked.server.pairing.new()
    with locked.client() as stranger:
        answers = [stranger.post("/api/v1/pair", json={"code": f"guess {number}"}) for number in range(8)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 3
        assert stranger.post("/api/v1/login", json={"token": "guess"}).status_code == 429  # One limit for both.
    with locked.client() as phone:
        assert phone.post("/api/v1/pair", json={"code": code}).status_code == 204


def test_a_code_ends_after_minutes_and_with_the_next_one(clock: Clock) -> None:
    codes = PairingCodes(clock)
    assert not codes.redeem("")
    first = codes.new()
    second = codes.new()
    assert first != second
    assert not codes.redeem(first)
    clock.pass_s(LIFETIME_S)
    assert not codes.redeem(second)
    third = codes.new()
    clock.pass_s(LIFETIME_S - 1)
    assert codes.redeem(third)
    assert not codes.redeem(third)


def test_the_window_shows_what_phones_can_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local, everywhere = listen("127.0.0.1:0"), listen("0.0.0.0:0")
    monkeypatch.setattr(pairing_module, "AVAHI", tmp_path)
    try:
        assert phone_addresses("", [local]) == []
        assert phone_addresses("https://booth.example.org/", [local]) == ["https://booth.example.org"]
        found = phone_addresses("", [local, everywhere])
        assert all(address.endswith(f":{everywhere.port}") for address in found)
        assert any(".local:" in address for address in found)
    finally:
        local.close()
        everywhere.close()


def test_a_page_for_this_machine_only_has_no_code(station: FakeStation) -> None:
    with serving(station) as served:
        shown = pairing(served.server)
        assert shown.code is None
        assert shown.addresses == (served.url,)
