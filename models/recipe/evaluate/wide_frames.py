"""People in a camera's wide frame, without and with the fine pass.

``python -m models.recipe.evaluate.wide_frames --data DIR`` prints a table. Held-out cut-outs are placed in front of
held-out rooms, with heads of a given share of the frame's height. What the default preset crops is compared with the
truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from capture_station import shipped as package
from capture_station.config import PortraitSettings
from capture_station.frames import Head, Image, Landmark
from capture_station.portrait.framing import frame_head, resample
from capture_station.portrait.pipeline import make_portrait
from models.recipe import dataset, metrics
from models.recipe.evaluate.composites import NOISE_LEVELS
from models.recipe.evaluate.contestants import Contestant, for_saving, shipped, sure_of, unit_alpha
from models.recipe.evaluate.markdown import markdown

SIZES_WH = ((1920, 1080), (1280, 720), (640, 480))
HEAD_SHARES = (0.2, 0.3, 0.4)
"""Eyes to chin twice, about a head without its hair, as a share of the frame's height."""
SETTINGS = PortraitSettings(upscale_limit=4)
HAZY, LOST = 0.005, 0.015
"""As in the model card: portraits with more smoke, and people of whom more is lost."""

Floats = NDArray[np.float32]


def in_frame(
    colours: Image, alpha: Image, head: Head, share: float, room: Image, rng: np.random.Generator
) -> tuple[Image, Floats, Image]:
    """A cut-out on the lower edge of a frame with a room: the picture, the true alpha, and the person on white."""
    height, width = room.shape[:2]
    points = head.points_px((alpha.shape[1], alpha.shape[0]))
    eyes = points[[Landmark.RIGHT_EYE, Landmark.LEFT_EYE]].mean(axis=0)
    scale = share * height / (2 * float(np.hypot(*(points[Landmark.CHIN] - eyes))))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    person, share_of = (cv2.resize(plane, None, fx=scale, fy=scale, interpolation=how) for plane in (colours, alpha))
    aside = max(0, (share_of.shape[1] - width) // 2)
    person, share_of = (plane[:height, aside : aside + width] for plane in (person, share_of))
    high, wide = share_of.shape
    left = (width - wide) // 2
    placed, truth = np.zeros_like(room, np.float32), np.zeros((height, width), np.float32)
    placed[height - high :, left : left + wide] = person
    truth[height - high :, left : left + wide] = share_of / np.float32(255)
    placed += rng.normal(0, NOISE_LEVELS, placed.shape)
    behind = room + rng.normal(0, NOISE_LEVELS, placed.shape)
    amount = truth[..., None]
    image, on_white = (np.clip(placed * amount + rest * (1 - amount) + 0.5, 0, 255) for rest in (behind, 255.0))
    return image.astype(np.uint8), truth, on_white.astype(np.uint8)


def scores(
    whole: Contestant,
    coarse_to_fine: Contestant,
    people: Sequence[tuple[Image, Image, Head]],
    rooms: Sequence[Image],
    share: float,
) -> Iterator[NDArray[np.float64]]:
    """Yield (2, 6) for each person: IoU, boundary F, MAE in the band, white error, smoke and loss, without and with."""
    for number, (colours, alpha, head) in enumerate(people):
        rng = np.random.default_rng(number)
        image, truth, on_white = in_frame(colours, alpha, head, share, rooms[number % len(rooms)], rng)
        mattes = [sure_of(contestant.segment(image)) for contestant in (whole, coarse_to_fine)]
        if mattes[0].head is None or mattes[1].fine is None:
            continue
        framing = frame_head(mattes[1].head, np.asarray(truth * 255, np.uint8), SETTINGS)
        if framing.matrix is None:
            continue
        true_alpha = resample(np.asarray(truth * 255 + 0.5, np.uint8), framing, (0,)) / np.float32(255)
        true_picture = resample(on_white, framing, SETTINGS.background)
        rows = []
        for matte in mattes:
            # Uncropped, and cropped here, so that both are compared in the same place.
            made = make_portrait(image, matte, SETTINGS.model_copy(update={"preset": "free"}))
            ours = resample(np.asarray(unit_alpha(made) * 255 + 0.5, np.uint8), framing, (0,)) / np.float32(255)
            picture = resample(made.image_rgb, framing, SETTINGS.background)
            rows.append(
                (
                    metrics.iou(ours, true_alpha),
                    metrics.boundary_f(ours, true_alpha),
                    1000 * metrics.mae_in_band(ours, true_alpha),
                    metrics.white_error(picture, true_picture, true_alpha),
                    metrics.haze(ours, true_alpha) > HAZY,
                    metrics.lost(ours, true_alpha) <= LOST,
                )
            )
        yield np.array(rows, np.float64)


def report(data: dataset.Dataset, capture: Path, limit: int | None) -> str:
    """The table: a line for each size of frame and share of the head."""
    whole = shipped("the whole frame", capture, flip_averaging=True)
    coarse_to_fine = for_saving("coarse to fine", capture, SETTINGS)
    people = []
    for portrait in [p for p in data.portraits if p.cutout is not None][:limit]:
        assert portrait.cutout is not None
        colours, alpha = dataset.read_cutout(portrait.cutout)
        grey = np.where(alpha[..., None] > 0, colours, 128).astype(np.uint8)
        if (head := sure_of(whole.segment(grey)).head) is not None:
            people.append((colours, alpha, head))
    files = sorted(room.image for room in data.backgrounds if room.source == "houses")
    lines = []
    for size_wh in SIZES_WH:
        rooms = [dataset.covering(dataset.read_rgb(file), size_wh) for file in files]
        for share in tqdm(HEAD_SHARES, desc=f"{size_wh[0]}x{size_wh[1]}"):
            found = np.array(list(scores(whole, coarse_to_fine, people, rooms, share)))
            if not len(found):
                continue
            before, after = found.mean(axis=0)
            cells = [
                f"{before[0]:.4f} → {after[0]:.4f}",
                f"{before[1]:.3f} → {after[1]:.3f}",
                f"{before[2]:.1f} → {after[2]:.1f}",
                f"{before[3]:.2f} → {after[3]:.2f}",
                *(f"{100 * before[k]:.0f} → {100 * after[k]:.0f} %" for k in (4, 5)),
            ]
            lines.append([f"{size_wh[0]}x{size_wh[1]}", f"{share:g}", str(len(found)), *cells])
    heads = ["frame", "head", "people", "IoU", "boundary F", "band MAE, 1/1000", "white error", "smoke", "whole"]
    return markdown(heads, lines)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.evaluate.wide_frames", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv; its val pictures are used")
    parser.add_argument("--capture", type=Path, default=package.model_path(package.CAPTURE_MODEL), help="int8 .tflite")
    parser.add_argument("--limit", type=int, help="people; without it, all")
    arguments = parser.parse_args(words)
    print(report(dataset.load(arguments.data, "val"), arguments.capture, arguments.limit))


if __name__ == "__main__":
    main()
