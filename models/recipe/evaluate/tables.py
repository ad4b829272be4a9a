"""Conversion of the measured rows to the tables of the model card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeVar

import numpy as np

from capture_station.segmentation.deeplab import FACE_SCORE
from models.recipe.evaluate.accuracy import EmptyRow, PortraitRow
from models.recipe.evaluate.bursts import BurstRow
from models.recipe.evaluate.heads import HeadRow
from models.recipe.evaluate.markdown import markdown, mean, ordered, percent
from models.recipe.evaluate.pairs import PairRow
from models.recipe.evaluate.saliency import FITTED, STRETCHED
from models.recipe.evaluate.speed import Coverage, Timing
from models.recipe.evaluate.steadiness import Steadiness
from models.recipe.evaluate.whiteness import SavedRow, WhiteRow

NEAR_EYES_PX = 24.0
CLEAN_AREA = 0.005
MOST_HAZE = 0.005
"""A portrait has smoke if its haze is above this share of the person's area."""
MOST_LOST = 0.015
"""A portrait shows the whole person if at most this share of the person's area is lost."""

Row = TypeVar("Row", PortraitRow, WhiteRow)


@dataclass(frozen=True)
class Results:
    """All measurements; an empty sequence means that this was not measured."""

    portraits: Sequence[PortraitRow]
    empty: Sequence[EmptyRow]
    steadiness: Sequence[Steadiness]
    timings: Sequence[Timing]
    coverage: Sequence[Coverage]
    agreement: dict[str, float]
    """Mean absolute difference of alpha between the two runtimes, by model."""
    quantized: dict[str, str]
    """Name of the float contestant from which each int8 contestant was quantized."""
    descriptions: dict[str, dict[str, Any]]
    """Contents of the JSON file beside each model."""
    refined: Sequence[PortraitRow] = ()
    """The same portraits with our mattes after the station's refinement, and with slower peers' mattes unrefined."""
    whiteness: Sequence[WhiteRow] = ()
    hair: Sequence[WhiteRow] = ()
    saved: Sequence[SavedRow] = ()
    bursts: Sequence[BurstRow] = ()
    chains: Sequence[Timing] = ()
    pairs: Sequence[PairRow] = ()
    heads: Sequence[HeadRow] = ()


def report(results: Results) -> str:
    """Return every table that has measurements, each under a title."""
    tables = [
        ("The files", files(results.descriptions)),
        ("Mattes, by source", accuracy(results.portraits)),
        ("int8 against float, points of IoU", quantization(results.portraits, results.quantized)),
        (
            "Our mattes as saved (refined) and slower peers' as they are (not refined), by source",
            accuracy(better_fits(results.refined, lambda row: -row.iou)),
        ),
        ("What is lost and what is left undecided, by source", faults([*results.portraits, *results.refined])),
        ("Portraits on white, of composites whose true portrait is known", whiteness(results.whiteness)),
        ("Hair: cut-outs with an alpha for every strand before sharp rooms", whiteness(results.hair)),
        ("Saved portraits of the same composites", saved(results.saved)),
        ("Two captures of one still scene, CIEDE2000 between them in the edge band", bursts(results.bursts)),
        ("Whole portraits, time", speed(results.chains)),
        ("Groups", groups(results.portraits)),
        ("Head landmarks", landmarks(results.portraits, results.empty)),
        (
            "Heads as the station measures them, mean distance from the labels in % of the head's height",
            heads(results.heads),
        ),
        ("Two people, one in front of the other", couples(results.pairs)),
        ("Pictures without people", emptiness(results.empty)),
        ("Steadiness, mean change of alpha where the picture is still, in 1/1000", steady(results.steadiness)),
        ("Speed", speed(results.timings)),
        ("Runtimes", runtimes(results.coverage, results.agreement)),
    ]
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in tables if text)


def files(descriptions: dict[str, dict[str, Any]]) -> str:
    cells = []
    for name, told in descriptions.items():
        training = told["training"]
        cells.append(
            [
                name,
                told["version"],
                f"{told['size_bytes'] / 1e6:.2f} MB",
                f"{training['images']:,}",
                # Some checkpoints do not record their training time.
                f"{training['hours']:.1f}" if training.get("hours") else "not kept",
                ", ".join(training["licence_classes"]),
                ", ".join(dict.fromkeys(run["data_sha256"][:12] for run in training["runs"])),
            ]
        )
    header = "model|version|size|training pictures drawn|hours of training|licence classes|sha256 of the data"
    return markdown(header.split("|"), cells)


def accuracy(rows: Sequence[PortraitRow]) -> str:
    cells = [
        [
            source,
            str(len(group)),
            name,
            *(f"{mean(getattr(row, key) for row in group):.4f}" for key in MEASURES),
            f"{mean(row.sad for row in group):.2f}",
        ]
        for source in ordered(row.source for row in rows)
        for name in ordered(row.contestant for row in rows)
        if (group := [row for row in rows if row.source == source and row.contestant == name])
    ]
    header = "source|pictures|model|IoU|boundary F|MAE|MAE in the edge band|SAD, 1000 px"
    return markdown(header.split("|"), cells)


def faults(rows: Sequence[PortraitRow]) -> str:
    """Return the shares of portraits with smoke and of portraits that show (nearly) the whole person."""
    sources = ordered(row.source for row in rows)
    cells = []
    for name in ordered(row.contestant for row in rows):
        own = [row for row in rows if row.contestant == name]
        groups = [own, *([row for row in own if row.source == source] for source in sources)]
        smoky = (percent(sum(row.haze > MOST_HAZE for row in group), len(group)) for group in groups)
        whole = (percent(sum(row.lost <= MOST_LOST for row in group), len(group)) for group in groups)
        cells += [[name, "smoke", *smoky], [name, "whole person", *whole]]
    return markdown(["model", "portraits with", "all", *sources], cells)


MEASURES = ("iou", "boundary_f", "mae", "mae_in_band")
MATTING_MEASURES = ("sad", "gradient", "connectivity", "white_error")


def better_fits(rows: Sequence[Row], error: Callable[[Row], float]) -> list[Row]:
    """Keep only the better of the fitted and the stretched run of each peer, by the mean error on each source."""
    kept = []
    for source in ordered(row.source for row in rows):
        group = [row for row in rows if row.source == source]
        best: dict[str, list[Row]] = {}
        for name in ordered(row.contestant for row in group):
            own = [row for row in group if row.contestant == name]
            peer = without_fit(name)
            if peer not in best or mean(map(error, own)) < mean(map(error, best[peer])):
                best[peer] = own
        kept += [row for own in best.values() for row in own]
    return kept


def without_fit(name: str) -> str:
    """Return a contestant's name without the suffix for fitted or stretched input."""
    return name.removesuffix(FITTED).removesuffix(STRETCHED)


def whiteness(rows: Sequence[WhiteRow]) -> str:
    cells = []
    for name in ordered(without_fit(row.contestant) for row in rows):
        for refined, edge in ((False, "as it is"), (True, "refined by us")):
            both_fits = [r for r in rows if without_fit(r.contestant) == name and r.refined == refined]
            own = better_fits(both_fits, lambda row: row.white_error)
            cells.append(
                [
                    name,
                    edge,
                    *(f"{mean(getattr(row, key) for row in own):.4f}" for key in MEASURES),
                    *(f"{mean(getattr(row, key) for row in own):.2f}" for key in MATTING_MEASURES),
                ]
            )
    header = "model|edge|IoU|boundary F|MAE|MAE in the edge band|SAD, 1000 px|gradient|connectivity|white error"
    return markdown(header.split("|"), cells)


def saved(rows: Sequence[SavedRow]) -> str:
    if not rows:
        return ""
    cells = [
        ["exactly white in the JPEG, blocks in which our alpha is 0", f"{100 * mean(r.exact for r in rows):.4f} %"],
        ["portraits of which that is 100 %", f"{sum(r.exact == 1 for r in rows)} of {len(rows)}"],
        [
            "exactly white in the JPEG, background by the true alpha outside its edge band",
            f"{100 * mean(r.exact_of_truth for r in rows):.2f} %",
        ],
        ["the lowest of that", f"{100 * min(r.exact_of_truth for r in rows):.2f} %"],
        [
            "exactly white in the JPEG, all pixels in which our alpha is 0",
            f"{100 * mean(r.exact_to_the_edge for r in rows):.2f} %",
        ],
        ["change from capture to capture in the band, CIEDE2000", f"{mean(r.change for r in rows):.2f}"],
        [
            "of that, with the true matte (the camera's noise on the person)",
            f"{mean(r.change_by_noise for r in rows):.2f}",
        ],
        ["of that, with one frame (the matte alone)", f"{mean(r.change_by_matte for r in rows):.2f}"],
    ]
    return markdown(["measure", "mean"], cells)


def bursts(rows: Sequence[BurstRow]) -> str:
    cells = []
    for frames in sorted({row.frames for row in rows}):
        own = [row for row in rows if row.frames == frames]
        framed = [row for row in own if not isnan(row.framed)]
        shown = mean(row.framed for row in framed), mean(row.placed_alike for row in framed)
        heads = [row.head_change for row in own if not isnan(row.head_change)]
        cells.append(
            [
                str(frames),
                f"{mean(row.change for row in own):.2f}",
                *(f"{value:.2f}" for value in shown),
                f"{100 * mean(heads):.2f} % / {100 * max(heads, default=0):.2f} %",
            ]
        )
    header = (
        "frames merged|uncropped|passport-35x45, of twice the size|the same, placed alike"
        "|head's height, mean / largest change"
    )
    return markdown(header.split("|"), cells)


def quantization(rows: Sequence[PortraitRow], pairs: dict[str, str]) -> str:
    def points(name: str, source: str) -> float:
        return 100 * mean(row.iou for row in rows if row.contestant == name and row.source == source)

    sources = ordered(row.source for row in rows)
    cells = [
        [f"{quantized} - {origin}", *(f"{points(quantized, s) - points(origin, s):+.2f}" for s in sources)]
        for quantized, origin in pairs.items()
    ]
    return markdown(["", *sources], cells)


def groups(rows: Sequence[PortraitRow]) -> str:
    """Return IoU and boundary F by groups that can be determined from the picture and its label alone."""
    names = ordered(row.contestant for row in rows)
    by_light = thirds(rows, lambda row: row.face_lightness)
    labelled = {row.source for row in rows if not isnan(row.eye_distance_px)}
    london = [row for row in rows if row.source == "london"]
    by_skin = parts(london, lambda row: row.face_lightness, 2)
    groups = {
        "face as photographed, darkest third of each source with landmark labels": by_light[0],
        "middle third": by_light[1],
        "lightest third": by_light[2],
        "london (one light, one camera), darker half of the faces": by_skin[0],
        "london, lighter half": by_skin[1],
        "colour pictures": [row for row in rows if row.colourful],
        "grey or sepia pictures": [row for row in rows if not row.colourful],
        "eyes at least 24 px apart": [row for row in rows if row.eye_distance_px >= NEAR_EYES_PX],
        "eyes nearer together": [row for row in rows if row.eye_distance_px < NEAR_EYES_PX],
        "no face labelled in these sources (turned away, covered)": [
            row for row in rows if row.source in labelled and isnan(row.eye_distance_px)
        ],
    }
    cells = []
    for title, members in groups.items():
        if not members:
            continue
        per_name = [[row for row in members if row.contestant == name] for name in names]
        shown = [f"{mean(r.iou for r in own):.3f} / {mean(r.boundary_f for r in own):.2f}" for own in per_name]
        cells.append([title, str(len(per_name[0])), *shown])
    return markdown(["group", "pictures", *(f"{name}, IoU / boundary F" for name in names)], cells)


def thirds(rows: Sequence[PortraitRow], key: Callable[[PortraitRow], float]) -> list[list[PortraitRow]]:
    """Split the rows into the low, middle and high third.

    The split is made within each source, so that no group consists of a single source.
    """
    result: list[list[PortraitRow]] = [[], [], []]
    for source in ordered(row.source for row in rows):
        for total, part in zip(result, parts([r for r in rows if r.source == source], key, 3), strict=True):
            total += part
    return result


def parts(rows: Sequence[PortraitRow], key: Callable[[PortraitRow], float], count: int) -> list[list[PortraitRow]]:
    """Split the rows by ``key`` into ``count`` parts with equal numbers of pictures, low to high.

    Rows whose key is NaN are left out.
    """
    values = {row.image: key(row) for row in rows if not isnan(key(row))}
    rank = {image: index for index, image in enumerate(sorted(values, key=lambda image: values[image]))}
    result: list[list[PortraitRow]] = [[] for _ in range(count)]
    for row in rows:
        if row.image in rank:
            result[rank[row.image] * count // len(rank)].append(row)
    return result


def landmarks(rows: Sequence[PortraitRow], empty: Sequence[EmptyRow]) -> str:
    cells = []
    for name in ordered(row.contestant for row in rows if not isnan(row.face_score)):
        labelled = [r for r in rows if r.contestant == name and not isnan(r.landmark_error)]
        near = [row for row in labelled if row.eye_distance_px >= NEAR_EYES_PX]
        found = [row for row in labelled if row.face_score >= FACE_SCORE]
        nobody = [row for row in empty if row.contestant == name]
        cells.append(
            [
                name,
                f"{mean(r.landmark_error for r in near):.3f} ({len(near)})",
                f"{mean(r.landmark_error for r in labelled):.3f} ({len(labelled)})",
                f"{mean(r.landmark_error for r in found):.3f}",
                f"{np.median([r.landmark_error for r in labelled]):.3f}",
                percent(len(found), len(labelled)),
                percent(sum(row.face_score >= FACE_SCORE for row in nobody), len(nobody)),
            ]
        )
    header = "model|eyes at least 24 px apart (faces)|all (faces)|all found|median of all|found|false faces, no person"
    return markdown(header.split("|"), cells)


def heads(rows: Sequence[HeadRow]) -> str:
    cells = []
    for source in ordered(row.source for row in rows):
        own = [row for row in rows if row.source == source]
        found = [row for row in own if not isnan(row.crown)]
        away = [[abs(getattr(row, mark)) for row in found] for mark in ("crown", "eyes", "chin", "height")]
        cells.append(
            [
                source,
                f"{len(found)} of {len(own)}",
                *(f"{100 * mean(ones):.1f} / {100 * np.median(ones):.1f}" if ones else "" for ones in away),
            ]
        )
    return markdown(["source", "heads found", "crown, mean / median", "eyes", "chin", "height"], cells)


def couples(rows: Sequence[PairRow]) -> str:
    cells = []
    for name in ordered(row.contestant for row in rows):
        own = [row for row in rows if row.contestant == name]
        ious = [row.iou for row in own]
        faces = [row.one_face for row in own if row.one_face is not None]
        counted = percent(sum(row.persons == 2 for row in own), len(own))
        one_face = percent(sum(faces), len(faces)) if faces else ""
        cells.append([name, str(len(own)), f"{mean(ious):.4f}", f"{min(ious):.4f}", one_face, counted])
    header = "model|pictures|IoU of both|lowest|all landmarks of one face|counted as two"
    return markdown(header.split("|"), cells)


def emptiness(rows: Sequence[EmptyRow]) -> str:
    cells = []
    for name in ordered(row.contestant for row in rows):
        areas = [row.person_area for row in rows if row.contestant == name]
        clean = percent(sum(area < CLEAN_AREA for area in areas), len(areas))
        cells.append([name, str(len(areas)), clean, f"{100 * mean(areas):.2f} %"])
    return markdown(["model", "pictures", "person area under 0.5 %", "mean person area"], cells)


def steady(rows: Sequence[Steadiness]) -> str:
    cells = [[r.contestant, str(r.pairs), f"{1000 * r.everywhere:.2f}", f"{1000 * r.near_outline:.1f}"] for r in rows]
    return markdown(["model", "pairs of frames", "everywhere", "within 5 px of the outline"], cells)


def speed(rows: Sequence[Timing]) -> str:
    cells = [[r.model, str(r.threads), f"{r.median_ms:.1f}", f"{r.ratio:.2f}"] for r in rows]
    return markdown(["model", "threads", "median ms", "ratio to the first"], cells)


def runtimes(rows: Sequence[Coverage], agreement: dict[str, float]) -> str:
    cells = [
        [r.model, f"{r.delegated} of {r.operations}", str(r.delegate_nodes), difference(agreement.get(r.model))]
        for r in rows
    ]
    header = "model|operations in XNNPACK (LiteRT)|delegate nodes|LiteRT against tflite-runtime, mean difference"
    return markdown(header.split("|"), cells)


def difference(value: float | None) -> str:
    return "not measured" if value is None else f"{255 * value:.3f} / 255"
