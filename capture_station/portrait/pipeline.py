"""Turns one frame and its matte into one portrait, through every step of ``portrait``."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from capture_station.config import PortraitSettings
from capture_station.frames import Alpha, Head, Image, Matte, Measures, Part, Portrait
from capture_station.images import resized, solid_image
from capture_station.portrait import measure
from capture_station.portrait.apart import kept_apart
from capture_station.portrait.clean_plate import known_background
from capture_station.portrait.colour import Correction
from capture_station.portrait.doubt import Evidence, difference_of_second_model, doubt
from capture_station.portrait.framing import Framing, frame_head, map_head, resample
from capture_station.portrait.glasses import eye_light
from capture_station.portrait.head_placement import place, side_flaw
from capture_station.portrait.lookalikes import lookalikes
from capture_station.portrait.people import choose
from capture_station.portrait.plate_evidence import CleanPlate, weighed
from capture_station.portrait.refine import cut_out, refine, sampled_band, working_size_wh
from capture_station.portrait.shadow import cast_shadow
from capture_station.portrait.trimap import trimap


class Cut(NamedTuple):
    """The person of a frame on the new background: all of a portrait that does not depend on its crop."""

    picture: Image
    """(H, W, 3)."""
    alpha: Image
    """(H, W) uint8, 255 is person."""
    persons: int
    left_out: int
    """How many of them are not in alpha."""
    evidence: Evidence
    """What speaks against it, in the part of the frame that had a fine pass, or in the whole frame."""
    head: Head | None
    """None without anybody, too."""
    face: measure.Face | None
    """None without a head."""
    eye_light: float | None
    """See ``glasses``; None where it is not known."""
    confidence: float
    clipped: float
    clean_plate: bool
    """Whether a clean plate was there, and fitted."""


def make_portrait(
    image_rgb: Image,
    matte: Matte,
    settings: PortraitSettings,
    correction: Correction | None = None,
    clean_plate: CleanPlate | None = None,
) -> Portrait:
    """Cut the person out, put them on the background, frame the head and measure the result.

    Reentrant: it uses OpenCV's threads and keeps no state.

    Args:
        image_rgb: The frame, (H, W, 3) uint8; not written into.
        matte: The segmenter's matte of the same frame; it may be coarser.
        settings: Section ``portrait`` of the config.
        correction: The colour correction of the session; None for none.
        clean_plate: The same camera's; None where there is none.

    Returns:
        The portrait. With nobody in the picture it is the empty background, with verdict ``refused``.

    Raises:
        SegmentationError: The clean plate's network failed.
    """
    return frame_portrait(cut_person(image_rgb, matte, settings, correction, clean_plate), settings)


def cut_person(
    image_rgb: Image,
    matte: Matte,
    settings: PortraitSettings,
    correction: Correction | None = None,
    clean_plate: CleanPlate | None = None,
) -> Cut:
    """The first half of ``make_portrait``; of the settings it reads ``background`` and ``people`` only."""
    seen_rgb = image_rgb
    if correction is not None:
        image_rgb = correction.apply(image_rgb)
    height, width = image_rgb.shape[:2]
    everyone = settings.people == "all"
    looked = matte.fine or Part(matte, (0, 0, width, height))
    left, top, right, bottom = looked.box_px
    part = (slice(top, bottom), slice(left, right))
    reduced = resized(image_rgb[part], working_size_wh((right - left, bottom - top)), averaged=True)
    grid_wh = (looked.matte.alpha.shape[1], looked.matte.alpha.shape[0])
    on_grid = resized(reduced, grid_wh, averaged=True)
    seen, behind = looked.matte, None
    if clean_plate is not None:
        behind = known_background(clean_plate.image, looked.box_px, (width, height), reduced, seen.alpha)
        if behind is not None:
            # The network has learned from pictures that are sharp on this grid.
            sharp = resized(image_rgb[part], grid_wh, averaged=True)
            seen = replace(seen, alpha=weighed(seen.alpha, sharp, behind, clean_plate.network))
    known = trimap(seen, on_grid, everyone)
    doubted = known.segmenter_alpha
    if behind is not None:
        # What is not the plate's need not be the person: it may have been put down since. So the network's own alpha
        # counts for the doubt where colours speak for the person, and where they overrule it.
        own = looked.matte.alpha
        doubtful = (seen.alpha > own) | ((own > 0.5) & (seen.alpha <= 0.5))
        doubted = np.where(doubtful & (doubted > 0), own, doubted)
    working = refine(reduced, known, behind)
    picture, alpha = solid_image((width, height), settings.background), np.zeros((height, width), np.uint8)
    persons, left_out = known.persons, known.left_out
    if matte.fine is not None and persons:
        people = choose(matte.alpha, matte.head, everyone, image_rgb)
        # A second person may be too small for one of the passes, or touch the first in one only.
        persons, left_out = max(people.persons, persons), max(people.left_out, left_out)
        add_rest(people.alpha, part, image_rgb, picture, alpha)
    band = cut_out(image_rgb, looked.box_px, working, picture, alpha)
    head = matte.head if persons else None
    halo_de2000 = measure.halo_de2000(*sampled_band(picture, alpha, band, looked.box_px, working), settings.background)
    alike = lookalikes(reduced, working)
    return Cut(
        picture,
        alpha,
        persons,
        left_out,
        Evidence(doubted, difference_of_second_model(looked.matte), alike, halo_de2000, looked.box_px),
        head,
        measure.face(image_rgb, alpha, head) if head is not None else None,
        eye_light(image_rgb, head) if head is not None else None,
        measure.matte_confidence(looked.matte.alpha, known.unknown),
        measure.clipped(seen_rgb, alpha),
        behind is not None,
    )


def add_rest(coarse: Alpha, part: tuple[slice, slice], image_rgb: Image, picture: Image, alpha: Image) -> None:
    """Add what is beyond a part of the frame as the coarse matte (h, w) cuts it out.

    The portrait does not show it: it is for who reads the alpha of the whole frame. ``picture`` (H, W, 3) and
    ``alpha`` (H, W) are written into.
    """
    size_wh = image_rgb.shape[1], image_rgb.shape[0]
    rest = cv2.resize(cv2.convertScaleAbs(coarse, alpha=255), size_wh, interpolation=cv2.INTER_LINEAR)
    cv2.threshold(rest, 127, 255, cv2.THRESH_BINARY, alpha)
    alpha[part] = 0
    cv2.copyTo(image_rgb, alpha, picture)


def frame_portrait(
    cut: Cut, settings: PortraitSettings, crop_margin: float = 0.0, head_motion: float = 0.0
) -> Portrait:
    """The second half of ``make_portrait``: the crop, and what it is worth.

    ``crop_margin`` and ``head_motion`` are those of ``frame_head``, above 0 where the person may move before the
    capture.
    """
    alpha, head, seen = cut.alpha, cut.head, cut.face
    size_wh = alpha.shape[1], alpha.shape[0]
    framing = Framing(None, size_wh, None)
    if cut.persons:
        framing = frame_head(head, alpha, settings, 1.0, crop_margin, head_motion, cut.persons)
    picture, framed_alpha = resample(cut.picture, framing, settings.background), resample(alpha, framing, (0,))
    if framing.matrix is not None:
        # Interpolation overshoots beside edges; pixels without any person get exactly the background's colour.
        outside = cv2.inRange(framed_alpha, 0, 0)
        # A tenth of the time that NumPy takes to assign through a mask.
        cv2.copyTo(solid_image(framing.size_wh, settings.background), outside, picture)
    framed_head = map_head(head, framing, size_wh) if head is not None else None
    placement = place(framed_head, framed_alpha) if framed_head is not None else None
    apart = None
    if framed_head is not None and placement is not None and framing.matrix is not None and cut.persons == 1:
        apart = kept_apart(framed_alpha, picture, framed_head, placement)
    if settings.shadow:
        picture = cast_shadow(picture, framed_alpha, settings.shadow)

    cutout = measure.Cutout(cut.evidence.halo_de2000, cut.confidence, cut.clipped)
    doubted = doubt(cut.evidence, alpha, framing)
    flaws = measure.flaws(
        persons=cut.persons,
        left_out=cut.left_out,
        several_wanted=settings.people == "all",
        cutout=cutout,
        seen=seen,
        framing=framing,
        placement=placement,
        head_motion=head_motion,
    )
    if head is not None and placement is not None and cut.persons == 1:
        cut_off = None if framing.matrix is None else side_flaw(framed_alpha, placement)
        flaws += () if cut_off is None else (cut_off,)
        flaws += measure.look_flaws(head, size_wh, cut.eye_light, settings.geometry)
    if apart is not None:
        flaws += (apart,)
    # What is no portrait at all need not be looked at for its outline.
    if doubted.flaw is not None and measure.verdict(flaws) != "refused":
        flaws = (*(flaw for flaw in flaws if flaw.code != doubted.flaw.code), doubted.flaw)
    out_width, out_height = framing.size_wh
    measures = Measures(
        halo_de2000=cutout.halo_de2000,
        matte_confidence=cutout.confidence,
        sharpness=seen.sharpness if seen else 0.0,
        exposure=seen.exposure if seen else 0.0,
        clipped=cutout.clipped,
        persons=cut.persons,
        eye_distance_px=placement.eye_distance_px if placement else None,
        head_height=placement.head_px / out_height if placement else None,
        eye_line=placement.eyes_px[1] / out_height if placement else None,
        centre=placement.eyes_px[0] / out_width if placement else None,
        roll_deg=placement.roll_deg if placement else None,
        verdict=measure.verdict(flaws),
        reasons=measure.in_english(flaws),
        flaws=flaws,
        doubt=doubted.amount,
        eye_light=cut.eye_light,
        clean_plate=cut.clean_plate,
    )
    return Portrait(picture, alpha, measures)
