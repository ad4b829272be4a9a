"""A network camera on loopback: MJPEG over HTTP, with methods that cause faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import cv2

from capture_station.camera.fake_drivers import fake_picture

SIZE_WH = (320, 240)
LARGER_WH = (640, 360)
_INTERVAL_S = 0.01
_EMPTY = b"\xff\xd8\xff\xd9"
"""A JPEG without a picture."""
_END = b"\xff\xd9"
GIANT_WH = (16000, 16000)
"""256 megapixels."""


def jpeg_of(number: int, size_wh: tuple[int, int]) -> bytes:
    return cv2.imencode(".jpg", fake_picture(number, size_wh)[..., ::-1])[1].tobytes()


def _giant(jpeg: bytes) -> bytes:
    """A JPEG whose header announces 256 megapixels."""
    width, height = (side.to_bytes(2, "big") for side in SIZE_WH)
    assert jpeg.count(height + width) == 1
    return jpeg.replace(height + width, b"".join(side.to_bytes(2, "big") for side in GIANT_WH))


class MjpegServer:
    """Serves on a free port. Changes of mode take effect at once."""

    def __init__(self) -> None:
        self.size_wh = SIZE_WH
        """Size of the next pictures."""
        jpegs = {size_wh: [jpeg_of(number, size_wh) for number in range(24)] for size_wh in (SIZE_WH, LARGER_WH)}
        self._changed = threading.Condition()
        self._mode: Literal["run", "stall", "drop"] = "run"
        self.ends = True
        """Whether pictures end with the marker for it."""
        self.with_holes = 0
        """Number of the next pictures that will lack their lower half."""
        self.damaged = 0
        """Number of the next pictures that will be damaged."""
        self.giant = 0
        """Number of the next pictures that will announce ``GIANT_WH``."""
        station = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if station._mode == "drop":
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                while station._may_send():
                    jpeg = jpegs[station.size_wh][number % 24]
                    number += 1
                    if station.damaged:
                        station.damaged, jpeg = station.damaged - 1, _EMPTY
                    elif station.giant:
                        station.giant, jpeg = station.giant - 1, _giant(jpegs[SIZE_WH][0])
                    elif station.with_holes:
                        station.with_holes, jpeg = station.with_holes - 1, jpeg[: len(jpeg) // 2] + _END
                    if not station.ends:
                        jpeg = jpeg.removesuffix(_END)
                    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                    try:
                        self.wfile.write(head + jpeg + b"\r\n")
                    except ConnectionError:
                        return

            def log_message(self, *_: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/camera"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def run(self) -> None:
        self._become("run")

    def stall(self) -> None:
        """Keep connections open but send nothing."""
        self._become("stall")

    def drop(self) -> None:
        """Close connections and refuse new ones."""
        self._become("drop")

    def close(self) -> None:
        self.drop()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _become(self, mode: Literal["run", "stall", "drop"]) -> None:
        with self._changed:
            self._mode = mode
            self._changed.notify_all()

    def _may_send(self) -> bool:
        """Wait until the next picture is due; whether to send it."""
        with self._changed:
            self._changed.wait_for(lambda: self._mode != "run", _INTERVAL_S)
            self._changed.wait_for(lambda: self._mode != "stall")
            return self._mode == "run"


@contextmanager
def serving() -> Iterator[MjpegServer]:
    server = MjpegServer()
    try:
        yield server
    finally:
        server.close()
