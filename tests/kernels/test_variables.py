"""Variables and secrets for kernels: kept in the profile, given at the start, told to nobody."""

import os
from pathlib import Path

import pytest
from reading import start, text_of

from octavo.errors import Invalid, KernelUnavailable, NotFound
from octavo.kernels import launching, specs, variables
from octavo.kernels.connection import Host
from octavo.settings import schema


def test_a_kernels_own_variable_wins_over_that_for_all(tmp_path: Path) -> None:
    variables.put(tmp_path, "TOKEN", "for all")
    variables.put(tmp_path, "TOKEN", "for R", "IR")
    assert dict(variables.for_kernel(tmp_path, "ir")) == {"TOKEN": "for R"}
    assert dict(variables.for_kernel(tmp_path, "python3")) == {"TOKEN": "for all"}
    variables.remove(tmp_path, "TOKEN", "ir")
    assert dict(variables.for_kernel(tmp_path, "ir")) == {"TOKEN": "for all"}


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    variables.put(tmp_path, "TOKEN", "x")
    assert (tmp_path / variables.FILE).stat().st_mode & 0o777 == 0o600


def test_names_that_are_no_variables_or_octavos_own_are_refused(tmp_path: Path) -> None:
    for name in ("1A", "A-B", "", "OCTAVO_HOME", "JPY_API_TOKEN"):
        with pytest.raises(Invalid):
            variables.put(tmp_path, name, "x")
    with pytest.raises(NotFound, match="No variable A"):
        variables.remove(tmp_path, "A")


def test_a_torn_file_is_named_and_nothing_of_it_is_quoted(tmp_path: Path) -> None:
    (tmp_path / variables.FILE).write_text('{"all": {"A": "s3cret"')
    with pytest.raises(KernelUnavailable) as refused:
        variables.for_kernel(tmp_path, "ir")
    assert str(tmp_path / variables.FILE) in refused.value.message
    assert "s3cret" not in str(refused.value) + str(refused.value.hint) + str(refused.value.__cause__)


def test_they_win_over_the_kernelspecs_and_are_taken_as_they_are(tmp_path: Path) -> None:
    variables.put(tmp_path, "GREETING", "$HOME & ${PATH}")
    spec = specs.KernelSpec(name="x", argv=["x"], display_name="X", language="", env={"GREETING": "hello"})
    launch = launching.launch_spec(
        spec,
        cwd="/",
        environment={"HOME": "/root"},
        settings=schema.Kernels(),
        variables=variables.for_kernel(tmp_path, "x"),
    )
    assert launch.env["GREETING"] == "$HOME & ${PATH}"


@pytest.mark.kernel
@pytest.mark.anyio
@pytest.mark.parametrize("images", [True, False])
async def test_the_profiles_ipython_configuration_is_used_by_forks_and_plain_starts(
    host: Host, tmp_path: Path, images: bool
) -> None:
    profile = tmp_path / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup" / "10-first.py").write_text("from_startup = 1\n")
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.exec_lines = ['from_config = 2']\n")
    variables.put(tmp_path, "SECRET", "s3cret", "python3")
    launch = launching.launch_spec(
        specs.own_python(),
        cwd=tmp_path,
        environment=os.environ,
        settings=schema.Kernels(images=images),
        variables=variables.for_kernel(tmp_path, "python3"),
    )
    kernel = await (await start(host, launch)).ready()
    run = await kernel.run(
        "import os; print(from_startup, from_config, os.environ['SECRET'], get_ipython().ipython_dir)"
    )
    assert text_of(run) == f"1 2 s3cret {tmp_path / 'ipython'}\n"


@pytest.mark.kernel
@pytest.mark.anyio
async def test_the_users_own_ipython_counts_where_the_profile_has_none(host: Host, tmp_path: Path) -> None:
    startup = tmp_path / "home" / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "a.py").write_text("mine = 3\n")
    environment = {key: value for key, value in os.environ.items() if key != "IPYTHONDIR"} | {
        "HOME": str(tmp_path / "home")
    }
    launch = launching.launch_spec(
        specs.own_python(),
        cwd=tmp_path,
        environment=environment,
        settings=schema.Kernels(),
        variables=variables.for_kernel(tmp_path, "python3"),
    )
    kernel = await (await start(host, launch)).ready()
    assert text_of(await kernel.run("print(mine)")) == "3\n"
