"""The one gate: who may pass, from where, and what every answer carries. Asked of the whole application."""

import re
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from gated import HOST, Gated, cookie_header
from starlette.datastructures import Headers
from starlette.routing import Route, WebSocketRoute

from octavo.web import app, security
from octavo.web.login import safe_next

pytestmark = pytest.mark.anyio

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
ORIGIN = {"origin": f"http://{HOST}"}


@pytest.fixture
async def gated():
    async with Gated.open() as found:
        yield found


def paths_of(gated):
    """A concrete path for every route, under the base path."""
    found = []
    for route in app.routes(gated.rooms):
        assert isinstance(route, Route | WebSocketRoute)
        path = re.sub(r"\{\w+:int\}", "1", route.path)
        path = re.sub(r"\{\w+(:path)?\}", "x.ipynb", path)
        found.append((route, gated.base.rstrip("/") + path, path))
    return found


@asynccontextmanager
async def owner(**options):
    async with Gated.open(**options) as gated:
        yield gated, {"cookie": cookie_header(await gated.log_in())}


# Nobody ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/", "/user/a%40b/"])
async def test_whoever_is_unknown_gets_an_answer_from_the_public_list_alone(base):
    async with Gated.open(base_url=base) as gated:
        routes = paths_of(gated)
        assert len(routes) > 40
        for _, path, bare in routes:
            for method in METHODS:
                answer = await gated.ask(method, path, {"x-xsrftoken": "x", **ORIGIN})
                if security.is_public(method, bare):
                    assert (answer.status < 500 and answer.status != 403) or method == "POST", (method, path, answer)
                elif method in ("GET", "HEAD") and not bare.startswith("/api/"):
                    assert answer.status == 302, (method, path, answer.status)
                    assert answer.header("location").startswith(f"{base}login?next="), answer
                else:
                    assert answer.status == 403, (method, path, answer.status)


async def test_the_public_list_is_what_it_was_thought_to_be():
    assert sorted((sorted(methods), path) for methods, path in security.PUBLIC) == [
        (["GET", "HEAD"], "/api"),
        (["GET", "HEAD"], "/favicon.ico"),
        (["GET", "HEAD"], "/robots.txt"),
        (["GET", "HEAD"], "/static/*"),
        (["GET", "HEAD", "POST"], "/login"),
    ]


async def test_no_websocket_is_opened_to_whoever_is_unknown(gated):
    for _, path, _ in paths_of(gated):
        assert await gated.dial(path, ORIGIN) == 4403, path


@pytest.mark.parametrize(
    "path",
    [
        "/static/../api/kernels",
        "/static/%2e%2e/api/kernels",
        "/static/built/../../api/kernels",
        "/login/",
        "/login/../api/kernels",
        "//api/kernels",
        "//login/api/kernels",
        "/API/kernels",
        "/api/",
        "/api/kernels/",
        "/api;x/kernels",
        "/login%2f..%2fapi%2fkernels",
        "/static",
        "/staticx",
        "/favicon.ico/x",
        "/%61pi/kernels",
        "/api%2fkernels",
        "/\x00",
        "/nowhere",
    ],
)
async def test_no_spelling_of_a_path_gets_past(gated, path):
    answer = await gated.ask("GET", path)
    assert answer.status in (302, 403, 404), answer
    assert b"kernels" not in answer.body or b"not" in answer.body.lower()
    assert answer.status != 404 or path.startswith("/static/"), answer


async def test_a_path_outside_the_base_is_nowhere():
    async with Gated.open(base_url="/user/a%40b/") as gated:
        for path in ("/", "/login", "/api", "/user/a%40bx/login", "/user/", "/user/c/login"):
            assert (await gated.ask("GET", path)).status == 404, path
        assert (await gated.ask("GET", "/user/a%40b/login")).status == 200
        assert (await gated.ask("GET", "/user/a@b/login")).status == 200


# Tokens ----------------------------------------------------------------------------------------------------------------


async def test_a_token_in_the_header_opens_and_in_the_url_does_not(gated):
    token = gated.rooms.access.create_token("t")
    for scheme in ("token", "Token", "Bearer", "bearer"):
        assert (await gated.ask("GET", "/api/kernels", {"authorization": f"{scheme} {token}"})).status == 200
    assert (await gated.ask("GET", f"/api/kernels?token={token}")).status == 403
    assert (await gated.ask("GET", "/api/kernels", {"authorization": f"Basic {token}"})).status == 403
    assert (await gated.ask("GET", "/api/kernels", {"authorization": "token wrong"})).status == 403
    assert (await gated.ask("GET", "/", {"authorization": f"token {token}"})).status == 200


async def test_a_token_in_the_url_opens_a_websocket(gated):
    token = gated.rooms.access.create_token("t")
    assert await gated.dial(f"/api/octavo/live/x.ipynb?token={token}") == "accepted"
    assert await gated.dial("/api/octavo/live/x.ipynb?token=wrong") == 4403
    assert await gated.dial("/api/octavo/live/x.ipynb", {"authorization": f"token {token}"}) == "accepted"


async def test_a_wrong_token_is_no_cookie_holders_way_in(gated):
    cookie = {"cookie": cookie_header(await gated.log_in())}
    assert (await gated.ask("GET", "/api/kernels", cookie)).status == 200
    assert (await gated.ask("GET", "/api/kernels", {**cookie, "authorization": "token wrong"})).status == 403


async def test_a_revoked_token_is_nobody_at_once(gated):
    token = gated.rooms.access.create_token("t")
    gated.rooms.access.revoke_token("t")
    assert (await gated.ask("GET", "/api/kernels", {"authorization": f"token {token}"})).status == 403


# Host ------------------------------------------------------------------------------------------------------------------


HOSTS = [
    ("localhost", True),
    ("localhost:8888", True),
    ("127.0.0.1", True),
    ("[::1]:8888", True),
    ("192.168.1.7:8888", True),
    ("notes.example.org", True),
    ("NOTES.example.org:443", True),
    ("evil.example", False),
    ("localhost.evil.example", False),
    ("notes.example.org.evil.example", False),
    ("xnotes.example.org", False),
    ("127.0.0.1.evil.example", False),
    ("127.0.0.1@evil.example", False),
    ("evil.example#localhost", False),
    ("", False),
    (None, False),
    (["localhost", "evil.example"], False),
]


async def test_only_known_names_are_answered():
    async with Gated.open(hosts=["notes.example.org"], password=False) as gated:
        token = gated.rooms.access.create_token("t")
        for host, known in HOSTS:
            assert ((await gated.ask("GET", "/login", {"host": host})).status == 200) == known, host
            live = await gated.dial("/api/octavo/live/x.ipynb", {"host": host, "authorization": f"token {token}"})
            assert (live == "accepted") == known, host


# Origin, Sec-Fetch-Site ------------------------------------------------------------------------------------------------


CHANGES = [
    ({}, True),
    (ORIGIN, True),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "same-origin", **ORIGIN}, True),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "none"}, False),
    ({"sec-fetch-site": "cross-site", **ORIGIN}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "http://127.0.0.1:9999"}, False),
    ({"origin": "http://127.0.0.1"}, False),
    ({"origin": f"https://{HOST}"}, False),
    ({"origin": f"http://{HOST}.evil.example"}, False),
    ({"origin": f"http://{HOST}/"}, False),
    ({"origin": "null"}, False),
    ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
    ({"origin": ""}, False),
]


async def test_a_change_must_come_from_our_own_page():
    async with owner() as (gated, cookie):
        for head, passes in CHANGES:
            xsrf = re.search("_xsrf=(\\w+)", cookie["cookie"])[1]
            answer = await gated.ask("POST", "/api/contents", {**cookie, "x-xsrftoken": xsrf, **head}, body=b"{}")
            assert (answer.status == 201) == passes, answer
            # the same without the token never passes
            assert (await gated.ask("POST", "/api/contents", {**cookie, **head}, body=b"{}")).status == 403


SOCKETS = [
    (ORIGIN, True),
    ({}, False),
    ({"origin": "null"}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "http://127.0.0.1:9999"}, False),
    ({"origin": f"https://{HOST}"}, False),
    ({"origin": f"ws://{HOST}"}, False),
    ({"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}, True),
]


async def test_a_websocket_with_a_cookie_must_come_from_our_own_page():
    async with owner() as (gated, cookie):
        for head, passes in SOCKETS:
            for path in ("/api/octavo/live/x.ipynb",):
                assert (await gated.dial(path, {**cookie, **head}) == "accepted") == passes, head
            assert (await gated.dial("/api/kernels/x/channels", {**cookie, **head}) == 4404) == passes, head


LOADS = [
    ({}, True),
    ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, True),
    ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, True),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, True),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, False),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, False),
    ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, False),
]


async def test_what_another_site_loads_is_refused_unless_a_person_follows_a_link():
    async with owner() as (gated, cookie):
        for head, passes in LOADS:
            for path in ("/api/contents", "/files/x.txt", "/"):
                (gated.root / "x.txt").write_text("x")
                assert ((await gated.ask("GET", path, {**cookie, **head})).status == 200) == passes, (path, head)


async def test_a_frames_assets_are_public_to_an_opaque_origin(gated):
    head = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script", "origin": "null"}
    assert (await gated.ask("GET", "/static/built/nowhere.js", head)).status == 404


# XSRF ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_every_change_by_a_login_needs_its_token(method):
    async with owner() as (gated, cookie):
        for _, path, bare in paths_of(gated):
            if bare == "/login":
                continue
            for head in ({}, {"x-xsrftoken": ""}, {"x-xsrftoken": "wrong"}, {"x-xsrftoken": "0" * 32}):
                answer = await gated.ask(method, path, {**cookie, **ORIGIN, **head})
                assert answer.status == 403, (method, path, head, answer)


async def test_the_token_of_one_login_is_not_anothers():
    async with Gated.open() as gated:
        one, two = await gated.log_in(), await gated.log_in()
        access, gate = gated.rooms.access, gated.app
        name = gate.cookie(secure=False)
        mine = gate.xsrf_of(access.login_of(one[name]))
        theirs = gate.xsrf_of(access.login_of(two[name]))
        assert mine != theirs
        cookie = {"cookie": f"{name}={one[name]}", **ORIGIN}
        made = await gated.ask("POST", "/api/contents", {**cookie, "x-xsrftoken": mine}, body=b"{}")
        assert made.status == 201
        assert (await gated.ask("POST", "/api/contents", {**cookie, "x-xsrftoken": theirs}, body=b"{}")).status == 403


async def test_a_token_holder_needs_no_xsrf(gated):
    token = gated.rooms.access.create_token("t")
    answer = await gated.ask("POST", "/api/contents", {"authorization": f"token {token}"}, body=b"{}")
    assert answer.status == 201


# Cookies, proxies ------------------------------------------------------------------------------------------------------


def attributes(answer, name):
    [found] = [line for line in answer.all("set-cookie") if line.startswith(f"{name}=")]
    return {part.strip().lower() for part in found.split(";")[1:]}


@pytest.mark.parametrize(
    ("base", "secure", "prefix"), [("/", False, "octavo-"), ("/", True, "__Host-octavo-"), ("/u/", True, "octavo-")]
)
async def test_the_logins_cookie_is_hidden_scoped_and_first(base, secure, prefix):
    async with Gated.open(base_url=base) as gated:
        form = await gated.ask("GET", f"{base}login", secure=secure)
        xsrf = form.cookies()["_xsrf"]
        head = {"cookie": f"_xsrf={xsrf}", "origin": f"{'https' if secure else 'http'}://{HOST}"}
        body = f"password=tides+at+noon&_xsrf={xsrf}".encode()
        answer = await gated.ask("POST", f"{base}login", head, body=body, secure=secure)
        assert answer.status == 302
        name = answer.all("set-cookie")[0].partition("=")[0]
        assert name.startswith(prefix)
        found = attributes(answer, name)
        assert {"httponly", "samesite=lax", f"path={base}"} <= found
        assert ("secure" in found) == secure
        assert not any(part.startswith("domain") for part in found)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_is_believed(peer, forwarded, address):
    trusted = [ip_network("10.0.0.0/8")]
    head = Headers({"x-forwarded-for": forwarded, "x-forwarded-proto": "https"})
    found, secure = security.forwarded(peer, head, trusted, secure=False)
    assert found == address
    assert secure == peer.startswith("10.")


async def test_behind_a_proxy_with_tls_the_cookie_and_the_origin_are_secure_ones():
    async with Gated.open(trusted_proxies=["10.0.0.0/8"]) as gated:
        proxied = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
        form = await gated.ask("GET", "/login", proxied, peer="10.0.0.1")
        xsrf = form.cookies()["_xsrf"]
        body = f"password=tides+at+noon&_xsrf={xsrf}".encode()
        head = {**proxied, "cookie": f"_xsrf={xsrf}", "origin": f"https://{HOST}"}
        answer = await gated.ask("POST", "/login", head, body=body, peer="10.0.0.1")
        assert answer.status == 302
        assert answer.all("set-cookie")[0].startswith("__Host-")
        refused = await gated.ask("POST", "/login", {**head, "origin": f"http://{HOST}"}, body=body, peer="10.0.0.1")
        assert refused.status == 403
        # the same headers from somebody else mean nothing
        spoofed = await gated.ask("POST", "/login", head, body=body, peer="198.51.100.7")
        assert spoofed.status == 403


# Setup -----------------------------------------------------------------------------------------------------------------


async def test_while_setup_waits_nothing_but_the_login_answers():
    async with Gated.open(password=False, setup=True) as gated:
        token = gated.rooms.access.create_token("t")
        for _, path, bare in paths_of(gated):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                for head in (ORIGIN, {"authorization": f"token {token}"}):
                    answer = await gated.ask(method, path, head)
                    if not security.matches(bare, security.SETUP_ONLY):
                        assert answer.status == 403, (method, path, answer)
                    assert answer.status < 500
            assert await gated.dial(path, {"authorization": f"token {token}"}) != "accepted"
        assert (await gated.ask("GET", "/login")).status == 200
        await gated.rooms.access.set_password("tides at noon")
        assert (await gated.ask("GET", "/api/kernels", {"authorization": f"token {token}"})).status == 200


async def test_without_a_password_nobody_logs_in(gated):
    async with Gated.open(password=False) as fresh:
        form = await fresh.ask("GET", "/login")
        xsrf = form.cookies()["_xsrf"]
        head = {"cookie": f"_xsrf={xsrf}", **ORIGIN}
        for password in ("", "tides+at+noon"):
            answer = await fresh.ask("POST", "/login", head, body=f"password={password}&_xsrf={xsrf}".encode())
            assert answer.status == 401


async def test_a_login_form_of_another_page_is_refused(gated):
    form = await gated.ask("GET", "/login")
    xsrf = form.cookies()["_xsrf"]
    body = f"password=tides+at+noon&_xsrf={xsrf}".encode()
    assert (await gated.ask("POST", "/login", ORIGIN, body=body)).status == 403  # no cookie
    assert (await gated.ask("POST", "/login", {"cookie": f"_xsrf={xsrf}", **ORIGIN}, body=b"password=x")).status == 403
    elsewhere = {"cookie": f"_xsrf={xsrf}", "origin": "http://evil.example"}
    assert (await gated.ask("POST", "/login", elsewhere, body=body)).status == 403


# Headers ---------------------------------------------------------------------------------------------------------------

EVERY = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
}


async def test_every_kind_of_answer_carries_the_headers():
    async with owner() as (gated, cookie):
        (gated.root / "x.html").write_text("<script>alert(1)</script>")
        (gated.root / "x.svg").write_text("<svg/>")
        kinds = [
            ("GET", "/login", {}),
            ("GET", "/", {}),
            ("GET", "/", cookie),
            ("GET", "/n/x.ipynb", cookie),
            ("GET", "/f/", cookie),
            ("GET", "/nowhere", cookie),
            ("GET", "/api/nowhere", cookie),
            ("GET", "/api", {}),
            ("GET", "/api/kernels", {}),
            ("GET", "/api/contents", cookie),
            ("GET", "/api/contents/nowhere", cookie),
            ("GET", "/files/x.html", cookie),
            ("GET", "/files/x.svg", cookie),
            ("GET", "/files/nowhere", cookie),
            ("POST", "/api/contents", cookie),
            ("GET", "/static/built/nowhere.js", {}),
            ("GET", "/favicon.ico", {}),
            ("GET", "/robots.txt", {}),
            ("GET", "/login", {"host": "evil.example"}),
            ("PROPFIND", "/api/contents", cookie),
        ]
        for method, path, head in kinds:
            answer = await gated.ask(method, path, head)
            names = {name for name, _ in answer.headers}
            assert names >= EVERY, (method, path, answer.status, EVERY - names)
            assert answer.header("x-content-type-options") == "nosniff"
            policy = answer.header("content-security-policy")
            assert "unsafe-eval" not in policy and "*" not in policy.replace("*.", ""), (path, policy)
            if "script-src" in policy and "sandbox" not in policy:
                assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0], path
            assert "frame-ancestors" in policy or "sandbox" in policy, (path, policy)
            assert "access-control-allow-origin" not in names
            assert "server" not in names


async def test_a_nonce_is_never_given_twice():
    async with owner() as (gated, cookie):
        found = set()
        for _ in range(5):
            answer = await gated.ask("GET", "/", cookie)
            found |= set(re.findall("'nonce-([^']+)'", answer.header("content-security-policy")))
        assert len(found) in (0, 5)


async def test_an_unknown_error_tells_the_client_no_more_than_its_number(gated, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr(type(gated.rooms.access), "tokens", broken, raising=False)
    token = gated.rooms.access.create_token("t")
    monkeypatch.setattr("octavo.kernels.specs.find_specs", broken)
    with pytest.raises(RuntimeError):  # Starlette raises it to the server after it has answered
        await gated.ask("GET", "/api/kernelspecs", {"authorization": f"token {token}"})
    assert "incident" in caplog.text


# Where a login leads ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/", "/u/"])
@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        ("{}n/a.ipynb", True),
        ("{}f/folder", True),
        ("{}n/a%20b.ipynb?x=1", True),
        ("{}", True),
        ("", False),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("{}n/..//evil", False),
        ("{}n/../../x", False),
        ("{}n/%2e%2e/x", False),
        ("{}/evil.example", False),
        ("{}api/kernels", False),
        ("{}login", False),
        ("{}logout", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        (" {}n/a", False),
        ("\t//evil.example", False),
        ("{}n/a\r\nSet-Cookie: x=y", False),
        ("{}n/a\x00", False),
        ("http:/evil.example", False),
        ("http:evil.example", False),
        ("{}@evil.example", False),
        ("evil.example", False),
        (".evil.example", False),
    ],
)
def test_a_login_leads_only_to_our_own_pages(base, wanted, safe):
    wanted = wanted.format(base)
    assert safe_next(wanted, base) == (wanted if safe else base)


async def test_a_login_goes_where_one_wanted_to_go(gated):
    refused = await gated.ask("GET", "/n/a%20b.ipynb?x=1")
    where = refused.header("location")
    form = await gated.ask("GET", where)
    xsrf = form.cookies()["_xsrf"]
    body = f"password=tides+at+noon&_xsrf={xsrf}&next=%2Fn%2Fa%2520b.ipynb%3Fx%3D1".encode()
    answer = await gated.ask("POST", "/login", {"cookie": f"_xsrf={xsrf}", **ORIGIN}, body=body)
    assert answer.header("location") == "/n/a%20b.ipynb?x=1"
    assert b"/n/a%20b.ipynb?x=1" in form.body
