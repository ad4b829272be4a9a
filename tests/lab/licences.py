"""``python -m tests.lab.licences``: lists the licences of everything that README's installation brings, as Markdown.

It reads the metadata of the installed packages, so it runs in an environment with the extras that it lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("kiosk", "mqtt", "scan", "upload", "cluster")
"""Without ``pi``, whose packages exist only there, and without what only tests and training need."""
_HEAD = """# Packages that capture-station uses

capture-station itself is under the MIT licence. Its installation brings these packages from PyPI, none of which is part
of this repository. `python -m tests.lab.licences` makes this table from the packages' own metadata.

| package | version | licence | needed by |
|---|---|---|---|"""
_TAIL = """
The extra `pi` adds gpiozero (BSD-3-Clause) and lgpio (Unlicense). On a 32-bit system, tflite-runtime (Apache-2.0)
replaces ai-edge-litert. Some wheels contain libraries with other licences: FFmpeg (LGPL-2.1) in opencv-python-headless,
libheif and libde265 (LGPL-3.0) in pi-heif. The wheels themselves list them all.

These parts of the repository have their own licences beside them: the demo's people
(`capture_station/camera/demo_people/`, MIT), the fonts (`capture_station/fonts/`, OFL-1.1) and the test photograph
(`tests/data/`, public domain). `models/iris.tflite` and `models/selfie.tflite` are MediaPipe's models of the iris
and for selfies, not changed (Apache-2.0); the `.json` beside each names its source and checksum.
[The model card](../models/MODEL_CARD.md) lists the licences of the training data."""


def requirements(package: Distribution, extra: str) -> Iterator[Requirement]:
    for line in package.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None:
            if not extra:
                yield requirement
        elif marker.evaluate({"extra": extra}) and (not extra or not marker.evaluate({"extra": ""})):
            yield requirement


def closure(start: Distribution, extra: str) -> dict[str, Distribution]:
    """What an extra brings, directly and through other packages, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = list(requirements(start, extra))
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        package = distribution(name)
        extras = ("", *requirement.extras)
        if name not in found:
            found[name] = package
            waiting += [one for extra in extras for one in requirements(package, extra)]
    return found


def licence(package: Distribution) -> str:
    """The SPDX expression of the metadata, or the shortest other statement there."""
    metadata = package.metadata
    if expression := metadata["License-Expression"]:
        return str(expression)
    stated = str(metadata["License"] or "").strip()
    if stated and "\n" not in stated and len(stated) < 60:
        return stated
    classifiers = [str(line) for line in metadata.get_all("Classifier") or () if str(line).startswith("License ::")]
    return ", ".join(line.rpartition(" :: ")[2] for line in classifiers) or "see the package"


def main() -> None:
    station = distribution("capture-station")
    needed: dict[str, list[str]] = {}
    packages: dict[str, Distribution] = {}
    base = closure(station, "")
    for extra in ("", *EXTRAS):
        for name, package in (base if not extra else closure(station, extra)).items():
            if not extra or name not in base:
                packages[name] = package
                needed.setdefault(name, []).append(extra or "everything")
    print(_HEAD)
    for name in sorted(packages):
        package = packages[name]
        print(f"| {package.metadata['Name']} | {package.version} | {licence(package)} | {', '.join(needed[name])} |")
    print(_TAIL)


if __name__ == "__main__":
    main()
