"""Learns what the camera sees while nobody is there: the clean plate of the portraits."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.camera.contract import CameraInfo
from capture_station.config import SegmentationSettings
from capture_station.frames import Frame, Image, Matte
from capture_station.images import fit_within_wh, resized
from capture_station.portrait.plate_evidence import CleanPlate, Network
from capture_station.station.likeness import changed_share

LARGEST_PX = 1280
"""Longest side of the plate."""
TRACE, MOST_TRACES = 0.2, 0.0005
"""With more than this share of the matte above that alpha, somebody may be there."""
MOST_HAZE = 0.01
"""With a higher mean of alpha, too."""
SETTLE_S = 1.5
"""So long after the last person, the camera has adjusted its exposure, and the door is closed."""
FRAMES, EVERY_S = 8, 0.1
"""The plate is the mean of so many frames, so far apart: it has less noise than each."""
STILL = 0.03
"""Share of the picture that may change between these frames; more may be somebody whom the network does not see."""
AGAIN_S = 20.0
"""While nobody comes, the plate is learned anew so often: the light changes."""
FORGET_AFTER_S = 3.0
"""After so long without a frame, the camera may stand elsewhere."""

log = logging.getLogger(__name__)


class EmptyBooth:
    """Learns the clean plate from live frames. ``look`` belongs to one thread; ``clean_plate`` is thread-safe.

    A plate comes from one moment without anybody. Averages over hours would contain whoever stood still for long.

    Args:
        settings: Whether anything is learned.
        camera: The camera of the newest frames; each camera has a plate of its own.
        network: What weighs the plate against frames; None for none.
    """

    def __init__(
        self, settings: SegmentationSettings, camera: Callable[[], CameraInfo | None], network: Network | None = None
    ) -> None:
        self._learns = settings.kind == "deeplab" and settings.learn_clean_plate
        self._camera = camera
        self._network = network
        self._plate: CleanPlate | None = None
        self._seen_by: tuple[object, ...] = ()
        self._looked_at_s = self._empty_since_s = self._learned_at_s = self._added_at_s = -math.inf
        self._first: Image | None = None
        self._sum = np.zeros(0, np.float32)
        self._count = 0

    def clean_plate(self) -> CleanPlate | None:
        """The clean plate; None until nobody was there for some seconds."""
        return self._plate

    def look(self, frame: Frame, matte: Matte) -> None:
        """See a live frame, with the matte of the whole of it."""
        if not self._learns:
            return
        now_s, camera = frame.captured_at_s, self._camera()
        seen_by = (frame.size_wh, camera and camera.name)
        if seen_by != self._seen_by or now_s - self._looked_at_s > FORGET_AFTER_S:
            self._seen_by, self._plate = seen_by, None
            self._begin(now_s)
        self._looked_at_s = now_s
        if shows_traces(matte):
            self._begin(now_s)
        elif (
            now_s - self._empty_since_s >= SETTLE_S
            and now_s - self._learned_at_s >= AGAIN_S
            and now_s - self._added_at_s >= EVERY_S
        ):
            self._add(frame.image_rgb, now_s)

    def _begin(self, now_s: float) -> None:
        """Whatever was seen so far may show somebody."""
        self._empty_since_s, self._learned_at_s = now_s, -math.inf
        self._first, self._count = None, 0

    def _add(self, image_rgb: Image, now_s: float) -> None:
        size_wh = (image_rgb.shape[1], image_rgb.shape[0])
        image = resized(image_rgb, fit_within_wh(size_wh, (LARGEST_PX, LARGEST_PX)), averaged=True)
        self._added_at_s = now_s
        if self._first is None:
            self._first, self._sum = image, np.zeros(image.shape, np.float32)
        elif changed_share(self._first, image) > STILL:
            self._begin(now_s)
            return
        cv2.accumulate(image, self._sum)
        self._count += 1
        if self._count == FRAMES:
            if self._plate is None:
                log.info("learned what the camera sees without anybody: portraits get better outlines by it")
            self._plate = CleanPlate(mean(self._sum, FRAMES), self._network)
            self._learned_at_s = now_s
            self._first, self._count = None, 0


def shows_traces(matte: Matte) -> bool:
    """Whether somebody may be in a picture, be it a hand at its edge or somebody whom the network hardly sees."""
    if matte.head is not None:
        return True
    traces = np.count_nonzero(matte.alpha > TRACE)
    return bool(traces > MOST_TRACES * matte.alpha.size or matte.alpha.mean() > MOST_HAZE)


def mean(sums: NDArray[np.float32], count: int) -> Image:
    """A picture (h, w, 3) from the sum of ``count`` pictures."""
    return np.asarray(cv2.convertScaleAbs(sums, alpha=1 / count), np.uint8)
