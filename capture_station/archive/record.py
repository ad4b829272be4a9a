"""What is written down about a capture, and reading it back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from capture_station.archive import names
from capture_station.frames import Measures

Role = Literal["original", "portrait", "matte"]
Count = Annotated[int, Field(ge=0)]
SizeWh = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ControlValue = bool | float | str | None


class _Value(BaseModel):
    # NaN, which a measure may be, comes back as NaN only in this form.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings", use_attribute_docstrings=True)


class CameraRecord(_Value):
    """The camera as it was while the picture was taken."""

    kind: str
    name: str
    size_wh: SizeWh
    fps: float
    pixel_format: str
    controls: dict[str, ControlValue] = {}
    """The settings asked for, by their names in the configuration."""
    in_force: dict[str, float] = {}
    """The values at the exposure, as far as the camera tells them: also what its automatics arrived at."""
    differences: tuple[str, ...] = ()
    """Settings that were asked for and not got, in words."""


class SegmenterRecord(_Value):
    """What decided person or background."""

    kind: str
    model: str
    """File name, or empty."""
    sha256: Sha256 | Literal[""]
    """Of the model's file, or empty."""
    runtime: str
    """Interpreter and its version, or empty."""


class Circumstances(_Value):
    """What the station knows about a capture and the pictures do not tell."""

    camera: CameraRecord
    segmenter: SegmenterRecord
    preset: str
    """How the head was framed."""
    gains: tuple[float, float, float] | None = None
    """Factors on linear red, green and blue by which the portrait was corrected; None: it was not."""
    burst: Annotated[int, Field(ge=1)] = 1
    """How many frames were taken; the original is the best of them."""
    merged: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the other frames' pixels that were averaged into the portrait."""
    timings_ms: dict[str, float]
    """How long each stage took, by the monotonic clock."""


class FileRecord(_Value):
    """One picture of a capture, enough to prove that it is unharmed."""

    role: Role
    name: str
    """In the capture's folder."""
    size_bytes: Count
    sha256: Sha256


class Record(Circumstances):
    """Everything about one capture."""

    schema_version: Literal[1] = 1
    id: str
    taken_at: AwareDatetime
    """Local time with its distance from UTC, as good as the machine's clock was."""
    size_wh: SizeWh
    """Of the original and the matte."""
    measures: Measures
    software: str
    """Version of capture-station."""
    files: tuple[FileRecord, ...]
    kept: bool = True
    """False once the person asked for a retake."""

    @property
    def by_demo(self) -> bool:
        """Whether it shows the demo's person: nobody, where the demo stood in for a camera that was not there."""
        return self.camera.kind == "demo"

    def file(self, role: Role) -> FileRecord:
        """The first file of a role; the portrait's first format is the first in the configuration."""
        return next(file for file in self.files if file.role == role)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A capture whose record cannot be read."""

    id: str
    reason: str
    """One line."""


def read_record(folder: Path) -> Record | Damaged:
    """Read and check the record of the capture in this folder; never raises for what is in it."""
    path = folder / names.RECORD
    try:
        record = Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return Damaged(folder.name, f"{path}: damaged: {place + ': ' if place else ''}{first['msg']}")
    except OSError as error:
        return Damaged(folder.name, f"{path}: cannot be read: {error.strerror}")
    if record.id != folder.name:
        return Damaged(folder.name, f"{path}: damaged: it is the record of {record.id}")
    strangers = [file.name for file in record.files if not names.is_own_file(record.id, file.name)]
    if strangers:
        return Damaged(folder.name, f"{path}: damaged: it names a foreign file: {strangers[0]!r}")
    return record
