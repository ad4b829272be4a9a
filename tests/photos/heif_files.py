"""Builds HEIC files from the pictures of others: as a grid of tiles, and with colours told by code points."""

from __future__ import annotations

import struct

from capture_station.photos.formats.isobmff import read_container


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


def full_box(kind: bytes, version: int, *contents: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *contents)


def grid_of(heic: bytes, columns: int, rows: int, nclx: tuple[int, int, int] | None = None) -> bytes:
    """A HEIC whose picture is the one of ``heic`` again and again, each tile with its own bytes in the file.

    Args:
        heic: A HEIC of one item.
        columns: Tiles beside each other.
        rows: Tiles above each other.
        nclx: Code points of primaries, transfer and matrix (ITU-T H.273), told with each tile.
    """
    container = read_container(heic)
    assert container is not None
    item = container.items[container.primary]
    tile = container.payload(item, heic)
    assert tile is not None
    properties = dict(item.properties)
    width, height = struct.unpack(">II", properties[b"ispe"][4:])
    count = columns * rows
    grid = count + 1
    layout = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, columns * width, rows * height)

    def size(wide: int, high: int) -> bytes:
        return full_box(b"ispe", 0, struct.pack(">II", wide, high))

    shared = [box(b"hvcC", properties[b"hvcC"]), size(width, height), size(columns * width, rows * height)]
    of_tile = [0x81, 2]
    if nclx is not None:
        shared.append(box(b"colr", b"nclx", struct.pack(">HHHB", *nclx, 0x80)))
        of_tile.append(4)
    associations = [struct.pack(f">HB{len(of_tile)}B", number, len(of_tile), *of_tile) for number in range(1, grid)]
    associations.append(struct.pack(">HBB", grid, 1, 3))
    kinds = [b"hvc1"] * count + [b"grid"]
    entries = [
        full_box(b"infe", 2, struct.pack(">HH", number, 0), kind, b"\0") for number, kind in enumerate(kinds, start=1)
    ]

    def head(start: int) -> bytes:
        places = [
            struct.pack(">HHHHII", number + 1, 0, 0, 1, start + number * len(tile), len(tile))
            for number in range(count)
        ]
        places.append(struct.pack(">HHHHII", grid, 1, 0, 1, 0, len(layout)))
        return box(b"ftyp", b"heic\0\0\0\0mif1heic") + full_box(
            b"meta",
            0,
            full_box(b"hdlr", 0, b"\0\0\0\0pict", bytes(13)),
            full_box(b"pitm", 0, struct.pack(">H", grid)),
            full_box(b"iinf", 0, struct.pack(">H", grid), *entries),
            full_box(b"iref", 0, box(b"dimg", struct.pack(f">HH{count}H", grid, count, *range(1, grid)))),
            box(
                b"iprp",
                box(b"ipco", *shared),
                full_box(b"ipma", 0, struct.pack(">I", grid), *associations),
            ),
            full_box(b"iloc", 1, struct.pack(">BBH", 0x44, 0, grid), *places),
            box(b"idat", layout),
        )

    return head(len(head(0)) + 8) + box(b"mdat", tile * count)
