"""A power cut at any moment of saving loses no acknowledged capture, whatever part of the unsynced writes is lost.

The disk below logs its calls. A power cut is simulated by building a folder from the beginning of that log: it holds
everything that was synced and a random part of the rest. The simulation assumes only what POSIX guarantees: bytes are
durable once their file is synced, names once their folder is synced, and a rename happens completely or not at all.
"""

import math
import random
from datetime import datetime, timezone

import pytest

from capture_station.archive.archive import Archive
from capture_station.archive.disk import Disk
from capture_station.archive.names import UPLOADED, is_day, is_id
from capture_station.archive.record import Record, SubjectRecord
from capture_station.archive.sample_capture import SAMPLE_CIRCUMSTANCES, sample_pictures
from capture_station.archive.verification import problems
from capture_station.config import ArchiveSettings

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
ORIGINAL, PORTRAIT = sample_pictures((32, 24))
BO = SubjectRecord(id="20418")
CUTS_AT_EACH_CALL = 3


class LoggingDisk(Disk):
    """A real disk that logs every change: (what, path, more)."""

    def __init__(self):
        self.log = []
        self._paths = {}

    def make_folder(self, path):
        super().make_folder(path)
        self.log.append(("make_folder", path, None))

    def create(self, path, mode=0o600):
        descriptor = super().create(path, mode)
        self._paths[descriptor] = path
        self.log.append(("create", path, None))
        return descriptor

    def open_folder(self, path):
        descriptor = super().open_folder(path)
        self._paths[descriptor] = path
        return descriptor

    def write(self, descriptor, data):
        count = super().write(descriptor, data)
        self.log.append(("write", self._paths[descriptor], bytes(data[:count])))
        return count

    def sync(self, descriptor):
        super().sync(descriptor)
        self.log.append(("sync", self._paths[descriptor], None))

    def rename(self, old, new):
        super().rename(old, new)
        self.log.append(("rename", old, new))

    def remove_file(self, path):
        super().remove_file(path)
        self.log.append(("remove", path, None))

    def remove_folder(self, path):
        super().remove_folder(path)
        self.log.append(("remove", path, None))


class UnsyncedDisk(Disk):
    """A real disk that skips syncing, which makes opening many archives fast."""

    def sync(self, descriptor):
        pass


class Node:
    """A file or folder: its contents as programs see them, and the durable part of them."""

    def __init__(self, is_folder):
        self.is_folder = is_folder
        self.names, self.durable_names = {}, {}
        self.data, self.durable_data = b"", b""

    def at(self, path):
        node = self
        for part in path.parts:
            node = node.names[part]
        return node


class Replay:
    """Replays a log. A change is one or two (folder, name, node or None) and pending until a sync confirms it."""

    def __init__(self, root):
        self._root = root
        self._top = Node(is_folder=True)
        self._waiting = []

    def follow(self, what, path, more):
        path = path.relative_to(self._root)
        if what == "write":
            self._top.at(path).data += more
        elif what == "sync":
            self._sync(self._top.at(path))
        elif what == "remove":
            self._change((path, None))
        elif what == "rename":
            self._change((path, None), (more.relative_to(self._root), self._top.at(path)))
        elif what in ("create", "make_folder"):
            self._change((path, Node(is_folder=what == "make_folder")))

    def cut(self, chance, folder):
        """Fill a folder with what a power cut at this moment may leave."""
        names = {}
        for entries in self._waiting:
            if chance.random() < 0.5:
                for parent, name, node in entries:
                    _put(names.setdefault(id(parent), dict(parent.durable_names)), name, node)
        _build(names, self._top, folder, chance)

    def _change(self, *changes):
        entries = [(self._top.at(path.parent), path.name, node) for path, node in changes]
        for parent, name, node in entries:
            _put(parent.names, name, node)
        self._waiting.append(entries)

    def _sync(self, node):
        node.durable_data = node.data
        confirmed = [entries for entries in self._waiting if any(parent is node for parent, _, _ in entries)]
        # A confirmed rename also confirms earlier changes of the name that it removed.
        settled = {(id(parent), name) for entries in confirmed for parent, name, _ in entries}
        waiting, self._waiting = self._waiting, []
        for entries in waiting:
            if any((id(parent), name) in settled for parent, name, _ in entries):
                for parent, name, durable in entries:
                    _put(parent.durable_names, name, durable)
            else:
                self._waiting.append(entries)


def _put(names, name, node):
    names.pop(name, None)
    if node is not None:
        names[name] = node


def _build(names, node, path, chance):
    """Write a node to disk; ``names`` holds the names of the folders that have more than their durable part."""
    if node.is_folder:
        path.mkdir(exist_ok=True)
        for name, child in names.get(id(node), node.durable_names).items():
            _build(names, child, path / name, chance)
    else:
        synced = node.durable_data == node.data
        path.write_bytes(node.data if synced else node.data[: chance.randrange(len(node.data) + 1)])


def _saved(disk, root):
    """Let a station save, mark, assign and remove; what it was told: (first call, last call, id, fate)."""
    archive = Archive.open(ArchiveSettings(folder=root / "archive"), disk)

    def save(day):
        record = archive.save(ORIGINAL, PORTRAIT, NOON.replace(day=day), SAMPLE_CIRCUMSTANCES)
        return record.id, len(disk.log)

    always = math.inf
    (first, first_at), (removed, removable_at), (marked, marked_at) = save(4), save(4), save(5)
    told = [(first_at, always, first, "kept"), (marked_at, always, marked, "kept")]
    archive.set_kept(marked, kept=False)
    told.append((len(disk.log), always, marked, "retaken"))
    archive.add_marker(first, UPLOADED)
    archive.assign(first, BO, "web")
    told.append((len(disk.log), always, first, "to upload"))
    told.append((removable_at, len(disk.log), removed, "kept"))
    assert archive.remove(removed)
    told.append((len(disk.log), always, removed, "gone"))
    archive.close()
    return told


def _losses(log, told, root, scratch):
    """Everything that is wrong after power cuts at each call, in words."""
    chance = random.Random(0)
    replay = Replay(root)
    for count, call in enumerate(log, 1):
        replay.follow(*call)
        for attempt in range(CUTS_AT_EACH_CALL):
            folder = scratch / f"{count}-{attempt}"
            replay.cut(chance, folder)
            archive = Archive.open(ArchiveSettings(folder=folder / "archive"), UnsyncedDisk())
            whole = {}
            for record in archive.records():
                if isinstance(record, Record) and not any(problems([archive.folder_of(record.id)])):
                    whole[record.id] = record
                else:
                    yield f"cut after call {count}, {call[0]}: {record.id} is not whole"
                if record.subject == BO and (archive.folder_of(record.id) / UPLOADED).exists():
                    yield f"cut after call {count}, {call[0]}: {record.id} is never uploaded under the right name"
            for first, last, capture_id, fate in told:
                if first <= count <= last and not _is_true(fate, whole.get(capture_id)):
                    yield f"cut after call {count}, {call[0]}: {capture_id} was told to be {fate}"
            archive.close()


def _is_true(fate, record):
    if record is None:
        return fate == "gone"
    if fate == "to upload":
        return record.subject == BO
    return fate == "kept" or (fate == "retaken" and not record.kept)


def _kind(path):
    if path.suffix:
        return "file"
    return "capture" if is_id(path.name) else "day" if is_day(path.name) else "archive"


@pytest.fixture
def written(tmp_path):
    """A station's folder, the calls that filled it, and the answers that the station got."""
    root = tmp_path / "station"
    root.mkdir()
    disk = LoggingDisk()
    told = _saved(disk, root)
    return root, disk.log, told


def test_a_power_cut_loses_nothing_that_was_acknowledged(written, tmp_path):
    root, log, told = written
    assert not list(_losses(log, told, root, tmp_path))


@pytest.mark.parametrize("kind", ["file", "capture", "day", "archive"])
def test_each_kind_of_sync_is_needed(written, tmp_path, kind):
    """Shows that the simulation detects losses and that no sync is superfluous."""
    root, log, told = written
    needed = {_kind(path) for what, path, _ in log if what == "sync"}
    assert kind in needed
    forgetful = [
        ("forgotten", path, None) if what == "sync" and _kind(path) == kind else (what, path, more)
        for what, path, more in log
    ]
    assert any(_losses(forgetful, told, root, tmp_path))
