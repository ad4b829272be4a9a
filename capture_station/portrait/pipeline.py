"""One frame and its matte become one portrait: the way through all of ``portrait``."""

from __future__ import annotations

from capture_station.config import PortraitSettings
from capture_station.frames import Image, Matte, Measures, Portrait
from capture_station.images import resized, solid_image
from capture_station.portrait import measure
from capture_station.portrait.colour import Correction
from capture_station.portrait.framing import Framing, frame_head, moved, place, resample
from capture_station.portrait.refine import cut_out, refine, sampled_band, working_size_wh
from capture_station.portrait.shadow import cast_shadow
from capture_station.portrait.trimap import trimap


def make_portrait(
    image_rgb: Image, matte: Matte, settings: PortraitSettings, correction: Correction | None = None
) -> Portrait:
    """Cut the person out, put them on the background, frame the head and measure the result.

    Reentrant: uses OpenCV's threads, keeps nothing.

    Args:
        image_rgb: The frame, (H, W, 3) uint8; not written into.
        matte: What the segmenter saw in the same frame; coarser is fine.
        settings: Section ``portrait`` of the config.
        correction: The session's locked colours, if there are any.

    Returns:
        The portrait. Nobody in the picture is a portrait of the empty background, to be reviewed.
    """
    if correction is not None:
        image_rgb = correction.apply(image_rgb)
    height, width = image_rgb.shape[:2]
    reduced = resized(image_rgb, working_size_wh((width, height)), averaged=True)
    everyone = settings.people == "all"
    on_grid = resized(reduced, (matte.alpha.shape[1], matte.alpha.shape[0]), averaged=True)
    known = trimap(matte, on_grid, everyone)
    working = refine(reduced, known)
    picture, alpha, band = cut_out(image_rgb, working, solid_image((width, height), settings.background_rgb))
    halo = measure.halo_de2000(*sampled_band(picture, alpha, band, working), settings.background_rgb)

    head = matte.head if known.persons else None
    framing = frame_head(head, alpha, settings) if known.persons else Framing(None, (width, height), None)
    framed, framed_alpha = resample(picture, framing, settings.background_rgb), resample(alpha, framing, (0,))
    if framing.matrix is not None:
        # Interpolation rings beside an edge; what shows nothing of the person is the background, exactly.
        framed[framed_alpha == 0] = settings.background_rgb
    exactness = measure.background_exactness(framed, framed_alpha, settings.background_rgb)
    if settings.shadow:
        framed = cast_shadow(framed, framed_alpha, settings.shadow)

    placement = place(moved(head, framing, (width, height)), framed_alpha) if head is not None else None
    seen = measure.face(image_rgb, alpha, head) if head is not None else None
    confidence = measure.matte_confidence(matte.alpha, known.unknown)
    clipped = measure.clipped(image_rgb, alpha)
    flaws = measure.flaws(
        persons=known.persons,
        left_out=known.left_out,
        several_wanted=everyone,
        exactness=exactness,
        halo=halo,
        confidence=confidence,
        seen=seen,
        clipped_share=clipped,
        placement=placement,
        uncropped=framing.flaw,
        cropped=framing.matrix is not None,
    )
    out_width, out_height = framing.size_wh
    measures = Measures(
        background_exactness=exactness,
        halo_de2000=halo,
        matte_confidence=confidence,
        sharpness=seen.sharpness if seen else 0.0,
        exposure=seen.exposure if seen else 0.0,
        clipped=clipped,
        persons=known.persons,
        eye_distance_px=placement.eye_distance_px if placement else None,
        head_height=(placement.chin_px - placement.crown_px) / out_height if placement else None,
        eye_line=placement.eyes_px[1] / out_height if placement else None,
        centre=placement.eyes_px[0] / out_width if placement else None,
        roll_deg=placement.roll_deg if placement else None,
        verdict="review" if flaws else "ok",
        reasons=measure.in_english(flaws),
        flaws=flaws,
    )
    return Portrait(framed, alpha, measures)
