"""Asks the kernel about video devices: names, modes, and why one does not open (linux/videodev2.h)."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capture_station.camera.contract import Mode
from capture_station.camera.errors import open_error
from capture_station.errors import CameraError

Ioctl = Callable[[int, bytearray], object]
"""Sends an ioctl request; the kernel fills in the structure. Raises OSError."""

QUERYCAP, ENUM_FMT, REQBUFS, ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = (
    0x80685600,
    0xC0405602,
    0xC0145608,
    0xC02C564A,
    0xC034564B,
)
LINKS = Path("/dev/v4l")
"""Where udev makes stable names of devices."""
CAPTURE, CAPTURE_MPLANE = 0x1, 0x1000
_BUFFER_TYPE = {CAPTURE: 1, CAPTURE_MPLANE: 9}
_MEMORY_MMAP = 1
_DISCRETE = 1
_PI_INTERNALS = frozenset({"unicam", "rp1-cfe", "bcm2835-isp", "pispbe", "bcm2835-codec", "rpi-hevc-dec"})
"""Drivers of the Raspberry Pi's camera pipeline, which only libcamera can use."""


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A device node that captures pictures."""

    path: str
    name: str
    driver: str
    link: str
    """Stable path: the same in every USB port, or for one of several like cameras the same in its port; empty if there
    is none."""
    modes: tuple[Mode, ...]


def webcams(folder: Path = Path("/dev")) -> list[VideoDevice]:
    """Attached devices that this user may open, ordered by number, without a Raspberry Pi's internal ones."""
    nodes = {path.name.removeprefix("video"): path for path in folder.glob("video*")}
    # Other names, such as video0-front, are udev links to these.
    paths = [nodes[number] for number in sorted(filter(str.isdecimal, nodes), key=int)]
    found = (probe(str(path)) for path in paths)
    return told_apart([device for device in found if device is not None and device.driver not in _PI_INTERNALS])


def told_apart(devices: Sequence[VideoDevice], links: Path = LINKS) -> list[VideoDevice]:
    """The same devices; those of one model get the link of their port.

    They may all have the same serial number, and then udev gives their common link to any one of them.
    """
    names = [device.name for device in devices]
    return [
        replace(device, link=_link(device.path, "by-path", links)) if names.count(device.name) > 1 else device
        for device in devices
    ]


def probe(path: str) -> VideoDevice | None:
    """Describe a device node; None if it cannot be opened or captures no pictures."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return describe(path, lambda request, data: fcntl.ioctl(descriptor, request, data))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def modes(path: str) -> tuple[Mode, ...]:
    """The modes of a device node; empty if it cannot be asked."""
    device = probe(path)
    return () if device is None else device.modes


def describe(path: str, ioctl: Ioctl) -> VideoDevice | None:
    """Describe an open device; None if it captures no pictures.

    Raises:
        OSError: It is not a video device.
    """
    driver, card, kind = _capability(ioctl)
    if kind is None:
        return None
    return VideoDevice(path, card, driver, _link(path, "by-id"), tuple(_modes(ioctl, kind)))


def open_failure(path: str) -> CameraError:
    """The error that says why OpenCV could not open a device, and what to do."""
    if not os.path.exists(path):
        attached = ", ".join(device.link or device.path for device in webcams())
        return open_error("moved", camera=path, attached=attached) if attached else open_error("missing", camera=path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return open_error("forbidden", camera=path)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return open_error("held", camera=path)
        return CameraError(f"{path} does not open: {error.strerror}")
    try:
        return start_failure(path, lambda request, data: fcntl.ioctl(descriptor, request, data))
    finally:
        os.close(descriptor)


def start_failure(path: str, ioctl: Ioctl) -> CameraError:
    """The error that says why an existing device does not start: not a camera, busy, or unknown."""
    try:
        kind = _capability(ioctl)[2]
    except OSError:
        return open_error("no-video", camera=path)
    if kind is None:
        return open_error("metadata", camera=path)
    try:
        # Requesting zero buffers changes nothing, and the kernel allows it only to the owner of the stream.
        ioctl(REQBUFS, bytearray(struct.pack("IIIII", 0, _BUFFER_TYPE[kind], _MEMORY_MMAP, 0, 0)))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return open_error("held", camera=path)
        return CameraError(f"{path} does not open: the driver refuses: {error.strerror}")
    return open_error("useless", camera=path)


def _capability(ioctl: Ioctl) -> tuple[str, str, int | None]:
    """Driver, card name, and the buffer type that the node captures into; None for none."""
    data = bytearray(104)
    ioctl(QUERYCAP, data)
    driver, card, capabilities, device_caps = struct.unpack("16s32s32x4xII12x", data)
    # V4L2_CAP_DEVICE_CAPS: the capabilities of this node are reported apart from those of the whole device.
    able = device_caps if capabilities & 0x80000000 else capabilities
    kind = next((kind for kind in (CAPTURE, CAPTURE_MPLANE) if able & kind), None)
    return _text(driver), _text(card), kind


def _modes(ioctl: Ioctl, kind: int) -> Iterator[Mode]:
    for format_index in range(256):
        data = bytearray(struct.pack("II56x", format_index, _BUFFER_TYPE[kind]))
        if not _answered(ioctl, ENUM_FMT, data):
            return
        (pixel_format,) = struct.unpack_from("4s", data, 44)
        for size_wh in _sizes(ioctl, pixel_format):
            for fps in _rates(ioctl, pixel_format, size_wh):
                yield Mode(size_wh, fps, _text(pixel_format).strip())


def _sizes(ioctl: Ioctl, pixel_format: bytes) -> Iterator[tuple[int, int]]:
    """All sizes; the smallest and the largest for a camera that scales to any size."""
    for index in range(256):
        data = bytearray(struct.pack("I4s36x", index, pixel_format))
        if not _answered(ioctl, ENUM_FRAMESIZES, data):
            return
        kind, *numbers = struct.unpack_from("7I", data, 8)
        if kind != _DISCRETE:
            yield numbers[0], numbers[3]
            yield numbers[1], numbers[4]
            return
        yield numbers[0], numbers[1]


def _rates(ioctl: Ioctl, pixel_format: bytes, size_wh: tuple[int, int]) -> Iterator[float]:
    """All frame rates of a size; only the highest if the rate is continuous; 0 if the driver does not say."""
    for index in range(256):
        data = bytearray(struct.pack("I4sII36x", index, pixel_format, *size_wh))
        if not _answered(ioctl, ENUM_FRAMEINTERVALS, data):
            if index == 0:
                yield 0.0
            return
        kind, numerator, denominator = struct.unpack_from("3I", data, 16)
        yield round(denominator / numerator, 3) if numerator else 0.0
        if kind != _DISCRETE:
            return


def _answered(ioctl: Ioctl, request: int, data: bytearray) -> bool:
    """Send an enumeration request; False at the end of the list."""
    try:
        ioctl(request, data)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY, errno.ENODATA):
            return False
        raise
    return True


def _link(path: str, kind: str, links: Path = LINKS) -> str:
    found = sorted((links / kind).glob("*"))
    return next((str(link) for link in found if os.path.realpath(link) == os.path.realpath(path)), "")


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")
