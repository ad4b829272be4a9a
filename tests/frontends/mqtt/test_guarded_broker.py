"""Brokers with certificates and passwords."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from capture_station.config import MqttSettings
from capture_station.errors import ConfigError
from tests.frontends.fake_station import FakeStation

trustme = pytest.importorskip("trustme", reason="trustme is not installed: pip install '.[test]'")
pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: pip install '.[mqtt]'")

from capture_station.frontends.mqtt import CERTIFICATE_ADVICE, LISTENER_ADVICE, PASSWORD_ADVICE, Mqtt

from .brokers import Broker, Guarded, LogLines, connected, needs_broker, settings


@needs_broker
def test_tls_and_a_password_work(station: FakeStation, guarded: Guarded) -> None:
    with closing(guarded.broker("127.0.0.1", password=True)) as broker:
        ours = {
            "tls": True,
            "ca_file": guarded.ca_file,
            "user": "booth",
            "password_file": guarded.password_file("right\r\nfor the booth in the hall\n"),
        }
        with connected(station, settings(broker, port=broker.guarded_port, **ours)) as end:
            station.see()
            broker.receive_until("running")
            broker.send("")
            assert station.await_requests(1)
            end()
            assert broker.receive_until("offline")


@needs_broker
@pytest.mark.parametrize("user", ["booth", ""])
def test_a_refusal_is_logged_once_and_the_connection_retried(
    station: FakeStation, guarded: Guarded, log_lines: LogLines, user: str
) -> None:
    with closing(guarded.broker("127.0.0.1", password=True)) as broker:
        ours = {"tls": True, "ca_file": guarded.ca_file, "user": user, "password_file": guarded.password_file("wrong")}
        with connected(station, settings(broker, port=broker.guarded_port, **ours)):
            line = log_lines.next()
            assert PASSWORD_ADVICE in line
            assert "\n" not in line
            broker.await_log("not authorised", 2)
            if user:
                guarded.set_password(user, "wrong")
                broker.reload()
                assert "connected" in log_lines.next()
                station.see()
                broker.receive_until("running")
        assert log_lines.lines.empty()


# paho does not close the socket of a failed handshake.
paho_leaves_a_socket_open = pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")


@needs_broker
@paho_leaves_a_socket_open
@pytest.mark.parametrize(
    ("certified", "mode", "advice"),
    [
        ("127.0.0.1", "stranger", CERTIFICATE_ADVICE),
        ("127.0.0.1", "system", CERTIFICATE_ADVICE),
        ("another.example", "authority", CERTIFICATE_ADVICE),
        ("127.0.0.1", "plain", LISTENER_ADVICE),
    ],
)
def test_an_untrusted_broker_is_logged_once_and_receives_nothing(
    station: FakeStation, guarded: Guarded, log_lines: LogLines, tmp_path: Path, certified: str, mode: str, advice: str
) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    files = {"stranger": stranger, "system": None, "authority": guarded.ca_file}
    ours = {"tls": True, "ca_file": files[mode]} if mode in files else {"tls": False}
    with closing(guarded.broker(certified)) as broker:
        with connected(station, settings(broker, port=broker.guarded_port, **ours)):
            line = log_lines.next()
            assert advice in line
            assert "\n" not in line
            broker.await_log("error", 2)
        assert log_lines.lines.empty()


@needs_broker
@paho_leaves_a_socket_open
def test_tls_with_a_plain_broker_is_reported(broker: Broker, station: FakeStation, log_lines: LogLines) -> None:
    with connected(station, settings(broker, tls=True)):
        assert LISTENER_ADVICE in log_lines.next()


def test_an_unreadable_password_is_reported_at_the_start(station: FakeStation, tmp_path: Path) -> None:
    missing = MqttSettings(host="127.0.0.1", user="booth", password_file=tmp_path / "missing")
    with pytest.raises(ConfigError, match="password_file"):
        Mqtt(station, missing)


@pytest.mark.parametrize("setting", ["password_file", "ca_file"])
def test_a_pipe_in_place_of_a_file_is_reported_at_the_start(station: FakeStation, tmp_path: Path, setting: str) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    ours = MqttSettings.model_validate({"host": "127.0.0.1", "user": "booth", "tls": True, setting: pipe})
    with pytest.raises(ConfigError, match="not a regular file"):
        Mqtt(station, ours)
