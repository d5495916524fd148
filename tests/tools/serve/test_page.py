"""The page at `/`, in the system's own Chromium. The last look is kept in build/page.png."""

import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright
from rollouts.testing import local_server

ROOT = Path(__file__).resolve().parents[3]
DEVICE = "/DEFAULT/controller/v1/kitchen-1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Offline, and as root in a container as well.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: install it, on Debian `apt-get install chromium`"
)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def server():
    with local_server(gateway_token="gateway") as server:
        yield server


@pytest.fixture
def operator(server):
    with httpx.Client(
        base_url=server.url + "/rest/v1", auth=(server.user, server.password)
    ) as client:
        yield client


@pytest.fixture
def page(browser, server):
    login = {"username": server.user, "password": server.password}
    context = browser.new_context(http_credentials=login, viewport={"width": 1200, "height": 800})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(server.url)
    yield page
    (ROOT / "build").mkdir(exist_ok=True)
    page.screenshot(path=ROOT / "build" / "page.png")
    context.close()
    assert not problems


@pytest.fixture
def device(server, operator):
    """A registered device, and a set it can be given."""
    module = {"name": "firmware", "version": "2.0.0", "type": "os"}
    module_id = operator.post("/softwaremodules", json=[module]).json()[0]["id"]
    operator.post(f"/softwaremodules/{module_id}/artifacts", files={"file": ("fw.bin", b"x" * 99)})
    one_set = module | {"modules": [{"id": module_id}]}
    operator.post("/distributionsets", json=[one_set]).raise_for_status()
    with httpx.Client(
        base_url=server.url,
        headers={"Authorization": "GatewayToken gateway"},
    ) as device:
        device.get(DEVICE)
        yield device


def row(page):
    return page.get_by_role("row", name="kitchen-1")


def assigned_action(device):
    link = device.get(DEVICE).json()["_links"]["deploymentBase"]["href"]
    return link.split("/")[-1].split("?")[0]


def feedback(device, action, execution, finished, *details):
    status = {"execution": execution, "result": {"finished": finished}, "details": details}
    answer = device.post(f"{DEVICE}/deploymentBase/{action}/feedback", json={"status": status})
    answer.raise_for_status()


def test_empty_server_says_what_to_do(page):
    expect(page.get_by_text("rollouts publish FILE")).to_be_visible()
    expect(page.get_by_text("rollouts setup")).to_be_visible()


def test_set_dragged_onto_target_is_assigned(page, device, operator):
    expect(row(page)).to_be_visible(timeout=10_000)
    page.get_by_role("listitem").filter(has_text="firmware 2.0.0").drag_to(row(page))
    expect(page.get_by_role("status")).to_contain_text("firmware 2.0.0 is assigned to kitchen-1")
    assert operator.get("/targets/kitchen-1").json()["updateStatus"] == "pending"


def test_set_is_assigned_with_the_keyboard_alone(page, device, operator):
    choose = page.get_by_role("button", name="Choose firmware 2.0.0")
    expect(choose).to_be_visible(timeout=10_000)
    choose.press("Enter")
    give = page.get_by_role("button", name="Assign the chosen set to kitchen-1")
    expect(give).to_be_enabled()
    give.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is assigned")
    assert operator.get("/targets/kitchen-1").json()["updateStatus"] == "pending"


def test_keyboard_stays_where_it_is_when_the_page_refreshes(page, device):
    choose = page.get_by_role("button", name="Choose firmware 2.0.0")
    expect(choose).to_be_visible(timeout=10_000)
    choose.focus()
    page.wait_for_timeout(2500)
    expect(choose).to_be_focused()


def test_progress_and_end_of_an_action_are_shown(page, device, operator):
    operator.post("/targets/kitchen-1/assignedDS", json={"id": 1, "type": "forced"})
    action = assigned_action(device)
    feedback(device, action, "proceeding", "none", "downloaded 50 %")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "50", timeout=10_000)
    feedback(device, action, "closed", "success", "installed")
    expect(row(page).get_by_text("in_sync")).to_be_visible(timeout=10_000)
    expect(row(page).get_by_role("cell").nth(2)).to_have_text("firmware 2.0.0")


def test_history_shows_what_the_device_said_as_text(page, device, operator):
    operator.post("/targets/kitchen-1/assignedDS", json={"id": 1, "type": "forced"})
    feedback(device, assigned_action(device), "closed", "failure", "a < b & c")
    page.get_by_role("button", name="History of kitchen-1").click(timeout=10_000)
    expect(page.get_by_role("heading", name="History of kitchen-1")).to_be_focused()
    expect(page.get_by_text("a < b & c")).to_be_visible()


def test_server_that_is_gone_is_said(browser):
    with local_server() as server:
        login = {"username": server.user, "password": server.password}
        page = browser.new_context(http_credentials=login).new_page()
        page.goto(server.url)
        expect(page.get_by_role("status")).to_have_text("up to date")
    expect(page.get_by_role("status")).to_contain_text("no answer", timeout=10_000)


def test_page_of_another_site_cannot_use_the_login(server):
    answer = httpx.put(
        server.url + "/rest/v1/system/configs/pollingTime",
        json={"value": "00:01:00"},
        auth=(server.user, server.password),
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403
