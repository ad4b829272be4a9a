"""Computes the contents of a report, which the page and the sheet then draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from capture_station.archive.record import Damaged
from capture_station.frames import Image, Measures
from capture_station.locales.messages import Messages
from capture_station.reports.charts import Chart, chart
from capture_station.reports.drift_text import describe, format_time
from capture_station.reports.session import Capture, Session
from capture_station.reports.thumbnails import Thumbnail
from capture_station.reports.tracked_measures import TRACKED_MEASURES
from capture_station.subjects.subject import Subject


@dataclass(frozen=True, slots=True)
class Tile:
    """One portrait on a sheet."""

    id: str
    link: str
    """URL of the portrait, relative to the report."""
    time: str
    verdict: str
    """``ok``, ``review``, ``damaged``, or ``missing`` for a person without a portrait."""
    reasons: tuple[str, ...]
    retaken: bool
    thumb: bytes
    """JPEG; empty if the portrait cannot be shown."""
    on_sheet: Image | None = None
    """(h, w, 3) uint8 RGB for the contact sheet; None if the portrait cannot be shown."""
    whose: str = ""
    """The person's name and id; empty where nobody said so, or where names are not shown."""


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
    counts: tuple[tuple[str, int], ...] = ()
    summary: str = ""
    trends: tuple[Trend, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    """Reasons for a review with their counts, most frequent first."""
    damaged: tuple[Damaged, ...] = ()
    made_with: tuple[tuple[str, str], ...] = ()


def tile(
    capture: Capture, thumbnail: Thumbnail, link: str, session: Session, messages: Messages, names: bool = True
) -> Tile:
    """The tile of a capture."""
    damaged = bool(thumbnail.problems)
    return Tile(
        id=capture.id,
        link=link,
        time=format_time(capture.taken_at, session, messages),
        verdict="damaged" if damaged else capture.measures.verdict,
        reasons=thumbnail.problems if damaged else _reasons(capture.measures, messages),
        retaken=not capture.kept,
        thumb=thumbnail.jpeg,
        on_sheet=thumbnail.on_sheet,
        whose=_named(capture.subject_id, capture.subject_name) if names else "",
    )


def empty_tile(subject: Subject, names: bool = True) -> Tile:
    """The tile of a person who has no portrait."""
    return Tile("", "", "", "missing", (), False, b"", whose=_named(subject.id, subject.name) if names else "")


def _named(subject_id: str, name: str) -> str:
    return ", ".join(filter(None, (name, subject_id)))


def _reasons(measures: Measures, messages: Messages) -> tuple[str, ...]:
    """Translated reasons. Reasons of another version have no translation and stay as recorded, in English."""
    try:
        return messages.flaws(measures.flaws) or measures.reasons
    except KeyError:
        return measures.reasons


def heading(session: Session, messages: Messages) -> Overview:
    """An overview with only the title and subtitle, which all pages show."""
    return Overview(f"{messages('report.title')}: {session.folder.name}", _days(session, messages))


def overview(session: Session, tiles: Sequence[Tile], messages: Messages) -> Overview:
    """Count the captures, analyse the measures and summarise both."""
    verdicts = Counter(shown.verdict for shown in tiles)
    harmed = tuple(Damaged(one.id, "; ".join(one.reasons)) for one in tiles if one.verdict == "damaged")
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
        "portraits": len(tiles) - verdicts["missing"],
        "ok": verdicts["ok"],
        "review": verdicts["review"],
        "retaken": sum(shown.retaken for shown in tiles),
        "damaged": len(session.damaged) + len(harmed),
        **({"missing": verdicts["missing"]} if verdicts["missing"] else {}),
    }
    return replace(
        heading(session, messages),
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
    first, last = (capture.taken_at for capture in (session.captures[0], session.captures[-1]))
    one_day = first.date() == last.date()
    return messages("report.one-day" if one_day else "report.days", first=first, last=last)


def _made_with(session: Session, messages: Messages) -> Iterable[tuple[str, str]]:
    """Cameras, models, presets and versions. A change of one of these may explain a drift."""
    found = dict.fromkeys(capture.made_with for capture in session.captures)
    for kind in ("camera", "model", "preset", "software"):
        yield messages(f"report.{kind}"), ", ".join(dict.fromkeys(getattr(made, kind) for made in found))
