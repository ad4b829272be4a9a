"""Run a station process: its frontends, its background threads, its signals and its exit."""

from __future__ import annotations

import contextlib
import errno
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from capture_station.archive.retention import Retention
from capture_station.camera.demo_fallback import refuse_demo_fallback
from capture_station.camera.factory import expected_size_wh, expects_demo
from capture_station.config import StationSettings, load, socket_of
from capture_station.errors import CameraError, ConfigError, DisplayError
from capture_station.export.download import Download
from capture_station.export.template import as_listed
from capture_station.frontends.button import Button
from capture_station.frontends.console import Console, tell
from capture_station.frontends.control_socket import ControlServer
from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.lamp import Lamp
from capture_station.frontends.mqtt import Mqtt
from capture_station.frontends.state_folder import station_folder, take_over
from capture_station.frontends.web.sockets import CannotListen
from capture_station.frontends.window.operator.services import OperatorServices, Pairing
from capture_station.frontends.window.window import Window
from capture_station.printing.factory import open_printer
from capture_station.printing.print_queue import PrintQueue
from capture_station.printing.sheet import FindName
from capture_station.release import ReleaseRule
from capture_station.service.journal import is_journal
from capture_station.service.notify import Notifier, is_service
from capture_station.service.power import Power
from capture_station.station.adjustments import Adjustments
from capture_station.station.station import Station
from capture_station.station.status import Shot
from capture_station.subjects.consent_texts import consent_advice
from capture_station.subjects.name_letters import letters_advice
from capture_station.upload.queue import UploadQueue
from capture_station.upload.shared_states import SharedStates

if TYPE_CHECKING:
    from capture_station.frontends.web.server import WebServer

Service = Callable[[threading.Event], None]

JOIN_WITHIN_S = 2.0
"""For all threads together. Together with the station's own shutdown this is less than systemd's TimeoutStopSec."""
SETTLE_S = 1.0
"""A camera that is opened for a single picture needs this long to find its exposure."""


def load_with_kept(config: Path | None, flags: Sequence[str]) -> StationSettings:
    """Read the configuration with what was kept at the booth, which the environment and ``flags`` override in turn.

    Raises:
        ConfigError: As ``load``. Kept settings that no longer fit the configuration are left out instead.
    """
    folder = station_folder(socket_of(config, flags))
    with contextlib.suppress(ConfigError):  # A mistake may hide which station this is: nothing is moved then.
        load(config, flags)
        take_over(folder)
    kept = KeptSettings(folder).flags()
    try:
        settings = load(config, flags, kept=kept)
    except ConfigError:
        if not kept:
            raise
        settings = load(config, flags)
        tell("the settings kept at the booth no longer fit the configuration and are left out")
        return settings
    if kept:
        tell(f"kept at the booth: {', '.join(kept)}")
    return settings


def run_station(
    settings: StationSettings, headless: bool, configured: Callable[[], StationSettings] | None = None
) -> bool:
    """Run until a frontend, a signal or an error stops the station. Main thread only.

    Args:
        settings: With what was kept at the booth.
        headless: Without a window.
        configured: Reads the configuration again, without what was kept.

    Returns:
        Whether somebody wants the station to start again.
    """
    kept = kept_settings(settings.remote.socket, configured or (lambda: settings))
    printing = print_queue(settings, lambda record: as_listed(record, station.subjects.roster))
    station = Station(settings, printing=printing)
    with (
        ControlServer(station, settings.remote.socket) as control,
        station,
        closing_on_signals(station.closing),
        BackgroundServices(station.closing) as services,
    ):
        for service in background_services(station, settings):
            services.start(service)
        web = open_page(station, settings, kept)
        if web is not None:
            control.pair = web.new_phone_code
            services.start(web.run)
        if printing is not None:
            services.start(printing.run)
        tell(f"portraits are saved in {settings.archive.folder}")
        tell(settings.advice(expected_size_wh(settings.camera), expects_demo(settings.camera)))
        if settings.subjects.asks_consent and (told := consent_advice(settings.subjects.consent, settings.languages)):
            tell(told)
        if told := letters_advice(station.subjects.roster):
            tell(told)
        if settings.window.show and not headless:
            try:
                share = None if web is None or web.share_links is None else web.share_code
                operator = operator_services(settings, configured, web, kept)
                hands_free = settings.capture.auto
                window = Window(station, settings.window, settings.language, share, operator, hands_free)
                return window.run(station.closing)
            except DisplayError as error:
                tell(f"{error}; continuing without a window")
        if web is not None and web.phone_addresses:
            tell("`capture-station phone` prints a QR code that lets a phone into the page")
        if is_journal():
            # The journal already gets a line with fields for each event.
            station.closing.wait()
            return False
        Console(station, settings.language).run(station.closing)
    return False


def kept_settings(socket: Path | None, configured: Callable[[], StationSettings]) -> KeptSettings:
    """What is kept beside the configuration as it is now, so that what is edited there later is not overridden."""
    folder = station_folder(socket)
    try:
        return KeptSettings(folder, Adjustments.of(configured()))
    except ConfigError:  # What was kept before goes before the mistake.
        return KeptSettings(folder)


def operator_services(
    settings: StationSettings,
    configured: Callable[[], StationSettings] | None,
    web: WebServer | None,
    kept: KeptSettings,
) -> OperatorServices:
    """What the operator's pages in the window can do beyond the station."""
    return OperatorServices(
        kept=kept,
        configured=None if configured is None else lambda: Adjustments.of(configured()),
        pair=None if web is None else partial(pairing, web),
        machine=Power(),
        may_quit=not is_service(),
        archive=settings.archive.folder,
    )


def pairing(web: WebServer) -> Pairing:
    """The page's addresses, and a code that lets one phone in."""
    from capture_station.frontends.web.pairing import FRAGMENT, LIFETIME_S
    from capture_station.frontends.web.share_links import qr_modules

    addresses = web.phone_addresses
    if not addresses:
        return Pairing(tuple(listener.url for listener in web.listeners))
    code = qr_modules(f"{addresses[0]}/{FRAGMENT}{web.pairing.new()}")
    return Pairing(tuple(addresses), code, round(LIFETIME_S / 60))


def print_queue(settings: StationSettings, find_name: FindName) -> PrintQueue | None:
    """The queue of the configured printer; None without one."""
    if not settings.printing.printer:
        return None
    printer, folder = open_printer(settings.printing), station_folder(settings.remote.socket) / "print-jobs"
    archive, rule = settings.archive.folder, ReleaseRule.of(settings)
    return PrintQueue(settings.printing, printer, archive, settings.portrait.find_preset, folder, find_name, rule)


def capture_once(settings: StationSettings, countdown_s: float, subject: str | None = None) -> Shot:
    """Open the camera for a single portrait. Main thread only.

    Raises:
        CameraError: There is no camera, or it delivered no picture in time.
        NotRunning: A signal came before the exposure.
        StationError: For the same reasons as ``Station.capture``.
    """
    patience_s = settings.camera.open_timeout_s + settings.camera.read_timeout_s
    with Station(settings) as station, closing_on_signals(station.closing):
        if station.preview(timeout_s=patience_s) is None:
            raise CameraError(station.status().reason or f"the camera delivered no picture within {patience_s:g} s")
        if (camera := station.status().camera) is not None:
            refuse_demo_fallback(camera)
        shot = station.capture(max(countdown_s, SETTLE_S), subject)
        # The finished portrait or a signal closes the station, whichever comes first.
        shot.add_done_callback(lambda _: station.closing.set())
        station.closing.wait()
    return shot.result()


@contextlib.contextmanager
def closing_on_signals(closing: threading.Event) -> Iterator[None]:
    """Set the event on SIGINT, SIGTERM and SIGHUP (the terminal was closed). Main thread only."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # Under nohup it stays ignored.
        numbers.append(signal.SIGHUP)
    previous = {number: signal.signal(number, lambda *_: closing.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def background_services(station: Station, settings: StationSettings) -> Iterator[Service]:
    """The configured services that run beside the window, each until the event is set."""
    if settings.button.gpio_pin is not None:
        yield Button(station, settings.button).run
    if settings.lamp.gpio_pin is not None or settings.lamp.url:
        yield Lamp(station, settings.lamp).run
    if is_service():
        yield Notifier(station).run
    if settings.archive.keep_days is not None or settings.archive.keep_retaken_days is not None:
        yield Retention(station.archive, after_upload=bool(settings.upload.url)).run
    if settings.upload.url:
        own = station.subjects.station
        taken, undecided = (lambda: station.status().captures.taken), station.retakes.undecided
        uploads = UploadQueue(station.archive, settings, taken, own, undecided)
        yield uploads.run
        if settings.subjects.exchange:
            learn, rule = station.subjects.learn, ReleaseRule.of(settings)
            url, again = settings.upload.url, uploads.send_again
            yield SharedStates(station.archive, url, own, learn, rule=rule, send_again=again).run
    if settings.mqtt.host:
        yield Mqtt(station, settings.mqtt).run


def open_page(station: Station, settings: StationSettings, kept: KeptSettings) -> WebServer | None:
    """The web page and its API; None without it, and where the station goes on although its address is taken.

    Raises:
        CannotListen: The configured address is taken, and this is no service; or the network does not have it yet.
    """
    if settings.web.listen == "none":
        return None
    # FastAPI takes half a second to import, and only this command needs it.
    from capture_station.frontends.web.server import WebServer

    try:
        template, subjects, rule = settings.export.name, station.subjects, ReleaseRule.of(settings)
        presets = settings.portrait.find_preset
        new_download = partial(Download, template, lambda: subjects.roster, rule, presets)
        server = WebServer(station, settings, new_download, kept)
    except CannotListen as error:
        why = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
        # Nobody reads a service's exit code. It would be started again and again, and take no portraits meanwhile. Only
        # an address that the network gets late after a boot is there at the next start.
        if settings.web.listen != "auto" and (not is_service() or why == errno.EADDRNOTAVAIL):
            raise
        # The sandbox refuses the socket, which systemd was to open.
        hint = "; systemd does not listen there yet: run `service install` again"
        shown = hint if is_service() and why == errno.EAFNOSUPPORT else ""
        tell(f"{error}{shown}; continuing without a page")
        return None
    for problem in server.problems:
        tell(problem)
    for address in server.addresses:
        tell(f"the page is at {address}")
    return server


class BackgroundServices:
    """Services in threads of their own. Leaving the context closes the station and ends the threads.

    An error in one of the threads closes the station as well. It is raised again when the context is left.
    """

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def start(self, service: Service) -> None:
        # A daemon thread that hangs does not keep the process alive.
        thread = threading.Thread(target=self._guarded, args=(service,), name="service", daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> BackgroundServices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        deadline_s = time.monotonic() + JOIN_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        if self._failures and error is None:
            raise self._failures[0]

    def _guarded(self, service: Service) -> None:
        try:
            service(self._closing)
        except BaseException as error:
            self._failures.append(error)
            self._closing.set()
