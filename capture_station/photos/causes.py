"""Says first what is wrong with a photo that is small or not sharp, and leaves out what cannot be judged then."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Flaw, Head, Image, Landmark, Matte, Measures, Portrait
from capture_station.images import fit_within_wh, resized
from capture_station.locales.messages import Messages
from capture_station.portrait.framing import SIDEWAYS_DEG
from capture_station.portrait.measure import REFUSING, in_english

SURE_SCORE = 0.85
"""Of 29 faces with a lower score whose landmarks lay on their side, 2 lay as the landmarks had it (measured)."""
BLURRED_LUMA = (1.0, 12.0)
"""Variance of the Laplacian in the sharpest part of a photo of 512 px. In 104 photographs it is 350 or more, and 9 in
half of them once they are blurred by 3 px (measured). A blank picture has less than either."""
NOT_UPRIGHT = "the face may not be upright"
LOOKED_AT_PX = 512
PART_PX = 64
OF_LANDMARKS = frozenset(
    {"head-tilted", "head-turned", "chin-up", "chin-down", "face-hidden", "eyes-hidden", "eyes-closed", "eyes-aside"}
)
"""What a face that is not sharp does not tell."""
OF_THE_LIGHT = frozenset({"face-blurred", "face-dark", "face-bright"})
"""What matters for the next photo of who is refused; the rest would be about a portrait that there is not."""


def without_lying_face(matte: Matte, size_wh: tuple[int, int]) -> Matte:
    """The matte of an upright photo, without a face that only seems to lie on its side.

    Landmarks in a tiny or blurred face are a guess, and may be at any angle.
    """
    head = matte.head
    if head is None or head.score >= SURE_SCORE:
        return matte
    return replace(matte, head=None) if lies(head, size_wh) else matte


def lies(head: Head, size_wh: tuple[int, int]) -> bool:
    """Whether a head lies on its side, or upside down, in a picture of this size."""
    points = head.points_px(size_wh)
    across, down = points[Landmark.LEFT_EYE] - points[Landmark.RIGHT_EYE]
    return bool(abs(np.degrees(np.arctan2(down, across))) > SIDEWAYS_DEG)


def judged(portrait: Portrait) -> Portrait:
    """A portrait whose flaws are only those that its photo lets see; the verdict stays."""
    measures = portrait.measures
    flaws = tuple(_visible(measures))
    return replace(portrait, measures=replace(measures, flaws=flaws, reasons=in_english(flaws)))


def _visible(measures: Measures) -> list[Flaw]:
    refused = measures.verdict == "refused"
    blurred = [flaw for flaw in measures.flaws if flaw.code == "face-blurred"]
    rest = [flaw for flaw in measures.flaws if flaw.code != "face-blurred"]
    if blurred:
        rest = [flaw for flaw in rest if flaw.code not in OF_LANDMARKS | REFUSING]
    if refused:
        rest = [flaw for flaw in rest if flaw.code in OF_THE_LIGHT | REFUSING]
    return blurred + rest


def refusal(photo_rgb: Image, portrait: Portrait, settings: PortraitSettings, upright: bool) -> tuple[str, ...]:
    """Why a photo (H, W, 3) is refused and what to do, in English.

    ``upright`` says whether there is no other orientation in which the face might be upright.
    """
    height, width = photo_rgb.shape[:2]
    preset, measures = settings.geometry, portrait.measures
    codes = [flaw.code for flaw in measures.flaws]
    if preset is not None:
        # No head is higher than its photo.
        least_px = preset.head_heights[0] * preset.least_height_px / settings.upscale_limit
        name = Messages("en").preset(settings.preset, preset.title)
        if max(height, width) < least_px:
            return (
                f"the photo is too small for “{name}”: it has {width}x{height} px, "
                f"and the head alone needs {least_px:.0f} px in height; use a larger photo",
            )
        if "uncropped-small" in codes and measures.head_height is not None:
            at = codes.index("uncropped-small")
            advice = (
                f"{measures.reasons[at]}: it has {measures.head_height * height:.0f} px in height and needs "
                f"{least_px:.0f}; use a larger photo, or one from closer"
            )
            return (*measures.reasons[:at], advice, *measures.reasons[at + 1 :])
    if not {"nobody", "uncropped-no-face"} & {*codes}:
        return measures.reasons
    if is_blurred(photo_rgb):
        return ("the photo is not sharp", *measures.reasons)
    if measures.persons > 1:
        return (*measures.reasons, f"{measures.persons} people are in the picture")
    return measures.reasons if upright else (*measures.reasons, NOT_UPRIGHT)


def is_blurred(photo_rgb: Image) -> bool:
    """Whether nothing in a photo (H, W, 3) is sharp."""
    height, width = photo_rgb.shape[:2]
    small = resized(photo_rgb, fit_within_wh((width, height), (LOOKED_AT_PX, LOOKED_AT_PX)), averaged=True)
    edges = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_32F)
    sharpest = float(cv2.blur(edges * edges, (PART_PX, PART_PX)).max())
    return BLURRED_LUMA[0] <= sharpest < BLURRED_LUMA[1]
