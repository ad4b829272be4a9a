"""`capture-station clean` from one place in a bucket to another, with a real S3 server on loopback."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.photos.test_command import call
from tests.upload.test_s3 import Server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    for name, value in (
        ("FSSPEC_S3_ENDPOINT_URL", server.url),
        ("AWS_ACCESS_KEY_ID", "studio"),
        ("AWS_SECRET_ACCESS_KEY", "not a secret"),
    ):
        monkeypatch.setenv(name, value)
    server.start()
    yield server
    server.stop()


def test_a_bucket_is_cleaned_once(album: Path, tmp_path: Path, server: Server) -> None:
    for name in ("a.jpg", "day 2/d.tif"):
        address = f"{server.url}/portraits/album/{name.replace(' ', '%20')}"
        signed = {"Authorization": "AWS studio:signature", "Content-Type": "image/jpeg"}
        with urllib.request.urlopen(
            urllib.request.Request(address, (album / name).read_bytes(), signed, method="PUT"), timeout=5
        ):
            pass
    words = ("s3://portraits/album", "--output", "s3://portraits/white", "--jobs", "1")
    code, out, err = call(tmp_path, *words)
    assert (code, out) == (0, "2 of 2 photos: 1 ok, 1 review, 0 skipped, 0 failed\n"), err
    assert server.content("/portraits/white/day%202/d.jpg").startswith(b"\xff\xd8")
    code, out, err = call(tmp_path, *words)
    assert (code, out) == (0, "2 of 2 photos: 0 ok, 0 review, 2 skipped, 0 failed\n"), err
