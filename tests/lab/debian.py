"""A Debian system in a folder: built by debootstrap, and run in a container or a virtual machine."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BOOTED = [
    "systemd-sysv",
    "dbus",
    "udev",
    "kmod",
    "iproute2",
    "polkitd",
    "python3-pytest",
    "linux-image-amd64",
    "initramfs-tools",
    "v4l-utils",
]
UNWANTED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "getty@tty1.service"]

CHECK_UNIT = """[Unit]
After=multi-user.target
[Service]
ExecStart=/usr/local/sbin/lab-checks
[Install]
WantedBy=multi-user.target
"""
CHECK_SCRIPT = """#!/bin/sh
# What a started system does: runs the checks it is given, leaves their output in the shared folder and goes off.
mkdir -p /lab
grep -q ' /lab ' /proc/mounts || { modprobe 9pnet_virtio; mount -t 9p -o trans=virtio,msize=262144 lab /lab; }
cd /lab/capture-station
eval "set -- $(cat /lab/checks)"
PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -v -rP -p no:cacheprovider "$@" > /lab/output 2>&1 < /dev/null
echo $? > /lab/exit-code
sync
systemctl poweroff --force --force
"""


class Debian:
    """A system in a folder. While it runs, it sees the folder ``share`` as ``/lab``."""

    def __init__(self, root: Path, share: Path) -> None:
        self.root = root
        self._share = share
        self._disk = root.with_suffix(".ext4")

    def build_once(self, build: Callable[[Debian], None]) -> None:
        """Build the system unless it exists. The remains of an interrupted build are deleted."""
        if self.root.exists():
            return
        unfinished = Debian(self.root.with_suffix(".unfinished"), self._share)
        unfinished.remove()
        build(unfinished)
        unfinished.root.rename(self.root)

    def bootstrap(self, suite: str) -> None:
        """Install a minimal Debian and sudo, without Python. It gets the certificate authorities of this machine."""
        subprocess.run(["debootstrap", "--variant=minbase", "--include=sudo", suite, self.root], check=True)
        self.write("etc/apt/apt.conf.d/90lab", 'APT::Get::Assume-Yes "true";\n')
        self.write("etc/hosts", "127.0.0.1 localhost lab\n")
        self.write("etc/hostname", "lab\n")
        if CERTIFICATES.is_file():
            self.write("etc/lab.crt", CERTIFICATES.read_text())
            self.write("etc/pip.conf", "[global]\ncert = /etc/lab.crt\n")

    def copy(self, other: Debian) -> None:
        subprocess.run(["cp", "-a", "--reflink=auto", self.root, other.root], check=True)

    def remove(self) -> None:
        if self.root.exists():
            shutil.rmtree(self.root)

    def make_bootable(self) -> None:
        """Add systemd, a kernel with its camera driver, and a unit that runs checks."""
        # A small initrd for the virtual machine, because the usual one unpacks slowly on an emulated processor.
        self.write("etc/initramfs-tools/conf.d/lab", "MODULES=list\n")
        self.write("etc/initramfs-tools/modules", "virtio_pci\nvirtio_blk\next4\n")
        self.write("etc/fstab", "/dev/vda / ext4 noatime 0 1\n")
        self.write("etc/modules-load.d/lab.conf", "vivid\n")
        self.write("etc/modprobe.d/lab.conf", "options vivid n_devs=1 node_types=0x1\n")
        self.write("etc/systemd/system/lab-checks.service", CHECK_UNIT)
        self.write("usr/local/sbin/lab-checks", CHECK_SCRIPT)
        self.enter(
            f"apt-get update -q && apt-get install -q --no-install-recommends {' '.join(BOOTED)} && "
            f"chmod 755 /usr/local/sbin/lab-checks && update-initramfs -u && "
            f"systemctl enable lab-checks && systemctl mask {' '.join(UNWANTED)}",
            keep=True,
        )

    def write(self, path: str, text: str) -> None:
        """Write a file; ``path`` has no leading slash."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def enter(self, script: str, keep: bool = False, within_s: float = 3600) -> str:
        """Run a shell script as root, with network access, and return its output.

        Its changes are discarded unless ``keep`` is set.

        Raises:
            AssertionError: The script failed.
        """
        command = [*self._container(keep), "--as-pid2", "--pipe", "sh", "-ec", script]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within_s
        )
        out = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"exit code {done.returncode}:\n{out[-6000:]}"
        return out

    def check_in_container(self, checks: Sequence[str], within_s: float) -> int:
        """Boot the system in a container, run checks there, print their output and return their exit code."""
        return self._check(checks, [*self._container(keep=False), "--boot"], within_s)

    def pack(self) -> None:
        """Write the system to the disk image of the virtual machine."""
        self._disk.unlink(missing_ok=True)
        subprocess.run(["truncate", "-s", "4G", self._disk], check=True)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", self.root, self._disk], check=True)

    def check_in_machine(self, checks: Sequence[str], within_s: float) -> int:
        """Boot the disk image in a virtual machine with a vivid camera, then do the same as in a container.

        Changes of the disk are discarded.
        """
        # The processor is emulated, because not every machine has KVM.
        machine = [
            *("qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max", "-smp", "2", "-m", "2048"),
            *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-device", "virtio-rng-pci"),
            *("-kernel", self._boot_file("vmlinuz"), "-initrd", self._boot_file("initrd.img")),
            *("-drive", f"file={self._disk},format=raw,if=virtio,snapshot=on,cache=unsafe"),
            *("-virtfs", f"local,path={self._share},mount_tag=lab,security_model=none,multidevs=remap"),
            *("-append", "root=/dev/vda rw console=ttyS0 mitigations=off panic=-1 quiet systemd.show_status=no"),
        ]
        return self._check(checks, machine, within_s)

    def _check(self, checks: Sequence[str], command: Sequence[str], within_s: float) -> int:
        output, exit_code = self._share / "output", self._share / "exit-code"
        output.unlink(missing_ok=True)
        exit_code.unlink(missing_ok=True)
        (self._share / "checks").write_text(shlex.join(checks))
        console = self._share / "console"
        with console.open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            try:
                process.wait(within_s)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait()
        if output.exists():
            print(output.read_text(), flush=True)
        if not exit_code.exists():
            print(f"no result within {within_s:g} s; the console:\n{console.read_text(errors='replace')[-2000:]}")
            return 1
        return int(exit_code.read_text())

    def _container(self, keep: bool) -> list[str]:
        # Without systemd on this machine, nothing can create a scope for the container.
        scope = [] if Path("/run/systemd/system").is_dir() else ["--keep-unit"]
        return [
            *(
                "systemd-nspawn",
                "--quiet",
                f"--directory={self.root}",
                f"--machine=lab-{os.getpid()}",
                "--hostname=lab",
            ),
            *("--register=no", *scope, "--resolv-conf=copy-host", f"--bind={self._share}:/lab"),
            *([] if keep else ["--volatile=overlay"]),
        ]

    def _boot_file(self, name: str) -> str:
        (file,) = (self.root / "boot").glob(f"{name}-*")
        return str(file)
