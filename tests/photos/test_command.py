"""`capture-station clean` as a shell runs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from capture_station.photos.reading import read_photo

PATIENCE_S = 60


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "capture_station", "clean", *words, "--set", "segmentation.runtime=fake"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def call(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    process = start(folder, *words)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_jobs_change_nothing_and_inputs_stay(album: Path, tmp_path: Path) -> None:
    before = contents(album)
    for jobs in ("1", "2"):
        code, out, err = call(tmp_path, "album", "--output", f"out{jobs}", "--jobs", jobs)
        assert code == 0, err
        assert out.startswith("4 of 4 photos: ")
        assert out.endswith(", 0 skipped, 0 failed\n")
    one = contents(tmp_path / "out1")
    assert sorted(one) == ["a.jpg", "b.jpg", "c.jpg", "day 2/d.jpg"]
    assert one == contents(tmp_path / "out2")
    assert contents(album) == before


def test_a_bad_photo_is_one_line_and_exit_code_1_until_it_is_mended(album: Path, tmp_path: Path) -> None:
    whole = (album / "a.jpg").read_bytes()
    (album / "a.jpg").write_bytes(whole[: len(whole) // 2])
    code, out, err = call(tmp_path, "album", "-o", "out")
    assert code == 1
    assert out.endswith(", 0 skipped, 1 failed\n")
    assert [line for line in err.splitlines() if line.startswith("failed")] == [
        line for line in err.splitlines() if str(album / "a.jpg") in line
    ]
    (album / "a.jpg").write_bytes(whole)
    code, out, err = call(tmp_path, "album", "-o", "out")
    assert code == 0, err
    assert out.endswith(", 3 skipped, 0 failed\n")
    assert (tmp_path / "out" / "a.jpg").exists()


@pytest.mark.usefixtures("album")
def test_alpha_only_and_presets(tmp_path: Path) -> None:
    code, _, err = call(tmp_path, "album/b.png", "-o", "alpha", "--alpha-only", "--preset", "passport-35x45")
    assert code == 0, err
    assert list(contents(tmp_path / "alpha")) == ["b.png"]
    with Pillow.open(tmp_path / "alpha" / "b.png") as alpha:
        assert (alpha.mode, alpha.size) == ("L", (96, 64))
    code, _, err = call(tmp_path, "album/b.png", "-o", "luv", "--segmenter", "luv")
    assert code == 0, err
    assert read_photo(tmp_path / "luv" / "b.jpg").shape == (64, 96, 3)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["absent.jpg", "-o", "out"], 66, "no such photo"),
        (["empty", "-o", "out"], 66, "no photo below"),
        (["album", "-o", "album"], 73, "choose another folder"),
        (["album", "-o", "album/a.jpg"], 73, "a.jpg"),
        (["album", "-o", "out", "--preset", "huge"], 78, "portrait.preset"),
        (["album"], 2, "--output"),
    ],
)
def test_what_cannot_be_done_is_said(album: Path, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    (tmp_path / "empty").mkdir()
    before = contents(album)
    found, _, err = call(tmp_path, *words)
    assert found == code
    assert said in err
    assert "Traceback" not in err
    assert contents(album) == before


@pytest.mark.usefixtures("album")
def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    descriptor = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert call(tmp_path, "album", "-o", "out")[0] == 75
    os.close(descriptor)
    assert call(tmp_path, "album", "-o", "out")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly_and_goes_on_later(album: Path, tmp_path: Path, number: signal.Signals) -> None:
    (album / "0.jpg").write_text("no photo; its line says that the run is under way")
    for index in range(60):
        shutil.copy(album / "b.png", album / f"many {index}.png")
    process = start(tmp_path, "album", "-o", "out", "--jobs", "1")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("failed: ")
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert " of 65 photos: " in out
    assert not [name for name in contents(tmp_path / "out") if name.endswith(".partial")]
    done = len(contents(tmp_path / "out"))
    assert done < 64
    code, out, _ = call(tmp_path, "album", "-o", "out")
    assert code == 1
    assert f"{done} skipped, 1 failed" in out
