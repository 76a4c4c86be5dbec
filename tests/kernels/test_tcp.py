"""Kernels that know no Unix sockets are reached over loopback; what comes from there counts only with the kernel's own signature."""

from pathlib import Path

import msgspec
import pytest
import scripted
from reading import content_of, is_life, start, text_of

from octavo.kernels import launching, trying
from octavo.kernels.catalogue import Catalogue
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema

pytestmark = pytest.mark.anyio


def over_tcp(*options: str) -> LaunchSpec:
    return msgspec.structs.replace(scripted.launch_spec(*options), transport="tcp")


async def test_a_kernel_that_speaks_tcp_only_runs_over_loopback(host: Host) -> None:
    kernel = await (await start(host, over_tcp("--tcp-only"))).ready()
    assert text_of(await kernel.run("print hello")) == "hello\n"


async def test_one_that_writes_a_sockets_path_with_a_colon_is_found(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec("--colon"))).ready()
    assert text_of(await kernel.run("print hello")) == "hello\n"


async def test_what_is_not_signed_with_the_kernels_key_is_not_heard(host: Host) -> None:
    kernel = await start(host, over_tcp("--forged"))
    await host.stop(kernel.incarnation, grace=0)
    await kernel.until(is_life("exited"))
    assert [content_of(event)["event"] for event in kernel.events] == ["started", "exited"]


@pytest.mark.parametrize(
    ("argv", "names", "transport"),
    [
        (["/opt/deno/bin/deno", "jupyter"], [], "tcp"),
        (["java", "-jar", "x.jar"], [], "tcp"),
        (["python3", "-m", "ilua.app"], [], "tcp"),
        (["R", "--slave"], [], "ipc"),
        (["R", "--slave"], ["it"], "tcp"),
    ],
)
def test_which_kernels_speak_tcp_is_known_or_set(argv: list[str], names: list[str], transport: str) -> None:
    spec = msgspec.structs.replace(scripted.kernelspec(name="it"), argv=argv)
    launch = launching.launch_spec(spec, cwd="/", environment={}, settings=schema.Kernels(tcp=names))
    assert launch.transport == transport


async def test_a_check_finds_out_that_a_kernel_speaks_tcp_only_and_says_what_to_set(host: Host, tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    kernels = tmp_path / "kernels"
    for name, options in {"plain": (), "only": ("--tcp-only",), "dying": ("--dies", "3")}.items():
        folder = kernels / name
        folder.mkdir(parents=True)
        spec = scripted.kernelspec(*options)
        (folder / "kernel.json").write_bytes(msgspec.json.encode({"argv": spec.argv, "display_name": name}))
    settings = schema.Kernels()

    async def tried(name: str, settings: schema.Kernels) -> trying.Tried:
        return await trying.try_kernel(host, catalogue, name, settings, folder=tmp_path)

    assert (await tried("plain", settings)).ok
    only = await tried("only", settings)
    assert (only.ok, only.why, only.hint) == (
        False,
        "It speaks TCP only.",
        "Tell Octavo: octavo config set kernels.tcp only",
    )
    assert (await tried("only", schema.Kernels(tcp=["only"]))).ok
    dying = await tried("dying", settings)
    assert (dying.ok, dying.why) == (False, "It ended at its start, with code 3.")
    assert dying.hint == "the scripted kernel dies as it was told"
