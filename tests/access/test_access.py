"""Logins, links and tokens over a real database; often with two `Access` on it, as a server and a command have."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from octavo.access import store
from octavo.access.access import DAY, LINK_FILE, NewLogin
from octavo.access.refusals import BadPassword, LinkEnded, WrongPassword
from octavo.errors import Conflict, Denied, Invalid, NotFound, StorageUnavailable, Throttled
from octavo.settings import schema

pytestmark = pytest.mark.anyio

PASSWORD = "tides at noon"
HERE = "198.51.100.1"


def rows(directory: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(directory / store.FILE)) as db:
        return db.execute(f"SELECT * FROM {table}").fetchall()


def events(directory: Path) -> list[str]:
    return [str(row[2]) for row in rows(directory, "audit")]


async def with_password(opened):
    access = opened()
    await access.set_password(PASSWORD)
    return access


async def test_a_login_is_known_by_its_cookie_alone(opened):
    access = await with_password(opened)
    new = await access.login(PASSWORD, HERE)
    assert access.login_of(new.cookie) == new.login
    assert access.still_valid(new.login)
    assert access.login_of(new.cookie + "x") is None
    assert access.login_of(new.login.id) is None


async def test_without_a_password_nobody_logs_in(opened):
    access = opened()
    assert not access.has_password()
    with pytest.raises(Denied, match="No password"):
        await access.login("", HERE)


async def test_a_wrong_password_says_how_many_tries_are_left_and_the_sixth_is_not_heard(opened, clock):
    access = await with_password(opened)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPassword) as caught:
            await access.login("tides at dawn", HERE)
        assert caught.value.left == left
    with pytest.raises(Throttled) as throttled:
        await access.login(PASSWORD, HERE)
    assert throttled.value.retry_after == pytest.approx(600)
    clock.now += 600
    await access.login(PASSWORD, HERE)


async def test_tries_count_over_a_restart(opened):
    access = await with_password(opened)
    for _ in range(5):
        with pytest.raises(Denied):
            await access.login("wrong", HERE)
    with pytest.raises(Throttled):
        await opened().login(PASSWORD, HERE)


async def test_a_known_device_is_heard_while_its_network_is_not(opened):
    access = await with_password(opened)
    device = (await access.login(PASSWORD, HERE)).device
    for _ in range(5):
        with pytest.raises(Denied):
            await access.login("wrong", HERE)
    with pytest.raises(Throttled):
        await access.login(PASSWORD, HERE)
    again = await access.login(PASSWORD, HERE, device)
    assert again.device == device


async def test_right_passwords_are_never_throttled(opened):
    access = await with_password(opened)
    for _ in range(8):
        await access.login(PASSWORD, HERE)


async def test_an_overlong_password_is_wrong_without_being_hashed(opened, monkeypatch):
    access = await with_password(opened)
    monkeypatch.setattr("octavo.access.passwords.is_right", pytest.fail)
    with pytest.raises(WrongPassword):
        await access.login("x" * 1025, HERE)


async def test_hashes_wait_in_a_short_queue(opened):
    access = await with_password(opened)
    answers: list[NewLogin | Throttled] = []

    async def one(number: int) -> None:
        try:
            answers.append(await access.login(PASSWORD, f"192.0.2.{number}"))
        except Throttled as error:
            answers.append(error)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(one, number)
    refused = [answer for answer in answers if isinstance(answer, Throttled)]
    assert len(refused) == 3  # one at work, four that wait
    assert all(error.retry_after == 1 for error in refused)


async def test_a_login_ends_when_unused_and_in_any_case_after_its_days(opened, clock):
    access = await with_password(opened)
    idle, used = await access.login(PASSWORD, HERE), await access.login(PASSWORD, HERE)
    for _ in range(8):
        clock.now += 10 * DAY
        assert access.still_valid(used.login)
        await access.tidy()
    assert access.login_of(idle.cookie) is None
    clock.now += 10 * DAY
    assert access.login_of(used.cookie) is None


async def test_a_logout_ends_one_login_and_logout_everywhere_all(opened):
    access = await with_password(opened)
    first, second, third = [await access.login(PASSWORD, HERE) for _ in range(3)]
    await access.logout(first.login)
    assert [access.still_valid(new.login) for new in (first, second, third)] == [False, True, True]
    await access.logout_everywhere()
    assert [access.login_of(new.cookie) for new in (first, second, third)] == [None, None, None]


async def test_a_password_changed_by_another_process_ends_all_logins_at_once(opened):
    server = await with_password(opened)
    new = await server.login(PASSWORD, HERE)
    await opened().set_password("tides at midnight")
    assert not server.still_valid(new.login)
    assert server.login_of(new.cookie) is None
    with pytest.raises(Denied):
        await server.login(PASSWORD, HERE)
    await server.login("tides at midnight", HERE)


async def test_a_login_that_races_a_change_of_password_does_not_survive_it(opened, tmp_path, monkeypatch):
    server, other = await with_password(opened), opened()
    right = store.add_login

    def change_then_add(db, row, generation):
        store.end_logins(db)
        return right(db, row, generation)

    monkeypatch.setattr(store, "add_login", change_then_add)
    with pytest.raises(Denied, match="changed at this moment"):
        await server.login(PASSWORD, HERE)
    assert rows(tmp_path, "login") == []
    assert other.has_password()


async def test_a_guessable_password_is_refused_and_nothing_changes(opened):
    access = opened()
    with pytest.raises(Invalid, match="first that are tried"):
        await access.set_password("password1")
    with pytest.raises(Invalid, match="at least 8"):
        await access.set_password("tide")
    assert not access.has_password()


async def test_the_hash_is_made_anew_when_the_machine_has_changed(opened, tmp_path):
    small = opened(memory=2**28)
    await small.set_password(PASSWORD)
    assert "m=9216,t=4" in str(rows(tmp_path, "owner")[0][1])
    large = opened(memory=2**30)
    kept = await small.login(PASSWORD, HERE)
    await large.login(PASSWORD, HERE)
    assert "m=19456,t=2" in str(rows(tmp_path, "owner")[0][1])
    assert large.still_valid(kept.login)


async def test_a_link_sets_the_first_password_once(opened, tmp_path):
    access = opened()
    code = opened().make_link()
    (tmp_path / LINK_FILE).write_text(code)
    new = await access.use_link(code.lower().replace("-", " "), HERE, PASSWORD)
    assert access.still_valid(new.login)
    assert not (tmp_path / LINK_FILE).exists()
    with pytest.raises(Denied):
        await access.use_link(code, HERE, "another password here")
    await access.login(PASSWORD, HERE)


async def test_a_bad_first_password_does_not_use_the_link_up(opened):
    access = opened()
    code = access.make_link()
    for bad in (None, "password1", "x"):
        with pytest.raises(BadPassword):
            await access.use_link(code, HERE, bad)
    await access.use_link(code, HERE, PASSWORD)


async def test_a_link_logs_in_where_a_password_exists_and_leaves_the_others_alone(opened):
    access = await with_password(opened)
    kept = await access.login(PASSWORD, HERE)
    new = await access.use_link(access.make_link(), HERE)
    assert access.still_valid(new.login)
    assert access.still_valid(kept.login)


async def test_a_link_that_sets_another_password_ends_the_other_logins(opened):
    access = await with_password(opened)
    old = await access.login(PASSWORD, HERE)
    new = await access.use_link(access.make_link(), HERE, "tides at midnight")
    assert not access.still_valid(old.login)
    assert access.still_valid(new.login)


async def test_a_link_ends_after_fifteen_minutes_and_when_another_is_made(opened, clock):
    access = opened()
    first = access.make_link()
    clock.now += 899
    second = access.make_link()
    with pytest.raises(Denied):
        await access.use_link(first, HERE, PASSWORD)
    clock.now += 900
    with pytest.raises(Denied):
        await access.use_link(second, HERE, PASSWORD)
    await access.use_link(access.make_link(), HERE, PASSWORD)


async def test_twenty_wrong_codes_end_a_link_and_never_touch_the_login_limiter(opened):
    access = await with_password(opened)
    code = access.make_link()
    for _ in range(20):
        with pytest.raises(Denied):
            await access.use_link("2222-2222-2222-2222", HERE)
    with pytest.raises(Denied):
        await access.use_link(code, HERE)
    await access.login(PASSWORD, HERE)


async def test_a_new_password_ends_the_link(opened):
    access = opened()
    code = access.make_link()
    await access.set_password(PASSWORD)
    with pytest.raises(Denied):
        await access.use_link(code, HERE)


async def test_a_link_is_heard_while_the_password_is_not(opened):
    access = await with_password(opened)
    for _ in range(5):
        with pytest.raises(Denied):
            await access.login("wrong", HERE)
    with pytest.raises(Throttled):
        await access.login(PASSWORD, HERE)
    await access.use_link(access.make_link(), HERE)


async def test_a_token_made_by_another_process_counts_and_is_seen_once(opened, tmp_path):
    server, command = opened(), opened()
    text = command.create_token("laptop")
    token = server.token_of(text)
    assert token is not None
    assert (token.name, token.used) == ("laptop", None)
    assert server.token_of(text + "0") is None
    assert text not in repr(rows(tmp_path, "token"))
    await server.tidy()
    assert [token.used is None for token in command.tokens()] == [False]
    with pytest.raises(Conflict):
        command.create_token("laptop")
    command.revoke_token("laptop")
    assert server.token_of(text) is None
    assert not server.still_valid(token)
    with pytest.raises(NotFound):
        command.revoke_token("laptop")


async def test_tokens_outlive_a_change_of_password(opened):
    access = opened()
    text = access.create_token("laptop")
    await access.set_password(PASSWORD)
    token = access.token_of(text)
    assert token is not None
    assert access.still_valid(token)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb"])
async def test_a_token_needs_a_name_that_can_be_read(opened, name):
    with pytest.raises(Invalid):
        opened().create_token(name)


async def test_the_audit_says_what_happened_and_no_secret_is_in_the_database(opened, tmp_path):
    access = opened()
    code = access.make_link()
    with pytest.raises(Denied):
        await access.use_link("2222-2222-2222-2222", HERE, PASSWORD)
    link = await access.use_link(code, HERE, PASSWORD)
    with pytest.raises(Denied):
        await access.login("tides at dawn", HERE)
    new = await access.login(PASSWORD, HERE)
    text = access.create_token("laptop")
    access.revoke_token("laptop")
    await access.logout(new.login)
    await access.logout_everywhere()
    assert events(tmp_path) == [
        *("link-made", "link-failed", "password-set", "link-used", "login-failed", "login"),
        *("token-created", "token-revoked", "logout", "logout-everywhere"),
    ]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (PASSWORD, "tides at dawn", code, code.replace("-", ""), link.cookie, new.cookie, new.device, text):
        assert secret.encode() not in kept


async def test_the_audit_does_not_grow_for_ever(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "AUDIT_ROWS", 3)
    access = opened()
    for _ in range(5):
        access.make_link()
    assert len(rows(tmp_path, "audit")) == 3


async def test_what_has_ended_is_dropped(opened, clock, tmp_path):
    access = await with_password(opened)
    await access.login(PASSWORD, HERE)
    with pytest.raises(Denied):
        await access.login("wrong", HERE)
    access.make_link()
    clock.now += 91 * DAY
    await access.tidy()
    assert [rows(tmp_path, table) for table in ("login", "link", "bucket", "attempt")] == [[], [], [], []]


async def test_the_database_is_private(opened, tmp_path):
    await with_password(opened)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


async def test_keys_of_the_profile_stay_and_differ_by_purpose(opened):
    assert opened().key("xsrf") == opened().key("xsrf") != opened().key("device")


async def test_a_disk_that_takes_nothing_is_said_so(opened):
    access = await with_password(opened)
    access.writes.execute("PRAGMA query_only=ON")
    with pytest.raises(StorageUnavailable):
        await access.login(PASSWORD, HERE)


async def test_a_flood_of_tries_is_one_line_a_minute_in_the_log(opened, caplog):
    access = await with_password(opened)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await access.login("wrong", HERE)
    for _ in range(50):
        with pytest.raises(Throttled):
            await access.login("wrong", HERE)
    await access.tidy()
    await access.tidy()
    assert [record.getMessage() for record in caplog.records if "unheard" in record.getMessage()] == [
        "logins refused unheard, after too many tries: 50"
    ]


async def test_codes_cost_nothing_while_no_link_is_open(opened, tmp_path):
    access = await with_password(opened)
    for _ in range(50):
        with pytest.raises(LinkEnded):
            await access.use_link("2222-2222-2222-2222", HERE)
    assert events(tmp_path) == ["password-set"]


async def test_settings_say_when_logins_end(opened, clock):
    access = opened(schema.Access(idle_days=1, absolute_days=2))
    await access.set_password(PASSWORD)
    new = await access.login(PASSWORD, HERE)
    clock.now += DAY - 1
    assert access.still_valid(new.login)
    clock.now += 1
    assert not access.still_valid(new.login)
