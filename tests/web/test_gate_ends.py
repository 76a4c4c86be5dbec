"""A login that ends takes its sockets along; a token that is revoked too; what one typed to get in stands in no log. Over a real server."""

import json
import time
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from served import PASSWORD, Served
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.anyio

LOGGED_OUT = 4401
WITHIN = 2.0


def origin_of(server):
    return "/".join(server.url.split("/")[:3])


@asynccontextmanager
async def browser(server, password=PASSWORD):
    """A browser that has logged in; `xsrf` is its page's token."""
    origin = origin_of(server)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60, headers={"Origin": origin}) as http:
        await http.get("login")
        answer = await http.post("login", data={"password": password, "_xsrf": http.cookies["_xsrf"]})
        assert answer.status_code == 302, answer
        http.headers["X-XSRFToken"] = http.cookies["_xsrf"]
        yield http


@asynccontextmanager
async def sockets(server, http, path, kernel):
    """A page's and a Jupyter client's, by the browser's cookie."""
    base = server.url.replace("http", "ws", 1)
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    head = {"Cookie": cookie}
    options = {"additional_headers": head, "origin": origin_of(server), "proxy": None}
    async with (
        connect(f"{base}api/octavo/live/{path}", **options) as live,
        connect(f"{base}api/kernels/{kernel}/channels", **options) as raw,
    ):
        await live.send(json.dumps({"type": "hello", "protocol": 1, "client": "c"}))
        yield live, raw


async def closed(*all_of_them):
    """The codes that they are closed with, and how long that took."""
    began = time.monotonic()
    codes = []
    with anyio.fail_after(20):
        for socket in all_of_them:
            try:
                while True:
                    await socket.recv()
            except ConnectionClosed:
                codes.append(socket.close_code)
    return codes, time.monotonic() - began


async def kernel_of(server, http, path):
    server.put(path, "print 1")
    made = await http.post("api/sessions", json={"path": path, "type": "notebook", "kernel": {"name": "scripted"}})
    assert made.status_code == 201, made.text
    return made.json()["kernel"]["id"]


async def test_logout_ends_this_browsers_sockets_and_nobody_elses(server):
    async with browser(server) as mine, browser(server) as other:
        kernel = await kernel_of(server, mine, "a.ipynb")
        async with (
            sockets(server, mine, "a.ipynb", kernel) as ended,
            sockets(server, other, "a.ipynb", kernel) as stays,
        ):
            assert (await mine.post("logout")).status_code == 303
            codes, seconds = await closed(*ended)
            assert codes == [LOGGED_OUT, LOGGED_OUT]
            assert seconds < WITHIN
            assert (await mine.get("api/kernels")).status_code == 403
            assert (await other.get("api/kernels")).status_code == 200
            await anyio.sleep(1.2)
            assert [socket.close_code for socket in stays] == [None, None]


async def test_a_new_password_set_by_another_process_ends_every_login(server):
    async with browser(server) as one, browser(server) as two:
        kernel = await kernel_of(server, one, "a.ipynb")
        async with sockets(server, one, "a.ipynb", kernel) as first, sockets(server, two, "a.ipynb", kernel) as second:
            async with server.page("a.ipynb") as by_token:
                await anyio.to_thread.run_sync(lambda: server.command("password", "--stdin", text="another tide"))
                codes, seconds = await closed(*first, *second)
                assert codes == [LOGGED_OUT] * 4
                assert seconds < WITHIN
                assert (await one.get("api/kernels")).status_code == 403
                assert by_token.closed is None  # a token is nobody's login
        async with browser(server, "another tide") as again:
            assert (await again.get("api/kernels")).status_code == 200
    server.secrets.append("another tide")


async def test_logging_out_everywhere_ends_all(server):
    async with browser(server) as one, browser(server) as two:
        kernel = await kernel_of(server, one, "a.ipynb")
        async with sockets(server, two, "a.ipynb", kernel) as other:
            assert (await one.post("api/octavo/logout-everywhere")).status_code == 204
            codes, seconds = await closed(*other)
            assert codes == [LOGGED_OUT] * 2
            assert seconds < WITHIN
        assert (await two.get("api/kernels")).status_code == 403


async def test_a_revoked_token_loses_its_sockets(server):
    server.put("a.ipynb", "print 1")
    async with server.page("a.ipynb") as page:
        await anyio.to_thread.run_sync(lambda: server.command("token", "revoke", "tests"))
        with anyio.fail_after(20):
            while page.closed is None:
                await page.changed()
        assert page.closed[0] == LOGGED_OUT


async def test_secrets_that_came_in_stand_in_no_log(server):
    canaries = {name: f"canary-{name}-7f3a" for name in ("password", "token", "query", "cookie", "code", "answer")}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
        await http.get("login")
        form = {"_xsrf": http.cookies["_xsrf"]}
        origin = {"Origin": server.url.rstrip("/")}
        await http.post("login", data=form | {"password": canaries["password"]}, headers=origin)
        await http.post("login", data=form | {"code": canaries["code"]}, headers=origin)
        await http.get("api/kernels", headers={"Authorization": f"token {canaries['token']}"})
        await http.get("api/kernels", headers={"Cookie": f"octavo-default={canaries['cookie']}"})
        await http.get(f"api/kernels?token={canaries['query']}")
        await http.get(f"n/x.ipynb?token={canaries['query']}")
    with pytest.raises(Exception, match="403"):
        async with connect(
            f"{server.url.replace('http', 'ws', 1)}api/octavo/live/x?token={canaries['query']}", proxy=None
        ):
            pass
    server.put("a.ipynb", "getpass ?")
    async with server.page("a.ipynb") as page:
        await page.run("a")
        await page.until(lambda: page.state["prompts"])
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text=canaries["answer"])
        await page.finished("a")
    server.secrets += canaries.values()
    server.stop()
    server.check_logs()
    server.restart()


async def test_wrong_passwords_are_slowed_and_a_token_is_not(server):
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
        await http.get("login")
        codes = []
        for _ in range(8):
            answer = await http.post("login", data={"_xsrf": http.cookies["_xsrf"], "password": "wrong"})
            codes.append(answer.status_code)
        assert codes[:5] == [401] * 5
        assert codes[-1] == 429
    async with server.http() as http:
        assert (await http.get("api/kernels")).status_code == 200


async def test_everything_works_under_a_base_path():
    with Served.start("--base-url", "/user/a%40b/") as server:
        assert server.url.endswith("/user/a%40b/")
        async with browser(server) as http:
            kernel = await kernel_of(server, http, "a.ipynb")
            async with sockets(server, http, "a.ipynb", kernel) as (live, _):
                welcome = json.loads(await live.recv())
                assert welcome["type"] == "welcome"
            page = await http.get("")
            assert page.status_code == 200
            assert "/user/a%40b/" in page.text
        async with server.page("a.ipynb") as page:
            await page.run("a")
            assert await page.finished("a") == "ok"
