"""Writes a page of the report as one self-contained HTML file, without scripts or network access."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from capture_station.archive.report_files import GENERATOR
from capture_station.locales.messages import Messages
from capture_station.reports.charts import svg
from capture_station.reports.overview import Overview, Tile, Trend

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(
    shown: Overview,
    tiles: Iterable[Tile],
    review: Sequence[tuple[Tile, str]],
    number: int,
    names: Sequence[str],
    language: str,
    messages: Messages,
) -> str:
    """The HTML of one page.

    Args:
        shown: Contents of the first page; the other pages show only its title.
        tiles: The portraits of this page.
        review: Portraits to review, each with the address of its tile; shown on the first page.
        number: Number of the page, from 0.
        names: File names of all pages.
        language: Language of the text, as a BCP 47 tag.
    """  # fmt: skip
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    first = number == 0
    parts = [
        f'<!DOCTYPE html>\n<html lang="{escape(language)}" dir="{messages("direction")}">\n<head>',
        '<meta charset="utf-8">',
        f'<meta name="generator" content="{GENERATOR}">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">',
        f"<title>{escape(shown.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>",
        f"<header><h1>{escape(shown.title)}</h1>",
        f'<p class="soft">{escape(_under_title(shown, number, names, messages))}</p>',
        _counts(shown) if first else "",
        "</header>\n<main>",
        *(_first_page(shown, review, messages) if first else ()),
        f"<h2>{escape(messages('report.section.portraits'))}</h2>" if first else "",
        _navigation(number, names, messages) if not first else "",
        f'<div class="tiles">{"".join(_tile(one, messages, f"p-{one.id}", one.link) for one in tiles)}</div>',
        _navigation(number, names, messages),
        "</main>",
        f"<footer><p>{escape(messages('report.how'))}</p></footer>" if first else "",
        "</body>\n</html>\n",
    ]
    return "\n".join(filter(None, parts))


def address(name: str, capture_id: str) -> str:
    """Relative URL of a capture's tile on the page of this name."""
    return f"{quote(name)}#p-{quote(capture_id)}"


def _under_title(shown: Overview, number: int, names: Sequence[str], messages: Messages) -> str:
    if len(names) == 1:
        return shown.subtitle
    return f"{shown.subtitle} · {messages('report.page', page=number + 1, pages=len(names))}"


def _counts(shown: Overview) -> str:
    return (
        f'<ul class="counts">{"".join(f"<li><b>{count}</b>{escape(name)}</li>" for name, count in shown.counts)}</ul>'
    )


def _first_page(shown: Overview, review: Sequence[tuple[Tile, str]], messages: Messages) -> Iterable[str]:
    yield f"<h2>{escape(messages('report.section.drift'))}</h2><p>{escape(shown.summary)}</p>"
    yield f'<div class="charts">{"".join(map(_trend, shown.trends))}</div>'
    yield f"<h2>{escape(messages('report.section.review'))}</h2>"
    if review:
        yield _table((str(count), reason) for reason, count in shown.reasons)
        pictured = [_tile(one, messages, "", to) for one, to in review if one.thumb]
        listed = [_review_line(one, to) for one, to in review if not one.thumb]
        yield f'<div class="tiles large">{"".join(pictured)}</div>'
        if listed:
            yield f"<ul>{''.join(listed)}</ul>"
    else:
        yield f"<p>{escape(messages('report.nothing-to-review'))}</p>"
    if shown.damaged:
        yield f"<h2>{escape(messages('report.section.damaged'))}</h2>"
        yield _table((damaged.id, damaged.reason) for damaged in shown.damaged)
    yield f"<h2>{escape(messages('report.section.made-with'))}</h2>{_table(shown.made_with)}"


def _trend(trend: Trend) -> str:
    return (
        f'<figure class="{"drifting" if trend.drifting else "steady"}"><h3>{escape(trend.name)}</h3>'
        f"<p>{escape(trend.meaning)}</p>"
        f'<p class="told">{escape(trend.summary)}</p>{svg(trend.chart, f"{trend.name}: {trend.summary}")}</figure>'
    )


def _tile(one: Tile, messages: Messages, anchor: str, to: str) -> str:
    verdict = messages(f"report.verdict.{one.verdict}")
    name = messages("report.portrait", moment=one.time, verdict=verdict)
    if one.whose:
        name = f"{one.whose}: {name}"
    place = f' id="{escape(anchor)}"' if anchor and one.id else ""
    picture = (
        f'<a href="{escape(to)}"><img loading="lazy" alt="{escape(name)}" '
        f'src="data:image/jpeg;base64,{base64.b64encode(one.thumb).decode()}"></a>'
        if one.thumb
        else ""
    )
    reasons = f"<ul>{''.join(f'<li>{escape(reason)}</li>' for reason in one.reasons)}</ul>" if one.reasons else ""
    told = verdict if one.take == "newest" else messages(f"report.{one.take}")
    classes = one.verdict if one.take == "newest" else f"{one.verdict} superseded"
    return (
        f'<figure class="{classes}"{place}>{picture}<figcaption>{_whose(one)}'
        f'<span class="mark">{escape(told)}</span>'
        f"{f'<time>{escape(one.time)}</time>' if one.time else ''}{reasons}</figcaption></figure>"
    )


def _whose(one: Tile) -> str:
    """Name and id. A long name is cut on a screen, where it is read whole by pointing at it, and not on paper."""
    title = escape(one.whose)
    name = f'<b class="name" title="{title}"><bdi>{escape(one.name)}</bdi></b>' if one.name else ""
    subject_id = (
        f'<span class="id" title="{title}"><bdi>{escape(one.subject_id)}</bdi></span>' if one.subject_id else ""
    )
    return name + subject_id


def _review_line(one: Tile, to: str) -> str:
    shown = ", ".join(filter(None, (one.whose, one.time)))
    return f'<li><a href="{escape(to)}">{escape(shown)}</a> {escape(", ".join(one.reasons))}</li>'


def _navigation(number: int, names: Sequence[str], messages: Messages) -> str:
    if len(names) == 1:
        return ""
    links = "".join(
        f'<b aria-current="page">{index + 1}</b>' if index == number else f'<a href="{quote(name)}">{index + 1}</a>'
        for index, name in enumerate(names)
    )
    return f'<nav aria-label="{escape(messages("report.pages"))}">{links}</nav>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    return f"<table>{''.join(f'<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>' for a, b in rows)}</table>"
