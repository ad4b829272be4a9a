"""Settings kept at the booth: the next start takes them, and nothing that is wrong with them stops it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capture_station.cli.station_commands import check_config
from capture_station.commands.run import kept_settings, load_with_kept
from capture_station.config import StationSettings, load
from capture_station.errors import ConfigError, StationError
from capture_station.frontends.kept_settings import KeptSettings
from capture_station.frontends.state_folder import station_folder
from capture_station.station.adjustments import Adjustments

CHANGED = Adjustments(guide=False, countdown_s=5.0, smoothing=0.2, mirrored=False, preset="badge")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptSettings:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return KeptSettings()


def test_the_next_start_takes_what_was_kept(kept: KeptSettings) -> None:
    kept.keep(CHANGED)
    settings = load_with_kept(None, [])
    assert settings.portrait.preset == "badge"
    assert settings.capture.countdown_s == 5
    assert settings.segmentation.smoothing == 0.2
    assert not settings.window.guide
    assert not settings.window.mirrored


def test_a_command_of_the_services_user_finds_what_the_service_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/capture-station")
    service = KeptSettings().path
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", "/var/lib/capture-station")
    assert KeptSettings().path == service


@pytest.mark.parametrize("held", [True, False])
def test_a_camera_is_kept_as_well(kept: KeptSettings, held: bool) -> None:
    kept.keep(Adjustments(camera_size="1280x960", camera_held=held))
    settings = load_with_kept(None, [])
    assert settings.camera.size_px == (1280, 960)
    assert Adjustments.of(settings).camera_size == "1280x960"
    assert Adjustments.of(settings).camera_held == held


@pytest.mark.parametrize("choice", ["auto", "raspberry:1", "webcam:0", "webcam:/dev/v4l/by-id/usb-Webcam", "demo"])
def test_which_camera_is_kept(kept: KeptSettings, choice: str) -> None:
    kept.keep(Adjustments(camera=choice))
    settings = load_with_kept(None, ["camera.device=7"] if choice == "demo" else [])
    assert Adjustments.of(settings).camera == choice
    assert settings.camera.chosen(choice) == settings.camera


@pytest.mark.usefixtures("kept")
def test_only_what_was_changed_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is the configuration's, also when that is another one later."""
    configured = Adjustments(preset="badge", camera="demo", countdown_s=5.0)
    KeptSettings(configured=configured).keep(replace(configured, guide=False))
    later = tmp_path / "station.yaml"
    later.write_text("camera: {kind: webcam}\nportrait: {preset: passport-35x45}\n")
    settings = load_with_kept(later, [])
    assert (settings.camera.kind, settings.portrait.preset) == ("webcam", "passport-35x45")
    assert not settings.window.guide
    assert "kept at the booth: window.guide=false\n" in capsys.readouterr().out


@pytest.mark.usefixtures("kept")
def test_what_was_edited_in_the_file_while_the_station_runs_is_not_overridden(tmp_path: Path) -> None:
    config = tmp_path / "station.yaml"
    config.write_text("portrait: {preset: badge}\n")
    running = load_with_kept(config, [])
    kept = kept_settings(None, lambda: load(config))
    config.write_text("portrait: {preset: passport-35x45}\n")
    kept.keep(replace(Adjustments.of(running), guide=False))
    settings = load_with_kept(config, [])
    assert settings.portrait.preset == "passport-35x45"
    assert not settings.window.guide


def test_a_mistake_that_kept_settings_go_before_does_not_stop_the_start(kept: KeptSettings, tmp_path: Path) -> None:
    kept.keep(CHANGED)
    config = tmp_path / "station.yaml"
    config.write_text("portrait: {preset: gone}\n")
    running = load_with_kept(config, [])
    kept_settings(None, lambda: load(config)).keep(Adjustments.of(running))
    assert load_with_kept(config, []).portrait.preset == "badge"


def test_what_is_as_in_the_configuration_again_is_not_kept_any_more(kept: KeptSettings) -> None:
    kept.keep(CHANGED)
    kept.keep(Adjustments.of(StationSettings()))
    assert kept.read() == {}


def test_the_environment_goes_before_what_was_kept(kept: KeptSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep(CHANGED)
    monkeypatch.setenv("CAPTURE_STATION__PORTRAIT__PRESET", "square")
    settings = load_with_kept(None, [])
    assert (settings.portrait.preset, settings.capture.countdown_s) == ("square", 5)


def test_a_flag_goes_before_what_was_kept(kept: KeptSettings) -> None:
    kept.keep(CHANGED)
    assert load_with_kept(None, ["portrait.preset=square"]).portrait.preset == "square"


def test_check_config_names_only_what_a_start_takes(kept: KeptSettings, capsys: pytest.CaptureFixture[str]) -> None:
    kept.keep(CHANGED)
    check_config(None, ["camera.kind=demo", "portrait.preset=square"])
    told = capsys.readouterr().err
    assert "`run` takes them instead: window.guide=false, capture.countdown_s=5.0, " in told
    assert "badge" not in told


def test_check_config_says_that_kept_settings_are_left_out(
    kept: KeptSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.keep(replace(CHANGED, preset="gone"))
    check_config(None, ["camera.kind=demo"])
    told = capsys.readouterr().err
    assert "left out" in told
    assert "`run` takes them instead" not in told


def test_what_is_forgotten_is_the_configurations_again(kept: KeptSettings) -> None:
    kept.keep(CHANGED)
    kept.forget()
    kept.forget()
    assert load_with_kept(None, []).portrait.preset == "portrait-4x5"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"portrait.preset": "gone"}', '{"archive.folder": "/etc"}', "null"])
def test_a_file_that_is_damaged_or_outdated_does_not_stop_the_start(kept: KeptSettings, text: str) -> None:
    kept.path.parent.mkdir(parents=True)
    kept.path.write_text(text)
    settings = load_with_kept(None, ["archive.folder=/srv/portraits"])
    assert settings.portrait.preset == "portrait-4x5"
    assert settings.archive.folder == Path("/srv/portraits")


def test_a_wrong_configuration_is_still_an_error(kept: KeptSettings) -> None:
    kept.keep(CHANGED)
    with pytest.raises(ConfigError, match=r"camera\.fps"):
        load_with_kept(None, ["camera.fps=-1"])


def test_a_folder_that_cannot_be_written_is_one_line(kept: KeptSettings) -> None:
    kept.path.parent.parent.mkdir(parents=True, exist_ok=True)
    kept.path.parent.write_text("a file in the way")
    with pytest.raises(StationError, match="cannot be kept"):
        kept.keep(CHANGED)


@pytest.mark.usefixtures("kept")
def test_two_stations_of_one_user_keep_their_own(tmp_path: Path) -> None:
    for name, preset in (("a", "badge"), ("b", "square")):
        config = f"remote: {{socket: {name}.sock}}\nportrait: {{preset: {preset}}}\n"
        (tmp_path / f"{name}.yaml").write_text(config)
    running = load_with_kept(tmp_path / "a.yaml", [])
    kept = kept_settings(running.remote.socket, lambda: load(tmp_path / "a.yaml"))
    kept.keep(replace(Adjustments.of(running), preset="passport-35x45"))
    assert load_with_kept(tmp_path / "b.yaml", []).portrait.preset == "square"
    assert load_with_kept(None, []).portrait.preset == "portrait-4x5"
    assert load_with_kept(tmp_path / "a.yaml", []).portrait.preset == "passport-35x45"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("flags", [[], ["remote.socket=/srv/a.sock"]])
def test_what_an_older_version_has_kept_is_every_stations_but_prints_are_the_first_ones(
    tmp_path: Path, flags: list[str]
) -> None:
    before = tmp_path / "state" / "capture-station"
    (before / "print-jobs").mkdir(parents=True)
    (before / "print-jobs" / "today.json").touch()
    (before / "kept-settings.json").write_text('{"portrait.preset": "badge"}')
    first = load_with_kept(None, flags)
    again = load_with_kept(None, flags)
    assert (first.portrait.preset, again.portrait.preset) == ("badge", "badge")
    assert (station_folder(first.remote.socket) / "print-jobs" / "today.json").exists()
    second = load_with_kept(None, ["remote.socket=/srv/b.sock"])
    assert second.portrait.preset == "badge"
    assert not (station_folder(second.remote.socket) / "print-jobs").exists()


@pytest.mark.usefixtures("kept")
def test_a_mistake_gives_what_an_older_version_has_kept_to_no_other_station(tmp_path: Path) -> None:
    before = tmp_path / "state" / "capture-station"
    before.mkdir(parents=True)
    (before / "kept-settings.json").write_text('{"portrait.preset": "badge"}')
    config = tmp_path / "station.yaml"
    config.write_text("remote: {socket: a.sock, port: 1}\n")
    with pytest.raises(ConfigError):
        load_with_kept(config, [])
    config.write_text("remote: {socket: a.sock}\n")
    assert load_with_kept(config, []).portrait.preset == "badge"


@pytest.mark.usefixtures("kept")
def test_every_station_gets_the_logouts_of_an_older_version(tmp_path: Path) -> None:
    before = tmp_path / "state" / "capture-station"
    before.mkdir(parents=True)
    (before / "web-logouts-token").touch()
    for name in ("a", "b"):
        settings = load_with_kept(None, [f"remote.socket=/srv/{name}.sock"])
        assert (station_folder(settings.remote.socket) / "web-logouts-token").exists()


@pytest.mark.usefixtures("kept")
def test_a_mistake_elsewhere_does_not_hide_what_a_station_with_a_socket_keeps(tmp_path: Path) -> None:
    (tmp_path / "station.yaml").write_text("remote: {socket: a.sock}\nportrait: {preset: gone}\n")
    KeptSettings(station_folder(tmp_path / "a.sock")).keep(CHANGED)
    assert load_with_kept(tmp_path / "station.yaml", []).portrait.preset == "badge"
