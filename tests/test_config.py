"""Loading of the configuration: defaults, overrides, paths, and the message for each mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from capture_station import shipped
from capture_station.config import StationSettings, load
from capture_station.errors import ConfigError


def keys(section: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in section.items():
        yield prefix + key
        if isinstance(value, Mapping):
            yield from keys(value, f"{prefix}{key}.")


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return write


def mistake(path: Path, *overrides: str, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, overrides, environment or {})
    return str(caught.value)


def test_the_shipped_file_documents_every_key_with_its_default() -> None:
    documented = yaml.safe_load(shipped.config_path().read_text())
    assert set(keys(documented)) == set(keys(StationSettings().model_dump(mode="json")))
    assert load(shipped.config_path(), environment={}) == StationSettings()


def test_an_empty_file_gives_all_defaults(write: Any) -> None:
    assert load(write(""), environment={}) == StationSettings()


def test_a_section_of_comments_gives_its_defaults(write: Any) -> None:
    path = write("mqtt:\n  # host: broker\ncamera:\n  kind: demo\n  controls:\n    # gain: 1\n")
    settings = load(path, environment={})
    assert settings.mqtt == StationSettings().mqtt
    assert settings.camera == StationSettings.model_validate({"camera": {"kind": "demo"}}).camera
    assert load(path, ["camera.controls.gain=2"], {}).camera.controls.gain == 2
    assert "camera.fps = None" in mistake(write("camera:\n  fps:\n"))


def test_the_interpreter_uses_half_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, threads in ((1, 1), (2, 1), (4, 2), (32, 4)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, count=processors: set(range(count)))
        assert StationSettings().segmentation.interpreter_threads == threads
    assert StationSettings.model_validate({"segmentation": {"threads": 3}}).segmentation.interpreter_threads == 3


def test_an_unknown_key_is_reported_with_line_and_suggestion(write: Any) -> None:
    path = write("camera:\n  kind: demo\n  devise: 2\n")
    assert mistake(path) == f"{path}:3: there is no setting camera.devise; did you mean device?"


def test_a_value_out_of_range_is_reported_with_line_key_and_range(write: Any) -> None:
    path = write("capture:\n  burst: 50\n")
    assert mistake(path) == f"{path}:2: capture.burst = 50: must be less than or equal to 16"


def test_all_mistakes_are_reported_at_once(write: Any) -> None:
    message = mistake(write("camera:\n  fps: -1\narchive:\n  dpi: 1\n"))
    assert "camera.fps" in message
    assert "archive.dpi" in message


def test_a_duplicate_key_is_refused(write: Any) -> None:
    assert "camera.fps is already set in line 2" in mistake(write("camera:\n  fps: 5\n  fps: 6\n"))


@pytest.mark.parametrize("text", ["camera: [", "- a\n- b\n", "camera: !!python/object/apply:os.getcwd []\n"])
def test_a_file_that_is_not_a_configuration_is_refused(write: Any, text: str) -> None:
    assert "config.yaml" in mistake(write(text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.yaml" in mistake(tmp_path / "nowhere.yaml")


def test_flags_override_the_environment_and_both_override_the_file(write: Any) -> None:
    path = write("camera:\n  fps: 5\n")
    environment = {"CAPTURE_STATION__CAMERA__FPS": "6", "UNRELATED": "x"}
    assert load(path, environment={}).camera.fps == 5
    assert load(path, environment=environment).camera.fps == 6
    assert load(path, ["camera.fps=7"], environment).camera.fps == 7


def test_mistakes_in_overrides_name_their_origin(write: Any) -> None:
    path = write("camera:\n  fps: 5\n")
    assert mistake(path, "camera.fps=x").startswith("--set camera.fps: camera.fps = 'x'")
    environment = {"CAPTURE_STATION__CAMERA__FPS": "x"}
    assert mistake(path, environment=environment).startswith("environment variable CAPTURE_STATION__CAMERA__FPS")
    assert "section.key=value" in mistake(path, "camera.fps")
    assert "is not a section" in mistake(path, "camera.fps.deep=1")


@pytest.mark.parametrize("preset", ["free", "own"])
def test_the_own_preset_of_version_0_1_0_is_still_read(write: Any, preset: str) -> None:
    """Its configuration, which people installed as a whole, had the section whatever the preset was."""
    own = "{size_px: [900, 1200], head_height: 0.5, eye_line: 0.4, centre: 0.5}"
    portrait = load(write(f"portrait:\n  preset: {preset}\n  own: {own}\n"), environment={}).portrait
    assert portrait.preset == preset
    assert ("own" in portrait.presets) is (preset == "own")
    assert preset == "free" or (portrait.geometry is not None and portrait.geometry.eye_line == 0.4)


def test_paths_in_a_file_are_relative_to_it(write: Any) -> None:
    path = write("archive:\n  folder: pictures\nsegmentation:\n  preview_model: ~/m.tflite\n")
    settings = load(path, environment={})
    assert settings.archive.folder == path.parent / "pictures"
    assert settings.segmentation.preview_model == Path.home() / "m.tflite"


def test_a_missing_home_folder_is_reported(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("archive:\n  folder: ~nobody-has-this-name/x\n")
    assert mistake(path) == (
        f"{path}:2: archive.folder = '~nobody-has-this-name/x': "
        "there is no home folder for ~nobody-has-this-name here; write the whole path"
    )
    assert mistake(write(""), "archive.folder=~nobody-has-this-name/x").startswith("--set archive.folder: archive.f")
    # A user without an entry in passwd, as in a container.
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert "archive.folder = " in mistake(write(""))
    assert load(path, ["archive.folder=/srv/portraits"], {}).archive.folder == Path("/srv/portraits")


def test_typed_paths_are_relative_to_the_current_folder(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("")
    monkeypatch.chdir(tmp_path.parent)
    environment = {"CAPTURE_STATION__SEGMENTATION__CLEAN_PLATE": "plate.png"}
    settings = load(path, ["archive.folder=pictures", "camera.url=film.mkv"], environment)
    assert settings.archive.folder == tmp_path.parent / "pictures"
    assert settings.camera.url.get_secret_value() == str(tmp_path.parent / "film.mkv")
    assert settings.segmentation.clean_plate == tmp_path.parent / "plate.png"
    assert load(path, ["camera.url=rtsp://cam/1"], {}).camera.url.get_secret_value() == "rtsp://cam/1"


def test_a_segmenter_without_faces_is_refused_where_every_portrait_would_be(write: Any) -> None:
    path = write("segmentation:\n  kind: luv\n")
    assert mistake(path) == (
        f"{path}: segmentation.kind: luv finds no face, and portrait-4x5 needs one: use --preset free"
    )
    for flag in ("portrait.preset=free", "portrait.gate=advise"):
        assert load(path, [flag], {}).segmentation.kind == "luv"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        StationSettings().camera.fps = 5


def test_file_sizes_may_have_units(write: Any) -> None:
    path = write("archive:\n  keep_free_bytes: 2 GiB\n")
    assert load(path, environment={}).archive.keep_free_bytes == 2 * 1024**3


@pytest.mark.parametrize("text", ["0x_", '"\\uD800"', "!!int ''", "[" * 1200, "&a [*a]"])
def test_values_that_yaml_cannot_read_name_their_origin(write: Any, text: str) -> None:
    path = write(f"archive:\n  folder: {text}\n")
    assert mistake(path).startswith(f"{path}:")
    assert mistake(write(""), f"archive.folder={text}").startswith("--set archive.folder: ")
    environment = {"CAPTURE_STATION__ARCHIVE__FOLDER": text}
    assert mistake(path.with_name("config.yaml"), environment=environment).startswith("environment variable CAPTURE_")


def test_a_folder_may_be_named_by_a_date(write: Any) -> None:
    path = write("archive:\n  folder: 2026-31-12\n")
    assert load(path, environment={}).archive.folder == path.parent / "2026-31-12"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert "no configuration" in mistake(Path("/dev/zero"))


def test_many_mistakes_end_with_their_number(write: Any) -> None:
    message = mistake(write("".join(f"key{number}: 1\n" for number in range(1000))))
    assert len(message.splitlines()) == 21
    assert message.endswith("and 980 more mistakes")


def test_a_long_value_is_shortened_in_the_message(write: Any) -> None:
    assert len(mistake(write("camera:\n  kind: " + "x" * 5000))) < 500


@pytest.mark.parametrize("text", ["1920x1080", " 1920 X 1080 ", "1920,1080", "[1920, 1080]"])
def test_a_size_may_be_written_with_an_x(write: Any, text: str) -> None:
    assert load(write(f'camera:\n  size_px: "{text}"\n' if "[" not in text else f"camera:\n  size_px: {text}\n"))
    assert load(write(""), [f"camera.size_px={text}"], {}).camera.size_px == (1920, 1080)


@pytest.mark.parametrize("text", ["white", "#fff", "#FFFFFF", "rgb(255, 255, 255)", "[255, 255, 255]"])
def test_a_colour_may_be_written_as_in_css(write: Any, text: str) -> None:
    assert load(write(""), [f"portrait.background_rgb={text}"], {}).portrait.background_rgb == (255, 255, 255)
    assert load(write(""), ["portrait.reference_rgb=#767676"], {}).portrait.reference_rgb == (118, 118, 118)


def test_a_colour_that_yaml_takes_for_a_comment_is_explained(write: Any) -> None:
    assert "portrait.background_rgb: YAML takes a colour" in mistake(write("portrait:\n  background_rgb: #fff\n"))
    assert load(write("portrait:\n  background_rgb: null #fff\n"), environment={}).portrait.background_rgb is None
    assert load(write("portrait:\n  background_rgb: # none\n"), environment={}).portrait.background_rgb is None
    assert "CSS name" in mistake(write("portrait:\n  background_rgb: whitish\n"))
    assert "portrait.reference_rgb" in mistake(write("portrait:\n  reference_rgb: white\n"))


@pytest.mark.parametrize("text", ["8480", '"8480"'])
def test_a_port_alone_means_this_machine(write: Any, text: str) -> None:
    assert load(write(f"web:\n  listen: {text}\n"), environment={}).web.listen == "127.0.0.1:8480"
    assert "web.listen" in mistake(write("web:\n  listen: 84800\n"))
    assert "web.listen" in mistake(write("web:\n  listen: true\n"))


SECRET = "S3cret"


@pytest.mark.parametrize("key", ["camera.url", "upload.url", "subjects.roster"])
def test_settings_print_themselves_without_passwords(write: Any, key: str) -> None:
    section, name = key.split(".")
    url = f"ftp://booth:{SECRET}@nas:21/{SECRET}?token={SECRET}"
    settings = load(write(""), [f"{key}={url}"], {})
    assert getattr(getattr(settings, section), name).get_secret_value() == url
    for text in (settings.model_dump_json(), repr(settings), str(settings.model_dump())):
        assert SECRET not in text
        assert "ftp://nas:21" in text


@pytest.mark.parametrize(
    "setting",
    [
        f"camera=rtsp://a:{SECRET}@cam",
        f"camera.url=[rtsp://a:{SECRET}@cam]",
        f"camera.url=~{SECRET}@cam/x",
        f"camera.device=rtsp://a:{SECRET}@cam",
        f"camera.fps=a:{SECRET}@cam",
        f"archive.folder=smb://a:{SECRET}@nas/photos",
        f"mqtt.host=mqtt://a:{SECRET}@broker:1883",
        f"mqtt.host=a:{SECRET}@broker",
        f"upload.url={{ftp://a:{SECRET}@nas: 1}}",
        f"upload.url='ftp://a:{SECRET}@nas",
    ],
)
def test_mistakes_are_explained_without_passwords(write: Any, setting: str) -> None:
    message = mistake(write(""), setting)
    assert message.startswith(f"--set {setting.partition('=')[0]}: ")
    assert SECRET not in message


def test_a_pin_is_digits_in_quotes_and_never_printed(write: Any) -> None:
    settings = load(write('window:\n  operator_pin: "0815"\n'), environment={})
    assert settings.window.operator_pin.get_secret_value() == "0815"
    for text in (settings.model_dump_json(), repr(settings), str(settings.model_dump())):
        assert "0815" not in text
    assert not load(write(""), [], {}).window.operator_pin.get_secret_value()
    # YAML reads 0123 without quotes as the number 83.
    for wrong in ("4712", "0123", '"47a1"', '"123"', '"1234567890123"'):
        message = mistake(write(f"window:\n  operator_pin: {wrong}\n"))
        assert "digits in quotes" in message
        assert wrong.strip('"') not in message


@pytest.mark.parametrize("typed", ["0123", '"0123"', "'0123'"])
def test_a_pin_needs_no_quotes_on_the_command_line(typed: str) -> None:
    assert load(None, [f"window.operator_pin={typed}"], {}).window.operator_pin.get_secret_value() == "0123"


@pytest.mark.parametrize("section", ["button", "lamp"])
def test_the_number_of_a_pin_is_taken_back_with_null(write: Any, section: str) -> None:
    path = write(f"{section}:\n  gpio_pin: 17\n")
    assert getattr(load(path, [], {}), section).gpio_pin == 17
    assert getattr(load(path, [f"{section}.gpio_pin=null"], {}), section).gpio_pin is None
    variable = {f"CAPTURE_STATION__{section.upper()}__GPIO_PIN": "null"}
    assert getattr(load(path, [], variable), section).gpio_pin is None
    assert f"{section}.gpio_pin = 99: " in mistake(path, f"{section}.gpio_pin=99")


@pytest.mark.parametrize("host", ["broker", "broker.example", "10.0.0.7", "fe80::1%eth0", "[::1]", "über.example"])
def test_a_broker_is_a_name_or_an_address(write: Any, host: str) -> None:
    assert load(write(""), [f"mqtt.host='{host}'"], {}).mqtt.host == host.strip("[]")


def test_a_template_of_names_needs_no_quotes_on_the_command_line() -> None:
    assert load(None, ["export.name={family}_{given}"]).export.name == "{family}_{given}"
    assert load(None, ["export.name='{subject}'"]).export.name == "{subject}"
    assert load(None, ["subjects.consent={en: Agreed}"]).subjects.consent == {"en": "Agreed"}


@pytest.mark.parametrize("value", ["null", "off", "false", "never", "0"])
def test_an_idle_time_of_null_is_never(value: str) -> None:
    assert load(None, [f"window.idle_s={value}"], {}).window.idle_s == 0
