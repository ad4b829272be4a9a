"""Evaluation: ``python -m models.recipe.evaluate --data DIR [--peer FILE] [--onnx NAME=FILE] [--card FILE.md]``.

It measures the shipped models and the models they are compared with, and prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from capture_station import shipped as package
from models.recipe import dataset
from models.recipe.evaluate import accuracy, bursts, chain, heads, pairs, speed, steadiness, tables, whiteness
from models.recipe.evaluate.contestants import (
    Contestant,
    float_network,
    for_saving,
    refined,
    selfie,
    shipped,
    smoothed,
    threshold,
)
from models.recipe.evaluate.markdown import write_card
from models.recipe.evaluate.saliency import onnx_session, saliency
from models.recipe.evaluate.sheet import portrait_sheet, white_sheet

PREVIEW, CAPTURE = "preview int8", "capture int8"
PREVIEW_SHOWN = "preview int8, smoothed as it is shown"
CAPTURE_FLIP_AVERAGED = "capture int8, flip-averaged"
FLOAT_PREVIEW, FLOAT_CAPTURE = "preview float", "capture float"
PEER, THRESHOLD = "MediaPipe Selfie", "CIELUV threshold"
AGREEMENT_PICTURES = 10


def evaluate(arguments: argparse.Namespace) -> None:
    data = dataset.load(arguments.data, "val")
    contestants = list(opened(arguments))
    steady_ones = [one for one in contestants if one.name not in (FLOAT_PREVIEW, FLOAT_CAPTURE)]
    steady_ones.append(smoothed(next(one for one in contestants if one.name == PREVIEW), PREVIEW_SHOWN))
    models = {PREVIEW: arguments.preview, CAPTURE: arguments.capture}
    cards = {name: model.with_suffix(".json") for name, model in models.items()}
    timed = {PEER: arguments.peer, **models} if arguments.peer else models
    sample = [portrait.read()[0] for portrait in data.portraits[:AGREEMENT_PICTURES]]
    one_each = [group[0].read()[0] for group in dataset.sources(data.portraits).values()]
    agreement = {name: speed.runtimes_agree(model, sample) for name, model in models.items()}
    floats = {PREVIEW: (FLOAT_PREVIEW, arguments.float_preview), CAPTURE: (FLOAT_CAPTURE, arguments.float_capture)}
    ours = for_saving(CAPTURE_FLIP_AVERAGED, arguments.capture)
    onnx = dict(arguments.onnx)
    slow_ones = [one for name, file in onnx.items() for one in saliency(name, onnx_session(file))]
    whitened = [*(one for one in contestants if one.name in (PEER, THRESHOLD)), ours, *slow_ones]
    results = tables.Results(
        # This is timed first, before other work heats up the machine or fills its memory.
        chains=chain.chains(arguments.capture, onnx, one_each) if arguments.rounds else [],
        portraits=accuracy.portraits(contestants, data, arguments.data, arguments.limit),
        refined=accuracy.portraits([refined(ours), *slow_ones], data, arguments.data, arguments.limit),
        whiteness=whiteness.whiteness(whitened, data, arguments.limit),
        hair=whiteness.whiteness(whitened, data, arguments.limit, hair=True),
        saved=whiteness.saved(ours, data, arguments.limit),
        bursts=bursts.bursts(ours, data, arguments.limit),
        pairs=pairs.pairs(steady_ones[:-1], data, arguments.limit),
        heads=heads.heads(ours, data, arguments.data, arguments.limit),
        empty=accuracy.empty_scenes(contestants, data, arguments.data, arguments.limit),
        steadiness=steadiness.steadiness(steady_ones, arguments.video) if arguments.video else [],
        timings=speed.timings(timed, rounds=arguments.rounds) if arguments.rounds else [],
        coverage=[speed.coverage(name, model) for name, model in timed.items()],
        agreement={name: value for name, value in agreement.items() if value is not None},
        descriptions={name: json.loads(card.read_text()) for name, card in cards.items() if card.exists()},
        quantized={quantized: name for quantized, (name, file) in floats.items() if file},
    )
    text = tables.report(results)
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    if arguments.card:
        write_card(arguments.card, text)
    if arguments.sheets:
        arguments.sheets.mkdir(parents=True, exist_ok=True)
        portrait_sheet(arguments.sheets / "portraits.png", results.refined, refined(ours), data)
        white_sheet(arguments.sheets / "composites.png", results.whiteness, ours, data)


def opened(arguments: argparse.Namespace) -> Iterator[Contestant]:
    """Yield the contestants to be compared, the peer first."""
    if arguments.peer:
        yield selfie(PEER, arguments.peer)
    yield threshold(THRESHOLD)
    for name, model, float_name, float_file in (
        (PREVIEW, arguments.preview, FLOAT_PREVIEW, arguments.float_preview),
        (CAPTURE, arguments.capture, FLOAT_CAPTURE, arguments.float_capture),
    ):
        if float_file:
            yield float_network(float_name, float_file, speed.input_side_px(model))
        yield shipped(name, model)
    yield shipped(CAPTURE_FLIP_AVERAGED, arguments.capture, flip_averaging=True)


def arguments_of(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.recipe.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MANIFEST.csv; its val pictures are used")
    parser.add_argument("--preview", type=Path, default=package.model_path(package.PREVIEW_MODEL), help="int8 .tflite")
    parser.add_argument("--capture", type=Path, default=package.model_path(package.CAPTURE_MODEL), help="int8 .tflite")
    parser.add_argument("--float-preview", type=Path, help="what preview was quantized from: .pt or float .tflite")
    parser.add_argument("--float-capture", type=Path, help="what capture was quantized from: .pt or float .tflite")
    parser.add_argument("--peer", type=Path, help="MediaPipe Selfie Segmentation, general, .tflite")
    parser.add_argument(
        "--onnx",
        type=named_file,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="U²-Net and the like, as often as wanted; times of whole portraits are ratios to the first",
    )
    parser.add_argument("--video", type=Path, help="folder of videos, for steadiness")
    parser.add_argument("--limit", type=int, help="pictures a source, and empty scenes; without it, all")
    parser.add_argument("--rounds", type=int, default=speed.ROUNDS, help="inferences a model for speed; 0 for none")
    parser.add_argument("--json", type=Path, help="write every row here")
    parser.add_argument("--card", type=Path, help="rewrite the tables of this model card")
    parser.add_argument(
        "--sheets", type=Path, help="write sheets of the worst, median and best pictures into this folder"
    )
    arguments = parser.parse_args(words)
    if arguments.card and arguments.limit is not None:
        parser.error("--card takes tables of all pictures: leave --limit out")
    return arguments


def named_file(word: str) -> tuple[str, Path]:
    """Parse a NAME=FILE argument of the command line."""
    name, equals, file = word.partition("=")
    if not name or not equals or not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"{word}: not NAME=FILE with a file that exists")
    return name, Path(file)


if __name__ == "__main__":
    evaluate(arguments_of())
