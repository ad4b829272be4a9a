"""``python -m tests.lab.load``: measures a station on loopback while many viewers watch and portraits are taken.

It takes three minutes. The station is measured with one viewer first, then with all. A lost capture or a much slower
preview is an error. Requests go only to the station that this program starts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import httpx

VIEWERS = 50
CAPTURES_PER_MINUTE = 20
ALONE_S = 36.0
TOGETHER_S = 120.0
LEAST_SHARE = 0.9
"""Smallest allowed ratio of the preview rate with all viewers to the rate with one."""

STATION = [
    *(sys.executable, "-m", "capture_station", "run", "--headless", "--set", "camera.kind=demo"),
    *("--set", "web.listen=127.0.0.1:0"),
]


@dataclass
class Phase:
    """Measurements with a number of viewers."""

    viewers: int
    previews_per_s: float = 0.0
    cpu_share: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    pictures_per_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        latencies = sorted(self.latencies_s)
        return (
            f"{self.viewers:>2} viewers: station {self.previews_per_s:.1f} previews/s, {100 * self.cpu_share:.0f} % of "
            f"a core; a viewer gets {statistics.median(self.pictures_per_s):.1f} pictures/s (the slowest "
            f"{min(self.pictures_per_s):.1f}); {len(self.taken)} captures, durable after median "
            f"{statistics.median(latencies):.2f} s, slowest {latencies[-1]:.2f} s; refused: {self.refused or 'none'}"
        )


async def watch(url: httpx.URL, until_s: float) -> float:
    """Return how many pictures per second one viewer got."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET /api/v1/preview.mjpeg HTTP/1.1\r\nHost: {url.netloc.decode()}\r\n\r\n".encode())
    begun_s, pictures = time.monotonic(), 0
    try:
        while (now_s := time.monotonic()) < until_s:
            pictures += (await asyncio.wait_for(reader.read(1 << 16), 10)).count(b"Content-Length: ")
    finally:
        writer.close()
    return pictures / (now_s - begun_s)


async def capture(client: httpx.AsyncClient, until_s: float, phase: Phase) -> None:
    """Take portraits at a steady rate and wait for each."""
    while (asked_s := time.monotonic()) < until_s - 60 / CAPTURES_PER_MINUTE:
        answer = await client.post("/api/v1/captures", json={"countdown_s": 0, "wait": True})
        if answer.status_code == 201:
            phase.latencies_s.append(time.monotonic() - asked_s)
            phase.taken.append(answer.json()["id"])
        else:
            phase.refused.append(answer.text)
        await asyncio.sleep(asked_s + 60 / CAPTURES_PER_MINUTE - time.monotonic())


async def measure(url: httpx.URL, process_id: int, viewers: int, seconds: float) -> Phase:
    phase = Phase(viewers)
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        begun_s = time.monotonic()
        until_s = begun_s + seconds
        before, cpu_s = await previews(client), used_s(process_id)
        *watched, _ = await asyncio.gather(
            *(watch(url, until_s) for _ in range(viewers)), capture(client, until_s, phase)
        )
        took_s = time.monotonic() - begun_s
        phase.previews_per_s = (await previews(client) - before) / took_s
        phase.cpu_share = (used_s(process_id) - cpu_s) / took_s
        phase.pictures_per_s = [rate for rate in watched if rate is not None]
    return phase


async def previews(client: httpx.AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    return float(text.partition("\ncapture_station_previews_total ")[2].split()[0])


def used_s(process_id: int) -> float:
    """Return the CPU time of a process in seconds."""
    with open(f"/proc/{process_id}/stat") as file:
        numbers = file.read().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=TOGETHER_S, help="with all viewers")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder}
        process = subprocess.Popen(STATION, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("the page is at "))
            url = httpx.URL(line.split()[-1])
            while httpx.get(url.join("/readyz")).status_code != 200:
                time.sleep(0.2)
            httpx.post(url.join("/api/v1/captures"), json={"countdown_s": 0, "wait": True}, timeout=60)
            phases = [asyncio.run(measure(url, process.pid, *so)) for so in ((1, ALONE_S), (VIEWERS, seconds))]
            listed = httpx.get(url.join("/api/v1/captures"), params={"limit": 200}).json()["captures"]
        finally:
            process.terminate()
            ended = process.wait(10)
    for phase in phases:
        print(phase)
    alone, together = phases
    lost = {*alone.taken, *together.taken} - {one["id"] for one in listed}
    share = together.previews_per_s / alone.previews_per_s
    print(f"lost captures: {len(lost)}; previews {share:.2f} times those with one viewer; ended with code {ended}")
    return int(bool(lost or alone.refused or together.refused or share < LEAST_SHARE or ended))


if __name__ == "__main__":
    sys.exit(main())
