"""Sheets: portraits in exact millimetres, as many as fit, and only those that were kept."""

from __future__ import annotations

import re
import zlib
from typing import get_args

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import Record
from capture_station.config import PrintingSettings
from capture_station.errors import ConfigError, PrintError, UnfitForPrint
from capture_station.presets import shipped_presets
from capture_station.printing.paper import PAPERS
from capture_station.printing.sheet import AUTO_CAPTION, Sheet, SheetChoice, make_sheet, size_from_text
from capture_station.printing.sheet_layout import Size
from tests.printing.captures import ADA, BO, boxes_mm, page_mm, rendered, take, texts


def sheet(archive: Archive, records: list[Record], **choice: object) -> Sheet:
    folders = [archive.folder_of(record.id) for record in records]
    return make_sheet(folders, SheetChoice(**choice), shipped_presets().get)  # type: ignore[arg-type]


def test_the_settings_know_every_paper() -> None:
    assert get_args(PrintingSettings.model_fields["paper"].annotation) == tuple(PAPERS)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_portrait_is_printed_in_the_millimetres_of_its_preset(archive: Archive, paper: str) -> None:
    page, *more = rendered(sheet(archive, [take(archive)], paper=paper).pdf)
    assert not more
    assert sorted(page_mm(page)) == pytest.approx(sorted(PAPERS[paper][:2]), abs=0.1)
    boxes = boxes_mm(page)
    assert boxes
    for *_, width, height in boxes:
        assert (width, height) == pytest.approx((30, 40), abs=0.1)


def test_one_portrait_fills_the_sheet_within_its_margins(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive, preset="passport-35x45")]).pdf)
    boxes = boxes_mm(page)
    assert page_mm(page) == pytest.approx((150, 100), abs=0.1)
    assert len(boxes) == 8
    for left, top, width, height in boxes:
        assert 1.9 <= left <= 148.1 - width
        assert 1.9 <= top <= 98.1 - height


def test_several_people_share_sheets_in_their_order(archive: Archive) -> None:
    people = [take(archive, minutes=minute) for minute in range(13)]
    first, second = rendered(sheet(archive, people).pdf)
    assert (len(boxes_mm(first)), len(boxes_mm(second))) == (9, 4)


def test_each_is_printed_as_often_as_wanted(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive), take(archive, minutes=1)], each=3).pdf)
    assert len(boxes_mm(page)) == 6


def test_presets_of_two_sizes_do_not_share_a_page(archive: Archive) -> None:
    pages = rendered(sheet(archive, [take(archive), take(archive, minutes=1, preset="id-40x60")]).pdf)
    assert [boxes_mm(page)[0][2:] for page in pages] == [
        pytest.approx((30, 40), abs=0.1),
        pytest.approx((40, 60), abs=0.1),
    ]


def test_a_preset_without_millimetres_fills_the_page(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive, preset="portrait-4x5", size_wh=(354, 472))]).pdf)
    ((left, _, width, height),) = boxes_mm(page)
    assert (left, width, height) == pytest.approx((2, 96, 128), abs=0.2)


def test_millimetres_can_be_chosen(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive)], size=Size(45, 60), each=1).pdf)
    ((_, _, width, height),) = boxes_mm(page)
    assert (width, height) == pytest.approx((45, 60), abs=0.1)


@pytest.mark.parametrize("size_wh", [(1280, 720), (720, 1280), (384, 384)])
def test_a_portrait_of_another_shape_is_left_out_and_not_stretched(archive: Archive, size_wh: tuple[int, int]) -> None:
    records = [take(archive), take(archive, ADA, minutes=1, size_wh=size_wh), take(archive, BO, minutes=2)]
    made = sheet(archive, records)
    (page,) = rendered(made.pdf)
    assert [box[2:] for box in boxes_mm(page)] == [pytest.approx((30, 40), abs=0.1)] * 2
    (left_out,) = made.left_out
    assert left_out.who == "Ada Lovelace (20417)"
    assert f"saved uncropped: {size_wh[0]}x{size_wh[1]} px" in left_out.why
    assert made.portraits == 2


def test_a_portrait_of_another_shape_can_be_printed_whole_on_a_page(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive, size_wh=(1280, 720))], size="page").pdf)
    ((*_, width, height),) = boxes_mm(page)
    assert width / height == pytest.approx(16 / 9, rel=0.005)


def test_the_only_portrait_of_another_shape_is_an_error_that_says_what_to_do(archive: Archive) -> None:
    with pytest.raises(UnfitForPrint, match=r"uncropped.* 1280x720 px.* 30x40 mm without stretching; retake it"):
        sheet(archive, [take(archive, size_wh=(1280, 720))])


def test_a_shape_that_only_rounding_changed_is_printed(archive: Archive) -> None:
    (page,) = rendered(sheet(archive, [take(archive, size_wh=(281, 373))]).pdf)
    assert boxes_mm(page)[0][2:] == pytest.approx((30, 40), abs=0.1)


def test_portraits_without_millimetres_do_not_fill_pages_among_smaller_ones(archive: Archive) -> None:
    records = [take(archive), take(archive, minutes=1, preset="portrait-4x5"), take(archive, minutes=2)]
    made = sheet(archive, records, paper="a4")
    assert (made.pages, made.portraits) == (1, 2)
    assert [one.capture for one in made.left_out] == [records[1].id]
    assert "portrait-4x5 has no millimetres" in made.left_out[0].why


def test_the_portraits_own_file_is_in_the_sheet(archive: Archive) -> None:
    record = take(archive)
    assert archive.path(record, "portrait").read_bytes() in sheet(archive, [record]).pdf


def test_programs_are_told_not_to_scale_the_sheet(archive: Archive) -> None:
    assert b"/PrintScaling /None" in sheet(archive, [take(archive)]).pdf


def test_the_caption_stands_under_the_portrait(archive: Archive) -> None:
    records = [take(archive, ADA), take(archive, BO, 1)]
    (page,) = rendered(sheet(archive, records, caption="{name}, {subject}").pdf)
    left, top, width, height = boxes_mm(page)[0]
    mm = page.shape[1] / page_mm(page)[0]
    rows = slice(round((top + height + 0.5) * mm), round((top + height + 3.5) * mm))
    columns = slice(round((left + 1) * mm), round((left + width - 1) * mm))
    assert page[rows, columns].min() < 60


def test_a_portrait_that_was_not_kept_is_not_printed(archive: Archive) -> None:
    record = take(archive)
    archive.set_kept(record.id, kept=False)
    with pytest.raises(PrintError, match="was not kept"):
        sheet(archive, [record])


def test_a_damaged_portrait_is_not_printed(archive: Archive) -> None:
    record = take(archive)
    path = archive.path(record, "portrait")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(PrintError, match="is damaged"):
        sheet(archive, [record])


def test_a_portrait_larger_than_the_paper_is_an_error_with_a_way_out(archive: Archive) -> None:
    with pytest.raises(PrintError, match=r"does not fit .* choose a larger paper"):
        sheet(archive, [take(archive)], paper="2x6in", size=Size(60, 80))


def test_a_caption_with_an_unknown_place_is_an_error(archive: Archive) -> None:
    with pytest.raises(ConfigError, match=r"there is no \{shoe\}"):
        sheet(archive, [take(archive)], caption="{shoe}")


@pytest.mark.parametrize("text", ["", "35", "35x", "4x45", "35x501", "A4", "-35x45"])
def test_a_size_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="millimetres such as 35x45"):
        size_from_text(text)


def test_several_people_have_their_names_below_them_and_one_has_none(archive: Archive) -> None:
    namesake, nameless = BO.model_copy(update={"id": "7"}), BO.model_copy(update={"id": "8", "name": ""})
    records = [take(archive, who, minute) for minute, who in enumerate((ADA, BO, ADA, namesake, nameless, None))]
    (text,) = texts(sheet(archive, records, caption=AUTO_CAPTION, paper="a4").pdf)
    assert " ".join(text.split()) == "Ada Lovelace Bo (20418) Ada Lovelace Bo (7) 8"
    assert not any(texts(sheet(archive, [records[0], records[2]], caption=AUTO_CAPTION).pdf))
    assert not any(texts(sheet(archive, records, caption="", paper="a4").pdf))


def test_long_captions_stay_within_their_portrait(archive: Archive) -> None:
    long = ADA.model_copy(update={"name": "Wolfeschlegelsteinhausenbergerdorff " * 3})
    records = [take(archive, long), take(archive, BO, 1)]
    (page,) = rendered(sheet(archive, records, caption="{name}", each=1).pdf)
    (left, top, width, height), (neighbour, *_) = boxes_mm(page)
    mm = page.shape[1] / page_mm(page)[0]
    gap = page[
        round((top + height + 1.2) * mm) : round((top + height + 3.5) * mm),
        round((left + width + 0.2) * mm) : round((neighbour - 0.2) * mm),
    ]
    assert gap.min() > 250


def test_the_id_below_a_long_name_is_printed(archive: Archive) -> None:
    long = ADA.model_copy(update={"name": "Maximiliane-Alexandra von Hohenzollern-Sigmaringen-Weatherby-Smythe"})
    (text,) = texts(sheet(archive, [take(archive, long)], caption="{name}, {subject}", each=1).pdf)
    assert text.startswith("Maximiliane-")
    assert text.endswith(", 20417")


def test_letters_that_no_typeface_has_are_seen_to_be_missing(archive: Archive) -> None:
    unassigned = ADA.model_copy(update={"name": "Ada \u0378\u0378"})
    records = [take(archive, unassigned), take(archive, BO, 1)]
    made = sheet(archive, records, caption="{name}", each=2)
    assert made.incomplete_captions == 1
    assert texts(made.pdf)[0].startswith("Ada \u25a1\u25a1 Ada \u25a1\u25a1 Bo")
    assert sheet(archive, [records[1]], caption="{name}").incomplete_captions == 0


@pytest.mark.parametrize("mark", ["\u200b", "\u200d", "\u200e", "\u202b", "\u2067", "\ufeff", "\ufe0f"])
def test_what_shows_nothing_itself_is_no_missing_letter(archive: Archive, mark: str) -> None:
    marked = ADA.model_copy(update={"name": f"Ada{mark} Lovelace{mark}"})
    made = sheet(archive, [take(archive, marked)], caption="{name}", each=1)
    assert made.incomplete_captions == 0
    assert texts(made.pdf)[0].strip() == "Ada Lovelace"


def test_sheets_of_many_people_are_numbered_where_there_is_room(archive: Archive) -> None:
    records = [take(archive, ADA, minute, "badge") for minute in range(13)]
    pages = texts(sheet(archive, records, caption="{name}").pdf)
    assert [text.split()[-3:] for text in pages] == [["1", "/", "2"], ["2", "/", "2"]]
    assert not any(texts(sheet(archive, records).pdf))  # Without captions, rows fill the paper.
    assert not any(texts(sheet(archive, records[:1]).pdf))
    assert not any(texts(sheet(archive, records[:2], size="page").pdf))


def test_the_typeface_is_embedded_as_what_it_is(archive: Archive) -> None:
    pdf = sheet(archive, [take(archive, ADA)], caption="{name}").pdf
    streams = [zlib.decompress(data) for data in re.findall(rb"stream\n(x.*?)\nendstream", pdf, re.DOTALL)]
    assert b"/CIDFontType2" in pdf
    assert b"/FontFile2" in pdf
    assert any(data.startswith(b"\0\1\0\0") for data in streams)  # TrueType outlines.
    assert not any(data.startswith(b"OTTO") for data in streams)
