"""What a capture's record holds of its person: id, name and consent."""

from __future__ import annotations

from capture_station.archive.record import Circumstances, ConsentRecord, Record, SubjectRecord
from capture_station.subjects.check_in import CheckedIn, Consent


def with_person(circumstances: Circumstances, person: CheckedIn | None) -> Circumstances:
    """The circumstances of a capture, with whose portrait it is."""
    if person is None:
        return circumstances
    return circumstances.model_copy(update={"subject": subject_record(person), "consent": consent_record(person)})


def subject_record(person: CheckedIn) -> SubjectRecord:
    """Who it is, as the record says it."""
    subject = person.subject
    return SubjectRecord(id=subject.id, name=subject.name, columns=dict(subject.columns))


def consent_record(person: CheckedIn) -> ConsentRecord | None:
    """To what the person has agreed, as the record says it."""
    consent = person.consent
    return None if consent is None else ConsentRecord(text_sha256=consent.text_sha256, agreed_at=consent.agreed_at)


def consent_of(record: Record) -> Consent | None:
    """The same, out of a record."""
    return None if record.consent is None else Consent(record.consent.text_sha256, record.consent.agreed_at)
