"""The rules before listening, as a table."""

import pytest

from octavo.settings.exposure import INSECURE, ROOT, Allow, Refuse, decide

OPEN = {"ip": "0.0.0.0", "has_password": True}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"ip": "127.0.0.1", "has_password": True}, Allow((), False)),
        ({"ip": "127.0.0.1", "has_password": False}, Allow((), False)),
        ({"ip": "127.8.8.8", "has_password": False, "setup": True}, Allow((), True)),
        ({"ip": "::1", "has_password": True, "setup": True}, Allow((), False)),
        ({"ip": "localhost", "has_password": True, "root": True}, Allow((ROOT,), False)),
        (OPEN, "without TLS"),
        ({**OPEN, "ip": "::"}, "without TLS"),
        ({**OPEN, "ip": "192.168.1.2", "setup": True}, "without TLS"),
        ({**OPEN, "tls": True}, Allow((), False)),
        ({**OPEN, "behind_proxy": True}, Allow((), False)),
        ({**OPEN, "insecure": True}, Allow((INSECURE.format(ip="0.0.0.0"),), False)),
        ({**OPEN, "insecure": True, "has_password": False}, "without a password"),
        ({**OPEN, "behind_proxy": True, "has_password": False, "setup": True}, Allow((), True)),
        ({**OPEN, "tls": True, "root": True}, "as root"),
        ({**OPEN, "tls": True, "root": True, "allow_root": True}, Allow((ROOT,), False)),
        (
            {**OPEN, "insecure": True, "has_password": False, "setup": True, "root": True, "allow_root": True},
            Allow((ROOT, INSECURE.format(ip="0.0.0.0")), True),
        ),
    ],
)
def test_listening_is_allowed_or_refused_with_a_sentence(asked, answer):
    decided = decide(**asked)
    if isinstance(answer, str):
        assert isinstance(decided, Refuse)
        assert answer in decided.sentence
        assert decided.hint.endswith(".")
    else:
        assert decided == answer
