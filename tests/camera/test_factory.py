"""Which camera opens for which configuration."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from capture_station.camera.attached_cameras import list_cameras
from capture_station.camera.contract import Camera, CameraInfo
from capture_station.camera.driver import CLOSE_TIMEOUT_S
from capture_station.camera.factory import CameraOpener, Drivers, open_camera
from capture_station.camera.fake_drivers import FakeCapture, FakePi, FakePicamera2, FakeWebcam
from capture_station.camera.fault_injection import FaultInjector
from capture_station.config import CameraSettings, load
from capture_station.errors import CameraError, CameraLost

TIMEOUT_S = 5.0
AUTO = CameraSettings(kind="auto", size_px=(160, 120), preview_size_px=(160, 120), fps=200)


class Desk:
    """A Pi camera and two webcams, all plugged in."""

    def __init__(self) -> None:
        self.pi = FakePi()
        self.webcams = {f"/dev/video{n}": FakeWebcam((160, 120), 200) for n in (70, 72)}
        self.drivers = Drivers(self.pi.open, lambda path: self.webcams[path].open(path), lambda: list(self.webcams))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened(opener: CameraOpener) -> CameraInfo:
    with closing(opener.open()) as camera:
        camera.read(TIMEOUT_S)
        return camera.info


def read_for_ever(camera: Camera) -> NoReturn:
    while True:
        camera.read(TIMEOUT_S)


def opened_kind(opener: CameraOpener) -> str:
    return opened(opener).kind


def test_auto_takes_the_pi_camera_first(desk: Desk) -> None:
    found = opened(CameraOpener(AUTO, drivers=desk.drivers))
    assert found.kind == "raspberry"
    assert found.passed_over == ()


def test_auto_then_takes_the_first_webcam_that_opens(desk: Desk) -> None:
    desk.pi.unplug()
    desk.webcams["/dev/video70"].unplug()
    opener = CameraOpener(AUTO, drivers=desk.drivers)
    found = opened(opener)
    assert found.name.startswith("/dev/video72")
    no_pi, no_webcam = found.passed_over
    assert no_pi == "raspberry: there is no Pi camera 0"
    assert no_webcam.startswith("webcam: /dev/video70 cannot be opened: ")


def test_auto_falls_back_to_the_demo_and_says_why(desk: Desk) -> None:
    desk.pi.unplug()
    desk.webcams.clear()
    found = opened(CameraOpener(AUTO, drivers=desk.drivers))
    assert found.kind == "demo"
    assert found.passed_over == ("raspberry: there is no Pi camera 0", "webcam: none is attached")


def test_the_fallback_demo_gives_way_to_an_attached_webcam(desk: Desk) -> None:
    desk.pi.unplug()
    attached = dict(desk.webcams)
    desk.webcams.clear()
    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, look_every_s=0))
    with closing(opener.open()) as camera:
        assert camera.read(TIMEOUT_S)
        desk.webcams.update(attached)
        with pytest.raises(CameraLost, match="/dev/video70 was connected"):
            camera.read(TIMEOUT_S)
    assert opened_kind(opener) == "webcam"


def test_the_fallback_demo_stays_while_no_webcam_opens(desk: Desk) -> None:
    desk.pi.unplug()
    for webcam in desk.webcams.values():
        webcam.unplug()
    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, look_every_s=0))
    with closing(opener.open()) as camera:
        assert camera.read(TIMEOUT_S)
        assert camera.read(TIMEOUT_S)


def test_the_fallback_demo_gives_way_to_a_webcam_that_another_program_held_at_the_start(desk: Desk) -> None:
    desk.pi.unplug()
    desk.webcams["/dev/video72"].unplug()
    held = desk.webcams["/dev/video70"].open("")
    assert held is not None
    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, retry_every_s=0))
    with closing(opener.open()) as camera:
        for _ in range(10):
            camera.read(TIMEOUT_S)
        kept_out = camera.info.kept_out
        assert str(kept_out).startswith("/dev/video70 cannot be opened: ")
        held.release()
        with pytest.raises(CameraLost, match="/dev/video70 was connected"):
            read_for_ever(camera)
    assert opened_kind(opener) == "webcam"


def test_the_fallback_demo_gives_way_to_a_webcam_only_once_that_delivers_pictures(desk: Desk) -> None:
    """Until then, its driver holds the device also after it was closed."""
    desk.pi.unplug()
    del desk.webcams["/dev/video72"]
    webcam = desk.webcams["/dev/video70"]
    webcam.unplug()
    opened_behind = threading.Event()

    def open_capture(path: str) -> FakeCapture | None:
        if (capture := webcam.open(path)) is not None:
            opened_behind.set()
        return capture

    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, open_capture=open_capture, retry_every_s=0))
    with closing(opener.open()) as camera:
        webcam.stall()
        webcam.plug()
        while not opened_behind.is_set():
            camera.read(TIMEOUT_S)
        until_s = time.monotonic() + 2 * CLOSE_TIMEOUT_S
        while time.monotonic() < until_s:
            camera.read(TIMEOUT_S)
        webcam.resume()
        with pytest.raises(CameraLost, match="/dev/video70 was connected"):
            read_for_ever(camera)
    assert opened_kind(opener) == "webcam"


def test_the_fallback_demo_gives_way_to_a_pi_camera_that_was_held_at_the_start(desk: Desk) -> None:
    desk.pi.unplug()
    desk.webcams.clear()
    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, retry_every_s=0))
    with closing(opener.open()) as camera:
        assert camera.info.kept_out is None
        desk.pi.plug()
        with pytest.raises(CameraLost, match="Pi camera 0 "):
            read_for_ever(camera)
    assert opened_kind(opener) == "raspberry"


def test_behind_the_demo_a_webcam_that_hangs_while_opening_is_tried_once_until_it_returns(desk: Desk) -> None:
    desk.pi.unplug()
    del desk.webcams["/dev/video72"]
    may_open, asked = threading.Event(), list[str]()

    def hang(path: str) -> FakeCapture | None:
        asked.append(path)
        assert may_open.wait(TIMEOUT_S)
        return desk.webcams[path].open(path)

    settings = AUTO.model_copy(update={"open_timeout_s": 0.1})
    opener = CameraOpener(settings, drivers=replace(desk.drivers, open_capture=hang, retry_every_s=0))
    with closing(opener.open()) as camera:
        for _ in range(10):
            camera.read(TIMEOUT_S)
        assert asked == ["/dev/video70"]
        may_open.set()
        with pytest.raises(CameraLost, match="/dev/video70 was connected"):
            read_for_ever(camera)
    assert opened_kind(opener) == "webcam"


def test_a_webcam_that_was_held_and_is_unplugged_keeps_nothing_out(desk: Desk) -> None:
    desk.pi.unplug()
    for webcam in desk.webcams.values():
        webcam.unplug()
    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, look_every_s=0))
    with closing(opener.open()) as camera:
        assert camera.info.kept_out is not None
        desk.webcams.clear()
        camera.read(TIMEOUT_S)
        assert camera.info.kept_out is None


def test_a_lost_webcam_is_not_replaced_by_the_demo(desk: Desk) -> None:
    desk.pi.unplug()
    opener = CameraOpener(AUTO, drivers=desk.drivers)
    assert opened_kind(opener) == "webcam"
    for webcam in desk.webcams.values():
        webcam.unplug()
    with pytest.raises(CameraError, match="video70 cannot be opened"):
        opener.open()
    desk.webcams["/dev/video72"].plug()
    assert opened_kind(opener) == "webcam"


def test_a_webcam_that_hangs_while_opening_is_not_tried_again_until_it_returns(desk: Desk) -> None:
    """Each further attempt would leave one more hanging thread."""
    desk.pi.unplug()
    may_open, asked = threading.Event(), list[threading.Thread]()

    def hang(path: str) -> FakeCapture | None:
        if path == "/dev/video70":
            asked.append(threading.current_thread())
            assert may_open.wait(TIMEOUT_S)
        return desk.webcams[path].open(path)

    desk.webcams["/dev/video72"].unplug()
    settings = AUTO.model_copy(update={"open_timeout_s": 0.1})
    opener = CameraOpener(settings, drivers=replace(desk.drivers, open_capture=hang))
    for _ in range(5):
        found = opened(opener)
        assert found.kind == "demo"
        assert "webcam: /dev/video70 did not open within 0.1 s" in found.passed_over
    assert len(asked) == 1
    desk.webcams["/dev/video72"].plug()
    assert opened(opener).name.startswith("/dev/video72")
    may_open.set()
    asked[0].join(TIMEOUT_S)
    assert opened(opener).name.startswith("/dev/video70")
    assert len(asked) == 2


def test_a_camera_that_hangs_while_opening_keeps_no_other_one_from_being_chosen(desk: Desk) -> None:
    may_open, asked = threading.Event(), list[str]()

    def hanging(device: str) -> None:
        asked.append(device)
        assert may_open.wait(TIMEOUT_S)

    def open_webcam(path: str) -> FakeCapture | None:
        if path == "/dev/video70":
            hanging(path)
        return desk.webcams[path].open(path)

    def open_pi(number: int) -> tuple[FakePicamera2, Mapping[str, Any]]:
        if number == 1:
            hanging("Pi 1")
        return desk.pi.open(number)

    settings = AUTO.model_copy(update={"open_timeout_s": 0.1})
    opener = CameraOpener(settings, drivers=replace(desk.drivers, open_capture=open_webcam, open_pi=open_pi))
    for _ in range(2):
        for hangs, other, kind in (
            ("webcam:/dev/video70", "webcam:/dev/video72", "webcam"),
            ("raspberry:1", "raspberry:0", "raspberry"),
        ):
            opener.change(settings.chosen(hangs))
            with pytest.raises(CameraError, match=r"did not open within 0\.1 s"):
                opener.open()
            opener.change(settings.chosen(other))
            assert opened_kind(opener) == kind
    assert asked == ["/dev/video70", "Pi 1"]
    may_open.set()


def test_each_attempt_to_open_a_camera_has_a_heartbeat(desk: Desk) -> None:
    """Two webcams that hang for as long as the config allows would together outlast the watchdog."""
    desk.pi.unplug()
    order: list[str] = []

    def hang(path: str) -> FakeCapture | None:
        order.append(path)
        return None

    opener = CameraOpener(AUTO, drivers=replace(desk.drivers, open_capture=hang))
    with closing(opener.open(lambda: order.append("beat"))):
        assert order == ["beat", "beat", "/dev/video70", "beat", "/dev/video72", "beat"]


def test_a_camera_with_pictures_too_large_for_the_memory_is_refused(desk: Desk) -> None:
    desk.pi.unplug()
    settings = AUTO.model_copy(update={"size_px": (160, 120)})
    with pytest.raises(CameraError, match=r"demo camera delivers pictures of 160x120"):
        CameraOpener(settings, drivers=replace(desk.drivers, largest_px=lambda: 160 * 120 - 1)).open()
    assert opened_kind(CameraOpener(settings, drivers=replace(desk.drivers, largest_px=lambda: 160 * 120))) == "webcam"


def test_the_error_lists_what_was_tried(desk: Desk) -> None:
    faults = FaultInjector()
    faults.unplug()
    with pytest.raises(CameraError, match=r"raspberry: the cable is unplugged; webcam: .*; demo: "):
        CameraOpener(AUTO, faults, desk.drivers).open()


@pytest.mark.parametrize("kind", ["raspberry", "webcam", "demo", "auto"])
def test_the_config_selects_fake_drivers(kind: str) -> None:
    opener = CameraOpener(AUTO.model_copy(update={"kind": kind, "driver": "fake"}))
    assert opened_kind(opener) == (kind if kind != "auto" else "raspberry")
    assert opened_kind(opener) == (kind if kind != "auto" else "raspberry")


def test_open_camera_opens_once() -> None:
    with closing(open_camera(AUTO.model_copy(update={"kind": "demo"}))) as camera:
        assert camera.info.kind == "demo"


def test_a_files_path_is_relative_to_the_config(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("camera: {kind: stream, url: videos/booth.mkv}")
    assert load(config, environment={}).camera.url.get_secret_value() == str(tmp_path / "videos/booth.mkv")
    config.write_text("camera: {kind: stream, url: rtsp://booth/cam}")
    assert load(config, environment={}).camera.url.get_secret_value() == "rtsp://booth/cam"


def test_listing_cameras_works_on_any_machine() -> None:
    for camera in list_cameras():
        assert camera.kind in ("raspberry", "webcam")
        assert camera.device


def test_another_camera_is_chosen_while_the_station_runs(desk: Desk) -> None:
    opener = CameraOpener(AUTO, drivers=desk.drivers)
    assert opened(opener).kind == "raspberry"
    opener.change(AUTO.chosen("webcam:/dev/video72"))
    assert opened(opener).name.startswith("/dev/video72")
    opener.change(AUTO.chosen("raspberry:0"))
    assert opened(opener).kind == "raspberry"
    opener.change(AUTO)
    desk.pi.unplug()
    assert opened(opener).name.startswith("/dev/video70")


def test_a_chosen_camera_that_is_unplugged_is_waited_for(desk: Desk) -> None:
    opener = CameraOpener(AUTO, drivers=desk.drivers)
    opener.change(AUTO.chosen("webcam:/dev/video72"))
    with closing(opener.open()) as camera:
        desk.webcams["/dev/video72"].unplug()
        with pytest.raises(CameraLost):
            read_for_ever(camera)
    with pytest.raises(CameraError, match="/dev/video72"):
        opener.open()
    desk.webcams["/dev/video72"].plug()
    assert opened(opener).name.startswith("/dev/video72")


def test_a_choice_says_kind_and_device() -> None:
    for choice in ("auto", "demo", "raspberry:1", "webcam:0", "webcam:/dev/v4l/by-id/usb-Webcam-video-index0"):
        assert AUTO.chosen(choice).choice == choice
    assert AUTO.chosen("raspberry:1").device == 1
