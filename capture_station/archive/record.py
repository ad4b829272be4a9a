"""The record of a capture, ``record.json``, and reading it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from capture_station.archive import names
from capture_station.frames import Measures
from capture_station.presets import same_shape
from capture_station.regular_files import read_regular_file

Role = Literal["original", "portrait", "matte"]
Count = Annotated[int, Field(ge=0)]
SizeWh = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ControlValue = bool | float | str | None


class _Value(BaseModel):
    # A measure may be NaN, and JSON can carry NaN only as a string.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings", use_attribute_docstrings=True)


class CameraRecord(_Value):
    """The camera at the time of the exposure."""

    kind: str
    name: str
    size_wh: SizeWh
    fps: float
    pixel_format: str
    asked_px: SizeWh | Literal["auto", ""] = ""
    """The size that the settings asked for; empty in records of older versions."""
    controls: dict[str, ControlValue] = {}
    """The requested settings, by their names in the configuration."""
    in_force: dict[str, float] = {}
    """The values at the exposure that the camera reported, including those that its automatic functions chose."""
    differences: tuple[str, ...] = ()
    """Requested settings that the camera did not apply, in words."""


class SegmenterRecord(_Value):
    """The segmenter that separated the person from the background."""

    kind: str
    model: str
    """File name of the model, or empty."""
    sha256: Sha256 | Literal[""]
    """SHA-256 of the model's file, or empty."""
    runtime: str
    """Name and version of the interpreter, or empty."""


class SourceRecord(_Value):
    """The photo that a capture was made of, in place of a camera's picture."""

    name: str
    """The file's name."""
    sha256: Sha256


class SubjectRecord(_Value):
    """The person in the picture, as the roster or a person at the station named them."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    name: str = ""
    """For people to read; empty where it is not known."""
    columns: dict[str, str] = {}
    """Further columns of the roster, by their heading, as they were at the capture."""


class ConsentRecord(_Value):
    """The person agreed to a text before the first picture."""

    text_sha256: Sha256
    agreed_at: AwareDatetime


class Assignment(_Value):
    """Somebody changed whose portrait this is."""

    assigned_at: AwareDatetime
    by: str
    """Where it was asked for: ``window``, ``web`` or ``command``."""
    from_id: str | None
    to_id: str | None
    """Ids of the subjects before and after; None: nobody, or somebody whose pictures were deleted."""
    from_consent: ConsentRecord | None = None
    """What the person before had agreed to. It is no consent of the person after."""


class PresetRanges(_Value):
    """Where a preset allows the head to be, least and most, as shares of the portrait's height."""

    eye_line: tuple[float, float]
    head_height: tuple[float, float]


class Circumstances(_Value):
    """What the station knows about a capture and the pictures do not show."""

    camera: CameraRecord
    segmenter: SegmenterRecord
    preset: str
    """Name of the framing preset."""
    preset_px: SizeWh | None = None
    """The size that the preset asks for; None without a preset, and in records of older versions."""
    preset_ranges: PresetRanges | None = None
    """What the preset allowed at the capture; None without a preset, and in records of older versions."""
    gains: tuple[float, float, float] | None = None
    """Colour correction: factors on linear red, green and blue; None if the portrait was not corrected."""
    burst: Annotated[int, Field(ge=1)] = 1
    """Number of frames in the burst; the original is the best of them."""
    merged: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Fraction of the other frames' pixels that were averaged into the portrait."""
    subject: SubjectRecord | None = None
    """Whose portrait it is; None where nobody said so."""
    consent: ConsentRecord | None = None
    source: SourceRecord | None = None
    """The existing photo that it was made of; None where the station took it."""
    timings_ms: dict[str, float]
    """Duration of each stage, by the monotonic clock."""


class FileRecord(_Value):
    """One picture of a capture, with the checksum that proves it undamaged."""

    role: Role
    name: str
    """File name in the capture's folder."""
    size_bytes: Count
    sha256: Sha256


class Record(Circumstances):
    """Everything about one capture."""

    schema_version: Literal[1, 2] = 2
    """1 had no subject, consent and assignments."""
    id: str
    taken_at: AwareDatetime
    """Local time with its UTC offset, as accurate as the machine's clock was."""
    size_wh: SizeWh
    """Size of the original and of the matte."""
    portrait_px: SizeWh | None = None
    """Size of the portrait. It is smaller than ``preset_px`` where the camera gave too few pixels of the head."""
    measures: Measures
    software: str
    """Version of capture-station."""
    files: tuple[FileRecord, ...]
    kept: bool = True
    """False after a retake, and for a doubtful portrait that nobody decided to keep."""
    retaken: bool = False
    """Another portrait took its place, or somebody decided against it; older versions did not record that."""
    kept_despite: tuple[str, ...] = ()
    """Codes of the flaws of a doubtful portrait that somebody decided to keep."""
    assignments: tuple[Assignment, ...] = ()
    """Changes of the subject after the capture, oldest first."""

    @field_validator("measures", mode="before")
    @classmethod
    def _without_former_measures(cls, measures: object) -> object:
        """Records of older versions have a measure that is gone."""
        if isinstance(measures, dict):
            return {name: value for name, value in measures.items() if name != "background_exactness"}
        return measures

    @property
    def by_demo(self) -> bool:
        """Whether the demo camera took it, so that it shows no real person."""
        return self.camera.kind == "demo"

    @property
    def agreed(self) -> bool:
        """Whether the person agreed before the picture."""
        return self.consent is not None

    @property
    def has_preset_shape(self) -> bool | None:
        """False for a portrait that was not cropped to its preset; None without a preset, and in older records."""
        if self.preset_px is None or self.portrait_px is None:
            return None
        return same_shape(self.portrait_px, self.preset_px)

    def file(self, role: Role) -> FileRecord:
        """The first file with this role. For a portrait that is the first of ``archive.portrait_formats``."""
        return next(file for file in self.files if file.role == role)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A capture whose record cannot be read."""

    id: str
    reason: str
    """One line."""


def assigned(
    record: Record, subject: SubjectRecord | None, by: str, consent: ConsentRecord | None
) -> dict[str, object]:
    """The fields that change when a capture turns out to be somebody else's. Consent never passes to another person.

    Args:
        subject: None: nobody.
        by: Where it was asked for.
        consent: What this person has agreed to; None: only what the record knows, if it was theirs before.
    """
    change = Assignment(
        assigned_at=datetime.now().astimezone(),
        by=by,
        from_id=None if record.subject is None else record.subject.id,
        to_id=None if subject is None else subject.id,
        from_consent=record.consent,
    )
    assignments = (*record.assignments, change)
    agreed = {one.from_id: one.from_consent for one in assignments}
    known = None if subject is None else consent or agreed.get(subject.id)
    return {"subject": subject, "consent": known, "assignments": assignments}


def forgotten(record: Record, subject: str) -> dict[str, object]:
    """The fields that change when a person is deleted whose portrait this was before: id and consent go."""
    assignments = list[Assignment]()
    for one in record.assignments:
        if one.from_id == subject:
            one = one.model_copy(update={"from_id": None, "from_consent": None})
        assignments.append(one.model_copy(update={"to_id": None}) if one.to_id == subject else one)
    return {"assignments": tuple(assignments)}


def as_bytes(record: Record) -> bytes:
    """The record as it stands in its file."""
    return record.model_dump_json(indent=2).encode() + b"\n"


def read_record(folder: Path) -> Record | Damaged:
    """Read and validate the record of the capture in this folder. Never raises because of the folder's contents."""
    path = folder / names.RECORD
    try:
        record = Record.model_validate_json(read_regular_file(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return Damaged(folder.name, f"{path}: damaged: {place + ': ' if place else ''}{first['msg']}")
    except OSError as error:
        return Damaged(folder.name, f"{path}: cannot be read: {error.strerror}")
    if record.id != folder.name:
        return Damaged(folder.name, f"{path}: damaged: it is the record of {record.id}")
    foreign = [file.name for file in record.files if not names.is_capture_file(record.id, file.name)]
    if foreign:
        return Damaged(folder.name, f"{path}: damaged: it names a foreign file: {foreign[0]!r}")
    return record
