"""What is attached, for somebody who asks all the time."""

from __future__ import annotations

import threading

import pytest

from capture_station.camera.attached_cameras import AttachedCamera, AttachedCameras

WEBCAM = AttachedCamera("webcam", "/dev/video0", "Webcam", ())
PATIENCE_S = 10.0


def test_a_camera_that_is_plugged_in_is_found_soon() -> None:
    attached: list[AttachedCamera] = []
    looked = threading.Semaphore(0)

    def look() -> list[AttachedCamera]:
        found = list(attached)
        looked.release()
        return found

    cameras = AttachedCameras(look, look_every_s=0)
    assert cameras.newest() == []
    assert looked.acquire(timeout=PATIENCE_S)
    attached.append(WEBCAM)
    found = cameras.newest()
    while not found:
        assert looked.acquire(timeout=PATIENCE_S)
        found = cameras.newest()
    assert found == [WEBCAM]


def test_a_device_that_hangs_keeps_nobody_waiting() -> None:
    released, looks = threading.Event(), []

    def look() -> list[AttachedCamera]:
        looks.append(threading.current_thread())
        if len(looks) == 2:
            released.wait(PATIENCE_S)
        return [WEBCAM]

    cameras = AttachedCameras(look, look_every_s=0)
    try:
        assert cameras.newest() == [WEBCAM]
        for _ in range(100):
            assert cameras.newest() == [WEBCAM]
        assert len(looks) == 2  # No more threads than one hang in it.
    finally:
        released.set()
        looks[-1].join(PATIENCE_S)


def test_a_fault_of_the_list_is_told() -> None:
    def look() -> list[AttachedCamera]:
        raise RuntimeError("libcamera is broken")

    with pytest.raises(RuntimeError, match="libcamera is broken"):
        AttachedCameras(look).newest()
