"""Draws what is rare in the portraits: prints on clothes, raised arms, and arms held towards the lens.

Examples are a print in the colour of the wall, a hand in front of the chest, and a forearm that enters from a corner of
the picture. A network that saw few of them in training labels them as background.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from capture_station.frames import Landmark
from capture_station.portrait.palette import face_mask

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

SHIFT = 4
"""Number of fractional bits in the coordinates passed to OpenCV's drawing functions."""


class Body(NamedTuple):
    """Position of a person's body in a picture, and the unit of length for it."""

    chin: Floats
    """x, y in pixels."""
    unit_px: float
    """Distance in pixels from the point between the eyes to the chin."""
    mask: Image
    """(S, S) uint8, 255 where the body is, without the face."""


def body_of(alpha: Image, landmarks_px: Floats) -> Body | None:
    """The body of a person with alpha (S, S) and landmarks (6, 2).

    None if a landmark is missing, the unit is at most 4 px, or no body is visible below the face.
    """
    if np.isnan(landmarks_px).any():
        return None
    chin = landmarks_px[Landmark.CHIN]
    unit = face_of(landmarks_px)[1]
    mask = np.where(alpha > 250, 255, 0).astype(np.uint8)
    mask[: max(0, int(chin[1] + 0.3 * unit))] = 0
    return Body(chin, unit, mask) if unit > 4 and mask.any() else None


def face_of(landmarks_px: Floats) -> tuple[Floats, float]:
    """The point between the eyes, x, y in pixels, and its distance to the chin."""
    eyes = landmarks_px[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].mean(axis=0)
    return eyes, float(np.hypot(*(landmarks_px[Landmark.CHIN] - eyes)))


def print_on_clothes(image: Image, alpha: Image, body: Body, rng: Generator) -> Image:
    """Print shapes or letters on the body in a picture (S, S, 3), some of them in a colour of the background."""
    rows, columns = np.nonzero(body.mask)
    shapes = np.zeros(alpha.shape, np.uint8)
    behind = image[alpha < 5]
    out = image
    for _ in range(rng.integers(1, 5)):
        shapes[:] = 0
        at = rng.integers(len(rows))
        centre = np.array([columns[at], rows[at]])
        size = body.unit_px * rng.uniform(0.3, 1.6, 2)
        kind = rng.random()
        if kind < 0.4:
            angle = rng.uniform(0, 180)
            cv2.ellipse(shapes, (centre.tolist(), (2 * size).tolist(), angle), 255, -1, cv2.LINE_AA)
        elif kind < 0.8:
            turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
            points = centre + np.stack([np.cos(turns), np.sin(turns)], axis=1) * size * rng.uniform(
                0.4, 1, (len(turns), 1)
            )
            cv2.fillPoly(shapes, [points.astype(np.int32)], 255, cv2.LINE_AA)
        else:
            word = "".join(chr(rng.integers(65, 91)) for _ in range(rng.integers(2, 7)))
            scale = body.unit_px / 30 * rng.uniform(0.6, 1.6)
            cv2.putText(
                shapes, word, centre.tolist(), int(rng.integers(0, 8)), scale, 255, int(1 + 2 * scale), cv2.LINE_AA
            )
        colour = behind[rng.integers(len(behind))] if len(behind) and rng.random() < 0.5 else rng.uniform(0, 255, 3)
        # Keep the folds of the cloth visible through the print.
        luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        folds = luma / max(1.0, float(luma[body.mask > 0].mean()))
        painted = np.asarray(colour, np.float32) * (0.6 + 0.4 * np.clip(folds, 0, 2))[..., None]
        share = cv2.min(shapes, body.mask).astype(np.float32)[..., None] / 255 * rng.uniform(0.6, 1)
        out = np.clip(out + (painted - out) * share, 0, 255).astype(np.uint8)
    return out


def raise_arm(image: Image, alpha: Image, landmarks_px: Floats, body: Body, rng: Generator) -> tuple[Image, Image]:
    """Draw an arm from a shoulder to a random point, in the textures of the person's own clothes and skin.

    Returns picture and matte.
    """
    unit, size = body.unit_px, alpha.shape[0]
    shoulder = shoulder_of(alpha, body, rng)
    if shoulder is None:
        return image, alpha
    hand = np.clip(body.chin + unit * rng.uniform((-4, -2.5), (4, 4)), 0, size - 1)
    if abs(hand[0] - body.chin[0]) < 1.3 * unit:
        hand[1] = max(hand[1], body.chin[1] + 0.5 * unit)
    upper, fore = unit * rng.uniform(1.6, 2.6, 2)
    away = hand - shoulder
    distance = float(np.clip(np.hypot(*away), abs(upper - fore) + 1, 0.98 * (upper + fore)))
    along = away / max(1.0, float(np.hypot(*away)))
    hand = shoulder + distance * along
    # The elbow lies beside the line from shoulder to hand, in 80 % of the cases below it.
    ahead = (distance**2 + upper**2 - fore**2) / (2 * distance)
    beside = np.array([-along[1], along[0]]) * (1 if along[0] >= 0 else -1) * rng.choice([1, -1], p=[0.8, 0.2])
    elbow = shoulder + ahead * along + float(np.sqrt(max(0.0, upper**2 - ahead**2))) * beside
    wrist = hand + 0.5 * unit * (elbow - hand) / fore
    cloth = texture(image, body.mask, rng)
    skin = texture(image, face_mask(landmarks_px, alpha.shape), rng)
    if cloth is None or skin is None:
        return image, alpha
    bare = rng.random() < 0.4
    thick = unit * rng.uniform(0.65, 0.95)
    for start, end, thickness, stuff in (
        (shoulder, elbow, thick, cloth),
        (elbow, wrist, 0.8 * thick, skin if bare else cloth),
        (wrist, hand, 0.7 * unit, skin),
    ):
        limb = capsule(size, start, end, thickness)
        image = over(image, shaded(stuff, limb, thickness, rng), limb)
        alpha = cv2.max(alpha, limb)
    if rng.random() < 0.7:
        pointing = np.arctan2(*(hand - wrist)[::-1])
        for towards in pointing + rng.uniform(-0.9, 0.9, rng.integers(1, 6)):
            tip = hand + rng.uniform(0.4, 0.8) * unit * np.array([np.cos(towards), np.sin(towards)])
            finger = capsule(size, hand, tip, 0.2 * unit)
            image = over(image, shaded(skin, finger, 0.2 * unit, rng), finger)
            alpha = cv2.max(alpha, finger)
    return image, alpha


def hold_out_arm(image: Image, alpha: Image, landmarks_px: Floats, body: Body, rng: Generator) -> tuple[Image, Image]:
    """Draw an arm that reaches towards the lens, as if the person held the camera.

    The arm becomes wider, and mostly brighter, from the shoulder to the lower edge or the side where it leaves the
    picture. Returns picture and matte.
    """
    unit, size = body.unit_px, alpha.shape[0]
    shoulder = shoulder_of(alpha, body, rng)
    cloth, skin = texture(image, body.mask, rng), texture(image, face_mask(landmarks_px, alpha.shape), rng)
    if shoulder is None or cloth is None or skin is None or shoulder[1] > size:
        return image, alpha
    side = 1 if shoulder[0] > body.chin[0] else -1
    thick, near = unit * rng.uniform(0.65, 0.95), unit * rng.uniform(0.9, 2.2)
    corner = size if side > 0 else 0
    leaves = np.array([corner + rng.uniform(-0.25, 0.15) * side * size, size * rng.uniform(1, 1.3)])
    # Extend the arm beyond the edge by about its width, so that its end is not visible.
    leaves += near * np.array([0.3 * side, 1.0])
    sleeve_end = shoulder + rng.uniform(0.1, 0.7) * (leaves - shoulder)
    ahead = (np.indices((size, size))[::-1].transpose(1, 2, 0) - shoulder) @ (leaves - shoulder)
    nearness = np.clip(ahead / max(1.0, float(np.sum((leaves - shoulder) ** 2))), 0, 1).astype(np.float32)
    brightness = (1 + rng.uniform(-0.1, 0.9) * nearness)[..., None]
    arm = tapered(size, shoulder, leaves, thick, near)
    bare = rng.random() < 0.6
    sleeve = cv2.min(arm, capsule(size, shoulder, sleeve_end, 2 * near)) if bare else arm
    for limb, stuff in ((arm, skin), (sleeve, cloth)):
        lit = np.clip(shaded(stuff, arm, near, rng) * brightness, 0, 255).astype(np.uint8)
        image = over(image, lit, limb)
    return image, cv2.max(alpha, arm)


def shoulder_of(alpha: Image, body: Body, rng: Generator) -> Floats | None:
    """x, y in pixels of one shoulder, left or right at random; None if no body is visible below the chin."""
    unit, size = body.unit_px, alpha.shape[0]
    row = int(body.chin[1] + rng.uniform(0.9, 1.4) * unit)
    # If the shoulders are below the picture, estimate their width from the picture's lowest row.
    across = np.flatnonzero(alpha[min(row, size - 1)] > 127)
    if not len(across):
        return None
    side = rng.choice([-1, 1])
    reach = min(abs((across[-1] if side > 0 else across[0]) - body.chin[0]), 2.2 * unit)
    return np.array([body.chin[0] + side * max(0.0, reach - 0.4 * unit), row + 0.3 * unit], np.float32)


def texture(image: Image, mask: NDArray[np.generic], rng: Generator) -> Image | None:
    """Tile a patch of the masked area, with reduced contrast, to (S, S, 3). None if fewer than 9 pixels are masked."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 9:
        return None
    at = rng.integers(len(rows))
    # The largest square around a random pixel that stays within the mask's bounding box, with sides of 3 to 33 pixels.
    half = int(
        max(
            1,
            min(
                rows[at] - rows.min(),
                rows.max() - rows[at],
                columns[at] - columns.min(),
                columns.max() - columns[at],
                16,
            ),
        )
    )
    top, left = max(0, rows[at] - half), max(0, columns[at] - half)
    part = image[top : top + 2 * half + 1, left : left + 2 * half + 1]
    inside = mask[top : top + 2 * half + 1, left : left + 2 * half + 1] > 0
    middle = np.median(part[inside], axis=0)
    part = np.where(inside[..., None], middle + 0.4 * (part - middle), middle).astype(np.uint8)
    repeats = -(-image.shape[0] // part.shape[0]), -(-image.shape[1] // part.shape[1])
    return np.tile(part, (*repeats, 1))[: image.shape[0], : image.shape[1]]


def capsule(size_px: int, start: Floats, end: Floats, thickness_px: float) -> Image:
    """Draw a stroke (S, S) with round ends."""
    mask = np.zeros((size_px, size_px), np.uint8)
    points = [np.round(point * 2**SHIFT).astype(int).tolist() for point in (start, end)]
    cv2.line(mask, points[0], points[1], 255, max(1, round(thickness_px)), cv2.LINE_AA, SHIFT)
    return mask


def tapered(size_px: int, start: Floats, end: Floats, start_px: float, end_px: float) -> Image:
    """Draw a stroke (S, S) with round ends, whose width changes from ``start_px`` to ``end_px``."""
    turns = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    ends = np.concatenate([start + start_px / 2 * circle, end + end_px / 2 * circle]).astype(np.float32)
    outline = np.round(cv2.convexHull(ends) * 2**SHIFT).astype(np.int32)
    mask = np.zeros((size_px, size_px), np.uint8)
    cv2.fillConvexPoly(mask, outline, 255, cv2.LINE_AA, SHIFT)
    return mask


def shaded(stuff: Image, limb: Image, thickness_px: float, rng: Generator) -> Image:
    """Shade a texture (S, S, 3) as on a round limb: it becomes darker towards the limb's sides."""
    depth = cv2.distanceTransform((limb > 127).astype(np.uint8), cv2.DIST_L2, 3) / max(1.0, thickness_px / 2)
    light = rng.uniform(0.8, 1.15) * (1 - rng.uniform(0.1, 0.5) * (1 - np.clip(depth, 0, 1)) ** 2)
    return np.clip(stuff * light[..., None], 0, 255).astype(np.uint8)


def over(picture: Image, paint: Image, mask: Image) -> Image:
    """Composite ``paint`` over a picture (S, S, 3) where the mask (S, S) is set."""
    share = mask.astype(np.float32) / 255
    return np.asarray(cv2.blendLinear(paint, picture, share, 1 - share), np.uint8)
