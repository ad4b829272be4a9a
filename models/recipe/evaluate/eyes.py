"""How well closed eyes are told from open ones, on portraits whose closed eyes somebody has listed; who looks aside.

``python -m models.recipe.evaluate.eyes --data DATA --closed LIST`` prints how many of the portraits in LIST are
found, and how many others are taken for closed: at the station's limit, and at the limit with which 2 of 100 others
are. Then it prints how many portraits of each source look aside. LIST has a path a line, as in ``landmarks.csv``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from capture_station.config import SegmentationSettings
from capture_station.frames import Eyes, Head
from capture_station.portrait.measure import LEAST_EYES_OPEN, MOST_ASIDE
from capture_station.segmentation.eyes import open_eye_reader

POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left", "chin")
LEAST_EYES_APART_PX = 24
FALSE_ALARMS = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--closed", type=Path, required=True)
    arguments = parser.parse_args()
    closed = set(arguments.closed.read_text().split())
    reader = open_eye_reader(SegmentationSettings())
    seen, wanted, sources = list[Eyes](), list[bool](), list[str]()
    with (arguments.data / "landmarks.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["right_eye_x"]]
    for row in tqdm(rows):
        points = np.array([[float(row[f"{name}_x"]), float(row[f"{name}_y"])] for name in POINTS], np.float32)
        if np.hypot(*(points[1] - points[0])) < LEAST_EYES_APART_PX:
            continue
        image = cv2.imread(str(arguments.data / row["path"]), cv2.IMREAD_COLOR_RGB)
        assert image is not None
        head = Head(points / np.array([image.shape[1], image.shape[0]], np.float32), 1.0)
        seen.append(reader.read(np.asarray(image, np.uint8), head))
        wanted.append(row["path"] in closed)
        sources.append(Path(row["path"]).parts[1])
    values, labels, aside = (
        np.array([eyes.open for eyes in seen]),
        np.array(wanted),
        np.abs([eyes.aside for eyes in seen]),
    )
    print(f"{labels.sum()} portraits with closed eyes, {(~labels).sum()} others")
    two_of_100 = float(np.quantile(values[~labels], FALSE_ALARMS))
    for name, limit in (("station", LEAST_EYES_OPEN), ("2 of 100", two_of_100)):
        found, alarms = (values[labels] < limit).mean(), (values[~labels] < limit).mean()
        print(f"{name}: limit {limit:.3f}, found {found:.1%}, false alarms {alarms:.1%}")
    for source in sorted(set(sources)):
        values = aside[np.array(sources) == source]
        print(f"{source}: {(values > MOST_ASIDE).sum()} of {values.size} look aside, at most by {values.max():.3f}")


if __name__ == "__main__":
    main()
