"""The schema is the only list: names, flags and help of every setting follow from it."""

import pytest

from octavo.errors import InvalidSetting
from octavo.settings.keys import find, keys


def test_every_setting_has_help_that_ends_in_a_full_stop():
    assert [name for name, key in keys().items() if not key.description.endswith(".")] == []


def test_no_two_settings_share_a_flag_or_an_environment_name():
    assert len({key.flag for key in keys().values()}) == len(keys())
    assert len({key.environment for key in keys().values()}) == len(keys())


def test_the_server_s_flags_are_short_and_the_others_carry_their_section():
    assert keys()["server.base_url"].flag == "--base-url"
    assert keys()["log.file_size"].flag == "--log-file-size"
    assert keys()["log.file_size"].environment == "OCTAVO_LOG__FILE_SIZE"


def test_every_default_passes_its_own_checks():
    assert [name for name, key in keys().items() if key.checked(key.default, "") != key.default] == []


@pytest.mark.parametrize(("typed", "meant"), [("server.prot", "server.port"), ("kernel.default", "kernels.default")])
def test_a_mistyped_key_is_answered_with_the_nearest(typed, meant):
    with pytest.raises(InvalidSetting) as caught:
        find(typed)
    assert meant in (caught.value.hint or "")


def test_a_section_is_no_setting():
    with pytest.raises(InvalidSetting, match="is a section"):
        find("server")
