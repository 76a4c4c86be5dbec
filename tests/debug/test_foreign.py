"""`debug_request`s of stock Jupyter clients: none may freeze the kernel's control channel, nor reach it beside our own debugger."""

import pytest
from debugged import Debugged
from jupyter import JupyterSocket

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


async def asked(socket, command, seq=1):
    request = {"type": "request", "seq": seq, "command": command, "arguments": {}}
    name = await socket.send("control", "debug_request", request)
    return (await socket.until("debug_reply", name))["content"]


async def test_what_would_never_be_answered_is_answered_by_the_server(desk):
    async with desk.opened("x = 1\ny = 2\nwhile x:\n    y += 1", kernel="python3") as page:
        debugged = Debugged(page)
        await page.run("a")
        await page.until(lambda: page.state["kernel"]["state"] == "busy")
        await page.ask("interrupt")
        await page.finished("a")
        kernel = page.state["kernel"]["process"]
        async with JupyterSocket.open(desk.server.url, desk.server.token, kernel, v1=True) as socket:
            assert (await asked(socket, "debugInfo"))["success"] is True
            for command in ("continue", "next", "stepBack", "restartFrame", "nonsense", "threads"):
                assert (await asked(socket, command))["success"] is False
            await socket.until("kernel_info_reply", await socket.send("control", "kernel_info_request", {}))
            await debugged.breakpoint("b1", "a", 2)
            await page.run("a")
            await debugged.stopped()
            assert (await asked(socket, "debugInfo"))["success"] is False
            await socket.until("interrupt_reply", await socket.send("control", "interrupt_request", {}))
        assert await page.finished("a") == "interrupted"
