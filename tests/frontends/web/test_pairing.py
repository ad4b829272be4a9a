"""Pairing an operator's phone: a code lets one phone in, for a few minutes, and guessing is slow."""

from __future__ import annotations

import errno
import re
import socket
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp

from capture_station import shipped
from capture_station.commands.phone import print_phone_code
from capture_station.commands.run import pairing
from capture_station.errors import NotRunning, StationError
from capture_station.frontends.control_socket import ControlServer
from capture_station.frontends.web import pairing as pairing_module
from capture_station.frontends.web import server as server_module
from capture_station.frontends.web.pairing import LIFETIME_S, PairingCodes, phone_addresses
from capture_station.frontends.web.sockets import Listener, listen, phone_endpoint
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

from .conftest import TOKEN
from .serving import Serving, serving

IP_FREEBIND = 15
"""ip(7); Python has no name for it before 3.14."""
BOOTH = "https://booth.example.org"


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
        assert phone_addresses("", phone_endpoint([local])) == []
        assert phone_addresses("https://booth.example.org/", phone_endpoint([local])) == ["https://booth.example.org"]
        found = phone_addresses("", phone_endpoint([local, everywhere]))
        port = everywhere.socket.getsockname()[1]
        assert all(address.endswith(f":{port}") for address in found)
        assert any(".local:" in address for address in found)
    finally:
        local.close()
        everywhere.close()


def test_a_sandbox_without_network_shows_the_name_of_the_machine(
    station: FakeStation, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused(socket.socket):
        """What the service's ``RestrictAddressFamilies=`` makes of a socket to the network."""

        def __init__(self, family: int = -1, kind: int = -1, *more: Any, **named: Any) -> None:
            if kind == socket.SOCK_DGRAM:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, kind, *more, **named)

    with serving(station, listen="0.0.0.0:0", token_file=str(token_file), share={"minutes": 30}) as served:
        monkeypatch.setattr(socket, "socket", Refused)
        port = served.server.listeners[0].socket.getsockname()[1]
        address = f"http://{socket.gethostname()}.local:{port}"
        assert served.server.addresses[0].startswith(f"{address}/")
        assert served.server.phone_addresses == [address]
        assert pairing(served.server).code is not None
        assert served.server.share_links is not None
        assert served.server.share_links.link("20260131-120000-000000-00000000").url.startswith(f"{address}/share/")


def test_codes_and_links_lead_to_the_network_on_which_the_page_is_served(
    station: FakeStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing_module, "AVAHI", tmp_path / "none")
    with socket.socket() as access_point:
        access_point.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)  # As on a machine that has this address.
        access_point.bind(("192.168.4.1", 0))
        access_point.listen()
        monkeypatch.setattr(server_module, "inherited", lambda: ([Listener(access_point)], []))
        page = f"http://192.168.4.1:{access_point.getsockname()[1]}"
        with (
            serving(station, share={"minutes": 30}, listen="auto") as served,
            ControlServer(station, tmp_path / "socket") as control,
        ):
            assert pairing(served.server).addresses == (page,)
            assert served.server.share_links is not None
            assert served.server.share_links.link(station.save().id).url.startswith(f"{page}/share/")
            control.pair = served.server.new_phone_code
            print_phone_code(tmp_path / "socket", out := StringIO())
    assert f"open {page}/#pair=" in out.getvalue()


def test_a_page_for_this_machine_only_has_no_code(station: FakeStation) -> None:
    with serving(station) as served:
        shown = pairing(served.server)
        assert shown.code is None
        assert shown.addresses == (served.url,)


@pytest.mark.parametrize("on_terminal", [False, True])
def test_without_a_window_a_terminal_shows_the_code(
    station: FakeStation, tmp_path: Path, token_file: Path, on_terminal: bool
) -> None:
    out = Terminal() if on_terminal else StringIO()
    with (
        serving(station, share={"address": BOOTH}, token_file=str(token_file)) as served,
        ControlServer(station, tmp_path / "socket") as control,
        served.client() as phone,
    ):
        control.pair = served.server.new_phone_code
        print_phone_code(tmp_path / "socket", out)
        shown = out.getvalue()
        assert ("\x1b" in shown) is on_terminal
        link = next(word for word in shown.split() if "#pair=" in word)
        assert seen(shown) == link
        assert link.startswith(f"{BOOTH}/#pair=")
        assert TOKEN not in shown
        assert phone.post("/api/v1/pair", json={"code": link.partition("=")[2]}).status_code == 204
        assert phone.get("/api/v1/state").status_code == 200


def test_a_terminal_says_why_there_is_no_code(station: FakeStation, tmp_path: Path) -> None:
    with serving(station) as served, ControlServer(station, tmp_path / "socket") as control:
        with pytest.raises(StationError, match=r"no page; set web\.listen=0\.0\.0\.0:8480"):
            print_phone_code(tmp_path / "socket", StringIO())
        control.pair = served.server.new_phone_code
        with pytest.raises(StationError, match=r"cannot reach the page; set web\.listen=0\.0\.0\.0:8480"):
            print_phone_code(tmp_path / "socket", StringIO())


def test_a_station_that_was_not_restarted_after_an_update_is_named(station: FakeStation, tmp_path: Path) -> None:
    with ControlServer(station, tmp_path / "socket") as control:
        control.pair = lambda: {"code": "older", "address": BOOTH, "port": 8480}
        with pytest.raises(StationError, match="of another version; restart it"):
            print_phone_code(tmp_path / "socket", StringIO())


def test_whoever_may_enter_the_services_folder_gets_its_code(
    station: FakeStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nobody"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(shipped, "SERVICE_RUNTIME", tmp_path)
    service = tmp_path / "capture-station.sock"
    with pytest.raises(NotRunning):
        print_phone_code(None, StringIO())
    with serving(station, share={"address": BOOTH}) as served, ControlServer(station, service) as control:
        control.pair = served.server.new_phone_code
        print_phone_code(None, out := StringIO())
    assert f"{BOOTH}/#pair=" in out.getvalue()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def seen(text: str) -> str:
    """What a camera reads from half blocks that are bright on a dark terminal."""
    rows = [line for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines() if set(line) <= set(" ▀▄█")]
    halves = [[[one in "▀█" for one in row], [one in "▄█" for one in row]] for row in rows]
    picture = np.array([half for both in halves for half in both], np.uint8) * 255
    (code,) = zxingcpp.read_barcodes(np.kron(picture, np.ones((8, 8), np.uint8)))
    return code.text
