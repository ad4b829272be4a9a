"""Presses of a push button on mock pins."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from capture_station.config import ButtonSettings
from capture_station.errors import ConfigError
from capture_station.frontends.button import Button
from capture_station.subjects.subject import Subject

from .conftest import Clock
from .fake_station import FakeStation

gpiozero = pytest.importorskip("gpiozero", reason="the button needs gpiozero (extra [pi])")

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

SETTINGS = ButtonSettings(gpio_pin=17, debounce_s=0.05)


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.close()


@pytest.fixture
def running_button(station: FakeStation, clock: Clock, pins: MockFactory) -> Iterator[None]:
    """A button whose thread runs until the test ends."""
    button, stop = Button(station, SETTINGS, pins, clock), threading.Event()
    thread = threading.Thread(target=button.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.usefixtures("running_button")
def test_a_bouncing_press_takes_one_portrait(station: FakeStation, clock: Clock, pins: MockFactory) -> None:
    station.see()
    pin = pins.pin(17)
    for _ in range(5):
        pin.drive_low()
        clock.pass_s(0.004)
        pin.drive_high()
        clock.pass_s(0.004)
    assert station.await_requests(1)
    station.finish()
    clock.pass_s(1)
    pin.drive_low()
    assert station.await_requests(2)
    assert station.requests == 2


@pytest.mark.usefixtures("running_button")
def test_the_button_keeps_working_after_a_refused_press(
    station: FakeStation, clock: Clock, pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    station.unplug("gone")
    pin = pins.pin(17)
    pin.drive_low()
    pin.drive_high()
    assert station.await_refusals(1)
    clock.pass_s(1)
    station.see()
    pin.drive_low()
    assert station.await_requests(1)
    assert "no camera" in caplog.text


@pytest.mark.usefixtures("running_button")
def test_the_log_does_not_say_who_must_not_be_photographed(
    station: FakeStation, clock: Clock, pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    station.see()
    station.subjects.use("required", Subject("20417", "Ada Lovelace"))
    station.subjects.check_in("20417")
    station.subjects.relist(Subject("20417", "Ada Lovelace", refused="Photo consent: no"))
    pin = pins.pin(17)
    pin.drive_low()
    pin.drive_high()
    assert station.await_refusals(1)
    clock.pass_s(1)
    station.subjects.relist(Subject("20417", "Ada Lovelace"))
    pin.drive_low()
    assert station.await_requests(1)
    assert "the person must not be photographed" in caplog.text
    for told in ("Ada", "20417", "consent"):
        assert told not in caplog.text


def test_a_missing_pin_is_a_configuration_error(station: FakeStation, pins: MockFactory) -> None:
    with pytest.raises(ConfigError, match=r"button\.gpio_pin = 53: .*set it to null"):
        Button(station, ButtonSettings(gpio_pin=53), pins)


def test_unusable_pins_are_a_configuration_error(station: FakeStation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none")
    with pytest.raises(ConfigError, match=r"cannot be used \(.*'none'\): install lgpio, .* group gpio"):
        Button(station, SETTINGS)


def test_the_configuration_can_choose_mock_pins(station: FakeStation) -> None:
    stop = threading.Event()
    stop.set()
    Button(station, ButtonSettings(gpio_pin=4, pin_factory="mock")).run(stop)
