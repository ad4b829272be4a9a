"""What booths tell each other about a person: whether there is a portrait, since when, and at which station."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SharedState:
    """The state of one person as one station has told it. It has no name in it."""

    subject: str
    """The person's id."""
    state: Literal["missing", "ok", "review"]
    """The verdict of the newest kept portrait; ``missing`` if it was withdrawn."""
    capture: str
    """The capture that it is about."""
    changed_at: datetime
    """Aware."""
    station: str

    @property
    def order(self) -> tuple[datetime, str]:
        """Of two states of a person, the greater one is the newer."""
        return self.changed_at, self.station

    @property
    def file_name(self) -> str:
        return state_file_name(self.subject)

    def as_bytes(self) -> bytes:
        return json.dumps(self.as_json()).encode()

    def as_json(self) -> dict[str, str]:
        return {
            "subject": self.subject,
            "state": self.state,
            "capture": self.capture,
            "changed_at": self.changed_at.isoformat(),
            "station": self.station,
        }


def state_file_name(subject: str) -> str:
    """The file of a person's state: the same at all stations, and safe whatever the id is."""
    return f"{hashlib.sha256(subject.encode()).hexdigest()[:40]}.json"


def read_shared_state(value: object) -> SharedState:
    """The state in parsed JSON.

    Raises:
        ValueError: It is none.
    """
    try:
        assert isinstance(value, dict)
        texts = {key: value[key] for key in ("subject", "state", "capture", "changed_at", "station")}
        assert all(isinstance(text, str) for text in texts.values())
        changed_at = datetime.fromisoformat(texts.pop("changed_at"))
        assert texts["state"] in ("missing", "ok", "review")
        assert changed_at.utcoffset() is not None
    except (AssertionError, KeyError, ValueError) as error:
        raise ValueError("this is not the state of a person") from error
    return SharedState(changed_at=changed_at, **texts)
