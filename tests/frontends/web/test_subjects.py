"""People over HTTP: searched, checked in, photographed, corrected."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from capture_station.frontends.web.events import MAX_QUEUED_EVENTS
from capture_station.station.status import Person
from capture_station.subjects.subject import Subject
from tests.frontends.conftest import Clock
from tests.frontends.fake_station import FakeStation

from .serving import EventReader, Serving

ADA, BO = Subject("20417", "Ada Lovelace"), Subject("20418", "Bo")


@pytest.fixture(autouse=True)
def roster(station: FakeStation) -> None:
    station.subjects.use("required", ADA, BO)


def test_somebody_is_searched_checked_in_and_photographed(client: httpx.Client, station: FakeStation) -> None:
    found = client.get("/api/v1/subjects", params={"query": "love"}).json()["subjects"]
    assert [person["id"] for person in found] == ["20417"]
    checked_in = client.put("/api/v1/check-in", json={"subject": "20417"})
    ada = {"id": "20417", "name": "Ada Lovelace", "on_roster": True, "state": None, "must_agree": False, "station": ""}
    assert checked_in.json() == {**ada, "detail": "", "waits": False, "refused": "", "has_captures": False}
    assert client.get("/api/v1/state").json()["subjects"]["current"]["name"] == "Ada Lovelace"
    client.post("/api/v1/captures", json={})
    taken = station.finish()
    assert client.get(f"/api/v1/captures/{taken.id}").json()["subject"]["id"] == "20417"
    assert client.delete("/api/v1/check-in").status_code == 204
    assert client.get("/api/v1/state").json()["subjects"]["current"] is None


def test_whoever_is_checked_in_during_the_countdown_is_next(client: httpx.Client, station: FakeStation) -> None:
    client.put("/api/v1/check-in", json={"subject": "20417"})
    client.post("/api/v1/captures", json={})
    assert client.put("/api/v1/check-in", json={"subject": "20418"}).json()["waits"]
    subjects = client.get("/api/v1/state").json()["subjects"]
    assert (subjects["current"]["id"], subjects["next"]["id"]) == ("20417", "20418")
    station.finish()
    client.delete("/api/v1/check-in", params={"subject": "20417"})
    subjects = client.get("/api/v1/state").json()["subjects"]
    assert (subjects["current"]["id"], subjects["next"]) == ("20418", None)


def test_whoever_is_checked_in_by_a_program_waits_unless_it_says_otherwise(client: httpx.Client) -> None:
    ada, bo = {"subject": "20417"}, {"subject": "20418"}
    assert not client.put("/api/v1/check-in", json=ada).json()["waits"]
    assert client.put("/api/v1/check-in", json=bo).json()["waits"]
    subjects = client.get("/api/v1/state").json()["subjects"]
    assert (subjects["current"]["id"], subjects["next"]["id"]) == ("20417", "20418")
    assert not client.put("/api/v1/check-in", json={**bo, "replaces": True}).json()["waits"]
    subjects = client.get("/api/v1/state").json()["subjects"]
    assert (subjects["current"]["id"], subjects["next"]) == ("20418", None)


def test_those_who_wait_come_in_their_order_and_one_of_them_can_be_let_go(
    client: httpx.Client, station: FakeStation
) -> None:
    station.subjects.use("required", unknown="accept")
    for subject_id in ("1", "2", "3", "4", "3"):
        client.put("/api/v1/check-in", json={"subject": subject_id})
    waiting = client.get("/api/v1/state").json()["subjects"]["waiting"]
    assert [(one["id"], one["waits"]) for one in waiting] == [("2", True), ("3", True), ("4", True)]
    client.delete("/api/v1/check-in", params={"subject": "3"})
    client.delete("/api/v1/check-in", params={"subject": "1"})
    subjects = client.get("/api/v1/state").json()["subjects"]
    assert (subjects["current"]["id"], [one["id"] for one in subjects["waiting"]]) == ("2", ["4"])


def test_a_full_queue_refuses_whoever_comes_then(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required")
    for number in range(51):
        station.subjects.check_in(f"{number}")
    refused = client.put("/api/v1/check-in", json={"subject": "late"})
    assert refused.status_code == 409
    assert refused.json()["code"] == 75
    assert refused.json()["error"].startswith("50 people wait already; check in more when")


def test_whoever_does_not_answer_is_let_go_unless_a_program_says_that_they_are_there(
    client: httpx.Client, station: FakeStation, clock: Clock
) -> None:
    station.subjects.use("required", ADA, consent={"en": "Agreed?"})
    client.put("/api/v1/check-in", json={"subject": "20417"})
    clock.pass_s(50)
    assert client.post("/api/v1/check-in/stay").status_code == 204
    clock.pass_s(50)
    assert client.get("/api/v1/state").json()["subjects"]["current"]["id"] == "20417"
    clock.pass_s(10)
    assert client.get("/api/v1/state").json()["subjects"]["current"] is None


def test_a_request_may_say_whose_portrait_it_is(client: httpx.Client, station: FakeStation) -> None:
    client.post("/api/v1/captures", json={"subject": "20418"})
    taken = station.finish()
    assert client.get(f"/api/v1/captures/{taken.id}").json()["subject"]["name"] == "Bo"


def test_nobody_is_photographed_without_a_name_where_one_is_required(client: httpx.Client) -> None:
    refused = client.post("/api/v1/captures", json={})
    assert refused.status_code == 409
    assert refused.json() == {"error": "nobody is checked in; scan or search a person first", "code": 67}


@pytest.mark.parametrize(("policy", "may_confirm"), [("ask", True), ("refuse", False)])
def test_an_unknown_id_says_whether_it_may_be_confirmed(
    client: httpx.Client, station: FakeStation, policy: str, may_confirm: bool
) -> None:
    station.subjects.use("required", ADA, unknown=policy)
    refused = client.put("/api/v1/check-in", json={"subject": "999"})
    assert refused.status_code == 404
    assert refused.json()["may_confirm"] is may_confirm
    again = client.put("/api/v1/check-in", json={"subject": "999", "confirmed": True})
    assert again.status_code == (200 if may_confirm else 404)


@pytest.mark.parametrize(("is_id", "found"), [(False, "2041"), (True, "20418")])
def test_a_request_says_whether_it_has_an_id_or_a_code_with_an_id_in_it(
    client: httpx.Client, station: FakeStation, is_id: bool, found: str
) -> None:
    station.subjects.use("required", ADA, code_pattern=r"^(\d+)\d$")
    station.subjects.check_in(ADA.id)
    station.capture()
    taken = station.finish()
    asked = {"subject": "20418", "confirmed": True, "is_id": is_id}
    assert client.put("/api/v1/check-in", json=asked).json()["id"] == found
    assert client.put(f"/api/v1/captures/{taken.id}/subject", json=asked).json()["subject"]["id"] == found


def test_a_name_that_was_corrected_in_the_list_is_given_to_a_portrait_that_had_it_wrong(
    client: httpx.Client, station: FakeStation
) -> None:
    taken = photograph(client, station, "20418")
    before, _ = station.changes(0)
    client.put(f"/api/v1/captures/{taken}/subject", json={"subject": "20418"})
    assert station.changes(before) == (before, [])
    station.subjects.relist(ADA, Subject("20418", "Bob"))
    corrected = client.put(f"/api/v1/captures/{taken}/subject", json={"subject": "20418"})
    assert corrected.json()["subject"]["name"] == "Bob"
    station.subjects.relist(ADA)
    assert client.put(f"/api/v1/captures/{taken}/subject", json={"subject": "20418"}).status_code == 200


def test_the_wrong_person_is_corrected(client: httpx.Client, station: FakeStation) -> None:
    client.post("/api/v1/captures", json={"subject": "20417"})
    taken = station.finish()
    corrected = client.put(f"/api/v1/captures/{taken.id}/subject", json={"subject": "20418"})
    assert corrected.json()["subject"]["name"] == "Bo"
    nobody = client.put(f"/api/v1/captures/{taken.id}/subject", json={"subject": None})
    assert nobody.json()["subject"] is None
    absent = "20260131-120000-000000-ffffffff"
    assert client.put(f"/api/v1/captures/{absent}/subject", json={"subject": "20418"}).status_code == 404


def test_who_must_agree_does_so_first(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required", ADA, consent={"en": "My picture goes on my card."})
    assert client.put("/api/v1/check-in", json={"subject": "20417"}).json()["must_agree"]
    assert client.post("/api/v1/captures", json={}).status_code == 409
    bo = client.put("/api/v1/check-in/consent", json={"language": "en", "subject": "20418"})
    assert bo.status_code == 409
    ada = client.put("/api/v1/check-in/consent", json={"language": "en", "subject": "20417"})
    assert not ada.json()["must_agree"]
    assert client.post("/api/v1/captures", json={}).status_code == 202


@pytest.mark.parametrize("subject", ["", "x" * 201, "a\x00b", 5, None])
def test_what_cannot_be_an_id_is_refused(client: httpx.Client, subject: object) -> None:
    assert client.put("/api/v1/check-in", json={"subject": subject}).status_code in (409, 422)


def photograph(client: httpx.Client, station: FakeStation, subject_id: str, verdict: str = "ok") -> str:
    client.post("/api/v1/captures", json={"subject": subject_id})
    return station.finish(verdict).id


def test_who_is_missing_is_listed_and_downloaded(client: httpx.Client, station: FakeStation) -> None:
    photograph(client, station, "20417", "review")
    missing = client.get("/api/v1/subjects", params={"state": "missing"}).json()["subjects"]
    assert [person["id"] for person in missing] == ["20418"]
    found = client.get("/api/v1/subjects", params={"query": "ada"}).json()["subjects"]
    assert [(person["id"], person["state"]) for person in found] == [("20417", "review")]
    table = client.get("/api/v1/subjects.csv")
    assert table.content.decode("utf-8-sig").splitlines() == ["id,name", "20418,Bo"]
    assert 'filename="missing.csv"' in table.headers["Content-Disposition"]


def test_all_pictures_of_a_person_are_shown_and_deleted(client: httpx.Client, station: FakeStation) -> None:
    first, second = (photograph(client, station, "20417") for _ in range(2))
    other = photograph(client, station, "20418")
    captures = client.get("/api/v1/subjects/20417").json()["captures"]
    assert [capture["id"] for capture in captures] == [second, first]
    assert client.delete("/api/v1/subjects/20417").json() == {"removed": 2}
    assert set(station.archive) == {other}
    assert client.get("/api/v1/subjects/20417").json()["captures"] == []
    assert client.get("/api/v1/subjects/999").status_code == 404


def test_to_delete_an_id_that_nobody_has_is_an_error(client: httpx.Client, station: FakeStation) -> None:
    photograph(client, station, "20417")
    answer = client.delete("/api/v1/subjects/4242")
    assert (answer.status_code, answer.json()["error"]) == (404, "there is no person '4242'")
    assert client.delete("/api/v1/subjects/20418").json() == {"removed": 0}, "who is on the list but has no pictures"
    walk_in = {"subject": "4242", "confirmed": True}
    assert client.put("/api/v1/check-in", json=walk_in).status_code == 200
    assert client.delete("/api/v1/subjects/4242").json() == {"removed": 0}, "who is checked in but has no pictures"


def test_every_page_hears_of_each_picture_of_a_person_that_is_deleted(
    served: Serving, client: httpx.Client, station: FakeStation
) -> None:
    taken = [station.save().id for _ in range(5 * MAX_QUEUED_EVENTS)]
    for one in taken:
        station.amend(one, subject=Person("20417"))
    with served.client() as watching, watching.stream("GET", "/api/v1/events") as response:
        events = EventReader(response)
        events.next("state")
        assert client.delete("/api/v1/subjects/20417").json() == {"removed": len(taken)}
        assert {events.next("removed")["id"] for _ in taken} == set(taken)


def test_only_the_person_that_is_meant_is_checked_out(client: httpx.Client, station: FakeStation) -> None:
    client.put("/api/v1/check-in", json={"subject": "20417"})
    client.delete("/api/v1/check-in", params={"subject": "20418"})
    assert station.status().subjects.current is not None


def test_who_has_come_again_meanwhile_is_not_let_go_by_a_portrait_from_before(
    client: httpx.Client, station: FakeStation
) -> None:
    client.put("/api/v1/check-in", json={"subject": "20417"})
    first = photograph(client, station, "20417")
    client.delete("/api/v1/check-in", params={"subject": "20417", "capture": first})
    assert station.status().subjects.current is None
    client.put("/api/v1/check-in", json={"subject": "20417"})
    client.delete("/api/v1/check-in", params={"subject": "20417", "capture": first})
    assert station.status().subjects.current is not None
    second = photograph(client, station, "20417")
    client.delete("/api/v1/check-in", params={"subject": "20417", "capture": second})
    assert station.status().subjects.current is None
    client.delete("/api/v1/check-in", params={"subject": "20417"})
    assert station.status().subjects.current is None


def test_the_text_to_agree_to_is_read_in_the_language_of_the_page(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required", ADA, consent={"en": "Agreed?", "de": "Einverstanden?"})
    read = [client.get("/api/v1/check-in/consent", params={"language": one}).json() for one in ("en", "de")]
    assert read == [{"text": "Agreed?"}, {"text": "Einverstanden?"}]


def test_a_long_list_comes_in_pages_that_say_how_many_there_are(client: httpx.Client) -> None:
    pages = [
        client.get("/api/v1/subjects", params={"state": "missing", "limit": 1, "start": start}).json()
        for start in range(3)
    ]
    assert [[person["id"] for person in page["subjects"]] for page in pages] == [["20417"], ["20418"], []]
    assert {page["total"] for page in pages} == {2}


def listed(client: httpx.Client, **wanted: object) -> tuple[list[str], int]:
    answer = client.get("/api/v1/subjects", params=wanted).json()  # type: ignore[arg-type]
    return [person["id"] for person in answer["subjects"]], answer["total"]


def test_a_search_has_pages_and_finds_all_of_a_state(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required", *(Subject(str(number), "Ada") for number in range(10, 35)), BO)
    for number in range(10, 30):
        photograph(client, station, str(number))
    assert listed(client, query="ada", limit=3, start=5) == (["10", "11", "12"], 9)
    assert listed(client, query="ada", state="ok", limit=2, start=18) == (["28", "29"], 20)
    assert listed(client, query="ada", state="missing") == (["30", "31", "32", "33", "34"], 5)
    assert listed(client, limit=2, start=24) == (["34", "20418"], 26)


def test_namesakes_are_told_apart_in_lists_and_tables(client: httpx.Client, station: FakeStation) -> None:
    physics, law = ({"faculty": one} for one in ("Physics", "=Law"))
    namesakes = Subject("7", "Anna", physics, detail="Physics"), Subject("8", "Anna", law, detail="=Law")
    station.subjects.use("required", ADA, *namesakes, columns={"namesakes": "faculty"})
    found = client.get("/api/v1/subjects", params={"query": "anna"}).json()["subjects"]
    assert [(person["name"], person["detail"]) for person in found] == [("Anna", "Physics"), ("Anna", "=Law")]
    assert client.put("/api/v1/check-in", json={"subject": "8"}).json()["detail"] == "=Law"
    lines = client.get("/api/v1/subjects.csv").content.decode("utf-8-sig").splitlines()
    assert lines == ["id,name,faculty", "20417,Ada Lovelace,", "7,Anna,Physics", "8,Anna,'=Law"]


def test_who_must_not_be_photographed_is_refused_and_not_missing(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required", ADA, Subject("7", "Cy", refused="Photo consent: no"))
    refusals = [
        client.put("/api/v1/check-in", json={"subject": "7", "confirmed": True}),
        client.post("/api/v1/captures", json={"subject": "7"}),
    ]
    for refusal in refusals:
        assert refusal.status_code == 409
        assert refusal.json() == {
            "error": "Cy, 7 must not be photographed: the list says 'Photo consent: no'",
            "code": 67,
            "not_permitted": {"person": "Cy, 7", "says": "Photo consent: no"},
        }
    assert station.requests == 0
    assert client.get("/api/v1/state").json()["subjects"]["roster_size"] == 1
    assert client.get("/api/v1/subjects.csv").content.decode("utf-8-sig").splitlines() == [
        "id,name",
        "20417,Ada Lovelace",
    ]
    (found,) = client.get("/api/v1/subjects", params={"query": "cy"}).json()["subjects"]
    assert found["refused"] == "Photo consent: no"


def test_a_table_of_many_people_is_complete(client: httpx.Client, station: FakeStation) -> None:
    station.subjects.use("required", *(Subject(str(number)) for number in range(2001)))
    lines = client.get("/api/v1/subjects.csv").content.decode("utf-8-sig").splitlines()
    assert lines == ["id,name", *(f"{number}," for number in range(2001))]


@pytest.mark.parametrize("subject", ["FQ/7", "a b?c#d%e", "Zo\u00eb"])
def test_any_id_may_be_looked_up_and_deleted(client: httpx.Client, station: FakeStation, subject: str) -> None:
    station.subjects.use("required", Subject(subject, "Eve"))
    taken = photograph(client, station, subject)
    place = f"/api/v1/subjects/{quote(subject, safe='')}"
    assert [capture["id"] for capture in client.get(place).json()["captures"]] == [taken]
    assert client.delete(place).json() == {"removed": 1}
