"""Why no portrait came of a press, in words."""

from __future__ import annotations

import logging

from capture_station.errors import Busy, NotPermitted, StationError, SubjectError
from capture_station.locales.messages import Messages
from capture_station.station.status import CaptureStatus

log = logging.getLogger(__name__)


def refusal(error: StationError, messages: Messages) -> str:
    """Why none is being taken; the log has what only the operator understands."""
    match error:
        case Busy():
            return messages("notice.busy")
        case NotPermitted():
            return messages("banner.not-permitted", person=error.person)
        case SubjectError():
            return messages("person.scan")
    log.warning("no capture: %s", error)
    return messages("notice.failed")


def failure(captures: CaptureStatus, messages: Messages) -> str:
    """Why the newest capture that failed was none."""
    flaws = captures.refused_for
    return messages.refusal(flaws) if flaws else messages("notice.failed")
