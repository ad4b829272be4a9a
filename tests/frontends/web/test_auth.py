"""Tokens, session cookies and rate limits."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from capture_station.errors import ArchiveError, ConfigError
from capture_station.frontends.web.auth import COOKIE_LIFETIME_S, MAX_REVOKED, RateLimiter, TokenAuth
from capture_station.frontends.web.token_file import load_or_create_token
from tests.frontends.conftest import Clock

from .conftest import TOKEN


def test_a_cookie_expires(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock_s=clock, uptime_s=clock)
    cookie = auth.new_cookie()
    clock.pass_s(COOKIE_LIFETIME_S - 2)
    assert auth.allows("", cookie)
    clock.pass_s(3)
    assert not auth.allows("", cookie)


def test_a_clock_that_is_corrected_logs_nobody_out(clock: Clock) -> None:
    uptime = Clock()
    auth = TokenAuth(TOKEN, clock_s=clock, uptime_s=uptime)
    cookie = auth.new_cookie()
    clock.pass_s(56 * 365 * 24 * 3600)
    assert auth.allows("", cookie)
    auth.revoke(cookie)
    assert not auth.allows("", cookie)
    late = auth.new_cookie()
    clock.pass_s(-24 * 3600)
    uptime.pass_s(COOKIE_LIFETIME_S)
    assert not auth.allows("", late)


def test_forged_cookies_are_refused(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock_s=clock)
    expires, nonce, signature = auth.new_cookie().split(".")
    assert not auth.allows("", f"{int(expires) + 1}.{nonce}.{signature}")
    assert not auth.allows("", TokenAuth(f"{TOKEN}!", clock_s=clock).new_cookie())
    for cookie in ("", ".", "..", "é.é.é", "\udcff", f"{expires}.{nonce}."):
        assert not auth.allows("", cookie)


def test_a_revoked_cookie_stays_revoked_whatever_else_is_revoked(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock_s=clock)
    cookie = auth.new_cookie()
    auth.revoke(cookie)
    for number in range(2 * MAX_REVOKED):
        auth.revoke(f"rubbish {number}")
    assert not auth.allows("", cookie)


def test_only_the_right_token_is_accepted(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock_s=clock)
    for authorization in ("", "Bearer", "Bearer ", "Basic " + TOKEN, TOKEN, "Bearer \udcff"):
        assert not auth.allows(authorization, "")
    assert auth.allows(f"bearer {TOKEN}", "")


def test_each_client_has_a_rate_limit_that_recovers(clock: Clock) -> None:
    limiter = RateLimiter(2, 0.5, clock)
    assert [limiter.take("a"), limiter.take("a")] == [0, 0]
    assert limiter.take("a") == 2
    assert limiter.take("b") == 0
    clock.pass_s(2)
    assert limiter.take("a") == 0
    assert limiter.take("a") == 2
    clock.pass_s(1e9)
    assert [limiter.take("a"), limiter.take("a")] == [0, 0]
    assert limiter.take("a") > 0


def test_old_clients_are_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(1, 1, clock)
    for number in range(5000):
        assert limiter.take(str(number)) == 0
    assert len(limiter._left) <= 1024


def test_a_revoked_cookie_stays_revoked_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    auth = TokenAuth(TOKEN, tmp_path, clock)
    revoked, other = auth.new_cookie(), auth.new_cookie()
    assert auth.revoke(revoked)
    auth.save()
    restarted = TokenAuth(TOKEN, tmp_path, clock)
    assert not restarted.allows("", revoked)
    assert restarted.allows("", other)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    clock.pass_s(COOKIE_LIFETIME_S + 1)
    restarted.save()
    assert revoked.rpartition(".")[0] not in file.read_text()


def test_a_damaged_list_of_revoked_cookies_revives_none(tmp_path: Path, clock: Clock) -> None:
    auth = TokenAuth(TOKEN, tmp_path, clock)
    revoked = auth.new_cookie()
    auth.revoke(revoked)
    auth.save()
    (file,) = tmp_path.iterdir()
    for damaged in (b"", b"\xff\0", b"0\nrubbish\n"):
        file.write_bytes(damaged)
        clock.pass_s(10)
        restarted = TokenAuth(TOKEN, tmp_path, clock)
        assert not restarted.allows("", revoked)
        assert restarted.allows("", restarted.new_cookie())


def test_any_number_of_revoked_cookies_stays_revoked(clock: Clock) -> None:
    auth = TokenAuth(TOKEN, clock_s=clock)
    revoked = []
    for _ in range(MAX_REVOKED + 100):
        clock.pass_s(1)
        revoked.append(auth.new_cookie())
        auth.revoke(revoked[-1])
    clock.pass_s(1)
    assert not [cookie for cookie in revoked if auth.allows("", cookie)]
    assert auth.allows("", auth.new_cookie())


def test_revoked_cookies_that_cannot_be_saved_are_an_error(tmp_path: Path, clock: Clock) -> None:
    auth = TokenAuth(TOKEN, tmp_path / "folder", clock)
    (tmp_path / "folder").touch()
    cookie = auth.new_cookie()
    auth.revoke(cookie)
    with pytest.raises(ArchiveError, match="only until the station restarts"):
        auth.save()
    assert not auth.allows("", cookie)


def test_stations_have_cookies_of_different_names() -> None:
    assert TokenAuth(TOKEN).cookie_name != TokenAuth(f"{TOKEN}!").cookie_name
    assert TokenAuth(TOKEN).cookie_name == TokenAuth(TOKEN).cookie_name


def test_only_a_regular_file_of_moderate_size_holds_a_token(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "large").write_text("x" * 5000)
    (tmp_path / "large").chmod(0o600)
    for name, problem in (("fifo", "a regular file"), ("large", "at most 1024 bytes")):
        with pytest.raises(ConfigError, match=problem):
            load_or_create_token(tmp_path / name)
    with pytest.raises(ConfigError, match="a regular file"):
        load_or_create_token(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_token_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    load_or_create_token(path)
    os.chown(path, 4711, 4711)
    with pytest.raises(ConfigError, match="belongs to another user"):
        load_or_create_token(path)
