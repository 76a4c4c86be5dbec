"""Every layer, alone and over the others; a wrong value says what is wrong, where, and what is wanted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import InvalidSetting, NotFound
from octavo.settings.edit import rendered
from octavo.settings.keys import Key, Value, keys
from octavo.settings.load import build, environment_layer, flag_layer, load, root_folder, text_layer, value_of
from octavo.settings.schema import Files, Settings


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_anything_every_setting_has_its_default():
    loaded = load()
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_the_later_layer_wins_and_is_named(tmp_path):
    file = written(tmp_path, "[server]\nport = 1\nip = '::1'\n[log]\nlevel = 'debug'\n")
    environment = {"OCTAVO_SERVER__PORT": "2", "OCTAVO_LOG__LEVEL": "error", "PATH": "/bin"}
    loaded = load(file=file, environment=environment, flags={"server.port": "3"})
    assert (loaded.settings.server.port, loaded.settings.log.level, loaded.settings.server.ip) == (3, "error", "::1")
    assert loaded.origins["server.port"] == "flag --port"
    assert loaded.origins["log.level"] == "environment OCTAVO_LOG__LEVEL"
    assert loaded.origins["server.ip"] == str(file)
    assert loaded.origins["server.open"] == "default"


def test_a_file_that_is_not_there_has_nothing_to_say(tmp_path):
    assert load(file=tmp_path / "none.toml").settings == Settings()


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("[server]\nprot = 1", "no setting server.prot", "server.port"),
        ("[sever]\nport = 1", "no section sever", "[server]"),
        ("port = 1", "no section port", "server.port"),
        ("server = 1", "server is a section", "[server]"),
        ("[server]\nport = '80'", 'server.port cannot be "80"', "whole number from 0 to 65535"),
        ("[server]\nport = 70000", "cannot be 70000", "whole number from 0 to 65535"),
        ("[server]\nport = true", "cannot be true", "whole number"),
        ("[server]\nopen = 1", "cannot be 1", "true or false"),
        ("[server]\nhosts = 'a'", 'cannot be "a"', "list of host names"),
        ("[server]\nhosts = ['http://a']", "http://a", "without port"),
        ("[server]\nip = 'here'", 'cannot be "here"', "an IP address"),
        ("[server]\nbase_url = '/a b/'", "/a b/", "percent-encoded path"),
        ("[server]\nbase_url = '/../'", "/../", "percent-encoded path"),
        ("[server]\ntrusted_proxies = ['10.0.0.0/99']", "10.0.0.0/99", "addresses or networks"),
        ("[log]\nlevel = 'loud'", 'cannot be "loud"', "debug, info, warning, error"),
        ("[server\n", "is not TOML", None),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wanted(text, sentence, hint):
    with pytest.raises(InvalidSetting) as caught:
        text_layer(text, "the file")
    assert sentence in caught.value.message
    assert "the file" in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_bytes_that_are_not_text_are_refused(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSetting, match="not UTF-8"):
        load(file=file)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("OCTAVO_SERVER__PROT", "1", "OCTAVO_SERVER__PORT"),
        ("OCTAVO_SERVER_PORT", "1", "OCTAVO_SERVER__PORT"),
        ("OCTAVO_SERVER__PORT", "many", "whole number"),
        ("OCTAVO_SERVER__OPEN", "maybe", "true or false"),
        ("OCTAVO_SERVER__HOSTS", '["a"', "list of host names"),
        ("OCTAVO_FILES__ROOT", "/data/\udcff", "text"),
    ],
)
def test_a_wrong_name_or_value_in_the_environment_is_refused(name, value, hint):
    with pytest.raises(InvalidSetting) as caught:
        environment_layer({name: value})
    assert name in caught.value.message
    assert hint in (caught.value.hint or "")


def test_names_of_other_programs_and_the_listed_ones_are_left_alone():
    assert (
        environment_layer({"OCTAVO_PORT_8888_TCP": "x", "OCTAVO_HOME": "/x", "OCTAVO_PROCESS": "y", "HOME": "/"}) == {}
    )


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("server.open", "No", False),
        ("server.open", "1", True),
        ("server.port", " 80 ", 80),
        ("server.hosts", "", []),
        ("server.hosts", "a.example, b.example,", ["a.example", "b.example"]),
        ("server.hosts", '["A.example"]', ["a.example"]),
        ("server.ip", "[::1]", "::1"),
        ("server.base_url", "user/a%40b", "/user/a%40b/"),
        ("server.base_url", "", "/"),
        ("server.trusted_proxies", "127.0.0.1,10.1.2.3/8", ["127.0.0.1/32", "10.0.0.0/8"]),
    ],
)
def test_text_means_the_value_in_its_one_spelling(key, text, value):
    assert value_of(build([flag_layer({key: text})]).settings, key) == value


SAMPLES: dict[str, st.SearchStrategy[Value]] = {
    "server.ip": st.sampled_from(["127.0.0.1", "0.0.0.0", "::1", "localhost"]),
    "server.base_url": st.sampled_from(["/", "/user/a%40b/", "x"]),
    "server.hosts": st.lists(st.sampled_from(["a.example", "B.example", "10.0.0.1"]), max_size=3),
    "server.trusted_proxies": st.lists(st.sampled_from(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]), max_size=3),
    "tls.domains": st.lists(st.sampled_from(["a.example", "B.example"]), max_size=3),
    "kernels.memory_limit": st.sampled_from(["", "512MB", "1.5 GB", "2GiB"]),
    "kernels.gateway": st.sampled_from(["", "http://127.0.0.1:8889", "https://gateway.example.org/base"]),
    "kernels.cpu_limit": st.sampled_from(["", "0.5", "2"]),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def values(key: Key) -> st.SearchStrategy[Value]:
    if key.name in SAMPLES:
        return SAMPLES[key.name]
    match key.kind:
        case "switch":
            return st.booleans()
        case "number":
            low = int(key.default) if isinstance(key.default, int) else 0
            return st.integers(low, min(low * 2 + 1, 65535) if key.name == "server.port" else low * 2 + 1)
        case "list":
            return st.lists(TEXT.filter(lambda text: text.strip() == text and text and "," not in text), max_size=3)
        case "text":
            return st.sampled_from(key.choices) if key.choices else TEXT


def as_text(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return rendered(value)
        case _:
            return str(value)


@given(
    st.fixed_dictionaries(
        {}, optional={name: values(key) for name, key in keys().items() if key.field != "min_password"}
    )
)
def test_file_environment_and_flags_give_exactly_the_same(wanted):
    sections: dict[str, str] = {}
    for name, value in wanted.items():
        section, field = name.split(".")
        sections[section] = sections.get(section, f"[{section}]\n") + f"{field} = {rendered(value)}\n"
    text = "".join(sections.values())
    texts = {name: as_text(value) for name, value in wanted.items()}
    by_file = build([text_layer(text, "file")]).settings
    by_environment = build(
        [environment_layer({keys()[name].environment: text for name, text in texts.items()})]
    ).settings
    by_flags = build([flag_layer(texts)]).settings
    assert by_file == by_environment == by_flags


def test_the_root_folder_is_absolute_and_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").mkdir()
    assert root_folder(Files(root="notes")) == tmp_path / "notes"
    assert root_folder(Files()) == tmp_path
    with pytest.raises(NotFound, match="nowhere"):
        root_folder(Files(root="nowhere"))
