"""Green is the verdict of the saved portrait, found out in the background."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from capture_station.config import PortraitSettings
from capture_station.errors import SegmentationError
from capture_station.frames import Flaw, Frame, Head, Landmark, Matte
from capture_station.portrait.pipeline import make_portrait
from capture_station.segmentation.contract import SegmenterInfo, SinglePass
from capture_station.segmentation.shared import SharedSegmenter
from capture_station.station.live_framing import LiveFraming
from capture_station.station.live_verdict import Candidate, LiveVerdict
from capture_station.station.preview import shown_alpha
from capture_station.station.status import FramingStatus, Hint
from tests.portrait.scenes import Scene, couple, person
from tests.station.conftest import PATIENCE_S

SETTINGS = PortraitSettings(preset="portrait-4x5", upscale_limit=2)
SIZE_WH = (900, 720)


class Knowing(SinglePass):
    """A segmenter that knows its one picture."""

    info = SegmenterInfo("knowing", "", "", "", (64, 64))

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.broken = False
        self.asked = threading.Event()

    def segment(self, frame: Frame) -> Matte:
        self.asked.set()
        if self.broken:
            raise SegmentationError("out of order")
        return self.scene.look(frame)


@pytest.fixture
def segmenter() -> Knowing:
    return Knowing(person(SIZE_WH, head_px=300))


@pytest.fixture
def verdict(segmenter: Knowing) -> Iterator[LiveVerdict]:
    verdict, stop = LiveVerdict(segmenter), threading.Event()
    thread = threading.Thread(target=verdict.run, args=(stop,))
    thread.start()
    yield verdict
    stop.set()
    verdict.close()
    thread.join()


def candidate(scene: Scene, at_s: float = 0.0, settings: PortraitSettings = SETTINGS) -> Candidate:
    assert scene.head is not None
    return Candidate(Frame(scene.image, 0, at_s), scene.head, settings, 1.0)


def answer(verdict: LiveVerdict, asked: Candidate) -> tuple[Flaw, ...]:
    """The first answer that is known."""
    tick, deadline_s = threading.Event(), time.monotonic() + PATIENCE_S
    while (flaws := verdict.ask(asked)) is None:
        assert time.monotonic() < deadline_s
        tick.wait(0.01)
    return flaws


def test_a_good_place_is_known_after_a_moment_and_forgotten_when_the_person_moves(
    verdict: LiveVerdict, segmenter: Knowing
) -> None:
    here = candidate(segmenter.scene)
    assert verdict.ask(here) is None
    assert answer(verdict, here) == ()
    elsewhere = person(SIZE_WH, head_px=300, centre=0.7)
    assert verdict.ask(candidate(elsewhere)) is None
    assert verdict.ask(candidate(person(SIZE_WH, head_px=360))) is None
    assert verdict.ask(candidate(segmenter.scene, settings=SETTINGS.model_copy())) is None
    assert verdict.ask(candidate(segmenter.scene, at_s=60)) is None


def test_flaws_that_one_verdict_finds_are_told_when_the_next_one_agrees(segmenter: Knowing) -> None:
    verdict, here = LiveVerdict(segmenter), candidate(segmenter.scene)
    verdict.remember(here, (Flaw("old-background"),), 0.1)
    assert verdict.ask(here) is None
    assert verdict.urgent.is_set()
    verdict.remember(here, (Flaw("old-background"),), 0.1)
    assert verdict.ask(here) == (Flaw("old-background"),)
    verdict.remember(here, (), 0.1)
    assert verdict.ask(here) == ()


def test_green_promises_the_last_good_picture_for_a_while_also_when_a_hand_comes_up(segmenter: Knowing) -> None:
    verdict, here = LiveVerdict(segmenter), candidate(segmenter.scene)
    assert verdict.approved(0.0) is None
    verdict.remember(here, (), 0.1)
    verdict.remember(here, (Flaw("face-hidden"),), 0.1)
    approved = verdict.approved(1.0)
    assert approved is not None
    assert approved[0] is here.frame.image_rgb
    assert verdict.approved(60.0) is None


def test_a_head_that_turns_is_judged_anew_and_landmarks_that_were_wrong_before_are_not(segmenter: Knowing) -> None:
    verdict, straight = LiveVerdict(segmenter), candidate(segmenter.scene)
    points = straight.head.points.copy()
    points[Landmark.NOSE] = points[Landmark.LEFT_EYE] + (0, 0.05)
    turned = straight._replace(head=Head(points, 0.9))
    verdict.remember(straight, (), 0.1)
    assert verdict.ask(turned) is None
    verdict.remember(turned, (), 0.1)
    assert verdict.ask(turned) == ()
    assert verdict.ask(straight) == ()


def test_a_picture_that_looks_different_is_judged_soon_and_meanwhile_the_last_verdict_holds(segmenter: Knowing) -> None:
    verdict, here = LiveVerdict(segmenter), candidate(segmenter.scene)
    verdict.remember(here, (), 0.1)
    assert verdict.ask(here) == ()
    assert not verdict.urgent.is_set()
    image = segmenter.scene.image.copy()
    image[500:, 100:400] = 255
    assert verdict.ask(here._replace(frame=Frame(image, 1, 0.1))) == ()
    assert verdict.urgent.is_set()


def test_the_flaws_are_those_of_the_saved_portrait(verdict: LiveVerdict, segmenter: Knowing) -> None:
    bright = person(SIZE_WH, head_px=300)
    segmenter.scene = bright._replace(image=(bright.image // 10).astype(np.uint8))
    assert "face-dark" in [flaw.code for flaw in answer(verdict, candidate(segmenter.scene))]


def test_a_reduced_picture_is_judged_by_the_pixels_of_the_saved_one(segmenter: Knowing) -> None:
    strict = SETTINGS.model_copy(update={"upscale_limit": 1.0})
    segmenter.scene = person(SIZE_WH, head_px=120)
    verdict = LiveVerdict(segmenter)
    asked = candidate(segmenter.scene, settings=strict)
    assert [flaw.code for flaw in verdict.judge(asked) or ()] == ["uncropped-small"]
    assert verdict.judge(asked._replace(reduced=2.0)) == ()


def test_what_is_just_good_enough_may_not_be_so_a_moment_later(segmenter: Knowing) -> None:
    settings = SETTINGS.model_copy(update={"roll_limit_deg": 0})
    segmenter.scene = person(SIZE_WH, head_px=300, roll_deg=7.8)
    saved = make_portrait(segmenter.scene.image, segmenter.segment(Frame(segmenter.scene.image, 0, 0.0)), settings)
    assert saved.measures.verdict == "ok"
    flaws = LiveVerdict(segmenter).judge(candidate(segmenter.scene, settings=settings))
    assert [flaw.code for flaw in flaws or ()] == ["head-tilted"]


def test_a_capture_under_way_is_not_disturbed(segmenter: Knowing) -> None:
    asked = threading.Semaphore(0)

    def busy() -> bool:
        asked.release()
        return True

    verdict, stop = LiveVerdict(segmenter, busy=busy), threading.Event()
    thread = threading.Thread(target=verdict.run, args=(stop,))
    thread.start()
    try:
        for _ in range(2):
            assert verdict.ask(candidate(segmenter.scene)) is None
            assert asked.acquire(timeout=PATIENCE_S)
        assert not segmenter.asked.is_set()
    finally:
        stop.set()
        verdict.close()
        thread.join()


def test_nothing_is_judged_after_the_end(segmenter: Knowing) -> None:
    verdict = LiveVerdict(segmenter)
    assert verdict.judge(candidate(segmenter.scene)) is not None
    verdict.close()
    assert verdict.judge(candidate(segmenter.scene)) is None


def test_a_network_that_fails_once_is_asked_again(verdict: LiveVerdict, segmenter: Knowing) -> None:
    segmenter.broken = True
    verdict.ask(candidate(segmenter.scene))
    assert segmenter.asked.wait(PATIENCE_S)
    segmenter.broken = False
    assert answer(verdict, candidate(segmenter.scene)) == ()


def look(scene: Scene, flaws: tuple[Flaw, ...] | None, others: bool = False) -> FramingStatus:
    """What is told to somebody who stands still, once the portrait of the picture is known to have these flaws."""
    live, head = LiveFraming(), scene.head
    assert head is not None
    if others:
        head = Head(head.points, head.score, head.points[2:3])
    matte = replace(scene.matte(), head=head)
    alpha = shown_alpha(matte, SIZE_WH)
    for at_s in (0.0, 0.5, 1.0):
        status = live.look(scene.image, matte, alpha, SETTINGS, 1.0, at_s, lambda _: flaws)[0]
    return status


def test_green_waits_for_the_verdict(segmenter: Knowing) -> None:
    assert not look(segmenter.scene, None).ready
    assert look(segmenter.scene, ()).ready


def test_what_the_verdict_finds_is_told(segmenter: Knowing) -> None:
    seen = look(segmenter.scene, (Flaw("old-background"), Flaw("face-bright")))
    assert (seen.ready, seen.blocking) == (False, Hint.TOO_BRIGHT)
    assert look(segmenter.scene, (Flaw("old-background"),)).blocking is Hint.UNCLEAR
    assert look(segmenter.scene, (Flaw("uncropped-cut-left"),)).blocking is Hint.MOVE_LEFT
    assert look(segmenter.scene, (Flaw("uncropped-edge-left"),)).blocking is Hint.MOVE_LEFT
    assert look(segmenter.scene, (Flaw("uncropped-no-face"),)).blocking is Hint.NO_FACE


def test_a_second_person_whom_only_the_coarse_network_sees_is_nobody(segmenter: Knowing) -> None:
    assert look(segmenter.scene, None, others=True).blocking is Hint.TWO_PEOPLE
    assert look(segmenter.scene, (), others=True).ready


def test_a_head_that_the_coarse_network_sees_just_outside_a_limit_is_good_if_the_verdict_says_so() -> None:
    just_too_small, too_small = (person(SIZE_WH, head_px=head_px) for head_px in (86, 70))
    assert look(just_too_small, ()).ready
    assert not look(just_too_small, None).ready
    assert look(just_too_small, (Flaw("uncropped-small"),)).blocking is Hint.STEP_CLOSER
    assert look(too_small, ()).blocking is Hint.STEP_CLOSER


@pytest.mark.parametrize(("centres", "wanted"), [((0.38, 0.6), None), ((0.25, 0.75), Hint.STEP_BACK)])
def test_a_couple_gets_green_where_the_crop_holds_both_and_else_is_asked_to_step_back(
    centres: tuple[float, float], wanted: Hint | None
) -> None:
    size_wh = (1600, 900)
    live, scene = LiveFraming(), couple(size_wh, centres, (300, 280))
    matte, settings = scene.matte(), SETTINGS.model_copy(update={"people": "all"})
    alpha = shown_alpha(matte, size_wh)
    saved = make_portrait(scene.image, matte, settings).measures.flaws
    for flaws in (None, saved):
        for at_s in (0.0, 0.5, 1.0):
            ask = None if flaws is None else lambda _, flaws=flaws: flaws
            status = live.look(scene.image, matte, alpha, settings, 1.0, at_s, ask)[0]
        assert (status.ready, status.blocking) == (wanted is None, wanted)


def test_whoever_walks_through_the_picture_is_asked_to_hold_still() -> None:
    live = LiveFraming()
    for step in range(12):
        scene = person(SIZE_WH, head_px=300, centre=0.35 + 0.02 * step)
        matte = replace(scene.matte(), head=scene.head)
        alpha = shown_alpha(matte, SIZE_WH)
        status = live.look(scene.image, matte, alpha, SETTINGS, 1.0, step / 15, lambda _: ())[0]
    assert (status.ready, status.blocking) == (False, Hint.HOLD_STILL)


def test_a_shared_segmenter_is_opened_once(segmenter: Knowing) -> None:
    opened = []

    def open_segmenter() -> Knowing:
        opened.append(1)
        return segmenter

    shared = SharedSegmenter(open_segmenter)
    threads = [threading.Thread(target=shared.segment, args=(Frame(segmenter.scene.image, 0, 0.0),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.info is segmenter.info
    assert len(opened) == 1


def test_a_sandbox_that_forbids_lower_priorities_stops_nothing(
    segmenter: Knowing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: int) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "nice", forbidden)
    verdict = LiveVerdict(segmenter)
    verdict.close()
    verdict.run(threading.Event())
