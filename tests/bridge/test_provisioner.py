"""A real provisioner package, found by its entry point and run in the bridge alone."""

import json
import sys
from pathlib import Path

import anyio
import pytest
from reading import Kernel, content_of, is_kind, is_life, kind_of, numbers_of, start, text_of

from octavo import ids
from octavo.kernels import checking, launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema
from octavo.wire import messages

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

PACKAGE = """
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode

class Tiny(LocalProvisioner):
    word = Unicode("none", config=True)

    async def pre_launch(self, **kwargs):
        kwargs = await super().pre_launch(**kwargs)
        if self.word == "refuse":
            raise RuntimeError("the cluster has no room")
        kwargs["env"]["TINY_WORD"] = self.word
        return kwargs
"""


def provisioned(folder: Path, *, word: str = "hello", name: str = "tiny") -> LaunchSpec:
    """Of a kernelspec that names a provisioner, with that provisioner's package on the path."""
    site = folder / "site"
    (site / "tiny-1.0.dist-info").mkdir(parents=True)
    (site / "tiny.py").write_text(PACKAGE)
    (site / "tiny-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (site / "tiny-1.0.dist-info" / "entry_points.txt").write_text(
        "[jupyter_client.kernel_provisioners]\ntiny = tiny:Tiny\n"
    )
    (folder / "kernels" / "elsewhere").mkdir(parents=True)
    described = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Elsewhere",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": name, "config": {"word": word}}},
    }
    (folder / "kernels" / "elsewhere" / "kernel.json").write_text(json.dumps(described))
    (spec,) = specs.specs_in(folder / "kernels")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(site)}
    return launching.launch_spec(spec, cwd=folder, environment=environment, settings=schema.Kernels())


async def test_a_provisioners_kernel_runs_asks_is_interrupted_and_ends(host: Host, tmp_path: Path) -> None:
    kernel = await (await start(host, provisioned(tmp_path))).ready()
    run = await kernel.run("import os\nprint(os.environ['TINY_WORD'], os.getcwd())\n6 * 7")
    assert text_of(run) == f"hello {tmp_path}\n"
    assert [content_of(one)["data"]["text/plain"] for one in run if kind_of(one) == "execute_result"] == ["42"]
    assert numbers_of(await kernel.run("for i in range(3000): print(i)")) == list(range(3000))

    request = await kernel.submit("print(input('name? '))")
    await kernel.answer(await kernel.until(is_kind("input_request")), "Ada")
    assert text_of(await kernel.finish(request)) == "Ada\n"

    request = await kernel.submit("import time\nprint('go', flush=True)\nwhile True: time.sleep(0.1)")
    await kernel.until(is_kind("stream"))
    await host.interrupt(kernel.incarnation, messages.interrupt_request(ids.new_request(), "test"))
    replies = [content_of(one) for one in await kernel.finish(request) if kind_of(one) == "execute_reply"]
    assert replies[0]["ename"] == "KeyboardInterrupt"

    there = int(text_of(await kernel.run("print(os.getpid())")))
    await host.stop(kernel.incarnation, shutdown=messages.shutdown_request(ids.new_request(), "test"))
    assert content_of(await kernel.until(is_life("exited")))["code"] == 0
    assert await is_gone(there)


async def test_a_provisioners_kernel_that_dies_is_said_to_have_ended(host: Host, tmp_path: Path) -> None:
    kernel = await (await start(host, provisioned(tmp_path))).ready()
    await kernel.submit("import os\nos._exit(3)")
    ended = content_of(await kernel.until(is_life("exited")))
    assert "The kernel that provisioner tiny started has ended there" in ended["log"], ended
    assert "Restart the kernel." in ended["log"]


@pytest.mark.parametrize(
    ("word", "name", "said"),
    [
        ("refuse", "tiny", "Provisioner tiny could not start the kernel: RuntimeError: the cluster has no room."),
        ("x", "absent", "There is no kernel provisioner absent in Octavo's environment. Install the package"),
    ],
)
async def test_a_provisioner_that_cannot_start_it_says_why(
    host: Host, tmp_path: Path, word: str, name: str, said: str
) -> None:
    kernel: Kernel = await start(host, provisioned(tmp_path, word=word, name=name))
    ended = content_of(await kernel.until(is_life("exited")))
    assert said in ended["log"] and "Traceback" not in ended["log"] and not ended["ready"]


def test_what_a_provisioner_starts_is_looked_for_where_it_will_run(tmp_path: Path) -> None:
    launch = provisioned(tmp_path)
    assert launch.argv[:4] == [sys.executable, "-P", "-m", "octavo.kernels.bridge"] and not launch.image
    (spec,) = specs.specs_in(tmp_path / "kernels")
    spec.argv[0] = "/only/there/python"
    assert checking.problem_of(spec) is None


async def is_gone(process: int) -> bool:
    with anyio.fail_after(30):
        while Path(f"/proc/{process}").exists():  # noqa: ASYNC110
            await anyio.sleep(0.05)
    return True
