"""Computes the contents of a report, which the page and the sheet then draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from capture_station.archive.record import Damaged
from capture_station.frames import Measures
from capture_station.locales.messages import Messages
from capture_station.reports.charts import Chart, chart
from capture_station.reports.drift_text import describe, format_time
from capture_station.reports.session import Capture, Session
from capture_station.reports.tracked_measures import TRACKED_MEASURES


@dataclass(frozen=True, slots=True)
class Tile:
    """One portrait on a sheet."""

    id: str
    link: str
    """URL of the portrait, relative to the report."""
    time: str
    verdict: str
    """``ok``, ``review`` or ``damaged``."""
    reasons: tuple[str, ...]
    retaken: bool
    thumb: bytes
    """JPEG; empty if the portrait cannot be shown."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over the session."""

    name: str
    meaning: str
    summary: str
    drifting: bool
    chart: Chart


@dataclass(frozen=True, slots=True)
class Overview:
    """The contents of the first page."""

    title: str
    subtitle: str
    counts: tuple[tuple[str, int], ...]
    summary: str
    trends: tuple[Trend, ...]
    reasons: tuple[tuple[str, int], ...]
    """Reasons for a review with their counts, most frequent first."""
    damaged: tuple[Damaged, ...]
    made_with: tuple[tuple[str, str], ...]


def tile(capture: Capture, thumb: bytes | Damaged, link: str, session: Session, messages: Messages) -> Tile:
    """The tile of a capture."""
    record = capture.record
    verdict: str = record.measures.verdict
    reasons = _reasons(record.measures, messages)
    if isinstance(thumb, Damaged):
        verdict, reasons, thumb = "damaged", (thumb.reason.removeprefix(f"{capture.folder}/"),), b""
    return Tile(
        id=record.id,
        link=link,
        time=format_time(record.taken_at, session, messages),
        verdict=verdict,
        reasons=reasons,
        retaken=not record.kept,
        thumb=thumb,
    )


def _reasons(measures: Measures, messages: Messages) -> tuple[str, ...]:
    """Translated reasons. Reasons of another version have no translation and stay as recorded, in English."""
    try:
        return messages.flaws(measures.flaws) or measures.reasons
    except KeyError:
        return measures.reasons


def overview(session: Session, tiles: Iterable[Tile], messages: Messages) -> Overview:
    """Count the captures, analyse the measures and summarise both."""
    tiles = tuple(tiles)
    verdicts = Counter(shown.verdict for shown in tiles)
    harmed = tuple(Damaged(shown.id, shown.reasons[0]) for shown in tiles if shown.verdict == "damaged")
    trends = []
    for measure in TRACKED_MEASURES:
        analysis = measure.analyse(session.captures)
        name = messages(f"report.measure.{measure.key}")
        trends.append(
            Trend(
                name=name,
                meaning=messages(f"report.meaning.{measure.key}"),
                summary=describe(measure, analysis, session, messages),
                drifting=bool(analysis.shifts),
                chart=chart(measure, analysis, session, messages),
            )
        )
    drifting = [trend.name for trend in trends if trend.drifting]
    counts = {
        "portraits": len(tiles),
        "ok": verdicts["ok"],
        "review": verdicts["review"],
        "retaken": sum(shown.retaken for shown in tiles),
        "damaged": len(session.damaged) + len(harmed),
    }
    return Overview(
        title=f"{messages('report.title')}: {session.folder.name}",
        subtitle=_days(session, messages),
        counts=tuple((messages(f"report.count.{key}"), count) for key, count in counts.items()),
        summary=messages("report.drifting", measures=", ".join(drifting)) if drifting else messages("report.steady"),
        trends=tuple(trends),
        reasons=tuple(Counter(r for t in tiles if t.verdict == "review" for r in t.reasons).most_common()),
        damaged=(*session.damaged, *harmed),
        made_with=tuple(_made_with(session, messages)),
    )


def _days(session: Session, messages: Messages) -> str:
    if not session.days:
        return ""
    first, last = (capture.record.taken_at for capture in (session.captures[0], session.captures[-1]))
    one_day = first.date() == last.date()
    return messages("report.one-day" if one_day else "report.days", first=first, last=last)


def _made_with(session: Session, messages: Messages) -> Iterable[tuple[str, str]]:
    """Cameras, models, presets and versions. A change of one of these may explain a drift."""
    records = [capture.record for capture in session.captures]
    kinds = {
        "camera": [f"{record.camera.name} {record.size_wh[0]}×{record.size_wh[1]}" for record in records],  # noqa: RUF001
        "model": [
            " ".join(filter(None, (r.segmenter.kind, r.segmenter.model, r.segmenter.sha256[:8]))) for r in records
        ],
        "preset": [record.preset for record in records],
        "software": [f"capture-station {record.software}" for record in records],
    }
    for kind, found in kinds.items():
        yield messages(f"report.{kind}"), ", ".join(dict.fromkeys(found))
