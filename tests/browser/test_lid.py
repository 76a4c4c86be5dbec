"""The lid is closed in mid-run: the run goes on, and another device shows all of it."""

import pytest
from browsing import Open
from playwright.sync_api import expect

CELL = """
import time, numpy as np, matplotlib.pyplot as plt
for n in range(1, 601):
    print(n, flush=True)
    time.sleep(0.01)
plt.plot(np.sin(np.arange(100) / 9)); plt.show()
name = input('Name? ')
print('hello', name)
""".strip()


@pytest.mark.kernel
def test_a_run_goes_on_without_a_page_and_another_browser_finds_every_line(open_sheet: Open) -> None:
    first = open_sheet(CELL, kernel="python3")
    first.run("a")
    expect(first.outputs("a").first).to_contain_text("\n200\n", timeout=60_000)
    first.page.context.close()

    second = open_sheet()
    prompt = second.page.get_by_label("Name?")
    expect(prompt).to_be_visible(timeout=60_000)
    assert second.text("a").split() == [str(n) for n in range(1, 601)]
    expect(second.outputs("a").nth(1)).to_have_attribute("data-mime", "image/png")
    picture = second.outputs("a").nth(1).locator("img")
    second.page.wait_for_function("image => image.complete && image.naturalWidth > 100", arg=picture.element_handle())
    prompt.fill("Mei")
    prompt.press("Enter")
    expect(second.outputs("a").last).to_have_text("hello Mei")
    expect(prompt).to_have_count(0)
    second.saved()
    [cell] = second.stored()
    text = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
    assert [line for line in text.split() if line.isdigit()] == [str(n) for n in range(1, 601)]


@pytest.mark.kernel
def test_a_password_prompt_hides_what_is_typed_and_keeps_none_of_it(open_sheet: Open) -> None:
    sheet = open_sheet("import getpass\nprint(len(getpass.getpass('Secret: ')))", kernel="python3")
    sheet.run("a")
    prompt = sheet.page.get_by_label("Secret:")
    expect(prompt).to_have_attribute("type", "password", timeout=60_000)
    sheet.page.reload()
    prompt = sheet.page.get_by_label("Secret:")
    expect(prompt).to_have_attribute("type", "password")
    prompt.fill("tulip-7301")
    prompt.press("Enter")
    expect(sheet.outputs("a")).to_have_text("10")
    sheet.saved()
    files = [path for path in sheet.server.home.rglob("*") if path.is_file()]
    assert not [path for path in files if b"tulip-7301" in path.read_bytes()]


def test_the_first_answer_wins_and_the_other_page_sees_the_prompt_go(open_sheet: Open) -> None:
    first = open_sheet("input Who?")
    second = open_sheet()
    first.run("a")
    for sheet in (first, second):
        expect(sheet.page.get_by_label("Who?")).to_be_visible()
    second.page.get_by_label("Who?").fill("Ada")
    second.press("Enter")
    for sheet in (first, second):
        expect(sheet.outputs("a")).to_have_text("got Ada")
        expect(sheet.page.get_by_label("Who?")).to_have_count(0)
