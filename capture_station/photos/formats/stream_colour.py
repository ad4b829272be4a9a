"""Reads the colour description in the headers of HEVC and AV1 streams, for files whose boxes have none."""

from __future__ import annotations

_HEVC_SPS = 33
_AV1_SEQUENCE_HEADER = 1
_EXTENDED_ASPECT_RATIO = 255


class _Bits:
    """Takes numbers out of a bit stream, whose highest bits come first.

    Raises:
        EOFError: The stream has ended.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        if self._at + count > 8 * len(self._data):
            raise EOFError
        first, last = self._at // 8, (self._at + count + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (8 * last - self._at - count)
        self._at += count
        return value & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb code (H.265, section 9.2)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def skip_golomb(self, count: int) -> None:
        for _ in range(count):
            self.golomb()


def hevc_colour(configuration: bytes) -> tuple[int, int] | None:
    """Primaries and transfer (ITU-T H.273) in the first sequence parameter set of an ``hvcC`` box.

    Returns:
        None where there is no colour description.
    """
    try:
        for nal_unit in _nal_units(configuration):
            if nal_unit[0] >> 1 & 63 == _HEVC_SPS:
                return _sps_colour(_Bits(nal_unit[2:].replace(b"\0\0\3", b"\0\0")))
    except (EOFError, IndexError):
        pass
    return None


def _nal_units(configuration: bytes) -> list[bytes]:
    """ISO/IEC 14496-15, section 8.3.3.1."""
    units, at = [], 23
    for _ in range(configuration[22]):
        count = int.from_bytes(configuration[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            length = int.from_bytes(configuration[at : at + 2], "big")
            units.append(configuration[at + 2 : at + 2 + length])
            at += 2 + length
    return units


def _sps_colour(bits: _Bits) -> tuple[int, int] | None:
    """H.265, section 7.3.2.2 as far as the colour description of annex E."""
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    _skip_profile(bits, layers)
    bits.golomb()
    if bits.golomb() == 3:
        bits.take(1)
    bits.skip_golomb(2)
    if bits.take(1):
        bits.skip_golomb(4)
    bits.skip_golomb(2)
    order_bits = bits.golomb() + 4
    bits.skip_golomb(3 * (layers + 1 if bits.take(1) else 1))
    bits.skip_golomb(6)
    if bits.take(1) and bits.take(1):
        _skip_scaling_lists(bits)
    bits.take(2)
    if bits.take(1):
        bits.take(8)
        bits.skip_golomb(2)
        bits.take(1)
    for index in range(bits.golomb()):
        if index and bits.take(1):
            return None  # A set that refers to another one, which no still picture needs.
        for _ in range(bits.golomb() + bits.golomb()):
            bits.golomb()
            bits.take(1)
    if bits.take(1):
        for _ in range(bits.golomb()):
            bits.take(order_bits + 1)
    bits.take(2)
    if not bits.take(1):
        return None
    if bits.take(1) and bits.take(8) == _EXTENDED_ASPECT_RATIO:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if not bits.take(1):
        return None
    bits.take(4)
    return (bits.take(8), bits.take(8)) if bits.take(1) else None


def _skip_profile(bits: _Bits, layers: int) -> None:
    bits.take(96)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)


def _skip_scaling_lists(bits: _Bits) -> None:
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if bits.take(1):
                bits.skip_golomb((size > 1) + min(64, 1 << (4 + 2 * size)))
            else:
                bits.golomb()


def av1_colour(stream: bytes) -> tuple[int, int] | None:
    """Primaries and transfer (ITU-T H.273) in the first sequence header of an AV1 stream.

    Returns:
        None where there is no colour description.
    """
    at = 0
    try:
        while True:  # From unit to unit (AV1 specification, sections 5.3 and 4.10.5).
            header = stream[at]
            at += 1 + (header >> 2 & 1)
            length = shift = 0
            while header & 2:
                length |= (stream[at] & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if stream[at - 1] < 0x80:
                    break
            if header >> 3 & 15 == _AV1_SEQUENCE_HEADER:
                return _sequence_colour(_Bits(stream[at : at + 64]))
            if not header & 2:
                return None
            at += length
    except (EOFError, IndexError):
        return None


def _sequence_colour(bits: _Bits) -> tuple[int, int] | None:
    """AV1 specification, section 5.5, as far as its colour description."""
    profile = bits.take(3)
    bits.take(1)
    still = bits.take(1)
    if still:
        bits.take(5)
    elif not _skip_operating_points(bits):
        return None
    sizes = bits.take(4) + bits.take(4) + 2
    bits.take(sizes)
    if not still and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not still:
        bits.take(4)
        order_hint = bits.take(1)
        bits.take(2 * order_hint)
        if (bits.take(1) or bits.take(1)) and not bits.take(1):
            bits.take(1)
        bits.take(3 * order_hint)
    bits.take(3)
    if bits.take(1) and profile == 2:
        bits.take(1)
    if profile != 1:
        bits.take(1)
    return (bits.take(8), bits.take(8)) if bits.take(1) else None


def _skip_operating_points(bits: _Bits) -> bool:
    """False where times are told, which no picture needs."""
    if bits.take(1):
        return False
    delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delays and bits.take(1):
            bits.take(4)
    return True
