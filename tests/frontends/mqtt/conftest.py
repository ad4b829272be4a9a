"""Brokers and the log, for tests that have checked that paho and trustme are installed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .brokers import Broker, Guarded, LogLines


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    from .brokers import Broker

    broker = Broker(tmp_path)
    yield broker
    broker.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    from .brokers import Guarded

    return Guarded(tmp_path)


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    from .brokers import LogLines

    log_lines, log = LogLines(), logging.getLogger("capture_station.frontends.mqtt")
    log.addHandler(log_lines)
    log.setLevel(logging.INFO)
    yield log_lines
    log.setLevel(logging.NOTSET)
    log.removeHandler(log_lines)
