"""`capture-station print`: which portraits it takes, and where the sheet goes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.record import ConsentRecord, SubjectRecord
from capture_station.commands.print import print_sheets
from capture_station.config import StationSettings, SubjectSettings
from capture_station.errors import ArchiveError, ConfigError, NotReleased, PrintError, RosterError, UnfitForPrint
from capture_station.printing.sheet import AUTO_CAPTION, SheetChoice, size_from_text
from tests.printing.captures import ADA, BO, NOON, boxes_mm, rendered, take, texts

ONCE = SheetChoice(each=1)


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    folder = tmp_path / "tray"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(archive: Archive, tray: Path) -> StationSettings:
    return StationSettings.model_validate(
        {"archive": {"folder": archive.folder}, "printing": {"printer": str(tray), "driver": "fake"}}
    )


def printed(tray: Path) -> list[int]:
    """Portraits on each page of the only sheet that came out."""
    (sheet,) = tray.glob("*.pdf")
    return [len(boxes_mm(page)) for page in rendered(sheet.read_bytes())]


def test_without_a_choice_the_newest_kept_portrait_fills_a_sheet(
    archive: Archive, settings: StationSettings, tray: Path
) -> None:
    take(archive)
    retaken = take(archive, minutes=1)
    archive.set_kept(retaken.id, kept=False)
    said, complete = print_sheets(settings, [], [], None, SheetChoice(), 1, None)
    assert said == "1 portrait on 1 page: the printer took it as job-1"
    assert complete
    assert printed(tray) == [9]


def test_people_are_printed_in_their_order_with_their_newest_portraits(
    archive: Archive, settings: StationSettings, tray: Path
) -> None:
    for minute, person in enumerate((ADA, BO, ADA)):
        take(archive, person, minute)
    said, complete = print_sheets(settings, [], ["20418", "20417"], None, SheetChoice(), 2, None)
    assert said.startswith("2 portraits on 1 page")
    assert complete
    assert printed(tray) == [2]


def test_who_has_not_agreed_is_printed_and_named(
    archive: Archive, settings: StationSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = ConsentRecord(text_sha256="0" * 64, agreed_at=NOON)
    archive.assign(take(archive).id, ADA, "window", agreed)
    take(archive, BO, 1)
    asking = settings.model_copy(update={"subjects": SubjectSettings(mode="optional", consent={"en": "Agreed?"})})
    said, complete = print_sheets(asking, [], [], NOON.date(), SheetChoice(), 1, None)
    assert said.startswith("2 portraits on 1 page, 1 without consent: ")
    assert complete
    assert capsys.readouterr().err == "without consent: Bo (20418)\n"
    assert "consent" not in print_sheets(settings, [], [], NOON.date(), SheetChoice(), 1, None)[0]


def test_an_id_is_read_as_at_the_station(archive: Archive, settings: StationSettings) -> None:
    take(archive, ADA.model_copy(update={"id": "004110"}))
    take(archive, BO, 1)
    assert print_sheets(settings, [], ["4110", "004110"], None, ONCE, 1, None)[0].startswith("1 portrait on 1 page")
    with pytest.raises(PrintError, match="no kept portrait of '411'"):
        print_sheets(settings, [], ["411"], None, ONCE, 1, None)


def test_who_has_no_portrait_is_named_and_the_others_are_printed(
    archive: Archive, settings: StationSettings, tray: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA)
    said, complete = print_sheets(settings, [], ["20418", "20417", "20419"], None, SheetChoice(), 1, None)
    assert said.startswith("1 portrait on 1 page")
    assert not complete
    assert printed(tray) == [1]
    told = capsys.readouterr().err.splitlines()
    assert told == ["there is no kept portrait of '20418'", "there is no kept portrait of '20419'"]
    with pytest.raises(PrintError) as error:
        print_sheets(settings, [], ["20418", "20419"], None, SheetChoice(), 1, None)
    assert str(error.value) == f"{archive.folder}: {'; '.join(told)}"
    assert error.value.exit_code == 76
    with pytest.raises(PrintError, match="no kept portrait of '20417' of 2026-05-05"):
        print_sheets(settings, [], ["20417"], date(2026, 5, 5), SheetChoice(), 1, None)


def with_roster(settings: StationSettings, file: Path, text: str) -> StationSettings:
    file.write_text(text)
    return settings.model_copy(update={"subjects": SubjectSettings.model_validate({"roster": str(file)})})


@pytest.fixture
def listed(settings: StationSettings, tmp_path: Path) -> StationSettings:
    """With a roster."""
    text = "id,name,photo consent\n1007,Frank O'Neill,no\n20418,Bo,yes\n20417,Ada Lovelace,yes\n"
    return with_roster(settings, tmp_path / "people.csv", text)


def test_with_a_roster_it_is_said_who_has_no_portrait_and_why(
    archive: Archive, listed: StationSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA)
    archive.set_kept(take(archive, BO, 1).id, kept=False)
    why = {
        "9999": "nobody on the roster has the ID '9999'",
        "1007": "Frank O'Neill (1007) must not be photographed: the list says 'photo consent: no'",
        "20418": "the portrait of Bo (20418) is not printed: it was not kept; keep it on the page first",
    }
    print_sheets(listed, [], ["20417", *why], None, ONCE, 1, None)
    assert capsys.readouterr().err.splitlines() == list(why.values())
    archive.remove(next(iter(archive.folder.glob("*/*-*"))).name)
    with pytest.raises(PrintError, match=r": there is no kept portrait of Ada Lovelace \(20417\) of 2026-05-05$"):
        print_sheets(listed, [], ["20417"], date(2026, 5, 5), ONCE, 1, None)


def test_a_day_is_in_the_rosters_order_and_others_follow_by_family_name(
    archive: Archive, settings: StationSettings, listed: StationSettings, tmp_path: Path
) -> None:
    guests = [SubjectRecord(id=name, name=name) for name in ("Zoe Adams", "Ähm Zorn", "Cy Östlund")]
    for minute, person in enumerate((SubjectRecord(id="7"), ADA, guests[1], None, guests[2], BO, guests[0])):
        take(archive, person, minute)
    pdf, choice = tmp_path / "sheet.pdf", SheetChoice("a4", caption=AUTO_CAPTION)
    print_sheets(listed, [], [], date(2026, 5, 4), choice, 1, pdf)
    (text,) = texts(pdf.read_bytes())
    assert " ".join(text.split()) == "Bo Ada Lovelace Zoe Adams Cy Östlund Ähm Zorn 7"
    print_sheets(settings, [], [], date(2026, 5, 4), choice, 1, pdf)
    (text,) = texts(pdf.read_bytes())
    assert " ".join(text.split()) == "Zoe Adams Bo Ada Lovelace Cy Östlund Ähm Zorn 7"


def test_a_namesake_is_told_apart_from_one_on_the_list_who_is_not_printed(
    archive: Archive, settings: StationSettings, tmp_path: Path
) -> None:
    rows = "20417,Ada Lovelace,Finance\n3,ada lovelace,Law\n20418,Bo,Law\n4,Bo,Law\n5,Cy,Law\n"
    listed = with_roster(settings, tmp_path / "namesakes.csv", f"id,name,department\n{rows}")
    for minute, person in enumerate((ADA, BO, SubjectRecord(id="5", name="Cy"))):
        take(archive, person, minute)
    print_sheets(listed, [], [], NOON.date(), SheetChoice("a4", caption=AUTO_CAPTION), 1, tmp_path / "sheet.pdf")
    (text,) = texts((tmp_path / "sheet.pdf").read_bytes())
    assert " ".join(text.split()) == "Ada Lovelace (Finance) Bo (20418) Cy"


def test_letters_that_cannot_be_printed_are_told(
    archive: Archive, settings: StationSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA.model_copy(update={"name": "\u0378"}))
    print_sheets(settings, [], [], None, SheetChoice(caption="{name}"), 1, None)
    told = "1 caption with letters that no typeface of this system has, squares stand for them; install one"
    assert capsys.readouterr().err.startswith(told)


def test_a_day_is_everybody_once(archive: Archive, settings: StationSettings, tray: Path) -> None:
    for minute, person in enumerate((ADA, BO, ADA, None, None)):
        take(archive, person, minute)
    print_sheets(settings, [], [], date(2026, 5, 4), SheetChoice(), 1, None)
    assert printed(tray) == [4]


def test_who_was_saved_uncropped_is_named_and_the_others_are_printed(
    archive: Archive, settings: StationSettings, tray: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(archive, ADA, size_wh=(1280, 720))
    take(archive, BO, 1)
    said, complete = print_sheets(settings, [], [], date(2026, 5, 4), SheetChoice(), 1, None)
    assert said.startswith("1 portrait on 1 page")
    assert not complete
    assert printed(tray) == [1]
    assert capsys.readouterr().err.startswith("Ada Lovelace (20417) is not printed: it was saved uncropped")
    with pytest.raises(UnfitForPrint, match=r"^Ada Lovelace \(20417\) is not printed: it was saved uncropped"):
        print_sheets(settings, [], ["20417"], None, SheetChoice(), 1, None)


@pytest.mark.parametrize(("preset", "size"), [("portrait-4x5", "40x50"), ("square", "40x40"), ("linkedin", "40x40")])
def test_it_is_said_that_presets_without_millimetres_fill_pages(
    archive: Archive, settings: StationSettings, capsys: pytest.CaptureFixture[str], preset: str, size: str
) -> None:
    for minute, person in enumerate((ADA, BO)):
        take(archive, person, minute, preset=preset)
    said, complete = print_sheets(settings, [], [], date(2026, 5, 4), SheetChoice("a4"), 1, None)
    assert said.startswith("2 portraits on 2 pages")
    assert complete
    told = capsys.readouterr().err
    assert told.startswith("each portrait fills a page")
    assert f"--size {size} " in told
    choice = SheetChoice("a4", size_from_text(size))
    assert print_sheets(settings, [], [], date(2026, 5, 4), choice, 1, None)[0].startswith("2 portraits on 1 page")


def test_student_cards_share_a_sheet(archive: Archive, settings: StationSettings, tray: Path) -> None:
    for minute, person in enumerate((ADA, BO)):
        take(archive, person, minute, preset="student-3x4")
    print_sheets(settings, [], [], date(2026, 5, 4), SheetChoice("a4"), 1, None)
    (sheet,) = tray.glob("*.pdf")
    (page,) = rendered(sheet.read_bytes())
    assert [box[2:] for box in boxes_mm(page)] == [pytest.approx((30, 40), abs=0.1)] * 2


def test_a_pdf_needs_no_printer(archive: Archive, tmp_path: Path) -> None:
    record = take(archive)
    settings = StationSettings.model_validate({"archive": {"folder": archive.folder}})
    pdf = tmp_path / "sheet.pdf"
    assert print_sheets(settings, [record.id], [], None, ONCE, 1, pdf) == (f"1 portrait on 1 page: {pdf}", True)
    assert len(boxes_mm(rendered(pdf.read_bytes())[0])) == 1


def test_without_a_printer_it_says_how_to_name_one(archive: Archive) -> None:
    take(archive)
    settings = StationSettings.model_validate({"archive": {"folder": archive.folder}})
    with pytest.raises(ConfigError, match="lpstat -e"):
        print_sheets(settings, [], [], None, ONCE, 1, None)


@pytest.mark.parametrize(
    ("captures", "subjects", "message"),
    [(["nonsense"], [], "no capture 'nonsense'"), ([], ["1"], "no kept portrait of '1'"), ([], [], "no kept portrait")],
)
def test_nothing_to_print_is_one_line(
    settings: StationSettings, captures: list[str], subjects: list[str], message: str
) -> None:
    with pytest.raises(PrintError, match=message):
        print_sheets(settings, captures, subjects, None, ONCE, 1, None)


def test_a_folder_without_an_archive_is_one_line(tmp_path: Path) -> None:
    settings = StationSettings.model_validate({"archive": {"folder": tmp_path / "none"}})
    with pytest.raises(ArchiveError, match="there is no archive here"):
        print_sheets(settings, [], [], None, ONCE, 1, tmp_path / "sheet.pdf")


def with_names_required(settings: StationSettings) -> StationSettings:
    return settings.model_copy(update={"subjects": settings.subjects.model_copy(update={"mode": "required"})})


def test_a_portrait_of_nobody_is_printed_only_where_names_are_not_required(
    archive: Archive, settings: StationSettings, tray: Path
) -> None:
    take(archive, ADA)
    nobodys = take(archive, None, 1)
    required = with_names_required(settings)
    for captures in ([nobodys.id], []):
        with pytest.raises(NotReleased, match=f"^{nobodys.id} is not printed: nobody said whose portrait it is"):
            print_sheets(required, captures, [], None, ONCE, 1, None)
    assert not list(tray.iterdir()), "an older portrait is not what was asked for"
    print_sheets(settings, [nobodys.id], [], None, ONCE, 1, None)
    assert printed(tray) == [1]


def test_what_a_stand_in_demo_took_is_printed_only_if_the_demo_was_chosen(
    archive: Archive, settings: StationSettings, tray: Path
) -> None:
    take(archive, BO)
    demo = take(archive, ADA, 1, camera="demo")
    with pytest.raises(PrintError, match=f"^{demo.id} is not printed: the demo camera took it"):
        print_sheets(settings, [demo.id], [], None, ONCE, 1, None)
    with pytest.raises(PrintError, match=r"of Ada Lovelace \(20417\) is not printed: the demo camera took it"):
        print_sheets(settings, [], ["20417"], None, ONCE, 1, None)
    chosen = settings.model_copy(update={"camera": settings.camera.model_copy(update={"kind": "demo"})})
    print_sheets(chosen, [], ["20417"], None, ONCE, 1, None)
    assert printed(tray) == [1]


def test_a_person_is_printed_with_the_portrait_from_before_the_demo_stood_in(
    archive: Archive, settings: StationSettings
) -> None:
    take(archive, ADA)
    take(archive, ADA, 1, camera="demo")
    assert print_sheets(settings, [], ["20417"], None, ONCE, 1, None)[0].startswith("1 portrait on 1 page")


def test_what_a_day_leaves_out_is_counted(
    archive: Archive, settings: StationSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    people = (ADA, None, BO, None, ADA)
    taken = [take(archive, who, n, camera="demo" if who is BO else "webcam") for n, who in enumerate(people)]
    for unwanted in (taken[0], taken[3]):
        archive.set_kept(unwanted.id, kept=False)
    said, complete = print_sheets(with_names_required(settings), [], [], date(2026, 5, 4), ONCE, 1, None)
    assert said.startswith("1 portrait on 1 page")
    assert complete
    told = "1 left out as not kept, 1 left out as the demo camera's, 1 left out as without a name\n"
    assert capsys.readouterr().err == told
    archive.remove(taken[-1].id)
    with pytest.raises(PrintError, match=r"no portrait to print of 2026-05-04: 2 left out as not kept"):
        print_sheets(with_names_required(settings), [], [], date(2026, 5, 4), ONCE, 1, None)


SCHOOL = {
    "1": SubjectRecord(id="1", name="Paul Meyer"),
    "2": SubjectRecord(id="2", name="Paul Meyer"),
    "3": SubjectRecord(id="3", name="Lea"),
}


@pytest.fixture
def school(settings: StationSettings, tmp_path: Path) -> StationSettings:
    """Two classes with a pupil of the same name in each."""
    text = "id,name,Klasse\n1,Paul Meyer,5a\n2,Paul Meyer,5b\n3,Lea,5a\n4,Tim,5b\n5,Zoe,5 A\n"
    return with_roster(settings, tmp_path / "pupils.csv", text)


def test_who_has_no_portrait_of_the_day_is_named(
    archive: Archive, school: StationSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for minute, person in enumerate(SCHOOL.values()):
        take(archive, person, minute)
    pdf, choice = tmp_path / "people.pdf", SheetChoice("a4", caption=AUTO_CAPTION)
    said, complete = print_sheets(school, [], [], NOON.date(), choice, 1, pdf)
    assert said.startswith("3 portraits on 1 page")
    assert complete
    assert capsys.readouterr().err == "2 people on the roster have no portrait of 2026-05-04: Tim (4), Zoe (5)\n"
    (text,) = texts(pdf.read_bytes())
    assert " ".join(text.split()) == "Paul Meyer (5a) Paul Meyer (5b) Lea"


def test_a_class_is_printed_in_the_rosters_order(
    archive: Archive, school: StationSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for minute, person in enumerate(reversed(SCHOOL.values())):
        take(archive, person, minute)
    pdf, choice = tmp_path / "5a.pdf", SheetChoice("a4", caption=AUTO_CAPTION)
    said, complete = print_sheets(school, [], [], None, choice, 1, pdf, where="klasse=5A")
    assert said.startswith("2 portraits on 1 page")
    assert not complete
    assert capsys.readouterr().err == "there is no kept portrait of Zoe (5)\n"
    (text,) = texts(pdf.read_bytes())
    assert " ".join(text.split()) == "Paul Meyer (5a) Lea"
    with pytest.raises(PrintError, match="nobody on the roster has Klasse=9z"):
        print_sheets(school, [], [], None, choice, 1, pdf, where="Klasse=9z")
    with pytest.raises(RosterError, match=r"no column 'Room' for COLUMN=VALUE; its columns are: Klasse"):
        print_sheets(school, [], [], None, choice, 1, pdf, where="Room=1")
