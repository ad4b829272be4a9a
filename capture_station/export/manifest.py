"""The table of what was exported: one row a portrait. Other booths may write it, too."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter

from capture_station.archive.record import Record
from capture_station.errors import ArchiveError
from capture_station.export.destination import Destination
from capture_station.export.file_names import file_key
from capture_station.export.template import owner_of
from capture_station.spreadsheet_text import from_cell, to_cell

FOLDER = "portraits"
MANIFEST = "manifest.csv"
MISSING = "missing.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One exported portrait. All of it is text, as it stands in the file."""

    id: str
    """The subject's, or the capture's where nobody said whose portrait it is."""
    name: str
    file: str
    """In ``FOLDER``, such as ``portraits/20417.jpg``."""
    capture: str
    taken_at: str
    """ISO 8601 with the distance from UTC."""
    verdict: str
    flaws: str
    """Codes, with spaces between them."""
    preset: str
    model: str
    """sha256 of the segmentation model."""
    sha256: str
    """Of the exported file."""
    made: str
    """Format and limits, so that an export with others is made again."""
    shape: str = ""
    """One of ``shape.Shape``. Empty in manifests of older versions."""

    @classmethod
    def of(cls, record: Record, file: str, data: bytes, made: str, shape: str) -> Row:
        """The row of a capture's portrait, which stands in ``file`` as ``data``."""
        return cls(
            id=owner_of(record),
            name="" if record.subject is None else record.subject.name,
            file=file,
            capture=record.id,
            taken_at=record.taken_at.isoformat(timespec="seconds"),
            verdict=record.measures.verdict,
            flaws=" ".join(flaw.code for flaw in record.measures.flaws),
            preset=record.preset,
            model=record.segmenter.sha256,
            sha256=hashlib.sha256(data).hexdigest(),
            made=made,
            shape=shape,
        )


class Manifest:
    """The manifest at a destination. Rows that this run does not touch stay as they are. Used by one thread.

    Args:
        destination: Where it is.
        is_own: Whether a row is of this archive. What another one has begun may be about to be written.

    Raises:
        ArchiveError: It cannot be read, or it is not a manifest of this product.
    """

    def __init__(self, destination: Destination, is_own: Callable[[Row], bool]) -> None:
        self._destination = destination
        self.earlier: dict[str, Row] = {}
        """Rows of earlier runs by id; of what a run had begun when it was cut off, those whose files are there."""
        self._touched: dict[str, tuple[Row, ...]] = {}
        self._outdated: set[Row] = set()
        """Rows that the next manifest leaves out. Others of their ids may have come meanwhile."""
        for row in read_rows(destination.read(MANIFEST)):
            if not row.made and not destination.exists(row.file):
                if is_own(row):
                    destination.remove(row.file)  # A part of it may be there.
                    self._outdated.add(row)
                continue
            before = self.earlier.get(row.id, row)
            if file_key(before.file) != file_key(row.file):
                destination.remove(before.file)
            if before != row:
                self._outdated.add(before)
            self.earlier[row.id] = row

    def _earlier_of(self, owner: str) -> tuple[Row, ...]:
        row = self.earlier.get(owner)
        return () if row is None else (row,)

    def add(self, row: Row) -> None:
        """The file of this row is there now, and no other one of its owner."""
        self._touched[row.id] = (row,)

    def take_back(self, row: Row) -> None:
        """Remove a row's file.

        Raises:
            ArchiveError: It cannot be removed.
        """
        self._destination.remove(row.file)
        self._touched[row.id] = ()

    def save(self, begun: Collection[Row] = ()) -> list[Row]:
        """Write the manifest, with rows of files that are about to be written beside those of their owners.

        Returns:
            All rows that are in it. Those without ``made`` may have no file: whoever began it may never go on.

        Raises:
            DiskFull, ArchiveError: It cannot be read or written.
        """
        rows = dict[str, tuple[Row, ...]]()
        for row in read_rows(self._destination.read(MANIFEST)):
            if row not in self._outdated:
                rows[row.id] = (*rows.get(row.id, ()), row)
        for row in begun:
            self._touched.setdefault(row.id, self._earlier_of(row.id))
        rows |= self._touched
        for row in begun:
            rows[row.id] = (*rows[row.id], row)
        saved = list(chain.from_iterable(rows.values()))
        self._destination.write(MANIFEST, write_rows(saved))
        return saved


def write_rows(rows: Iterable[Row]) -> bytes:
    """The manifest's file: CSV in UTF-8 with a byte order mark, which spreadsheets need."""
    names = [field.name for field in fields(Row)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    # A long export writes its table many times, and `asdict` is slow.
    writer.writerows([to_cell(text) for text in row] for row in map(attrgetter(*names), rows))
    return text.getvalue().encode("utf-8-sig")


def read_rows(data: bytes | None) -> list[Row]:
    """The rows of an earlier export; none without a file.

    Raises:
        ArchiveError: The file is not a manifest of this product, or it names a file elsewhere than in ``FOLDER``.
    """
    if data is None:
        return []
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        # Manifests of older versions do not tell the shape.
        names = [field.name for field in fields(Row) if field.name != "shape" or "shape" in (reader.fieldnames or ())]
        rows = [Row(**{name: from_cell(line[name] or "") for name in names}) for line in reader]
        for row in rows:
            _require_plain(row.file)
    except (ValueError, csv.Error, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{MANIFEST} at the destination is not one of capture-station; move it away or name another destination"
        ) from error
    return rows


def _require_plain(file: str) -> None:
    """Whoever has had the destination may have changed its manifest, and what that names is removed and replaced.

    Raises:
        ValueError: It is not the path of a file that an export writes.
    """
    folder, _, name = file.partition("/")
    if folder != FOLDER or not name or name.startswith(".") or any(character in name for character in "/\\\0"):
        raise ValueError(f"{file!r} is no file in {FOLDER}")
