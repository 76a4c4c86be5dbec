from collections.abc import Iterator

import octavo.cli.main as main_module
from octavo import errors
from octavo.cli.errors import EXIT_CODES, exit_code


def leaves(cls: type[errors.OctavoError] = errors.OctavoError) -> Iterator[type[errors.OctavoError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from leaves(child)


def test_every_error_has_an_exit_code_and_none_of_them_says_success():
    for cls in leaves():
        assert exit_code(cls.__new__(cls)) in {1, 2, 3, 4, 5}
    assert set(EXIT_CODES) <= set(leaves())


def test_a_profile_in_use_exits_1():
    assert exit_code(errors.Conflict("x")) == 1


def test_an_error_is_one_sentence_and_what_to_do(octavo):
    ran = octavo("config", "get", "server.prot")
    assert ran == (2, "", "octavo: There is no setting server.prot.\n  Did you mean server.port?\n")


def test_a_wrong_command_line_exits_2(octavo):
    assert octavo("bogus").code == 2
    assert octavo("serve", "--bogus").code == 2
    assert "bogus" in octavo("serve", "--bogus").err


def test_ctrl_c_exits_130(octavo, monkeypatch):
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module.Commands, "get_command", interrupt)
    assert octavo("check").code == 130
