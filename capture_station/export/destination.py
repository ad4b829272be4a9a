"""Where exported files go: a folder, a URL that fsspec knows, or a ZIP file."""

from __future__ import annotations

import contextlib
import os
import time
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from capture_station import urls
from capture_station.archive.disk import Disk, explain_full, partial_path, write_atomically
from capture_station.errors import ArchiveError, Busy
from capture_station.file_locks import lock
from capture_station.masking import masked, redacted
from capture_station.regular_files import read_regular_file
from capture_station.zip_entries import zip_entry


class Destination(Protocol):
    """Files by name, such as ``portraits/20417.jpg``. Used by one thread."""

    def read(self, name: str) -> bytes | None:
        """A file that is there already; None where there is none.

        Raises:
            ArchiveError: It cannot be read.
        """

    def exists(self, name: str) -> bool:
        """Whether the file is there.

        Raises:
            ArchiveError: The destination does not answer.
        """

    def files(self, folder: str) -> set[str]:
        """Names of the files in a folder, such as ``portraits/20417.jpg``, without hidden ones; none without a folder.

        Raises:
            ArchiveError: It cannot be read.
        """

    def write(self, name: str, data: bytes) -> None:
        """Write a file that appears whole, over an older one of its name.

        Raises:
            DiskFull, ArchiveError: It cannot be written.
        """

    def remove(self, name: str) -> None:
        """Remove a file, if it is there, and what a power cut left of it while it was written.

        Raises:
            ArchiveError: It cannot be removed.
        """

    def close(self) -> None:
        """Finish; what was written is there for others when this returns.

        Raises:
            DiskFull, ArchiveError: It cannot be written.
        """


def open_destination(place: str, disk: Disk | None = None) -> Destination:
    """The destination for a folder's path, a URL, or a path that ends in ``.zip``; ``file://`` is a path.

    Args:
        place: Where it is.
        disk: Makes files in a folder durable.

    Raises:
        ArchiveError: The folder cannot be made, or an older ZIP file cannot be read.
        Busy: Another process writes this ZIP file.
        ConfigError: fsspec, or its library for this kind of URL, is not installed.
    """
    path = _local_path(place)
    if path is None:
        return _Url(place)
    return _Zip(path) if _is_zip(place) else _Folder(path, disk or Disk())


def folder_path(place: str) -> Path | None:
    """The folder that the place is; None for a ZIP file and for a URL that leads elsewhere than to this machine."""
    path = _local_path(place)
    return None if _is_zip(place) else path


def _local_path(place: str) -> Path | None:
    return urls.local_folder(place) if "://" in place else Path(place)


def _is_zip(place: str) -> bool:
    return place.lower().endswith(".zip")


class _Folder:
    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"{folder}: the folder cannot be made: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        try:
            return read_regular_file(self._folder / name, follow=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"{self._folder / name}: cannot be read: {error.strerror}") from error

    def exists(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def files(self, folder: str) -> set[str]:
        try:
            with os.scandir(self._folder / folder) as entries:
                return _shown(folder, (entry.name for entry in entries if entry.is_file()))
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise ArchiveError(f"{self._folder / folder}: cannot be read: {error.strerror}") from error

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(exist_ok=True)
            # Other programs read what is exported, so the umask alone decides who may.
            write_atomically(self._disk, path, data, mode=0o666)
        except OSError as error:
            raise _explained(error, self._folder) from error

    def remove(self, name: str) -> None:
        try:
            for path in (self._folder / name, partial_path(self._folder / name)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveError(f"{self._folder / name}: cannot be removed: {error.strerror}") from error

    def close(self) -> None:
        pass


class _Url:
    def __init__(self, url: str) -> None:
        self._url = url
        self._system, root = urls.file_system(url)
        self._root = root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        try:
            return urls.read_whole(self._system, f"{self._root}/{name}")
        except Exception as error:  # fsspec's libraries raise errors of their own kinds, and of no common one.
            raise self._explained(error) from error

    def exists(self, name: str) -> bool:
        try:
            return bool(self._system.exists(f"{self._root}/{name}"))
        except Exception as error:
            raise self._explained(error) from error

    def files(self, folder: str) -> set[str]:
        try:
            self._system.invalidate_cache()  # Some systems do not look again at what they have listed once.
            with urls.ignore_missing():
                found = self._system.ls(f"{self._root}/{folder}", detail=True)
                paths = [str(one["name"]) for one in found if one["type"] == "file"]
                return _shown(folder, (path.rpartition("/")[2] for path in paths))
            return set()
        except Exception as error:
            raise self._explained(error) from error

    def write(self, name: str, data: bytes) -> None:
        try:
            # Several booths write the tables, while each portrait is of one.
            urls.write_whole(self._system, f"{self._root}/{name}", data, shared=name.endswith(".csv"))
        except Exception as error:
            raise self._explained(error) from error

    def remove(self, name: str) -> None:
        try:
            urls.remove_whole(self._system, f"{self._root}/{name}")
        except Exception as error:
            raise self._explained(error) from error

    def close(self) -> None:
        pass

    def _explained(self, error: Exception) -> ArchiveError:
        """Without the parts of the URL that may be a password."""
        reason = f"{type(error).__name__}: {redacted(str(error), self._url)}"
        return ArchiveError(f"{masked(self._url)}: the destination does not answer: {reason}")


class _Zip:
    """A new ZIP beside the old one, which it replaces at the end. Unchanged files are carried over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = partial_path(path)
        self._settled: set[str] = set()
        """Names that are not carried over: they are written anew or removed."""
        self._tables: dict[str, bytes] = {}
        """Written at the end: they change meanwhile, and a ZIP file cannot replace what is in it."""
        self._old: zipfile.ZipFile | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _locked(self._partial)
        except BlockingIOError as error:
            raise Busy(f"{path}: another process writes this file; wait for it") from error
        except OSError as error:
            raise _explained(error, path.parent) from error
        # Pictures are compressed already.
        self._new = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
        try:
            if path.exists():
                self._old = zipfile.ZipFile(path)
        except OSError as error:
            self._end()
            raise ArchiveError(f"{path}: cannot be read: {error.strerror}; name another file") from error
        except zipfile.BadZipFile as error:
            self._end()
            raise ArchiveError(f"{path}: this is not a ZIP file; name another one") from error

    def read(self, name: str) -> bytes | None:
        if name in self._tables:
            return self._tables[name]
        if name in self._new.NameToInfo:
            return self._new.read(name)
        if self._old is None or not self._stays(name):
            return None
        try:
            return self._old.read(name)
        except RuntimeError as error:
            what = f"{name} in it has a password, or a compression that is not read here"
            raise ArchiveError(f"{self._path}: {what}; name another file") from error
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ArchiveError(f"{self._path}: {name} in it cannot be read: {error}; name another file") from error

    def exists(self, name: str) -> bool:
        return name in self._tables or name in self._new.NameToInfo or self._stays(name)

    def _stays(self, name: str) -> bool:
        """Whether the old file has it, and the new one gets it from there."""
        return self._old is not None and name in self._old.NameToInfo and name not in self._settled

    def files(self, folder: str) -> set[str]:
        old = set() if self._old is None else self._old.NameToInfo.keys() - self._settled
        parts = (name.rpartition("/") for name in {*old, *self._new.NameToInfo, *self._tables})
        return _shown(folder, (name for parent, _, name in parts if parent == folder))

    def write(self, name: str, data: bytes) -> None:
        if name.endswith(".csv"):
            self._tables[name] = data
            self._settled.add(name)
            return
        try:
            self._new.writestr(zip_entry(name, time.localtime()), data)
        except OSError as error:
            raise _explained(error, self._path.parent) from error
        self._settled.add(name)

    def remove(self, name: str) -> None:
        self._settled.add(name)

    def close(self) -> None:
        try:
            for name in self._old.namelist() if self._old is not None else ():
                if name not in self._settled and (data := self.read(name)) is not None:
                    self._new.writestr(zip_entry(name, time.localtime()), data)
            for name, data in self._tables.items():
                self._new.writestr(zip_entry(name, time.localtime()), data)
            self._new.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._partial.replace(self._path)
        except OSError as error:
            raise _explained(error, self._path.parent) from error
        finally:
            self._end()

    def _end(self) -> None:
        """Leave nothing half-written, and let others write."""
        with contextlib.suppress(OSError):
            if _is_at(self._partial, self._file):
                self._partial.unlink()
        for opened in (self._new, self._file, self._old):
            with contextlib.suppress(OSError):  # A full disk, which was told already.
                if opened is not None:
                    opened.close()


def _explained(error: OSError, folder: Path) -> ArchiveError:
    """What a person is told of a failed write. What was exported before it stays."""
    if full := explain_full(error, folder, afterwards=" and run the same command again"):
        return full
    return ArchiveError(f"{folder}: could not be written: {error.strerror}; check the destination's disk")


def _locked(path: Path) -> BinaryIO:
    """The empty file of this path, which nobody else has open by this function. BlockingIOError if somebody has."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "w+b")
    try:
        lock(file.fileno())
        if not _is_at(path, file):  # Its writer has just given it another name.
            raise BlockingIOError
        file.truncate()
    except OSError:
        file.close()
        raise
    return file


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _shown(folder: str, names: Iterable[str]) -> set[str]:
    return {f"{folder}/{name}" for name in names if name and not name.startswith(".")}
