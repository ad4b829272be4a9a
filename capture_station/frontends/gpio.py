"""Opens GPIO pins for a push button and a lamp. Only this file imports gpiozero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from capture_station.errors import ConfigError, missing_extra

__all__ = ["PinFactory", "open_pin"]

if TYPE_CHECKING:
    from gpiozero import Factory as PinFactory  # type: ignore[import-untyped]
else:
    PinFactory = Any


def open_pin(
    device: Literal["Button", "PWMLED"],
    number: int,
    setting: str,
    kind: Literal["auto", "mock"],
    pins: PinFactory | None,
) -> Any:
    """A device of gpiozero on one pin.

    Args:
        device: Its class.
        number: BCM number of the pin.
        setting: The setting that names the pin, for errors.
        kind: ``mock``: pins that are not there, for tests.
        pins: gpiozero's pin factory; None uses the one that ``kind`` names.

    Raises:
        ConfigError: The pin does not exist, this machine's pins cannot be used, or gpiozero is not installed.
    """
    try:
        import gpiozero
        from gpiozero.pins.mock import MockFactory, MockPWMPin  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError(f"{setting} is set, but gpiozero is missing ({error}): {missing_extra('pi')}") from error
    if pins is None and kind == "mock":
        pins = MockFactory(pin_class=MockPWMPin)
    try:
        return getattr(gpiozero, device)(number, pin_factory=pins)
    except ImportError as error:  # gpiozero.BadPinFactory is an ImportError.
        raise ConfigError(
            f"{setting} is set, but the pins of this machine cannot be used ({error}): "
            "install lgpio, and put the user into the group gpio"
        ) from error
    except gpiozero.GPIOZeroError as error:
        raise ConfigError(f"{setting} = {number}: {error}; set it to null if there is none") from error
