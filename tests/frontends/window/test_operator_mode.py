"""The operator's pages: behind a PIN, by touch alone and by key alone, and what guests can do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.errors import Trouble
from capture_station.frontends.window.keys import ACTION_OF, MENU_ACTION_OF, PIN_ACTION_OF
from capture_station.frontends.window.kiosk import Kiosk
from capture_station.frontends.window.layout import Layout, arrange
from capture_station.frontends.window.operator.long_press import HELD_S, LongPress
from capture_station.frontends.window.operator.mode import UNTOUCHED_S
from capture_station.frontends.window.operator.pin_lock import FREE_TRIES, LONGEST_PAUSE_S, PinLock
from capture_station.frontends.window.scene import Action, Picked, Scene, Typed, View
from capture_station.locales.messages import Messages
from capture_station.station.adjustments import CameraOption
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import PRESETS, FakeStation
from tests.frontends.window.looking import actions
from tests.frontends.window.operating import PIN, OperatedBooth

SCREEN_WH = (800, 480)
MESSAGES = Messages("en")


@pytest.fixture
def booth(station: FakeStation, clock: Clock, tmp_path: Path) -> OperatedBooth:
    return OperatedBooth(station, clock, tmp_path)


class Finger:
    """Touches what it reads on the screen."""

    def __init__(self, booth: OperatedBooth) -> None:
        self._booth = booth

    def touch(self, *labels: str) -> Scene:
        scene = self._booth.look()
        for label in labels:
            layout = arrange(SCREEN_WH, scene, (1280, 720))
            x, y = self._place(layout, label)
            press = layout.press_at(x, y)
            assert press is not Action.WAKE, label
            scene = self._booth.press(press)
        return scene

    @staticmethod
    def _place(layout: Layout, label: str) -> tuple[int, int]:
        places = {button.label: rect for rect, button in layout.buttons}
        if layout.pin_pad is not None:
            places |= {key.label: rect for rect, key in layout.pin_pad.keys}
        if layout.menu is not None:
            places |= {tile.label: rect for rect, tile in layout.menu.tiles}
        return places[label].centre


def labels(scene: Scene) -> list[str]:
    assert scene.menu is not None
    return [tile.label for tile in scene.menu.tiles]


def test_by_touch_alone_an_operator_changes_the_preset_and_leaves(booth: OperatedBooth, station: FakeStation) -> None:
    finger = Finger(booth)
    assert booth.press(Action.OPERATOR).pin_pad is not None  # The long press in a corner.
    assert "Framing" in labels(finger.touch(*PIN, "OK"))
    finger.touch("Framing", "Square 1:1")
    assert station.status().adjustments.preset == "square"
    scene = finger.touch("Back", "Leave")
    assert scene.menu is None
    assert Action.CAPTURE in actions(scene)


def test_by_key_alone_an_operator_changes_the_preset_and_leaves(booth: OperatedBooth, station: FakeStation) -> None:
    booth.press(ACTION_OF["o"], *map(Typed, PIN), PIN_ACTION_OF["enter"])
    assert booth.press(MENU_ACTION_OF["enter"]).menu is not None  # Nothing has the frame yet.
    scene = booth.press(MENU_ACTION_OF["down"], MENU_ACTION_OF["enter"])
    assert scene.menu is not None
    assert scene.menu.title == MESSAGES("page.preset")
    booth.press(MENU_ACTION_OF["tab"], MENU_ACTION_OF["right"], MENU_ACTION_OF["left"], MENU_ACTION_OF["right"])
    booth.press(MENU_ACTION_OF[" "])
    assert station.status().adjustments.preset == PRESETS[1][0]
    booth.press(MENU_ACTION_OF["up"])
    booth.press(MENU_ACTION_OF["escape"])
    assert booth.press(MENU_ACTION_OF["escape"]).menu is None


def test_guests_see_only_what_guests_need(booth: OperatedBooth, station: FakeStation) -> None:
    assert actions(booth.look()) == {Action.CAPTURE}
    for action in (Action.VIEW, Action.GUIDE, Action.PRESET, Action.FPS, Action.FULL_SCREEN, Action.MIRROR):
        before = booth.look()
        assert booth.press(action) == before, action
    booth.press(Action.QUIT)
    assert not booth.kiosk.closed
    booth.enter()
    assert booth.press(Action.FPS).corner
    booth.press(Action.QUIT)
    assert booth.kiosk.closed
    assert not booth.kiosk.restarts
    assert station.status().adjustments.preset == "free"


def test_guests_read_nothing_of_devices_and_disks(booth: OperatedBooth, station: FakeStation) -> None:
    station.unplug("", Trouble("missing", {"camera": "USB camera (/dev/video0)"}))
    station.fill_disk()
    (banner,) = booth.look().banners
    assert banner.title == MESSAGES("guest.soon")
    assert "/dev" not in banner.detail
    booth.enter()
    menu = booth.open("camera").menu
    assert menu is not None
    assert any("/dev/video0" in fact.value for fact in menu.facts)


def test_without_a_pin_there_is_no_operator_mode(station: FakeStation, clock: Clock) -> None:
    from capture_station.config import WindowSettings

    station.see()
    kiosk = Kiosk(station, WindowSettings(), MESSAGES, clock)
    kiosk.press(Action.OPERATOR)
    scene = kiosk.scene(station.preview())
    assert scene.pin_pad is None
    assert {Action.VIEW, Action.GUIDE} < actions(scene)


def test_a_wrong_pin_opens_nothing_and_the_pause_grows(booth: OperatedBooth, clock: Clock) -> None:
    scene = booth.enter("1234")
    assert scene.pin_pad is not None
    assert scene.pin_pad.notice == MESSAGES("operator.wrong-pin")
    assert scene.pin_pad.typed == 0
    for _ in range(FREE_TRIES - 1):
        booth.press(*map(Typed, "1234"), Action.SUBMIT)
    scene = booth.press(*map(Typed, PIN), Action.SUBMIT)
    assert scene.menu is None
    assert scene.pin_pad is not None
    assert "wait" in scene.pin_pad.notice
    assert not any(key.enabled for row in scene.pin_pad.keys for key in row)
    clock.pass_s(10)
    assert booth.press(*map(Typed, PIN), Action.SUBMIT).menu is not None


def test_guessing_takes_longer_with_every_try() -> None:
    lock, now_s, pauses = PinLock(PIN), 0.0, []
    for _ in range(30):
        assert not lock.opens("0000", now_s)
        pauses.append(lock.pause_s(now_s))
        now_s += pauses[-1]
        assert pauses[-1] == 0 or not lock.opens(PIN, now_s - 0.1)  # Not even the right one during the pause.
    assert pauses[: FREE_TRIES - 1] == [0, 0]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert pauses == sorted(pauses)
    assert lock.opens(PIN, now_s)
    assert not lock.opens("0000", now_s)
    assert lock.pause_s(now_s) == 0


def test_it_leaves_by_itself_when_nobody_touches_anything(booth: OperatedBooth, clock: Clock) -> None:
    booth.enter()
    clock.pass_s(UNTOUCHED_S - 5)
    assert booth.press(Picked("page", "disk")).menu is not None
    clock.pass_s(UNTOUCHED_S - 1)
    assert booth.look().menu is not None
    clock.pass_s(2)
    assert booth.look().menu is None
    assert booth.open("disk").menu is None  # A touch that comes too late opens nothing.
    booth.press(Action.OPERATOR, Typed("4"))
    clock.pass_s(UNTOUCHED_S + 1)
    assert booth.look().pin_pad is None


def test_a_portrait_is_deleted_by_a_second_touch_only(booth: OperatedBooth, station: FakeStation) -> None:
    for _ in range(3):
        station.save(portrait=station.portrait)
    newest, *others = sorted(station.archive, reverse=True)
    booth.enter()
    finger = Finger(booth)
    finger.touch("Recent portraits")
    booth.press(Picked("portrait", newest))
    finger.touch("Delete")
    assert newest in station.archive
    finger.touch("Back", "Back", "Recent portraits")
    booth.press(Picked("portrait", newest))
    finger.touch("Delete")
    assert newest in station.archive
    scene = finger.touch("Really delete?")
    assert set(station.archive) == set(others)
    assert scene.menu is not None
    assert len(scene.menu.tiles) == 2


def test_every_portrait_can_be_found_also_an_old_one(booth: OperatedBooth, station: FakeStation) -> None:
    saved = [station.save(portrait=station.portrait).id for _ in range(17)]
    booth.enter()
    finger = Finger(booth)
    scene = finger.touch("Recent portraits")
    seen = []
    for more in (True, True, False):
        assert scene.menu is not None
        assert len(scene.menu.tiles) <= 8
        presses = [tile.press for tile in scene.menu.tiles]
        seen += [press.value for press in presses if isinstance(press, Picked) and press.what == "portrait"]
        scene = finger.touch("Show more") if more else scene
    assert seen == saved[::-1]
    booth.press(Picked("portrait", saved[2]))
    scene = finger.touch("Delete", "Really delete?")
    assert scene.menu is not None
    assert [tile.press for tile in scene.menu.tiles] == [Picked("portrait", saved[1]), Picked("portrait", saved[0])]
    for old in saved[:2]:
        booth.press(Picked("portrait", old))
        scene = finger.touch("Delete", "Really delete?")
    assert scene.menu is not None
    assert scene.menu.tiles[0].press == Picked("portrait", saved[-1])


def test_what_waits_for_the_printer_can_be_cancelled(booth: OperatedBooth, station: FakeStation) -> None:
    kept = station.save(portrait=station.portrait)
    printer = station.use_printer(problems=("media-empty",))
    printer.request([kept.id])
    booth.enter()
    home = booth.look().menu
    assert home is not None
    (tile,) = [tile for tile in home.tiles if tile.label == "Printer"]
    assert tile.detail == MESSAGES("printer.media-empty")
    assert tile.warns
    Finger(booth).touch("Printer", "Sheets: 1", "Sheets: 1")
    assert not printer.waiting


def test_settings_are_kept_and_given_back(booth: OperatedBooth, station: FakeStation) -> None:
    booth.enter()
    finger = Finger(booth)
    finger.touch("Framing", "Square 1:1", "Back", "Display", "Mirrored", "Countdown", "Back", "Keep settings")
    assert booth.kept.read()["portrait.preset"] == "square"
    assert booth.kept.read()["window.mirrored"] is False
    assert booth.kept.read()["capture.countdown_s"] == 5
    finger.touch("As in the file")
    assert booth.kept.read() == {}
    assert station.status().adjustments.preset == "portrait-4x5"
    assert station.status().adjustments.mirrored


def test_the_cameras_size_and_automatics_are_changed_beside_its_picture(
    booth: OperatedBooth, station: FakeStation
) -> None:
    booth.enter()
    scene = Finger(booth).touch("Camera")
    assert scene.is_live
    assert scene.view is View.RAW
    Finger(booth).touch("Picture size", "1280x960", "Back", "Hold exposure and white balance")
    assert station.status().adjustments.camera_size == "1280x960"
    assert station.status().adjustments.camera_held
    Finger(booth).touch("Back", "Keep settings")
    assert booth.kept.read()["camera.size_px"] == "1280x960"
    assert booth.kept.read()["camera.controls.lock_after_s"]
    Finger(booth).touch("As in the file")
    assert station.status().adjustments.camera_size == "auto"
    assert not station.status().adjustments.camera_held


def test_another_camera_is_chosen_by_touch_beside_its_picture(booth: OperatedBooth, station: FakeStation) -> None:
    booth.enter()
    finger = Finger(booth)
    scene = finger.touch("Camera", "Which camera")
    assert scene.is_live
    assert scene.view is View.RAW
    assert labels(scene) == ["Automatic", "Webcam", "DSLR"]
    finger.touch("DSLR")
    assert station.status().adjustments.camera == "webcam:/dev/video2"
    scene = finger.touch("Back")
    assert scene.menu is not None
    assert ("Which camera", "DSLR") in [(tile.label, tile.detail) for tile in scene.menu.tiles]
    finger.touch("Back", "Keep settings")
    assert booth.kept.read()["camera.kind"] == "webcam"
    assert booth.kept.read()["camera.device"] == "/dev/video2"
    finger.touch("As in the file")
    assert station.status().adjustments.camera == "auto"


def test_cameras_come_and_go_while_the_page_is_open(booth: OperatedBooth, station: FakeStation) -> None:
    booth.enter()
    finger = Finger(booth)
    finger.touch("Camera", "Which camera", "DSLR")
    webcam, slr = station.attached
    station.attached = [webcam, replace(slr, attached=False), CameraOption("webcam:/dev/video4", "Document camera")]
    station.unplug("", Trouble("missing", {"camera": "DSLR"}))
    scene = booth.look()
    assert labels(scene) == ["Automatic", "Webcam", "DSLR", "Document camera"]
    assert scene.menu is not None
    (missing,) = [tile for tile in scene.menu.tiles if tile.warns]
    assert (missing.label, missing.detail) == ("DSLR", "Not connected")
    finger.touch("Document camera")
    assert station.status().adjustments.camera == "webcam:/dev/video4"


def test_an_operator_is_not_photographed_hands_free(booth: OperatedBooth, station: FakeStation, clock: Clock) -> None:
    booth.look()
    assert station.auto_from_s == 0
    booth.enter()
    assert station.auto_from_s > clock()
    clock.pass_s(30)
    booth.look()
    assert station.auto_from_s > clock()
    booth.press(Action.BACK)
    before_s = station.auto_from_s
    clock.pass_s(5)
    booth.look()
    assert station.auto_from_s == before_s < clock()


def test_restart_and_switching_off_need_a_second_touch(booth: OperatedBooth) -> None:
    booth.enter()
    finger = Finger(booth)
    finger.touch("Restart", "Switch the machine off")
    assert booth.machine.asked == []
    finger.touch("Restart the machine", "Switch the machine off", "Switch the machine off")
    assert booth.machine.asked == ["switch off"]
    finger.touch("Restart the station")
    assert not booth.kiosk.closed
    finger.touch("Restart the station")
    assert booth.kiosk.closed
    assert booth.kiosk.restarts


def test_the_machine_is_switched_off_only_where_the_station_may(booth: OperatedBooth) -> None:
    booth.machine.allowed = False
    booth.enter()
    assert labels(booth.open("power")) == ["Restart the station", "Quit the station"]


def test_each_look_at_the_phone_page_makes_a_new_code(booth: OperatedBooth) -> None:
    booth.enter()
    scene = booth.open("phone")
    booth.look()
    assert booth.pairings == 1
    assert scene.menu is not None
    assert scene.menu.code is not None
    booth.press(Action.BACK)
    booth.open("phone")
    assert booth.pairings == 2


def test_a_capture_from_elsewhere_shows_its_countdown(booth: OperatedBooth, station: FakeStation) -> None:
    booth.enter()
    station.capture()
    scene = booth.look()
    assert scene.countdown
    assert scene.menu is None
    station.expose()
    station.finish()
    assert booth.look().menu is not None


@pytest.mark.parametrize(("at", "opens"), [((2, 3), True), ((795, 5), True), ((400, 240), False), ((5, 470), False)])
def test_a_long_press_counts_in_the_upper_corners_only(at: tuple[int, int], opens: bool) -> None:
    press = LongPress()
    assert not press.follow([at], False, SCREEN_WH, 10.0)
    assert not press.follow([], False, SCREEN_WH, 10.0 + HELD_S - 0.1)
    assert press.follow([], False, SCREEN_WH, 10.0 + HELD_S) == opens
    assert not press.follow([], False, SCREEN_WH, 10.0 + 2 * HELD_S)


def test_a_finger_that_leaves_early_is_no_long_press() -> None:
    press = LongPress()
    press.follow([(2, 3)], False, SCREEN_WH, 10.0)
    assert not press.follow([], True, SCREEN_WH, 11.0)
    assert not press.follow([], False, SCREEN_WH, 13.0)


def test_presets_cameras_and_their_settings_are_said_in_the_operators_language(
    station: FakeStation, clock: Clock, tmp_path: Path
) -> None:
    station.offer((("badge", "Badge (CR80 card), 25x32 mm"), ("team", "Our team")))
    booth = OperatedBooth(station, clock, tmp_path, "fr")
    station.become(
        differences=("controls.auto_focus: the camera has no AfMode", "controls.auto_focus: it cannot be locked")
    )
    booth.enter()
    scene = booth.open("preset")
    assert labels(scene) == ["Badge (carte CR80), 25x32 mm", "Our team"]
    booth.press(Action.BACK)
    scene = booth.open("camera")
    assert scene.menu is not None
    assert scene.menu.facts[0].value == "Caméra de démonstration"
    said = [fact.value for fact in scene.menu.facts if not fact.name]
    assert said == ["La caméra n'accepte pas\u00a0: mise au point automatique"]
