def test_show_says_where_each_value_comes_from(octavo, default, monkeypatch):
    default.settings_file.write_text("[server]\nport = 1\n")
    monkeypatch.setenv("OCTAVO_LOG__LEVEL", "debug")
    shown = octavo("config", "show", "--origin", "--ip", "::1").out
    assert f"port = 1  # {default.settings_file}\n" in shown
    assert 'level = "debug"  # environment OCTAVO_LOG__LEVEL\n' in shown
    assert 'ip = "::1"  # flag --ip\n' in shown
    assert "hidden = false  # default\n" in shown


def test_what_show_prints_is_a_settings_file_that_means_the_same(octavo, default):
    flags = (
        "--port",
        "1",
        "--hosts",
        "a.example",
        "--hosts",
        "b.example",
        "--no-open",
        "--files-root",
        'a "b" \\ 工作',
    )
    shown = octavo("config", "show", *flags).out
    default.settings_file.write_text(shown, encoding="utf-8")
    assert octavo("config", "show").out == shown
    assert octavo("config", "get", "server.hosts").out == "a.example\nb.example\n"


def test_set_writes_the_file_and_get_reads_it(octavo, default):
    default.settings_file.write_text("# mine\n[server]\nport = 1 # one\n")
    assert octavo("config", "set", "server.port", "2") == (0, "", "")
    assert octavo("config", "set", "server.hosts", "a.example,b.example").code == 0
    assert default.settings_file.read_text() == '# mine\n[server]\nport = 2 # one\nhosts = ["a.example", "b.example"]\n'
    assert default.settings_file.stat().st_mode & 0o777 == 0o600
    assert octavo("config", "get", "server.port").out == "2\n"
    assert octavo("config", "path").out == f"{default.settings_file}\n"


def test_set_refuses_what_serve_would_refuse_and_leaves_the_file_alone(octavo, default):
    before = default.settings_file.read_text()
    for key, value in (("server.prot", "1"), ("server.port", "x"), ("server.ip", "here")):
        assert octavo("config", "set", key, value).code == 2
    assert default.settings_file.read_text() == before
    default.settings_file.write_text("[server]\nprot = 1\n")
    assert "server.port?" in octavo("config", "set", "server.port", "1").err


def test_set_says_when_the_environment_wins(octavo, monkeypatch):
    monkeypatch.setenv("OCTAVO_SERVER__PORT", "3")
    assert "environment OCTAVO_SERVER__PORT wins" in octavo("config", "set", "server.port", "2").err


def test_each_profile_has_its_own_file(octavo, home):
    octavo("profile", "create", "work")
    octavo("config", "set", "server.port", "2", "--profile", "work")
    assert octavo("config", "get", "server.port", "--profile", "work").out == "2\n"
    assert octavo("config", "get", "server.port").out == "8888\n"


def test_the_profile_can_be_named_by_the_environment(octavo, home, monkeypatch):
    octavo("profile", "create", "work")
    monkeypatch.setenv("OCTAVO_PROFILE", "work")
    assert octavo("config", "path").out == f"{home / 'work' / 'settings.toml'}\n"
