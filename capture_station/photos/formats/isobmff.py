"""Reads the boxes of HEIC and AVIF files: the items of a picture, where their bytes are, and their properties."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_MOST_BOXES = 100_000


class CutBox(Exception):
    """A box ends before what it announces."""


@dataclass(slots=True)
class Item:
    """One coded picture, or one description of how others are put together."""

    kind: bytes = b""
    kind_offset: int = 0
    """Where the file stores ``kind``."""
    in_idat: bool = False
    """Its bytes are in the idat box."""
    extents: list[tuple[int, int]] = field(default_factory=list)
    """Offset and length of each part; a length of 0 reaches to the end."""
    made_of: list[int] = field(default_factory=list)
    """Items that it derives its picture from, such as the tiles of a grid."""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Kind and content."""


@dataclass(slots=True)
class Container:
    """The ``meta`` box of a file."""

    items: dict[int, Item]
    primary: int
    alpha_of: dict[int, list[int]]
    """Auxiliary items, which are mostly transparency, by the item that they belong to."""
    idat: bytes = b""

    def needed(self) -> list[Item]:
        """The primary item, its transparency, and all that these are made of."""
        wanted, seen = [self.primary, *self.alpha_of.get(self.primary, ())], dict[int, Item]()
        while wanted:
            number = wanted.pop()
            if number in self.items and number not in seen:
                seen[number] = self.items[number]
                wanted += self.items[number].made_of
        return list(seen.values())

    def payload(self, item: Item, data: bytes) -> bytes | None:
        """The bytes of an item; None if the file ends before them."""
        source = self.idat if item.in_idat else data
        parts = []
        for offset, length in item.extents:
            end = offset + length if length else len(source)
            if end > len(source):
                return None
            parts.append(source[offset:end])
        return b"".join(parts)


def read_container(data: bytes) -> Container | None:
    """Read the ``meta`` box (ISO/IEC 14496-12, section 8.11); None if there is none, as in a sequence.

    Raises:
        CutBox: The file ends within it.
    """
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta":
            return _read_meta(data, start + 4, end)
    return None


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1 and content + 8 <= end:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        stop = end if size == 0 else start + size
        if stop < content:
            return
        if stop > end:
            if kind != b"mdat":
                raise CutBox
            stop = end  # The places of the items tell whether something is missing that is needed.
        yield kind, content, stop
        start = stop


class _Reader:
    """Takes one number after the other out of a box."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data, self.at, self.end = data, start, end

    def number(self, size: int) -> int:
        """The next big-endian number of so many bytes."""
        if self.at + size > self.end:
            raise CutBox
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def version_and_flags(self) -> tuple[int, int]:
        return self.number(1), self.number(3)


def _read_meta(data: bytes, start: int, end: int) -> Container:
    container = Container({}, 0, {})
    properties: list[tuple[bytes, bytes]] = []
    associations: list[tuple[int, int]] = []
    for kind, at, stop in _boxes(data, start, end):
        reader = _Reader(data, at, stop)
        if kind == b"pitm":
            container.primary = reader.number(4 if reader.version_and_flags()[0] else 2)
        elif kind == b"idat":
            container.idat = data[at:stop]
        elif kind == b"iinf":
            reader.number(4 if reader.version_and_flags()[0] else 2)
            for _, inner, inner_stop in _boxes(data, reader.at, stop):
                _read_kind(container, _Reader(data, inner, inner_stop))
        elif kind == b"iloc":
            _read_extents(container, reader)
        elif kind == b"iref":
            id_size = 4 if reader.version_and_flags()[0] else 2
            for reference, inner, inner_stop in _boxes(data, reader.at, stop):
                _read_reference(container, reference, _Reader(data, inner, inner_stop), id_size)
        elif kind == b"iprp":
            for inner_kind, inner, inner_stop in _boxes(data, at, stop):
                if inner_kind == b"ipco":
                    properties = [(kind, data[a:b]) for kind, a, b in _boxes(data, inner, inner_stop)]
                elif inner_kind == b"ipma":
                    associations += _read_associations(_Reader(data, inner, inner_stop))
    for number, index in associations:
        if 1 <= index <= len(properties):
            _item(container, number).properties.append(properties[index - 1])
    return container


def _item(container: Container, number: int) -> Item:
    return container.items.setdefault(number, Item())


def _read_kind(container: Container, reader: _Reader) -> None:
    """An ``infe`` box (section 8.11.6). Only versions 2 and later tell the kind."""
    version, _ = reader.version_and_flags()
    if version >= 2:
        item = _item(container, reader.number(4 if version >= 3 else 2))
        reader.number(2)
        item.kind_offset = reader.at
        item.kind = reader.number(4).to_bytes(4, "big")


def _read_extents(container: Container, reader: _Reader) -> None:
    """An ``iloc`` box (section 8.11.3)."""
    version, _ = reader.version_and_flags()
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(reader.number(4 if version == 2 else 2)):
        item = _item(container, reader.number(4 if version == 2 else 2))
        item.in_idat = version > 0 and reader.number(2) & 15 == 1
        reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            reader.number(index_size if version > 0 else 0)
            offset = base + reader.number(offset_size)
            item.extents.append((offset, reader.number(length_size)))


def _read_reference(container: Container, kind: bytes, reader: _Reader, id_size: int) -> None:
    """One reference of an ``iref`` box (section 8.11.12)."""
    number = reader.number(id_size)
    others = [reader.number(id_size) for _ in range(reader.number(2))]
    if kind == b"dimg":
        _item(container, number).made_of += others
    elif kind == b"auxl":
        for other in others:
            container.alpha_of.setdefault(other, []).append(number)


def _read_associations(reader: _Reader) -> Iterator[tuple[int, int]]:
    """Items and the numbers of their properties, from an ``ipma`` box (ISO/IEC 23008-12, section 9.3.1)."""
    version, flags = reader.version_and_flags()
    for _ in range(reader.number(4)):
        number = reader.number(4 if version else 2)
        for _ in range(reader.number(1)):
            index = reader.number(2) & 0x7FFF if flags & 1 else reader.number(1) & 0x7F
            yield number, index
