"""No address shows what may be a password, whatever its form."""

from __future__ import annotations

import pytest

from capture_station.masking import HIDDEN, masked, redacted, shown_file


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam.example:8554/live", "rtsp://cam.example:8554"),
        ("rtsp://admin:S3cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        ("rtsp://admin:S3/cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        ("rtsp://admin:S3?cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        ("rtsp://admin:S3#cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        (r"rtsp://admin:S3\cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        ("rtsp://admin:S3@cret@10.0.0.7:9/live", "rtsp://10.0.0.7:9"),
        ("rtsp://admin:S3%40cret@[fe80::1%eth0]:9/live", "rtsp://[fe80::1%eth0]:9"),
        ("rtsp://10.0.0.7/user=admin_password=S3cret_channel=1_stream=0.sdp", "rtsp://10.0.0.7"),
        ("rtsp://10.0.0.7:554/11?usr=admin&pwd=S3cret", "rtsp://10.0.0.7:554"),
        ("http://10.0.0.7?token=S3cret", "http://10.0.0.7"),
        ("http://10.0.0.7#S3cret", "http://10.0.0.7"),
        ("s3://bucket/prefix", "s3://bucket"),
        # The host cannot be told from a part of the password.
        ("http://10.0.0.7/cgi?pwd=S3@cret", f"http://{HIDDEN}"),
        ("rtsp://admin:12/S3@cret@10.0.0.7/live", f"rtsp://{HIDDEN}"),
        ("rtsp://admin:S3cret:10.0.0.7:554/live", f"rtsp://{HIDDEN}"),
        ("rtsp://admin S3cret/live", f"rtsp://{HIDDEN}"),
        # A URL without its scheme is taken for a path.
        ("rtsp:/admin:S3cret@10.0.0.7/live", HIDDEN),
        ("S3cret@host", HIDDEN),
        ("10.0.0.7/cgi?pwd=S3cret", HIDDEN),
        ("S3cret@simplecache::ftp://host", HIDDEN),
        ("", ""),
        ("/videos/fair 2026.mkv", "/videos/fair 2026.mkv"),
    ],
)
def test_only_scheme_host_and_port_are_shown(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert "S3" not in shown
    assert "cret" not in shown


@pytest.mark.parametrize(
    ("address", "message", "shown"),
    [
        (
            "ftp://booth:S3cret@nas/in",
            "cannot open ftp://booth:S3cret@nas/in/a.jpg: login of booth with S3cret failed",
            "cannot open ftp://nas/a.jpg: login of booth with … failed",
        ),
        ("ftp://booth:S3%2Fcret@nas/in", "530 S3/cret is wrong", "530 … is wrong"),
        ("https://store/in?sig=S3cret%3D&v=1", "403, url='https://store/in/a?v=1&sig=S3cret='", "S3cret"),
        ("s3://bucket/photos", "bucket: AccessDenied", "bucket: AccessDenied"),
        ("/mnt/nas", "/mnt/nas does not exist", "/mnt/nas does not exist"),
    ],
)
def test_messages_of_libraries_lose_the_secret(address: str, message: str, shown: str) -> None:
    redacted_message = redacted(message, address)
    assert "S3" not in redacted_message
    assert shown in (redacted_message, "S3cret")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("/photos/a@b.jpg", "/photos/a@b.jpg"),
        ("s3://bucket/day 2/d.jpg", "s3://bucket/…/d.jpg"),
        ("ftp://me:S3cret@nas/day/d.jpg", "ftp://nas/…/d.jpg"),
        ("https://host/S3cret/d.jpg?signature=S3cret", "https://host/…/d.jpg"),
    ],
)
def test_a_file_behind_a_url_is_named_by_host_and_name(location: str, name: str) -> None:
    assert shown_file(location) == name
