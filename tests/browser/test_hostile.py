"""Hostile notebooks (tests/hostile/corpus.py) opened as somebody else's and run as one's own: nothing in them acts on the page, asks a
server, or is only stopped by the content security policy."""

import json
from collections.abc import Iterator

import corpus
import pytest
from browsing import Browsing, Open, Tab
from playwright.sync_api import Page, expect
from served import Served
from sheet import Sheet
from watching import urls_of

# What may never stand in the page that shows foreign content, in shadow roots either.
INSPECT = """() => {
  const wrong = []
  const never = new Set(['script', 'object', 'embed', 'applet', 'base', 'meta', 'link', 'frame', 'frameset', 'portal', 'style', 'template'])
  const addresses = /^(href|src|action|formaction|xlink:href|data|poster|srcset|background|ping)$/
  const schemes = (name) => {
    if (name === 'img') return ['', 'data', 'blob']
    return ['', 'http', 'https', 'mailto', ...(['audio', 'video', 'source'].includes(name) ? ['data'] : [])]
  }
  const address = (name, attribute, value) => {
    const plain = value.replace(/[\\x00-\\x20]/g, '').toLowerCase()
    const scheme = /^([a-z][a-z0-9+.-]*):/.exec(plain)?.[1] ?? ''
    const { origin, protocol } = new URL(value, location.href)
    const far = origin !== location.origin && !['a', 'area'].includes(name) && !['data:', 'blob:'].includes(protocol)
    const data = scheme === 'data' && !/^data:(image|audio|video)\\//.test(plain)
    if (!schemes(name).includes(scheme) || far || data) wrong.push(`${name} ${attribute}=${value.slice(0, 60)}`)
  }
  const look = (root) => {
    for (const one of root.querySelectorAll('*')) {
      if (one.shadowRoot) look(one.shadowRoot)
      const name = one.localName
      if (never.has(name)) wrong.push(name)
      const framed = one.getAttribute('sandbox') === 'allow-scripts' && !one.hasAttribute('srcdoc')
      if (name === 'iframe' && !(framed && one.src.includes('/frame/'))) wrong.push('iframe ' + one.src)
      if (name === 'form' && !one.matches('.prompt')) wrong.push('form')
      for (const { name: attribute, value } of one.attributes) {
        if (/^on/i.test(attribute)) wrong.push(`${name} ${attribute}`)
        if (addresses.test(attribute)) address(name, attribute, value)
        const free = !root.host && one.closest('.md') && !one.closest('svg')
        if (attribute === 'id' && free && !value.startsWith('h:')) wrong.push(`id ${value}`)
      }
    }
  }
  look(document.querySelector('main.sheet'))
  return [...new Set(wrong)]
}"""

STATE = f"""() => ({{
  acted: window.{corpus.CANARY} !== undefined,
  olive: getComputedStyle(document.body).backgroundColor === 'rgb(128, 128, 0)',
  covered: document.elementFromPoint(innerWidth / 2, 20)?.closest('header.head') === null,
  document: document.cookie !== undefined && document.body instanceof HTMLElement,
}})"""


def unharmed(page: Page, asked: list[str], server: Served) -> None:
    assert page.evaluate(INSPECT) == []
    assert page.evaluate(STATE) == {"acted": False, "olive": False, "covered": False, "document": True}
    assert [
        url for url in asked if corpus.BEACON in url or not url.replace("ws:", "http:").startswith(server.url)
    ] == []


def read_all(sheet: Sheet) -> None:
    """As a reader goes through it: every cell is drawn, whatever folds is opened."""
    sheet.page.evaluate(
        """async () => {
          const cells = [...document.querySelectorAll('main .cells > .cell')]
          for (const [at, cell] of cells.entries()) {
            if (at % 3 && at < cells.length - 1) continue
            cell.scrollIntoView()
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
          }
          for (const one of document.querySelectorAll('main details')) one.open = true
        }"""
    )
    sheet.page.wait_for_function(
        "() => !document.querySelector('main .md.raw, main .math[data-tex]:not(.broken)') || true"
    )
    sheet.page.wait_for_timeout(300)  # what acts late, if anything does


@pytest.fixture(scope="module")
def tab(shared_server: Served) -> Iterator[Tab]:
    with Tab.open(shared_server, "hostile") as tab:
        yield tab


def test_the_corpus_is_large() -> None:
    assert corpus.count() > 1000
    assert len(set(corpus.HTML)) > 120


@pytest.mark.parametrize("field", corpus.FIELDS)
def test_nothing_acts_when_somebody_else_s_notebook_is_read(tab: Tab, field: str) -> None:
    path = f"hostile/{field}.ipynb"
    file = tab.server.root / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(corpus.notebook(field)), "utf-8", "surrogatepass")
    asked = urls_of(tab.page)
    sheet = Sheet.open(tab.page, tab.server, path)
    read_all(sheet)
    unharmed(tab.page, asked, tab.server)
    # Text cells are also written in, code cells too: the source is only ever text.
    for number in range(0, min(sheet.cells.count(), 4)):
        sheet.cell(number).evaluate("cell => cell.focus()")
        sheet.press("Enter")
        expect(sheet.cell(number).locator(".cm-content")).to_be_focused()
        sheet.press("Escape")
    unharmed(tab.page, asked, tab.server)
    complaints, tab.watch.complaints = tab.watch.complaints, []
    # A picture that is none answers with an error of its own; what may be asked was looked at above.
    assert [said for said in complaints if "Failed to load resource" not in said] == []
    assert tab.watch.dialogs == []


@pytest.mark.parametrize(
    "field", ["html", "output-markdown", "svg", "javascript", "text-javascript", "latex", "streams", "strange"]
)
def test_nothing_leaves_its_frame_when_one_runs_it(browsing: Browsing, open_sheet: Open, field: str) -> None:
    browsing.watch.allow("Failed to load resource")
    browsing.watch.allow(
        r"CSP frame-src \S+/login\?"
    )  # a program may lead its own frame; no further than to another output
    programs = corpus.scripted(field)
    sheet = open_sheet(*("\n".join(programs[n : n + 12]) for n in range(0, len(programs), 12)))
    asked = urls_of(sheet.page)
    sheet.page.get_by_role("button", name="Run all", exact=True).click()
    expect(sheet.page.locator("[data-queue]")).not_to_have_text("Nothing runs")
    sheet.idle()
    read_all(sheet)
    sheet.page.wait_for_timeout(500)  # frames load, and try what they can
    unharmed(sheet.page, asked, sheet.server)
    frames = [frame for frame in sheet.page.frames if frame != sheet.page.main_frame]
    if field in ("html", "javascript", "text-javascript"):
        assert frames
    for frame in frames:
        if not frame.is_detached() and "/frame/" in frame.url:
            assert (
                frame.evaluate("() => { try { return String(top.document) } catch (error) { return error.name } }")
                == "SecurityError"
            )
            assert frame.evaluate("() => origin") == "null"


def test_the_policy_alone_stops_what_a_sanitiser_would_have_missed(browsing: Browsing, open_sheet: Open) -> None:
    """Every payload put into the page as it is, past our sanitiser: no script of it runs, no other server is asked. (That a page goes
    elsewhere by a refresh is nothing that a policy could stop.)"""
    browsing.watch.allow(".")
    sheet = open_sheet("print one")
    asked = urls_of(sheet.page)
    address = sheet.page.url
    payloads = (*corpus.HTML, *corpus.SVG)
    for payload in payloads:
        if "http-equiv=refresh" in payload:
            continue
        sheet.page.evaluate(
            """html => {
              window.pass ??= trustedTypes.createPolicy('octavo', { createHTML: (text) => text })
              const parsed = new DOMParser().parseFromString(window.pass.createHTML(html), 'text/html')
              const host = document.createElement('div')
              document.body.append(host)
              host.innerHTML = window.pass.createHTML(html)
              host.append(document.adoptNode(parsed.documentElement))
              for (const link of host.querySelectorAll('a')) if (!/^https?:/.test(link.href)) link.click?.()
              host.remove()
            }""",
            payload,
        )
    sheet.page.wait_for_timeout(500)
    assert sheet.page.evaluate(f"() => window.{corpus.CANARY} === 1") is False
    assert sheet.page.url.split("#")[0] == address
    assert [url for url in asked if "elsewhere.example" in url] == []
    assert browsing.watch.dialogs == []
    assert len([said for said in browsing.watch.said if said.startswith("console: CSP ")]) > 100


def test_text_cannot_become_code_by_any_of_the_page_s_own_means(browsing: Browsing, open_sheet: Open) -> None:
    """Trusted types: markup and code are made of text by the one policy of ours alone."""
    browsing.watch.allow(".")
    sheet = open_sheet("print one")
    for way in (
        "document.createElement('div').innerHTML = '<b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>')",
        "document.createRange().createContextualFragment('<b>')",
        "document.write('<b>')",
        "new DOMParser().parseFromString('<b>', 'text/html')",
        "document.createElement('iframe').srcdoc = '<b>'",
        "document.createElement('script').text = '1'",
        "document.createElement('script').src = '/static/x.js'",
        "eval('1')",
        "new Function('1')",
        "setTimeout('1')",
        "trustedTypes.createPolicy('other', {})",
        "trustedTypes.createPolicy('default', { createHTML: (text) => text })",
    ):
        # In a task of the page's own: what the driver evaluates may do more.
        result = sheet.page.evaluate(
            f"() => new Promise((said) => setTimeout(() => {{ try {{ {way}; said('allowed') }} catch (error) {{ said(error.name) }} }}))"
        )
        assert result in ("TypeError", "EvalError"), (way, result)


def test_names_of_files_are_only_ever_text(browsing: Browsing, shared_server: Served) -> None:
    folder = shared_server.root / "names"
    for name in corpus.NAMES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.ipynb").write_text(json.dumps(corpus.document([corpus.cell("code", "1")])))
    page = browsing.logged_in(shared_server).new_page()
    asked = urls_of(page)
    page.goto(f"{shared_server.url}f/names")
    expect(page.locator("tr[data-path]")).to_have_count(2 * len(corpus.NAMES))
    addresses = page.locator("tr[data-path] a").evaluate_all("links => links.map((link) => link.href)")
    assert all(address.startswith(shared_server.url) for address in addresses)
    for address in addresses:
        response = page.goto(address)
        assert response is not None and response.status == 200, address
        page.wait_for_selector("main h1, main .cell")
        assert page.evaluate(f"() => window.{corpus.CANARY}") is None
        assert page.locator("img[src=x], svg[onload]").count() == 0
    assert [url for url in asked if corpus.BEACON in url] == []
