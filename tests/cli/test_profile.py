from octavo.settings.profiles import WebLock


def test_profiles_are_made_listed_shown_and_deleted(octavo, home, default):
    octavo("config", "set", "server.port", "1")
    assert octavo("profile", "create", "work").code == 0
    assert octavo("config", "get", "server.port", "--profile", "work").out == "1\n"
    assert octavo("profile", "list").out == "default\nwork\n"
    shown = octavo("profile", "show", "work").out
    assert f"directory  {home / 'work'}\n" in shown
    assert "password   not set\n" in shown
    assert octavo("profile", "show", "--profile", "work").out == shown
    assert octavo("profile", "delete", "work", "--yes").code == 0
    assert octavo("profile", "list").out == "default\n"
    assert octavo("profile", "delete", "work", "--yes").code == 4


def test_a_profile_that_is_served_is_named_and_not_deleted(octavo, default):
    with WebLock.take(default) as lock:
        lock.describe("http://127.0.0.1:1/")
        assert "http://127.0.0.1:1/ (process " in octavo("profile", "list").out
        ran = octavo("profile", "delete", "default", "--yes")
    assert ran.code == 1
    assert "listens at http://127.0.0.1:1/" in ran.err
