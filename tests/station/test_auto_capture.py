"""Hands free: one portrait for each person who comes and stands well."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest

from capture_station.errors import NotPermitted
from capture_station.station.auto_capture import AutoCapture, AutoTrigger, Step
from capture_station.station.status import CaptureStatus, FramingStatus, Hint, Preview

GOOD, BAD = FramingStatus(ready=True), FramingStatus(blocking=Hint.STEP_CLOSER)
NOBODY = FramingStatus(blocking=Hint.NOBODY)
FRAME_S = 0.1


class Booth:
    """People in front of a camera, a picture every tenth of a second, and a countdown of one second."""

    def __init__(self) -> None:
        self.trigger = AutoTrigger(1.0)
        self.captures = CaptureStatus()
        self.portraits = self.cancelled = 0
        self._now_s = self._expose_at_s = 0.0

    def see(self, framing: FramingStatus, lasts_s: float, again: bool = False) -> None:
        for _ in range(round(lasts_s / FRAME_S)):
            self._now_s += FRAME_S
            if self.captures.countdown_left_s is not None and self._now_s >= self._expose_at_s:
                self.portraits += 1
                self.captures = CaptureStatus(taken=self.portraits)
            step = self.trigger.update(framing, self.captures, self._now_s, again and self.portraits < 2)
            if step is Step.START:
                self._expose_at_s = self._now_s + 1
                self.captures = replace(self.captures, countdown_left_s=1.0)
            elif step is Step.CANCEL:
                self.cancelled += 1
                self.captures = replace(self.captures, countdown_left_s=None)


def test_a_short_gap_between_two_people_counts_also_while_an_older_hint_is_still_shown() -> None:
    booth = Booth()
    booth.see(GOOD, 3)
    booth.see(replace(BAD, nobody=True), 0.7)
    booth.see(NOBODY, 0.5)
    booth.see(GOOD, 3)
    assert booth.portraits == 2


def test_a_queue_of_five_people_gives_five_portraits() -> None:
    booth = Booth()
    for _ in range(5):
        booth.see(BAD, 1.5)
        booth.see(GOOD, 8)
        booth.see(NOBODY, 1.5)
    assert booth.portraits == 5
    assert booth.cancelled == 0


def test_who_stays_is_photographed_once() -> None:
    booth = Booth()
    booth.see(GOOD, 20)
    booth.see(NOBODY, 0.5)  # Too short: the matte was lost for a moment.
    booth.see(GOOD, 5)
    assert booth.portraits == 1


def test_who_steps_in_before_the_last_one_has_left_is_told_to_step_out() -> None:
    booth = Booth()
    booth.see(GOOD, 3)
    assert not booth.trigger.awaits_gap
    booth.see(GOOD, 3)
    assert booth.trigger.awaits_gap
    booth.see(NOBODY, 1.5)
    assert not booth.trigger.awaits_gap
    booth.see(GOOD, 3)
    assert booth.portraits == 2


def test_who_is_scanned_again_need_not_step_out_of_the_picture() -> None:
    booth = Booth()
    booth.see(GOOD, 5)
    booth.see(GOOD, 5, again=True)
    booth.see(GOOD, 5)
    assert booth.portraits == 2


def test_who_was_scanned_again_and_let_go_lends_nobody_their_place() -> None:
    booth = Booth()
    booth.see(GOOD, 5)
    booth.see(BAD, 1, again=True)
    booth.see(GOOD, 5)
    assert booth.portraits == 1


def test_a_countdown_stops_when_the_framing_breaks() -> None:
    booth = Booth()
    booth.see(GOOD, 1.3)
    assert booth.captures.countdown_left_s is not None
    booth.see(BAD, 0.6)
    assert (booth.cancelled, booth.portraits) == (1, 0)
    booth.see(GOOD, 3)
    assert booth.portraits == 1


def test_after_a_capture_that_came_to_nothing_its_reason_is_read_before_the_next() -> None:
    booth = Booth()
    booth.see(GOOD, 1.3)
    booth.captures = CaptureStatus(failed=1)
    booth.see(GOOD, 3.9)
    assert booth.captures.countdown_left_s is None
    booth.see(GOOD, 0.3)
    assert booth.captures.countdown_left_s is not None


def test_the_hold_begins_anew_after_a_countdown_that_was_ended() -> None:
    booth = Booth()
    booth.see(GOOD, 1.8)
    booth.captures = CaptureStatus()  # Somebody has touched cancel.
    booth.see(GOOD, 0.9)
    assert booth.captures.countdown_left_s is None


def test_the_ring_fills_while_the_framing_is_good() -> None:
    booth = Booth()
    booth.see(GOOD, 0.6)
    assert 0.3 < booth.trigger.held < 0.7
    booth.see(BAD, 0.1)
    assert booth.trigger.held == 0


def test_the_log_does_not_say_who_must_not_be_photographed(caplog: pytest.LogCaptureFixture) -> None:
    stop, numbers = threading.Event(), itertools.count()
    image = np.zeros((2, 2, 3), np.uint8)

    def look(_after: int, _timeout_s: float) -> Preview:
        number = next(numbers)
        return Preview(image, image, None, GOOD, number, number * FRAME_S)

    def refuse() -> None:
        stop.set()
        raise NotPermitted("Ada Lovelace, 20417", "Photo consent: no")

    AutoCapture(0.5, look, CaptureStatus, lambda: True, lambda: False, refuse, lambda: False).run(stop)
    assert caplog.messages == ["no capture: the person must not be photographed: the list says so"]
