"""``python -m tests.lab.pictures``: makes the pictures of README.md again, into ``.github/images/``.

Four minutes. It runs a station on the demo camera with a window on a virtual X server, opens its page in Chromium as a
phone would, takes portraits, and makes a report of them. It needs ``apt-get install xvfb chromium``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageGrab

from capture_station import shipped
from tests.frontends.web.page.browsing import FLAGS, PROGRAMS
from tests.lab.readme import CHECKOUT

IMAGES = CHECKOUT / ".github" / "images"
MOST_BYTES = 600_000
WINDOW_WH = (1280, 720)
PHONE_WH = (390, 844)
PORTRAITS = 16
EVERY_S = 4.0
GROUND, INK, SOFT = (238, 240, 242), (29, 35, 41), (93, 104, 116)
"""Light enough for a light page, and a picture of its own on a dark one."""
SETTINGS = (
    "camera.kind=demo",
    "camera.size_px=[1920, 1080]",
    "window.review_s=120",
    "web.listen=127.0.0.1:0",
)


class StationProcess:
    """A station with a window on an X server of its own, asked through its HTTP API."""

    def __init__(self, home: Path, *settings: str) -> None:
        reader, writer = os.pipe()
        screen = f"{WINDOW_WH[0]}x{WINDOW_WH[1]}x24"
        x_command = ["Xvfb", "-displayfd", str(writer), "-nolisten", "tcp", "-screen", "0", screen]
        self._x_server = subprocess.Popen(x_command, pass_fds=(writer,), stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as answer:
            self.display = ":" + answer.readline().strip()
        self._environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "DISPLAY": self.display}
        words = [word for setting in settings for word in ("--set", setting)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "capture_station", "run", *words],
            env=self._environment,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        lines = (line.split() for line in self._process.stdout)
        self.url = next(words[-1] for words in lines if words[:4] == ["the", "page", "is", "at"])

    def get(self, path: str) -> bytes:
        with urlopen(self.url + path, timeout=60) as answer:
            return bytes(answer.read())

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def picture(self, path: str) -> Image.Image:
        return Image.open(io.BytesIO(self.get(path))).convert("RGB")

    def capture(self) -> str | None:
        """Take a portrait and keep it; its id, or None where it was refused or nobody stood there."""
        try:
            taken = self.ask("POST", "api/v1/captures", {"countdown_s": 0, "wait": True})
            if taken["verdict"] != "ok":
                self.ask("DELETE", f"api/v1/captures/{taken['id']}")
                return None
            self.ask("POST", f"api/v1/captures/{taken['id']}/keep", {})
        except HTTPError as error:
            print(f"no portrait: {error.read().decode()}", file=sys.stderr)
            return None
        return str(taken["id"])

    def window(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self.display).convert("RGB")

    def report(self, folder: Path) -> Image.Image:
        """The first contact sheet of everything taken so far."""
        command = [
            sys.executable,
            "-m",
            "capture_station",
            "report",
            "--set",
            "camera.kind=demo",
            "--output",
            str(folder),
        ]
        archive = next(Path(self._environment["HOME"]).glob("capture-station/*-*-*"))
        subprocess.run([*command, str(archive)], env=self._environment, cwd=CHECKOUT, check=True)
        return Image.open(min(folder.rglob("*.png"))).convert("RGB")

    def stop(self) -> None:
        for process in (self._process, self._x_server):
            process.terminate()
            process.wait(30)


@contextmanager
def running(*settings: str) -> Iterator[StationProcess]:
    with tempfile.TemporaryDirectory() as home:
        station = StationProcess(Path(home), *settings)
        try:
            while True:
                try:
                    station.get("readyz")
                    break
                except HTTPError:
                    time.sleep(0.2)
            yield station
        finally:
            station.stop()


def phone(station: StationProcess) -> Image.Image:
    """The page as a phone shows it, once somebody stands well in its live picture."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        size = {"width": PHONE_WH[0], "height": PHONE_WH[1]}
        page = browser.new_page(viewport=size, device_scale_factor=2, is_mobile=True, has_touch=True)
        page.goto(station.url)
        page.wait_for_selector(".thumbnail img")
        page.wait_for_timeout(5000)
        while not station.ask("GET", "api/v1/state")["framing"]["ready"]:
            page.wait_for_timeout(200)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    return picture


def font(size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(shipped.font_path(bold)), size_px)


def paste_card(canvas: Image.Image, picture: Image.Image, xy: tuple[int, int], radius_px: int) -> None:
    """Paste a picture with round corners and a soft shadow."""
    mask = Image.new("L", (picture.width * 4, picture.height * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius_px * 4, fill=255)
    mask = mask.resize(picture.size, Image.Resampling.LANCZOS)
    shadow = Image.new("L", canvas.size)
    shadow.paste(mask.point(lambda level: level * 60 // 255), (xy[0], xy[1] + 8))
    canvas.paste(INK, mask=shadow.filter(ImageFilter.GaussianBlur(14)))
    canvas.paste(picture, xy, mask)


def three_steps(raw: Image.Image, preview: Image.Image, portrait: Image.Image) -> Image.Image:
    """The same person as the camera sees them, in the live preview, and as saved."""
    height, gap, top = 420, 32, 84
    panels = [one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS) for one in
              (raw, preview, portrait)]  # fmt: skip
    canvas = Image.new("RGB", (sum(one.width for one in panels) + 4 * gap, height + top + gap), GROUND)
    draw, left = ImageDraw.Draw(canvas), gap
    for panel, words in zip(panels, ("What the camera sees", "Live preview", "Saved portrait"), strict=True):
        draw.text((left, 32), words, INK, font(30, bold=True))
        paste_card(canvas, panel, (left, top), 16)
        left += panel.width + gap
    return canvas


def screens(window: Image.Image, page: Image.Image) -> Image.Image:
    """The window, and beside it the page on a phone."""
    gap, bezel, height = 40, 12, 720
    shown = page.resize((round(page.width * (height - 2 * bezel) / page.height), height - 2 * bezel))
    body = Image.new("RGB", (shown.width + 2 * bezel, height), (22, 24, 28))
    paste_card(body, shown, (bezel, bezel), 26)
    canvas = Image.new("RGB", (window.width + body.width + 3 * gap, height + 2 * gap), GROUND)
    paste_card(canvas, window, (gap, gap), 16)
    paste_card(canvas, body, (window.width + 2 * gap, gap), 36)
    return canvas


def save(picture: Image.Image, name: str, width_px: int) -> int:
    height_px = round(picture.height * width_px / picture.width)
    path = IMAGES / name
    picture.resize((width_px, height_px), Image.Resampling.LANCZOS).save(
        path, quality=84, optimize=True, progressive=True
    )
    print(f"{path.relative_to(CHECKOUT)}: {width_px}x{height_px}, {path.stat().st_size / 1000:.0f} kB")
    return path.stat().st_size


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.pictures", description=__doc__)
    parser.add_argument("--shown", type=int, default=7, help="number of the portrait that is shown from camera to file")
    shown_number = parser.parse_args().shown
    IMAGES.mkdir(parents=True, exist_ok=True)
    with running(*SETTINGS) as station, tempfile.TemporaryDirectory() as folder:
        shown: dict[str, Image.Image] = {}
        while len(shown) < PORTRAITS:
            preview = station.picture("api/v1/preview.jpg")
            if taken := station.capture():
                shown[taken] = preview
                print(f"portrait {len(shown)} of {PORTRAITS}: {taken}", file=sys.stderr)
            time.sleep(EVERY_S)
        hero = list(shown)[shown_number - 1]
        pictures = {
            "portrait.jpg": (three_steps(
                station.picture(f"api/v1/captures/{hero}/original"),
                shown[hero],
                station.picture(f"api/v1/captures/{hero}/portrait"),
            ), 1600),
            "screens.jpg": (screens(station.window(), phone(station)), 1600),
            "contact-sheet.jpg": (station.report(Path(folder)), 1400),
        }  # fmt: skip
    total = sum(save(picture, name, width_px) for name, (picture, width_px) in pictures.items())
    print(f"together {total / 1000:.0f} kB, at most {MOST_BYTES / 1000:.0f}")
    return int(total > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
