"""The command ``python3 -m tests.lab DIR``: builds the systems and runs the checks on them."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.debian import Debian
from tests.lab.raspberry import check_on_virtual_camera, install_picamera2
from tests.lab.readme import CHECKOUT, commands

TIMEOUT_S = 3000
EMULATED = """[Service]
# An emulated processor is slow.
Environment=CAPTURE_STATION__CAMERA__SIZE_PX=[640,480] CAPTURE_STATION__CAMERA__PREVIEW_SIZE_PX=[320,240]
Environment=CAPTURE_STATION__CAMERA__FPS=10
"""
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "build", "dist")


class Lab:
    """The systems in a folder, each built once; all see a shared folder as ``/lab``."""

    def __init__(self, folder: Path, share: Path, suite: str) -> None:
        self._folder = folder
        self._suite = suite
        self._share = share
        shutil.copytree(CHECKOUT, share / "capture-station", ignore=NOT_COPIED)
        # All users of the systems may read the checkout.
        share.chmod(0o755)

    def install(self) -> int:
        """README's installation, on a minimal system."""
        return self._check_install("not test_the_tests_pass")

    def tests(self) -> int:
        """README's test command there. It takes as long as all other parts together."""
        return self._check_install("test_the_tests_pass")

    def _check_install(self, which: str) -> int:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ["CAPTURE_STATION_LAB"] = f"{self._minimal().root}:{self._share}"
        checks = str(Path(__file__).with_name("check_install.py"))
        return pytest.main(["-v", "-rP", "-p", "no:cacheprovider", "-k", which, checks])

    def service(self) -> int:
        """The systemd unit, in a container."""
        return self._bootable().check_in_container(
            [
                "tests/lab/check_service.py",
                "tests/lab/check_page.py",
                "tests/lab/check_sandbox.py",
                "tests/lab/check_power.py",
            ],
            TIMEOUT_S,
        )

    def kiosk(self) -> int:
        """The systemd units of station and screen, in a container."""
        return self._bootable().check_in_container(["tests/lab/check_kiosk.py"], TIMEOUT_S)

    def camera(self) -> int:
        """The systemd unit with a camera of the kernel, in a virtual machine."""
        installed = self._debian("installed")
        installed.remove()
        self._bootable().copy(installed)
        # systemd does not run yet, so the service starts with the machine.
        installed.enter(f"{commands('packages')}\ncd /lab/capture-station\n{commands('service')}", keep=True)
        installed.write("etc/systemd/system/capture-station.service.d/lab.conf", EMULATED)
        installed.pack()
        return installed.check_in_machine(["tests/lab/check_camera.py", "tests/lab/check_sandbox.py"], TIMEOUT_S)

    def raspberry(self) -> int:
        """README's installation for a Pi with the real picamera2 and libcamera's virtual camera, in a container."""
        return check_on_virtual_camera(self._with_picamera2())

    def _with_picamera2(self) -> Debian:
        """Always Debian 13: earlier packages of libcamera have no virtual camera."""
        minimal = self._minimal("trixie")
        raspberry = Debian(self._folder / "trixie-raspberry", self._share)

        def build(debian: Debian) -> None:
            minimal.copy(debian)
            install_picamera2(debian)

        raspberry.build_once(build)
        return raspberry

    def _minimal(self, suite: str = "") -> Debian:
        suite = suite or self._suite
        minimal = Debian(self._folder / f"{suite}-minimal", self._share)
        minimal.build_once(lambda debian: debian.bootstrap(suite))
        return minimal

    def _bootable(self) -> Debian:
        minimal, bootable = self._minimal(), self._debian("bootable")

        def build(debian: Debian) -> None:
            minimal.copy(debian)
            debian.make_bootable()

        bootable.build_once(build)
        return bootable

    def _debian(self, name: str) -> Debian:
        return Debian(self._folder / f"{self._suite}-{name}", self._share)


def main() -> int:
    parts: dict[str, Callable[[Lab], int]] = {
        "install": Lab.install,
        "tests": Lab.tests,
        "service": Lab.service,
        "kiosk": Lab.kiosk,
        "camera": Lab.camera,
        "raspberry": Lab.raspberry,
    }
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab", description=sys.modules["tests.lab"].__doc__)
    parser.add_argument("folder", type=Path, help="folder for the systems; they stay there for the next run")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), help="run only these checks")
    parser.add_argument("--suite", default="bookworm", help="Debian release: bookworm or trixie")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root can build systems and start them")
    given.folder.mkdir(parents=True, exist_ok=True)
    folder = given.folder.resolve()
    with tempfile.TemporaryDirectory(dir=folder) as share:
        lab = Lab(folder, Path(share), given.suite)
        failed = [name for name in given.only if parts[name](lab) != 0]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
