"""`capture-station clean`, run as a shell runs it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Pillow

from capture_station.commands.clean import clean
from capture_station.config import StationSettings
from capture_station.errors import StationError
from capture_station.photos.reading import read_photo

PATIENCE_S = 60
FREE = ("--set", "segmentation.runtime=fake", "--set", "portrait.preset=free")
"""Without a neural network, and without a crop that the small heads of drawn photos would not fit."""


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "capture_station", "clean", *FREE, *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(folder), **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background of a shell inherit SIGINT as ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def call(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    process = start(folder, *words)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_number_of_jobs_changes_no_result_and_no_input(album: Path, tmp_path: Path) -> None:
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


def test_a_damaged_photo_gives_one_line_and_exit_code_1_until_it_is_repaired(album: Path, tmp_path: Path) -> None:
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


def test_an_unlistable_folder_gives_one_line_and_exit_code_1(tmp_path: Path, bottomless: Path) -> None:
    code, out, err = call(tmp_path, "album", "-o", "out")
    assert code == 1
    assert out.startswith("5 of 5 photos: ")
    assert out.endswith(", 0 skipped, 1 failed\n")
    assert [line for line in err.splitlines() if line.startswith(f"failed: {bottomless}")]
    assert len(contents(tmp_path / "out")) == 4


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
    code, _, err = call(
        tmp_path, "album/b.png", "-o", "mattes", "--alpha-only", "--segmenter", "luv", "--preset", "square"
    )
    assert code == 0, err
    assert list(contents(tmp_path / "mattes")) == ["b.png"]


def test_a_segmenter_that_would_refuse_every_photo_is_refused_before_any_work(album: Path, tmp_path: Path) -> None:
    code, out, err = call(tmp_path, str(album), "-o", "out", "--segmenter", "luv", "--preset", "portrait-4x5")
    assert (code, out) == (78, "")
    assert "luv finds no face, and portrait-4x5 needs one: use --preset free" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_wrong_preset_is_reported_before_any_work(album: Path, tmp_path: Path) -> None:
    code, out, err = call(tmp_path, str(album), "-o", "out", "--preset", "huge")
    assert (code, out) == (78, "")
    assert "portrait.preset" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("album")
@pytest.mark.parametrize(
    ("path", "output", "code"),
    [
        ("absent.jpg", "out", 66),
        ("empty", "out", 66),
        ("album", "album", 73),
        ("album", "album/a.jpg", 73),
        ("album", "locked", 75),
    ],
)
def test_impossible_commands_are_refused_and_change_nothing(tmp_path: Path, path: str, output: str, code: int) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "locked").mkdir()
    another = os.open(tmp_path / "locked", os.O_RDONLY)
    fcntl.flock(another, fcntl.LOCK_EX)
    before = contents(tmp_path)
    with pytest.raises(StationError) as caught:
        clean([tmp_path / path], tmp_path / output, StationSettings())
    os.close(another)
    assert caught.value.exit_code == code
    assert contents(tmp_path) == before


def test_a_locale_of_ascii_is_no_obstacle(album: Path, tmp_path: Path) -> None:
    (tmp_path / "José").mkdir()
    os.rename(next(path for path in album.iterdir() if path.suffix == ".jpg"), tmp_path / "José" / "Zoë.jpg")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = start(tmp_path, "José", "-o", "out", **ascii_only)
    assert "1 of 1 photo" in process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0
    assert (tmp_path / "out" / "Zoë.jpg").is_file()


@pytest.fixture
def under_way(album: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has just printed its first line and still has a thousand photos to clean."""
    (album / "0.jpg").write_text("not a photo; its line shows that the run has begun")
    for index in range(1000):
        (album / f"many {index}.png").hardlink_to(album / "b.png")
    process = start(tmp_path, "album", "-o", "out", "--jobs", "1")
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("failed: ")
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def continue_run(folder: Path) -> None:
    """Run the stopped command again with fewer photos."""
    for photo in (folder / "album").glob("many *"):
        photo.unlink()
    code, out, _ = call(folder, "album", "-o", "out")
    assert code == 1
    assert "5 of 5 photos: " in out
    assert {"a.jpg", "b.jpg", "c.jpg", "day 2/d.jpg"} <= set(contents(folder / "out"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly_and_can_be_continued(
    under_way: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    os.killpg(under_way.pid, number)
    out, err = under_way.communicate(timeout=PATIENCE_S)
    assert under_way.returncode == 130
    assert "Traceback" not in err
    assert " of 1005 photos: " in out
    if number == signal.SIGINT:  # SIGTERM reaches the workers, too.
        assert not [name for name in contents(tmp_path / "out") if name.endswith(".partial")]
    continue_run(tmp_path)


def test_a_killed_run_leaves_no_process_and_can_be_continued(under_way: subprocess.Popen[str], tmp_path: Path) -> None:
    """Reading stderr to its end waits for the workers, which hold its other end."""
    under_way.kill()
    under_way.communicate(timeout=PATIENCE_S)
    continue_run(tmp_path)


def test_a_name_cannot_act_on_the_terminal(album: Path, tmp_path: Path) -> None:
    (album / "red\x1b[31m\nok.jpg").write_text("not a photo")
    code, _, err = call(tmp_path, "album", "-o", "out")
    assert code == 1
    assert "\x1b" not in err
    assert "red\\x1b[31m\\nok.jpg: not a JPEG" in err
    code, _, err = call(tmp_path, "absent\x1b[31m.jpg", "-o", "out")
    assert (code, "\x1b" in err, "absent\\x1b[31m.jpg" in err) == (66, False, True)


@pytest.mark.usefixtures("album")
def test_portraits_that_need_a_review_go_to_their_folder(tmp_path: Path) -> None:
    for expected in ("3 ok, 1 review, 0 skipped", "0 ok, 0 review, 4 skipped"):
        code, out, err = call(tmp_path, "album", "-o", "out", "--review-to", "album/look")
        assert (code, expected in out) == (0, True), err
    assert f"1 skipped portrait needs a review since an earlier run: {tmp_path / 'album' / 'a.jpg'}" in err
    assert sorted(contents(tmp_path / "out")) == ["b.jpg", "c.jpg", "day 2/d.jpg"]
    assert sorted(contents(tmp_path / "album" / "look")) == ["a.jpg"]


@pytest.mark.usefixtures("album")
def test_without_a_folder_for_reviews_it_is_said_that_they_are_named_once(tmp_path: Path) -> None:
    hints = [
        [line for line in call(tmp_path, "album", "-o", output, *more)[2].splitlines() if "--review-to DIR" in line]
        for output, more in (("out", ()), ("out", ()), ("apart", ("--review-to", "look")))
    ]
    assert list(map(len, hints)) == [1, 0, 0], "only where something needs a review"


@pytest.mark.usefixtures("album")
def test_a_refused_photo_gives_one_line_no_portrait_and_exit_code_1(tmp_path: Path) -> None:
    code, out, err = call(tmp_path, "album/b.png", "-o", "out", "--preset", "us-2x2")
    assert (code, out) == (1, "1 of 1 photo: 0 ok, 0 review, 1 refused, 0 skipped, 0 failed\n"), err
    assert err.startswith(f"refused: {tmp_path / 'album' / 'b.png'}: ")
    assert contents(tmp_path / "out") == {}


def test_pictures_that_are_not_read_are_counted(album: Path, tmp_path: Path) -> None:
    for name in ("a.CR2", "b.gif", "day 2/c.cr2", "d.mp4", ".hidden.bmp", "empty.png"):
        (album / name).touch()
    _, out, err = call(tmp_path, "album", "-o", "out")
    assert err.splitlines()[0] == "not read: 2 .cr2, 1 .gif; export them as JPEG or TIFF first"
    assert f"failed: {album / 'empty.png'}: the file is empty; copy it again" in err
    assert "5 of 5 photos" in out
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "1.BMP").touch()
    code, _, err = call(tmp_path, "scans", "-o", "out")
    assert (code, err.rpartition(": no photo")[2]) == (
        66,
        " below scans; not read: 1 .bmp; export them as JPEG or TIFF first\n",
    )


@pytest.mark.usefixtures("album")
def test_portraits_of_another_preset_are_not_taken_for_those_of_this_one(tmp_path: Path) -> None:
    for preset, last in (
        ("free", "0 review, 0 skipped"),
        ("us-2x2", "1 skipped portrait is not in the preset's shape; portraits of another preset need another folder"),
        ("free", "0 review, 1 skipped"),
    ):
        _, out, err = call(tmp_path, "album/b.png", "-o", "out", "--preset", preset)
        assert last in (err if preset != "free" else out)
        assert ("shape" in err) is (preset != "free")


@pytest.mark.usefixtures("album")
def test_a_portrait_that_is_not_in_the_presets_shape_is_named_at_the_end(tmp_path: Path) -> None:
    advising = ("--preset", "us-2x2", "--set", "portrait.gate=advise")
    _, _, err = call(tmp_path, "album/b.png", "-o", "out", *advising)
    assert err.splitlines()[-1] == f"1 portrait is not in the preset's shape: {tmp_path / 'album' / 'b.png'}"
    assert sorted(contents(tmp_path / "out")) == ["b.jpg"]


def test_a_portrait_with_fewer_pixels_than_the_preset_is_named_at_the_end(tmp_path: Path) -> None:
    photo = Path(__file__).parent.parent / "data" / "astronaut.jpg"
    network = ("--preset", "badge", "--set", "segmentation.runtime=auto")
    code, out, err = call(tmp_path, str(photo), "-o", "out", *network)
    assert (code, "1 ok" in out) == (0, True), err
    assert err.splitlines()[-1] == f"1 portrait is smaller than the preset's 300x375 px: {photo}"
