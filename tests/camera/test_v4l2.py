"""Device queries, against a fake kernel that answers as vivid and UVC cameras do."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from capture_station.camera import v4l2
from capture_station.camera.contract import Mode

RATES = {(640, 480): ((1, 30), (1, 15)), (1280, 720): ((2, 15),)}


class Kernel:
    """Answers ioctls from a table of formats, sizes and frame intervals."""

    def __init__(self, device_caps: int = v4l2.CAPTURE, formats: tuple[bytes, ...] = (b"MJPG", b"YUYV")) -> None:
        self.device_caps = device_caps
        self.formats = formats
        self.stepwise = False
        self.owned = False

    def __call__(self, request: int, data: bytearray) -> None:
        index, pixel_format = struct.unpack_from("I4s", data)
        answer: tuple[int, bytes] | None = None
        if request == v4l2.QUERYCAP:
            names = b"uvcvideo".ljust(16, b"\0") + "Wé Cam".encode().ljust(32, b"\0") + bytes(36)
            answer = 0, names + struct.pack("II", 0x80000000 | v4l2.CAPTURE, self.device_caps)
        elif request == v4l2.ENUM_FMT and index < len(self.formats):
            answer = 44, self.formats[index]
        elif request == v4l2.ENUM_FRAMESIZES and self.stepwise:
            answer = 8, struct.pack("7I", 3, 64, 1920, 2, 48, 1080, 2)
        elif request == v4l2.ENUM_FRAMESIZES and pixel_format == b"MJPG" and index < len(RATES):
            answer = 8, struct.pack("3I", 1, *list(RATES)[index])
        elif request == v4l2.ENUM_FRAMEINTERVALS:
            size_wh = struct.unpack_from("II", data, 8)
            if index < len(RATES.get(size_wh, ())):
                answer = 16, struct.pack("3I", 1, *RATES[size_wh][index])
        elif request == v4l2.REQBUFS:
            if self.owned:
                raise OSError(errno.EBUSY, "Device or resource busy")
            answer = 0, b""
        if answer is None:
            raise OSError(errno.EINVAL, "Invalid argument")
        start, packed = answer
        data[start : start + len(packed)] = packed


def test_modes_of_a_webcam() -> None:
    device = v4l2.describe("/dev/video0", Kernel())
    assert device is not None
    assert (device.name, device.driver) == ("Wé Cam", "uvcvideo")
    assert device.modes == (
        Mode((640, 480), 30, "MJPG"),
        Mode((640, 480), 15, "MJPG"),
        Mode((1280, 720), 7.5, "MJPG"),
    )


def test_a_camera_that_scales_to_any_size_lists_its_smallest_and_largest() -> None:
    kernel = Kernel(formats=(b"YUYV",))
    kernel.stepwise = True
    device = v4l2.describe("/dev/video0", kernel)
    assert device is not None
    assert device.modes == (Mode((64, 48), 0, "YUYV"), Mode((1920, 1080), 0, "YUYV"))


def test_a_metadata_node_is_not_a_camera() -> None:
    kernel = Kernel(device_caps=0x00800000)
    assert v4l2.describe("/dev/video1", kernel) is None
    assert "delivers no pictures" in str(v4l2.start_failure("/dev/video0", kernel))


def test_a_busy_device_is_reported_as_such() -> None:
    kernel = Kernel()
    kernel.owned = True
    assert str(v4l2.start_failure("/dev/video0", kernel)) == "/dev/video0 cannot be opened: another program is using it"
    kernel.owned = False
    assert "another program" in str(v4l2.start_failure("/dev/video0", kernel))


def test_files_that_are_not_devices(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    (tmp_path / "video10").touch()
    assert v4l2.webcams(tmp_path) == []
    assert "it is not a video device" in str(v4l2.open_failure(str(tmp_path / "video0")))
    assert "no such device" in str(v4l2.open_failure(str(tmp_path / "video1")))


def test_links_made_by_udev_rules_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    for link in ("video0-front", "video-booth", "video"):
        (tmp_path / link).symlink_to("video0")
    assert v4l2.webcams(tmp_path) == []


def test_cameras_of_one_model_are_told_apart_by_their_ports(tmp_path: Path) -> None:
    by_path = tmp_path / "by-path"
    by_path.mkdir()
    for number, port in ((0, "usb-0:1:1.0"), (2, "usb-0:2:1.0")):
        (tmp_path / f"video{number}").touch()
        (by_path / f"pci-0000:00:14.0-{port}-video-index0").symlink_to(f"../video{number}")
    common = "/dev/v4l/by-id/usb-Webcam_SN0001-video-index0"
    like = [v4l2.VideoDevice(str(tmp_path / f"video{number}"), "Webcam", "uvcvideo", common, ()) for number in (0, 2)]
    other = v4l2.VideoDevice("/dev/video4", "DSLR", "uvcvideo", "/dev/v4l/by-id/usb-DSLR-video-index0", ())
    first, second, third = v4l2.told_apart([*like, other], tmp_path)
    assert first.link.endswith("usb-0:1:1.0-video-index0")
    assert second.link.endswith("usb-0:2:1.0-video-index0")
    assert third == other
    assert v4l2.told_apart([like[0], other], tmp_path) == [like[0], other]


@pytest.mark.parametrize(
    ("request_code", "number", "size_bytes", "direction"),
    [
        (v4l2.QUERYCAP, 0, 104, 2),
        (v4l2.ENUM_FMT, 2, 64, 3),
        (v4l2.REQBUFS, 8, 20, 3),
        (v4l2.ENUM_FRAMESIZES, 74, 44, 3),
        (v4l2.ENUM_FRAMEINTERVALS, 75, 52, 3),
    ],
)
def test_request_codes_follow_ioctl_h(request_code: int, number: int, size_bytes: int, direction: int) -> None:
    assert request_code == direction << 30 | size_bytes << 16 | ord("V") << 8 | number
