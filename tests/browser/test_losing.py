"""The network goes, the server goes, the kernel goes: the page says so, and nothing that was typed is lost."""

import re
import signal

from browsing import Browsing, Open
from playwright.sync_api import expect
from served import Desk, Served
from sheet import Sheet


def offline(sheet: Sheet, away: bool) -> None:
    """Also cuts what is connected already, which the browser's own switch leaves alone."""
    sheet.page.context.set_offline(away)


def test_what_is_typed_while_the_server_is_gone_is_there_when_it_is_back(own_desk: Desk, browsing: Browsing) -> None:
    browsing.watch.allow("WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource")
    own_desk.put("print one")
    server = own_desk.server
    sheet = Sheet.open(browsing.logged_in(server).new_page(), server, own_desk.path)
    other = Sheet.open(browsing.logged_in(server).new_page(), server, own_desk.path)
    sheet.edit("a")
    sheet.type(" before")
    sheet.saved()
    server.kill()
    expect(sheet.page.locator("[data-banner=offline]")).to_be_visible()
    expect(sheet.page.locator("[data-saved]")).to_have_attribute("data-saved", "offline")
    sheet.type(" 离线 🙂")
    other.edit("a")
    other.press("Control+Home")
    other.type("# ")
    sheet.press("Escape", "b")
    sheet.press("Enter")
    sheet.type("new while away")
    sheet.press("Escape")
    sheet.run("a")  # a run is never kept for later: the page says that nothing ran
    expect(sheet.page.get_by_text("The server cannot be reached: nothing was run.")).to_be_visible()
    server.restart()
    for page in (sheet, other):
        page.saved()
        expect(page.page.locator("[data-banner=offline]")).to_have_count(0)
        page.has(["# print one before 离线 🙂", "new while away"])
    assert [cell["source"] for cell in sheet.stored()] == ["# print one before 离线 🙂", "new while away"]


def test_a_page_without_network_says_so_and_comes_back_by_itself(browsing: Browsing, open_sheet: Open) -> None:
    browsing.watch.allow("ERR_INTERNET_DISCONNECTED|WebSocket connection|Failed to load resource")
    sheet = open_sheet("print one")
    other = open_sheet()
    # The browser's switch stops new connections; the old one ends with the socket.
    cdp = sheet.page.context.new_cdp_session(sheet.page)
    cdp.send("Network.enable")
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0, "connectionType": "none"},
    )
    sheet.edit("a")
    sheet.type(" away")
    other.edit("a")
    other.press("Control+Home")
    other.type("# ")
    other.saved()
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    for page in (sheet, other):
        page.has(["# print one away"])
        page.saved()


def test_leaving_with_words_that_the_server_has_not_got_asks_first(own_desk: Desk, browsing: Browsing) -> None:
    browsing.watch.allow("WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource")
    own_desk.put("print one")
    server = own_desk.server
    page = browsing.logged_in(server).new_page()
    sheet = Sheet.open(page, server, own_desk.path)
    server.kill()
    expect(page.locator("[data-banner=offline]")).to_be_visible()
    sheet.edit("a")
    sheet.type(" unsent")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    server.restart()


def test_a_kernel_that_dies_is_told_in_a_sentence_with_a_way_on(open_sheet: Open) -> None:
    sheet = open_sheet("print alive", "kill 9", "print after")
    sheet.page.get_by_role("button", name="Run all", exact=True).click()
    banner = sheet.page.locator("[data-banner=kernel]")
    expect(banner).to_contain_text("The kernel was ended by a signal (SIGKILL).")
    expect(banner).to_contain_text("Cell 2 was running.")
    expect(banner).to_contain_text("Variables are gone; your text and outputs are not.")
    expect(sheet.outputs("a")).to_have_text("alive")
    expect(sheet.cell("b").locator(".note")).to_have_text("lost")
    expect(sheet.cell("b").locator(".fate")).to_contain_text("The kernel was ended by a signal (SIGKILL).")
    banner.get_by_role("button", name="Restart").click()
    expect(banner).to_have_count(0)
    sheet.run("c")
    expect(sheet.outputs("c")).to_have_text("after")


def test_a_failed_run_drops_the_rest_and_says_how_many(open_sheet: Open) -> None:
    sheet = open_sheet("error ValueError no", "print two", "print three")
    sheet.page.get_by_role("button", name="Run all", exact=True).click()
    expect(sheet.page.get_by_text("2 cells did not run.")).to_be_visible()
    expect(sheet.outputs("a")).to_contain_text("ValueError: no")
    expect(sheet.outputs("b")).to_have_count(0)


def test_interrupt_and_restart_by_their_chords(open_sheet: Open) -> None:
    sheet = open_sheet("hang", "count")
    sheet.run("a")
    expect(sheet.cell("a")).to_have_class(re.compile("running"))
    expect(sheet.page.locator(".kernel")).to_have_accessible_name(re.compile("busy"))
    sheet.press("i", "i")
    expect(sheet.outputs("a")).to_contain_text("KeyboardInterrupt")
    sheet.run("b")
    expect(sheet.outputs("b")).to_have_text("2")
    sheet.press("0", "0")
    dialog = sheet.page.get_by_role("dialog", name="Restart the kernel?")
    if dialog.count():
        dialog.get_by_role("button", name="Restart").click()
    expect(sheet.page.locator("[data-queue]")).to_have_text("Nothing runs")
    sheet.run("b")
    expect(sheet.outputs("b")).to_have_text("1")


def test_a_deleted_notebook_and_an_ended_login_are_said(own_desk: Desk, browsing: Browsing) -> None:
    browsing.watch.allow("WebSocket connection|Failed to load resource")
    own_desk.put("print one")
    server = own_desk.server
    sheet = Sheet.open(browsing.logged_in(server).new_page(), server, own_desk.path)
    server.command("password", "--stdin", text="another password")
    expect(sheet.page.locator("[data-banner=logged-out]")).to_be_visible(timeout=10_000)
    sheet.page.locator("[data-banner=logged-out]").get_by_role("button", name="Sign in").click()
    sheet.page.wait_for_url("**/login?next=*")
    sheet.page.fill("[name=password]", "another password")
    sheet.press("Enter")
    sheet.ready()
    assert sheet.source("a") == "print one"


def test_ctrl_c_of_the_server_closes_pages_so_that_they_come_back(own_desk: Desk, browsing: Browsing) -> None:
    browsing.watch.allow("WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource")
    own_desk.put("print one")
    server: Served = own_desk.server
    sheet = Sheet.open(browsing.logged_in(server).new_page(), server, own_desk.path)
    sheet.edit("a")
    sheet.type(" x")
    sheet.saved()
    server.stop(signal.SIGINT)
    expect(sheet.page.locator("[data-banner=offline]")).to_be_visible()
    assert server.read(own_desk.path)["cells"][0]["source"] in ("print one x", ["print one x"])
    server.restart()
    sheet.saved()
    expect(sheet.page.locator("[data-banner=offline]")).to_have_count(0)
