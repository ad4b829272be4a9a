"""How good a portrait is: each measure with its definition and source, and the flaws that follow from it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import Alpha, Eyes, Flaw, Head, Image, Landmark, Portrait
from capture_station.locales.messages import Messages
from capture_station.portrait.colour import Correction, Floats, ciede2000, lab
from capture_station.portrait.framing import SIDEWAYS_DEG, Framing
from capture_station.portrait.head_placement import Placement
from capture_station.presets import Preset

STANDARD_EYE_DISTANCE_PX = 60
"""Larger faces are reduced to it. Smaller ones stay as they are: enlarged, a sharp face looks blurred (measured)."""
MIDDLE_LUMA = 128.0
NOISE_PX = 1.2
"""Standard deviation of the blur before sharpness is measured. Without it, the noise of a sensor in poor light counts
for more than the detail of a sharp face (measured)."""
FACE_SPREAD = 0.6
"""Of the window in which a face's exposure is measured, in eye distances. A window with hard edges would change the
exposure by 2 to 3 % whenever the landmarks move a little (measured); this one halves that."""
SAME_COLOUR = 15.0
"""Levels of 255. A leak counts only if it differs from the person's own colours by more."""

MOST_HALO_DE2000 = 0.5
LEAST_CONFIDENCE = 0.8
LEAST_SHARPNESS = 5.0
"""Of 250 faces with 60 px between the eyes, one third have less with a blur of 1.5 px, and all with 3 px; none of 500
sharp ones has. With noise of 6 levels, it is one quarter and all (measured)."""
EXPOSURE_RANGE = (50.0, 220.0)
MOST_CLIPPED = 0.3
MOST_ROLL_DEG = 8.0
LEAST_FACE_SCORE = 0.58
"""The least of 2,685 portraits is 0.60, as is that of small faces at the frame's side, and one signer's face behind his
hand has 0.50 to 0.57 (measured)."""
MOST_TURNED, MOST_TURNED_NEUTRAL = 0.45, 0.2
"""Distance of the nose from the middle of the eyes, in eye distances. Of 375 official portraits, 1 of 100 has more than
the first. Of 139 studio portraits from the front, none has more than .08; the landmarks waver by .05 (measured)."""
NOSE_RANGE = (0.42, 0.81)
"""Distance of the nose from the eyes' line, in distances of the mouth from it: 1 of 100 portraits of people who look up
has less, and 1 of 100 of people who look down has more (measured)."""
LEAST_EYE_LIGHT = 0.62
"""2 of 3 faces behind dark glasses have less, and 3 of 1,000 others, most of them in the shade of a hat (measured)."""
LEAST_EYES_OPEN = 0.11
"""Of 2,054 portraits, 13 have less: 11 with closed or lowered eyes, and 2 of people who squint. Open eyes of a man with
narrow ones had 0.10 to 0.16 in poor light (measured)."""
MOST_ASIDE = 0.08
"""Of 139 studio portraits from the front, none has more than .03. Of 375 official ones, 34 have more than this, and
most of these do look aside (measured)."""

REFUSING = frozenset({"nobody", "uncropped-no-face", "uncropped-small", "uncropped-cut-top", "face-sideways"})
"""Codes of the flaws with which a picture is no portrait at all."""


class Face(NamedTuple):
    """Measures of the face itself."""

    sharpness: float
    exposure: float


class Cutout(NamedTuple):
    """How well the person was cut out, each as in ``Measures``."""

    halo_de2000: float
    confidence: float
    clipped: float


def halo_de2000(
    colours: Floats, alpha: Floats, person: Floats, old_background: Floats, background_rgb: tuple[int, int, int]
) -> float:
    """Mean CIEDE2000 that the old background leaves on the new one in the outer half of the edge band.

    The outer half has 0 < alpha < 0.5. A pixel's difference from the new background is explained by the person's
    colours first and by the old background's second (non-negative least squares, the second damped). Only the second
    share counts. 0 where the band has no such pixels.

    Args:
        colours: (n, 3) of the band's pixels in the portrait, in [0, 255]; the next ones likewise.
        alpha: (n,) in [0, 1].
        person: (n, 3) smooth colours of the person nearby.
        old_background: (n, 3) smooth colours of what was behind the person.
        background_rgb: The new background.
    """
    outer = (alpha > 0) & (alpha < 0.5)
    if not outer.any():
        return 0.0
    new = np.array(background_rgb, np.float32)
    lack, own, old = new - colours[outer], new - person[outer], new - old_background[outer]
    own_own, old_old = np.sum(own * own, axis=1) + 1, np.sum(old * old, axis=1) + SAME_COLOUR**2
    own_old, own_lack, old_lack = (np.sum(a * b, axis=1) for a, b in ((own, old), (own, lack), (old, lack)))
    both = own_own * old_old - own_old**2
    with_person = own_lack * old_old >= old_lack * own_old
    share = np.where(with_person, (old_lack * own_own - own_lack * own_old) / both, old_lack / old_old)
    left = np.clip(new - np.clip(share, 0, 1)[:, None] * old, 0, 255)
    return float(np.mean(ciede2000(lab(new), lab(left))))


def matte_confidence(alpha: Alpha, unknown: NDArray[np.bool_]) -> float:
    """Mean of \\|2 alpha - 1\\| where the segmenter's matte (h, w) exceeds 0.05, without the edge band.

    1 if the segmenter is certain everywhere. The edge band is left out because edges are soft by nature. 0 without a
    person.
    """
    judged = alpha[(alpha > 0.05) & ~unknown]
    return float(np.mean(np.abs(2 * judged - 1))) if judged.size else 0.0


def face(image_rgb: Image, alpha: Image, head: Head, correction: Correction | None = None) -> Face:
    """Sharpness and exposure of the face in a frame (H, W, 3) with alpha (H, W) uint8, after a correction of colours.

    The face is the square around the centre of its landmarks with a side of two eye distances, reduced to at most
    60 px between the eyes. Sharpness is the variance of the Laplacian of luma, blurred a little (Pech-Pacheco et al.,
    ICPR 2000; Marr and Hildreth 1980), for a face of ``MIDDLE_LUMA``: a darker face has less contrast.
    Exposure is the mean luma (ITU-R BT.601) of the pixels that are certainly person, weighted by a Gaussian of
    ``FACE_SPREAD`` about that centre.
    """
    points = head.points_px((alpha.shape[1], alpha.shape[0]))
    eyes = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]]
    distance = max(1.0, float(np.hypot(*(eyes[1] - eyes[0]))))
    x, y = points.mean(axis=0)
    low = np.maximum(0, np.array([y - distance, x - distance])).astype(int)
    high = np.array([y + distance, x + distance]).astype(int) + 1
    part = np.ascontiguousarray(image_rgb[low[0] : high[0], low[1] : high[1]])
    mask = alpha[low[0] : high[0], low[1] : high[1]]
    if not part.size:
        return Face(0.0, 0.0)
    if correction is not None:
        part = correction.apply(part)
    scale = min(1.0, STANDARD_EYE_DISTANCE_PX / distance)
    size_wh = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    luma = cv2.cvtColor(cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    sure = cv2.resize(mask, size_wh, interpolation=cv2.INTER_NEAREST) == 255
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), NOISE_PX)
    detail = float(cv2.Laplacian(smooth, cv2.CV_32F).var())
    rows, columns = np.ogrid[: size_wh[1], : size_wh[0]]
    away = ((columns + 0.5) / scale + low[1] - x) ** 2 + ((rows + 0.5) / scale + low[0] - y) ** 2
    weights = np.exp(away / (-2 * (FACE_SPREAD * distance) ** 2)) * (sure if sure.any() else 1)
    exposure = float(np.average(luma, weights=weights))
    return Face(detail * MIDDLE_LUMA / max(1.0, exposure), exposure)


def look_flaws(
    head: Head, size_wh: tuple[int, int], eye_light: float | None, preset: Preset | None
) -> tuple[Flaw, ...]:
    """What is wrong with how a face looks into the camera: it is behind a hand or dark glasses, or looks elsewhere.

    Args:
        head: Its landmarks in a frame.
        size_wh: Of the frame.
        eye_light: See ``glasses``; None: not known.
        preset: What the portrait must be like; None: anything.
    """
    if head.score < LEAST_FACE_SCORE:
        return (Flaw("face-hidden"),)
    if preset is None:
        return ()
    pose = pose_flaw(head, size_wh, preset)
    dark = preset.shows_eyes and is_dark(eye_light)
    return (*([] if pose is None else [pose]), *([Flaw("eyes-hidden")] if dark else []))


def pose_flaw(head: Head, size_wh: tuple[int, int], preset: Preset | None, margin: float = 0.0) -> Flaw | None:
    """How a face fails to look into the camera as a preset wants it, judged by its landmarks; None if it does.

    Limits are narrower by ``margin``.
    """
    neutral = preset is not None and preset.expression == "neutral"
    points = head.points_px(size_wh).astype(np.float64)
    right, left, nose = points[Landmark.RIGHT_EYE], points[Landmark.LEFT_EYE], points[Landmark.NOSE]
    across, from_eyes = left - right, nose - (left + right) / 2
    turned = abs(float(from_eyes @ across)) / max(1.0, float(across @ across))
    if turned > (MOST_TURNED_NEUTRAL if neutral else MOST_TURNED) - margin:
        return Flaw("head-turned")
    down = (points[Landmark.MOUTH_RIGHT] + points[Landmark.MOUTH_LEFT] - left - right) / 2
    nose_height = float(from_eyes @ down) / max(1.0, float(down @ down))
    if nose_height < NOSE_RANGE[0] + margin:
        return Flaw("chin-up")
    return Flaw("chin-down") if nose_height > NOSE_RANGE[1] - margin else None


def clipped(image_rgb: Image, alpha: Image) -> float:
    """Share of the pixels that are certainly person and have two channels at 255, of a sample of about 60,000.

    One channel alone is that of a saturated cloth. Black is hair or cloth; a face that is black is too dark.
    """
    step = max(1, round((alpha.size / 60_000) ** 0.5))
    person = image_rgb[::step, ::step][alpha[::step, ::step] == 255]
    return float(np.mean((person == 255).sum(axis=1) > 1)) if len(person) else 0.0


def flaws(
    persons: int,
    left_out: int,
    several_wanted: bool,
    cutout: Cutout,
    seen: Face | None,
    framing: Framing,
    placement: Placement | None,
    head_motion: float = 0.0,
) -> tuple[Flaw, ...]:
    """Why a person should look at a portrait; empty if nobody needs to.

    Args:
        persons: How many people are in the picture.
        left_out: How many of them stand apart and were left out.
        several_wanted: Several people are welcome.
        cutout: How well the person was cut out.
        seen: The face; None where none was found.
        framing: How the frame was cropped.
        placement: The head in the portrait; None where no face was found.
        head_motion: How far the head may move before the capture, in heads.
    """
    if not persons:
        return (Flaw("nobody"),)
    found = [
        (left_out > 0, Flaw("several-people", {"count": persons})),
        (persons > 1 and not left_out and not several_wanted, Flaw("people-touch", {"count": persons})),
        (placement is None and framing.flaw is None, Flaw("no-face")),
        (cutout.halo_de2000 > MOST_HALO_DE2000, Flaw("old-background")),
        (cutout.confidence < LEAST_CONFIDENCE, Flaw("outline-uncertain")),
        (cutout.clipped > MOST_CLIPPED, Flaw("clipped")),
    ]
    if framing.flaw is not None:
        found.insert(0, (True, framing.flaw))
    if seen is not None:
        found += [
            (seen.sharpness < LEAST_SHARPNESS, Flaw("face-blurred")),
            (seen.exposure < EXPOSURE_RANGE[0], Flaw("face-dark")),
            (seen.exposure > EXPOSURE_RANGE[1], Flaw("face-bright")),
        ]
    if placement is not None and abs(placement.roll_deg) <= SIDEWAYS_DEG:
        # The framing's flaw may have said so already.
        said = framing.flaw is not None and framing.flaw.code == "uncropped-cut-top"
        found += [
            (abs(placement.roll_deg) > MOST_ROLL_DEG, Flaw("head-tilted")),
            (placement.crown_px < (0.01 + 2 * head_motion) * placement.head_px and not said, Flaw("head-cut")),
        ]
    return tuple(flaw for applies, flaw in found if applies)


def verdict(flaws: tuple[Flaw, ...]) -> Literal["ok", "review", "refused"]:
    """``refused`` where there is no portrait, ``review`` where a person should look, else ``ok``."""
    if any(flaw.code in REFUSING for flaw in flaws):
        return "refused"
    return "review" if flaws else "ok"


def with_eyes(portrait: Portrait, eyes: Eyes, preset: Preset | None) -> Portrait:
    """A portrait with the measures of its eyes, and with the flaw that a preset finds in them; None finds none."""
    measures = replace(portrait.measures, eyes_open=round(eyes.open, 3), eyes_aside=round(eyes.aside, 3))
    flaw = None
    if preset is not None and measures.verdict != "refused" and not is_dark(measures.eye_light):
        flaw = eyes_flaw(eyes, preset)
    if flaw is not None:
        flaws = (*measures.flaws, flaw)
        measures = replace(measures, flaws=flaws, reasons=in_english(flaws), verdict=verdict(flaws))
    return replace(portrait, measures=measures)


def eyes_flaw(eyes: Eyes, preset: Preset) -> Flaw | None:
    """How the eyes fail to look into the camera as a preset wants it; None if they do."""
    if eyes.open < LEAST_EYES_OPEN:
        return Flaw("eyes-closed")
    return Flaw("eyes-aside") if preset.shows_eyes and abs(eyes.aside) > MOST_ASIDE else None


def is_dark(eye_light: float | None) -> bool:
    """Whether dark glasses hide the eyes; see ``glasses``. False where it is not known."""
    return eye_light is not None and eye_light < LEAST_EYE_LIGHT


def in_english(flaws: tuple[Flaw, ...]) -> tuple[str, ...]:
    """The flaws in English sentences, as records keep them."""
    return _english().flaws(flaws)


@cache
def _english() -> Messages:
    return Messages("en")
