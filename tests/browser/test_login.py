"""The login in a browser: without JavaScript too, by password and by one-time link."""

import pytest
from browsing import Browsing, log_in
from playwright.sync_api import BrowserContext, Page, expect
from served import PASSWORD, Served


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def context(browsing: Browsing, request: pytest.FixtureRequest) -> BrowserContext:
    return browsing.context(java_script_enabled=request.param)


def test_a_wrong_password_is_said_and_the_right_one_leads_where_one_wanted_to(
    server: Served, context: BrowserContext, browsing: Browsing
) -> None:
    browsing.watch.allow("401")
    server.put("folder/n.ipynb", "print one")
    page = context.new_page()
    page.goto(f"{server.url}f/folder")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That password is not right.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/f/folder")
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert any(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies.values())


def link_of(server: Served) -> tuple[str, str]:
    """The address of a new one-time link, and its code."""
    link = server.command("login-link").split()[-1]
    return link, link.split("#")[1]


def follow(page: Page, link: str, code: str) -> None:
    """Opens the link; without a script the code is typed."""
    page.goto(link)
    if code not in page.url:
        return
    page.get_by_role("link", name="I have a one-time link").or_(
        page.get_by_role("link", name="I have a password")
    ).wait_for()
    if page.get_by_label("Code of the one-time link").count() == 0:
        page.get_by_role("link", name="I have a one-time link").click()
    page.get_by_label("Code of the one-time link").fill(code)
    page.get_by_role("button", name="Go on").click()


def test_a_one_time_link_signs_in_once(server: Served, context: BrowserContext, browsing: Browsing) -> None:
    browsing.watch.allow("401")
    link, code = link_of(server)
    page = context.new_page()
    follow(page, link, code)
    page.wait_for_url(server.url)
    again = browsing.context(java_script_enabled=False).new_page()
    follow(again, link, code)
    expect(again.get_by_text("This link is not valid any more.")).to_be_visible()


def test_the_first_one_time_link_sets_a_password(server: Served, context: BrowserContext, browsing: Browsing) -> None:
    browsing.watch.allow("400")
    server.stop()
    for file in server.profile.glob("access*"):
        file.unlink()
    server.restart()
    link, code = link_of(server)
    page = context.new_page()
    follow(page, link, code)
    for second in ("something else", "a sentence is easier"):
        page.get_by_label("New password").fill("a sentence is easier")
        page.get_by_label("The same again").fill(second)
        assert code not in page.url
        page.get_by_role("button", name="Set the password and sign in").click()
        if second == "something else":
            expect(page.get_by_text("The two are not the same.")).to_be_visible()
    page.wait_for_url(server.url)
    other = browsing.context().new_page()
    other.goto(server.url)
    other.get_by_label("Password").fill("a sentence is easier")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(server.url)


def test_signing_out_ends_this_browser_s_login_alone(server: Served, browsing: Browsing) -> None:
    first, second = browsing.context().new_page(), browsing.context().new_page()
    for page in (first, second):
        log_in(page, server)
    first.get_by_role("button", name="Menu").click()
    first.get_by_role("menuitem", name="Sign out", exact=True).click()
    first.wait_for_url("**/login")
    first.goto(server.url)
    first.wait_for_url("**/login?next=*")
    second.reload()
    expect(second).to_have_url(server.url)
    second.get_by_role("button", name="Menu").click()
    second.get_by_role("menuitem", name="Sign out everywhere").click()
    second.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    second.wait_for_url("**/login")
