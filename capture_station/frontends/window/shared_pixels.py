"""Pictures passed from one process to another through anonymous shared memory."""

from __future__ import annotations

import mmap
import os

import numpy as np

from capture_station.frames import Image

Shape = tuple[int, int, int]


class Pixels:
    """Memory for one set of pictures, written by one process and read by another.

    The memory has no name. It is passed on as a file descriptor and vanishes with its last owner, also after kill -9.
    (``multiprocessing.shared_memory`` leaves a file behind, and its tracker unlinks memory that others still use.)
    Writing while the other process reads is a race; the callers must prevent it.
    """

    def __init__(self, fd: int | None = None) -> None:
        self.fd = os.memfd_create("preview") if fd is None else fd
        self._memory: mmap.mmap | None = None

    def write(self, images: tuple[Image, ...]) -> tuple[Shape, ...]:
        """Copy pictures into the memory and return their shapes, which ``read`` needs."""
        memory = self._of_size(sum(image.nbytes for image in images))
        start = 0
        for image in images:
            np.frombuffer(memory, np.uint8, image.size, start).reshape(image.shape)[:] = image
            start += image.size
        return tuple((image.shape[0], image.shape[1], image.shape[2]) for image in images)

    def read(self, shapes: tuple[Shape, ...]) -> tuple[Image, ...]:
        """The pictures, without a copy: the next ``write`` overwrites them."""
        sizes = [height * width * channels for height, width, channels in shapes]
        memory = self._of_size(sum(sizes))
        starts = [sum(sizes[:index]) for index in range(len(sizes))]
        return tuple(
            np.frombuffer(memory, np.uint8, size, start).reshape(shape)
            for shape, size, start in zip(shapes, sizes, starts, strict=True)
        )

    def close(self) -> None:
        self._memory = None
        os.close(self.fd)

    def _of_size(self, size_bytes: int) -> mmap.mmap:
        if self._memory is None or len(self._memory) < size_bytes:
            mapped_bytes = max(size_bytes, mmap.PAGESIZE)
            if os.fstat(self.fd).st_size < mapped_bytes:
                os.ftruncate(self.fd, mapped_bytes)
            self._memory = mmap.mmap(self.fd, mapped_bytes)
        return self._memory
