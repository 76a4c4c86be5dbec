"""Command line and environment of a kernel."""

import sys

from octavo.kernels.launching import INLINE, LAUNCHER, launch_spec
from octavo.kernels.specs import KernelSpec, own_python
from octavo.settings import schema

SETTINGS = schema.Kernels()
SERVER = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "LANG": "zh_CN.UTF-8",
    "OCTAVO_HOME": "/secret",
    "OCTAVO_PROCESS": "x:y",
    "JUPYTERHUB_API_TOKEN": "secret",
    "NOTIFY_SOCKET": "/run/systemd/notify",
    "MPLBACKEND": "TkAgg",
    "MY_KEY": "mine",
}


def spec(*argv: str, **fields: object) -> KernelSpec:
    return KernelSpec(name="k", argv=list(argv), display_name="K", language="k", **fields)  # type: ignore[arg-type]


def test_ipykernel_is_started_by_our_launcher_with_the_same_python_and_options() -> None:
    argv = ("/env/bin/python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}", "--x")
    launched = launch_spec(spec(*argv), cwd="/w", environment=SERVER, settings=SETTINGS)
    assert launched.argv == ["/env/bin/python", "-Xfrozen_modules=off", str(LAUNCHER), "-f", "{connection_file}", "--x"]
    assert launched.nodrop
    assert launched.env["MPLBACKEND"] == INLINE


def test_other_kernels_start_as_they_are() -> None:
    argv = ["/env/bin/python", "-m", "bash_kernel", "-f", "{connection_file}"]
    launched = launch_spec(spec(*argv, interrupt_mode="message"), cwd="/w", environment=SERVER, settings=SETTINGS)
    assert launched.argv == argv
    assert (launched.nodrop, launched.interrupt_mode) == (False, "message")
    assert launched.env["MPLBACKEND"] == "TkAgg"


def test_a_bare_python_is_the_servers_own_and_places_are_filled_in() -> None:
    launched = launch_spec(
        spec("python3", "{resource_dir}/run", resource_dir="/r"), cwd="/", environment={}, settings=SETTINGS
    )
    assert launched.argv == [sys.executable, "/r/run"]


def test_the_environment_is_the_servers_without_what_is_octavos_or_its_managers() -> None:
    launched = launch_spec(own_python(), cwd="/w", environment=SERVER, settings=SETTINGS, document_path="a/b.ipynb")
    assert launched.env == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LANG": "zh_CN.UTF-8",
        "MY_KEY": "mine",
        "MPLBACKEND": INLINE,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JPY_SESSION_NAME": "a/b.ipynb",
    }
    assert launched.cwd == "/w"


def test_settings_can_name_what_kernels_inherit() -> None:
    settings = schema.Kernels(environment=["LANG", "MY_*"])
    env = launch_spec(spec("x"), cwd="/", environment={**SERVER, "OTHER": "1"}, settings=settings).env
    assert set(env) == {"PATH", "HOME", "LANG", "MY_KEY"}


def test_a_server_without_a_utf_8_locale_gives_its_kernels_one() -> None:
    for environment in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX"}):
        env = launch_spec(spec("x"), cwd="/", environment=environment, settings=SETTINGS).env
        assert env["LC_CTYPE"] == "C.UTF-8"
        assert "LC_ALL" not in env


def test_the_kernelspecs_own_environment_goes_over_it_and_may_refer_to_it() -> None:
    env = launch_spec(
        spec("x", env={"PATH": "/k:${PATH}", "MY_KEY": "theirs", "Y": "${NOT_THERE}"}),
        cwd="/",
        environment=SERVER,
        settings=SETTINGS,
    ).env
    assert (env["PATH"], env["MY_KEY"], env["Y"]) == ("/k:/bin", "theirs", "${NOT_THERE}")
