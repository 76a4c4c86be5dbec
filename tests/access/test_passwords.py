import pytest

from octavo.access import passwords
from octavo.access.common import is_common
from octavo.access.refusals import BadPassword


@pytest.mark.parametrize(
    "password",
    """password Password1 passw0rd P@ssw0rd! p@$$w0rd letmein2024 iloveyou dragon99 qwertyuiop QWERTY123 1q2w3e4r 12345678 87654321
    11111111 abababab abcabcabc abcdefgh asdfghjkl zxcvbnm1 trustno1 jupyter2026 passwordpassword 1234567890 88888888 woaini1314
    5201314520 welcome1! administrator football7 sunshine** Princess1999 notebook1 01234567 09876543""".split(),
)
def test_what_is_tried_first_is_refused(password):
    assert is_common(password)
    assert is_common(" ".join(password))


@pytest.mark.parametrize(
    "password",
    [
        "tides at noon",
        "correct-horse",
        "lattice plum",
        "dragonfly22x",
        "sunshine4821",
        "xkcd1234",
        "潮汐与月亮在正午",
        "k7Qf-2mXa",
        "mein-haus-am-see",
    ],
)
def test_what_is_not_on_every_list_passes_without_further_rules(password):
    passwords.check_new(password, 8)


def test_length_alone_is_asked_for():
    with pytest.raises(BadPassword, match="at least 12"):
        passwords.check_new("tides noon", 12)
    with pytest.raises(BadPassword, match="at most 1024"):
        passwords.check_new("ab" * 513, 8)
    passwords.check_new("tides at noon " * 73, 8)


def test_the_hash_fits_the_machine():
    assert passwords.cost_for(256 * 1024**2) == (9 * 1024, 4)
    assert passwords.cost_for(1024**3) == (19 * 1024, 2)
    text = passwords.hashed(passwords.hasher(passwords.cost_for(2**30)), "tides")
    assert text.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_letters_are_the_same_password_however_they_were_typed():
    hasher = passwords.hasher(passwords.Cost(64, 1))
    text = passwords.hashed(hasher, "café au lait")
    assert passwords.is_right(hasher, text, "cafe\u0301 au lait")
    assert not passwords.is_right(hasher, text, "cafe au lait")
    assert not passwords.is_right(hasher, "not a hash", "café au lait")
    assert not passwords.is_right(hasher, text, "\udcff")
