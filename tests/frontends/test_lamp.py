"""A lamp that follows the station: on mock pins, and as a WLED controller on a local port."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from capture_station.config import LampSettings
from capture_station.errors import ConfigError
from capture_station.frontends.lamp import DIM_AFTER_S, REPEAT_S, TICK_S, Lamp
from capture_station.station.status import Hint
from tests.running import running

from .conftest import Clock
from .fake_station import FakeStation

MOCK = LampSettings(gpio_pin=18, pin_factory="mock")


class Wled(HTTPServer):
    """A controller that remembers what it was told."""

    def __init__(self) -> None:
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers = True
        told, wled = self.told, self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                assert self.path == "/json/state"
                told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                if not wled.answers:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def wled() -> Iterator[Wled]:
    server = Wled()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_it_shines_while_somebody_is_there_and_fully_for_the_exposure(station: FakeStation) -> None:
    lamp = Lamp(station, MOCK)
    station.see(Hint.NOBODY)
    assert lamp.level(station.status()) == 0
    station.see()
    assert lamp.level(station.status()) == 0.3
    station.count_down(3)
    assert lamp.level(station.status()) == 0.3
    station.count_down(1.4)
    assert lamp.level(station.status()) == 1


def test_somebody_who_steps_aside_does_not_stand_in_the_dark_at_once(station: FakeStation) -> None:
    lamp = Lamp(station, MOCK)
    station.see()
    lamp.level(station.status())
    station.see(Hint.NOBODY)
    levels = [lamp.level(station.status()) for _ in range(round(DIM_AFTER_S / TICK_S) + 2)]
    assert levels[0] == 0.3
    assert levels[-1] == 0


def test_a_wled_controller_is_told(station: FakeStation, wled: Wled) -> None:
    station.see(Hint.NOBODY)
    with running(Lamp(station, LampSettings(url=wled.url)).run):
        assert wled.told.get(timeout=20)["on"] is False
        station.see()
        assert wled.told.get(timeout=20) == {"on": True, "bri": 76, "transition": 2}
        station.count_down(0.5)
        assert wled.told.get(timeout=20)["bri"] == 255
    assert wled.told.get(timeout=20)["on"] is False


def test_a_lamp_whose_answer_was_lost_does_not_stay_at_full_light(station: FakeStation, wled: Wled) -> None:
    station.see()
    with running(Lamp(station, LampSettings(url=wled.url)).run):
        assert wled.told.get(timeout=20)["bri"] == 76
        wled.answers = False
        station.count_down(0.5)
        assert wled.told.get(timeout=20)["bri"] == 255
        station.count_down(3)
        while wled.told.get(timeout=20)["bri"] != 76:
            pass


def test_a_controller_that_was_without_power_is_told_again(station: FakeStation, wled: Wled, clock: Clock) -> None:
    station.see()
    with running(Lamp(station, LampSettings(url=wled.url), clock_s=clock).run):
        first = wled.told.get(timeout=20)
        seen = station.statuses
        assert station.await_statuses(seen + 3)
        assert wled.told.empty()
        clock.pass_s(REPEAT_S)
        assert wled.told.get(timeout=20) == first


def test_a_lamp_that_is_away_harms_nobody(station: FakeStation, caplog: pytest.LogCaptureFixture) -> None:
    server = Wled()
    server.server_close()
    station.see()
    lamp = Lamp(station, LampSettings(url=server.url))
    with running(lamp.run):
        assert station.await_statuses(5)
    assert caplog.text.count("the lamp cannot be reached") == 1


def test_a_pin_that_is_none_is_a_configuration_error(station: FakeStation) -> None:
    pytest.importorskip("gpiozero", reason="the lamp needs gpiozero (extra [pi])")
    with pytest.raises(ConfigError, match=r"lamp\.gpio_pin = 53"):
        Lamp(station, LampSettings(gpio_pin=53, pin_factory="mock"))


def test_a_lamp_on_a_pin_is_switched_off_at_the_end(station: FakeStation) -> None:
    gpiozero = pytest.importorskip("gpiozero", reason="the lamp needs gpiozero (extra [pi])")
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # type: ignore[import-untyped]

    assert gpiozero
    pins = MockFactory(pin_class=MockPWMPin)
    station.see()
    with running(Lamp(station, LampSettings(gpio_pin=18), pins).run):
        assert station.await_statuses(3)
    assert pins.pin(18).state == 0
    pins.close()
