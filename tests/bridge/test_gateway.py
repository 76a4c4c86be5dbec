"""Kernels on a real Jupyter Kernel Gateway, through the host, as any other kernel."""

import json
from pathlib import Path

import anyio
import msgspec
import pytest
from gateways import TOKEN, Cable, Gateway
from reading import Kernel, content_of, is_kind, is_life, kind_of, numbers_of, parent_of, start, text_of

from octavo import ids
from octavo.errors import KernelUnavailable
from octavo.kernels import launching, remote, variables
from octavo.kernels.catalogue import Catalogue
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema
from octavo.wire import messages

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

NAME = "gateway-python3"


def catalogue(gateway: Gateway, profile: Path, *, token: str = TOKEN, patience: int = 60) -> Catalogue:
    profile.mkdir(exist_ok=True)
    variables.put(profile, remote.TOKEN, token)
    return Catalogue(profile, None, remote.Gateway(gateway.url, patience))


def launch(catalogue: Catalogue, **environment: str) -> LaunchSpec:
    spec = catalogue.startable(NAME)
    server = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return launching.launch_spec(
        spec, cwd="/tmp", environment=server, settings=schema.Kernels(), variables=catalogue.variables(NAME)
    )


def kernels_of(gateway: Gateway) -> list[str]:
    return [one["id"] for one in json.loads(gateway.ask("/api/kernels"))]


async def until_gone(gateway: Gateway, before: list[str]) -> None:
    with anyio.fail_after(30):
        while set(kernels_of(gateway)) - set(before):  # noqa: ASYNC110
            await anyio.sleep(0.1)


async def test_a_cell_runs_asks_completes_is_interrupted_and_ends_there(
    host: Host, shared_gateway: Gateway, tmp_path: Path
) -> None:
    before = kernels_of(shared_gateway)
    kernel = await (await start(host, launch(catalogue(shared_gateway, tmp_path / "p"), KERNEL_MARK="here"))).ready()
    assert len(kernels_of(shared_gateway)) == len(before) + 1

    run = await kernel.run(
        "import os\nprint(os.environ.get('KERNEL_MARK'), os.environ.get('JUPYTER_GATEWAY_AUTH_TOKEN'))\n6 * 7"
    )
    assert text_of(run) == "here None\n"
    assert [content_of(one)["data"]["text/plain"] for one in run if kind_of(one) == "execute_result"] == ["42"]

    assert numbers_of(await kernel.run("for i in range(3000): print(i)")) == list(range(3000))

    request = await kernel.submit("print(input('name? '))")
    await kernel.answer(await kernel.until(is_kind("input_request")), "Ada")
    assert text_of(await kernel.finish(request)) == "Ada\n"

    asked = messages.complete_request(ids.new_request(), "test", "os.path.joi", 11)
    await kernel.host.send(kernel.incarnation, "shell", asked)
    assert "join" in str(content_of(await kernel.until(is_kind("complete_reply")))["matches"])

    for code in ("while True: time.sleep(0.1)", "await asyncio.sleep(600)"):
        code = f"import asyncio, time\nprint('go', flush=True)\n{code}"
        request = await kernel.submit(code)
        await kernel.until(is_kind("stream"))
        await host.interrupt(kernel.incarnation, messages.interrupt_request(ids.new_request(), "test"))
        run = await kernel.finish(request)
        replies = [content_of(one) for one in run if kind_of(one) == "execute_reply"]
        assert replies[0]["status"] == "error"

    await host.stop(kernel.incarnation, shutdown=messages.shutdown_request(ids.new_request(), "test"))
    assert content_of(await kernel.until(is_life("exited")))["code"] == 0
    await until_gone(shared_gateway, before)


async def test_a_restart_is_a_new_kernel_there_and_the_old_one_goes(
    host: Host, shared_gateway: Gateway, tmp_path: Path
) -> None:
    before = kernels_of(shared_gateway)
    spec = launch(catalogue(shared_gateway, tmp_path / "p"))
    kernel = await (await start(host, spec)).ready()
    await kernel.run("x = 1")
    fresh = Kernel(host, ids.new_incarnation())
    await host.restart(kernel.process, kernel.incarnation, fresh.incarnation, spec, label="a label")
    await (await fresh.attach()).ready()
    assert text_of(await fresh.run("print('x' in globals())")) == "False\n"
    assert len(set(kernels_of(shared_gateway)) - set(before)) == 1
    await host.stop(fresh.incarnation)
    await fresh.until(is_life("exited"))
    await until_gone(shared_gateway, before)


async def test_a_kernel_that_dies_there_is_said_to_have_died(
    host: Host, shared_gateway: Gateway, tmp_path: Path
) -> None:
    before = kernels_of(shared_gateway)
    kernel = await (await start(host, launch(catalogue(shared_gateway, tmp_path / "p")))).ready()
    await kernel.submit("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    ended = content_of(await kernel.until(is_life("exited")))
    assert f"The kernel on the gateway {shared_gateway.url} has ended: it died there" in ended["log"]
    assert "Restart the kernel" in ended["log"]
    await until_gone(shared_gateway, before)


async def test_a_gateway_that_goes_away_takes_its_kernels_and_that_is_said(
    host: Host, own_gateway: Gateway, tmp_path: Path
) -> None:
    known = catalogue(own_gateway, tmp_path / "p", patience=1)
    kernel = await (await start(host, launch(known))).ready()
    own_gateway.kill()
    ended = content_of(await kernel.until(is_life("exited")))
    assert ended["code"] == 1
    assert f"The gateway {own_gateway.url} has not been reachable for 1 seconds" in ended["log"]
    assert "See that the gateway runs, then restart the kernel." in ended["log"]

    kernel = await start(host, launch(known))  # what it had is remembered for a while
    ended = content_of(await kernel.until(is_life("exited")))
    assert f"The gateway {own_gateway.url} is not reachable" in ended["log"] and not ended["ready"]


async def test_a_broken_connection_is_made_again_and_nothing_is_lost(
    host: Host, shared_gateway: Gateway, tmp_path: Path
) -> None:
    async with Cable.open(shared_gateway.port) as cable:
        known = catalogue(cable.as_gateway(tmp_path), tmp_path / "p")
        kernel = await (await start(host, await anyio.to_thread.run_sync(launch, known))).ready()
        request = await kernel.submit(
            "import time\nprint(0, flush=True)\nfor i in range(1, 30): time.sleep(0.1); print(i)"
        )
        await kernel.until(is_kind("stream"))
        cable.cut()
        await kernel.finish(request)
        assert numbers_of([one for one in kernel.events if parent_of(one) == request]) == list(range(30))
        assert text_of(await kernel.run("print('on')")) == "on\n"
        await host.stop(kernel.incarnation)
        await kernel.until(is_life("exited"))


async def test_a_run_whose_end_was_lost_on_the_way_ends_and_says_so(
    host: Host, shared_gateway: Gateway, tmp_path: Path
) -> None:
    async with Cable.open(shared_gateway.port) as cable:
        known = catalogue(cable.as_gateway(tmp_path), tmp_path / "p")
        before = kernels_of(shared_gateway)
        kernel = await (await start(host, await anyio.to_thread.run_sync(launch, known))).ready()
        (there,) = set(kernels_of(shared_gateway)) - set(before)
        cable.deaf = True
        request = await kernel.submit(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
        with anyio.fail_after(30):
            while not (tmp_path / "ran").exists():  # noqa: ASYNC110
                await anyio.sleep(0.05)
            while b'"idle"' not in shared_gateway.ask(f"/api/kernels/{there}"):  # noqa: ASYNC110
                await anyio.sleep(0.05)
        cable.deaf = False
        cable.cut()
        run = await kernel.finish(request)
        (reply,) = [content_of(one) for one in run if kind_of(one) == "execute_reply"]
        assert reply["ename"] == "ConnectionLost" and "run the cell again" in reply["evalue"]
        assert text_of(await kernel.run("print('on')")) == "on\n"
        await host.stop(kernel.incarnation)
        await kernel.until(is_life("exited"))


def test_the_menu_has_the_gateways_kernels_with_its_address(shared_gateway: Gateway, tmp_path: Path) -> None:
    known = catalogue(shared_gateway, tmp_path / "p")
    found = {one.name: one for one in known.choices()}[NAME]
    assert found.source == "gateway" and found.display_name.endswith(f" @ 127.0.0.1:{shared_gateway.port}")
    assert found.language == "python" and found.program == shared_gateway.url and found.problem is None
    assert TOKEN not in str(launch(known).argv) and launch(known).interrupt_mode == "message"


def test_the_token_goes_to_kernels_of_the_gateway_alone(shared_gateway: Gateway, tmp_path: Path) -> None:
    known = catalogue(shared_gateway, tmp_path / "p")
    assert known.variables(NAME)[remote.TOKEN] == TOKEN
    assert remote.TOKEN not in known.variables("python3")
    assert launching.inherited({remote.TOKEN: TOKEN, "A": "b"}, []) == {"A": "b"}


def test_a_refused_token_is_said_with_what_to_do(shared_gateway: Gateway, tmp_path: Path) -> None:
    known = catalogue(shared_gateway, tmp_path / "p", token="wrong")
    problem = next(one.problem for one in known.choices() if one.source == "gateway")
    assert problem is not None and problem.reason == "refused"
    with pytest.raises(KernelUnavailable) as error:
        known.startable(NAME)
    assert "refuses the token" in error.value.message and "octavo kernels env set" in (error.value.hint or "")


def test_a_gateway_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    known = catalogue(Gateway(tmp_path), tmp_path / "p")
    with pytest.raises(KernelUnavailable) as error:
        known.startable(NAME)
    assert error.value.values["reason"] == "unreachable" and "kernels.gateway" in (error.value.hint or "")
    assert "python3" in known.specs()  # kernels of this machine are there as ever


@pytest.mark.parametrize("url", ["ftp://x", "http://user:secret@x", "x:8888", "http://x?token=1"])
def test_an_address_that_is_none_or_holds_a_secret_is_no_setting(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"gateway": url}, schema.Kernels)
