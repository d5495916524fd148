"""The page at `/`, in the system's own Chromium. build/page-*.png are its main views."""

from pathlib import Path

import appimage
import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import ARGUMENTS, CHROMIUM, DESK, PHONE, WHY_ABSENT
from fleet import SETS, TARGETS, Fleet
from playwright.sync_api import expect, sync_playwright
from rollouts.testing import local_server
from serve_asks import Operator

BUILD = Path(__file__).resolve().parents[3] / "build"
DEVICE = "/DEFAULT/controller/v1/kitchen-1"
MARKUP = "<img src=x onerror=document.title='owned'>"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=WHY_ABSENT)]
expect.set_options(timeout=30_000)


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
    with Operator(server) as operator:
        yield operator


@pytest.fixture(scope="module")
def fleet():
    with local_server(gateway_token="gateway") as server, Operator(server) as operator:
        fleet = Fleet(server, operator)
        fleet.live()
        yield fleet


def is_complaint(message):
    """A refusal and an outage are the browser's own lines: the page says them in its words."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


@pytest.fixture
def visit(browser):
    """Opens the page of a server; at the end it must not have complained."""
    contexts, problems = [], []

    def visit(server, viewport=DESK, **options):
        login = {"username": server.user, "password": server.password}
        context = browser.new_context(http_credentials=login, viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if is_complaint(m) else None)
        page.goto(server.url)
        expect(page.locator("#link")).to_have_text("live")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def page(visit, server):
    return visit(server)


@pytest.fixture
def device(server, operator):
    """A registered device, and a set it can be given."""
    operator.set_of(operator.module("firmware", fw_bin=b"x" * 99), name="firmware")
    heads = {"Authorization": "GatewayToken gateway"}
    with httpx.Client(base_url=server.url, headers=heads) as device:
        device.get(DEVICE)
        yield device


def row(page, name="kitchen-1"):
    return page.locator(f"#targets tr[data-id='{name}']")


def toast(page):
    return page.locator("#toast")


def feedback(device, action, execution, finished, *details):
    status = {"execution": execution, "result": {"finished": finished}, "details": details}
    answer = device.post(f"{DEVICE}/deploymentBase/{action}/feedback", json={"status": status})
    answer.raise_for_status()


def open_detail(page, name="kitchen-1"):
    row(page, name).get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#detail-title")).to_be_focused()
    return page.locator("#detail")


def keep(page, name):
    BUILD.mkdir(exist_ok=True)
    page.screenshot(path=BUILD / f"page-{name}.png")


def covered(page):
    """The texts of sets that the button beside them covers."""
    return page.locator("#sets > li").evaluate_all("""(items) => items.flatMap((item) => {
      const button = item.querySelector(":scope > button").getBoundingClientRect();
      return [...item.querySelectorAll("b, span, p, small")].filter((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()].some((text) => text.right > button.left
          && text.left < button.right && text.bottom > button.top && text.top < button.bottom);
      }).map((node) => node.textContent);
    })""")


def serious(page):
    """What axe finds that keeps people out."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]  # fmt: skip  # noqa: E501


# --- a fleet


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("desk", DESK), ("phone", PHONE)])
def test_fleet_is_shown_whole_and_axe_finds_nothing_serious(visit, fleet, name, viewport, scheme):
    page = visit(fleet.server, viewport, color_scheme=scheme)
    expect(page.locator("#targets tr")).to_have_count(TARGETS)
    expect(page.locator("#sets > li")).to_have_count(SETS)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    row(page, "attic-02").get_by_role("checkbox").check()
    keep(page, f"{name}-{scheme}")
    # The other rows are made alike, and axe looks at each.
    page.get_by_role("searchbox", name="Search targets").fill("attic")
    if name == "desk":
        page.get_by_role("searchbox", name="Filter sets").fill("5.9")
    expect(page.locator("#targets tr")).to_have_count(42)
    assert serious(page) == []
    expect(open_detail(page, "attic-01")).to_contain_text("Generic ESP32 module")
    keep(page, f"{name}-{scheme}-detail")
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    page.locator("#selection").get_by_role("button", name="Assign a set").click()
    keep(page, f"{name}-{scheme}-assign")
    assert serious(page) == []
    page.keyboard.press("Escape")
    if name == "phone":
        page.get_by_role("button", name="Sets", exact=True).click()
        page.get_by_role("searchbox", name="Filter sets").fill("5.9")
        keep(page, f"{name}-{scheme}-sets")
        assert serious(page) == []
        assert covered(page) == []


def test_fleet_costs_few_requests_and_under_two_megabytes(visit, fleet):
    page = visit(fleet.server)
    expect(page.locator("#targets tr")).to_have_count(TARGETS)
    asked = page.evaluate("performance.getEntriesByType('resource').map(r => [r.name, r.transferSize])")  # fmt: skip  # noqa: E501
    assert sum("/rest/" in name for name, _ in asked) == 1, asked
    assert len(asked) < 20
    assert sum(size for _, size in asked) < 2_000_000


SEARCHES = [
    ("", TARGETS),
    ("kitchen", 46),
    ("KITCHEN error", 1),
    ("meter-fw 5.9.3", 21),
    ("nothing like that", 0),
    ("updatestatus==error", 3),
    ("name==Attic*;updatestatus==pending", 2),
    ("installedds.version==5.9.3 or updatestatus==error", 8),
]


def test_search_takes_words_and_rsql_and_says_what_it_does_not_understand(visit, fleet):
    page = visit(fleet.server)
    query = page.get_by_role("searchbox", name="Search targets")
    for text, number in SEARCHES:
        query.fill(text)
        expect(page.locator("#targets tr"), text).to_have_count(number)
    query.fill("colour==blue")
    expect(page.locator("#query-problem")).to_have_text("There is no field 'colour' to search by.")


def test_states_are_counted_and_filter(visit, fleet):
    page = visit(fleet.server)
    for name, number in (("Updating", 20), ("Failed", 3), ("Overdue", 40), ("New", 80)):
        tile = page.get_by_role("button", name=f"{number} {name}", exact=True)
        tile.click()
        expect(page.locator("#targets tr")).to_have_count(number)
        assert tile.get_attribute("aria-pressed") == "true"
        tile.click()
    expect(row(page, "attic-33").get_by_text("overdue")).to_be_visible()
    expect(row(page, "attic-33")).to_contain_text("3 days ago")


def test_set_tells_its_files_and_its_signature(visit, fleet):
    item = visit(fleet.server).locator("#sets > li").first
    for text in ("meter-fw", "5.9.3", "1.61 MB", "1 delta of 9.5 kB", "signed", "5 installed"):
        expect(item).to_contain_text(text)


def test_selection_search_and_open_target_survive_a_reload(visit, fleet):
    page = visit(fleet.server)
    page.get_by_role("searchbox", name="Search targets").fill("attic")
    row(page, "attic-02").get_by_role("checkbox").check()
    row(page, "attic-05").get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.locator("#selection")).to_contain_text("4 selected")
    open_detail(page, "attic-03")
    page.reload()
    expect(page.locator("#selection")).to_contain_text("4 selected")
    expect(page.locator("#detail-title")).to_have_text("attic-03")
    expect(page.locator("#targets tr")).to_have_count(42)


# --- assigning


def test_empty_server_says_what_to_do(page):
    expect(page.get_by_text("rollouts publish FILE")).to_be_visible()
    expect(page.get_by_text("rollouts setup")).to_be_visible()


def test_set_dragged_onto_target_is_assigned_and_taken_back(page, device, operator):
    page.locator("#sets > li").drag_to(row(page))
    expect(toast(page)).to_contain_text("firmware 1.0.0 is assigned to kitchen-1")
    assert operator.target("kitchen-1")["updateStatus"] == "pending"
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Cancellation asked for: 1 update")
    assert operator.action(1)["status"] == "canceling"
    page.locator("#sets > li").drag_to(row(page))
    expect(toast(page)).to_contain_text("was assigned already")


def test_set_is_assigned_with_the_keyboard_alone(page, device, operator):
    give = page.get_by_role("button", name="Assign a set to kitchen-1")
    give.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Assign to kitchen-1")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # from forced to soft
    page.get_by_role("dialog").get_by_role("combobox").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Assign", exact=True).press("Enter")
    expect(toast(page)).to_contain_text("is assigned to kitchen-1")
    assert operator.action(1)["forceType"] == "soft"


def test_selection_is_assigned_in_a_window_of_this_time_zone(visit, server, device, operator):
    page = visit(server, timezone_id="Asia/Kolkata")
    for name in ("a/b", "c%2Fd"):
        operator.post_ok("/targets", [{"controllerId": name}])
    expect(page.locator("#targets tr")).to_have_count(3)
    page.get_by_role("checkbox", name="Select all that are shown").check()
    page.locator("#selection").get_by_role("button", name="Assign a set").click()
    page.get_by_role("dialog").get_by_text("In a window").click()
    page.get_by_label("Begin of the window").fill("23:30")
    page.get_by_role("dialog").get_by_role("button", name="Assign", exact=True).click()
    expect(toast(page)).to_contain_text("is assigned to 3 targets")
    window = operator.action(2)["maintenanceWindow"]
    assert window["schedule"] == "0 30 23 ? * *"
    assert (window["duration"], window["timezone"]) == ("02:00:00", "+05:30")


def test_refusal_is_told_in_the_servers_words(page, device, operator):
    give = page.get_by_role("button", name="Assign a set to kitchen-1")
    give.press("Enter")
    body = {"actionCancelationType": "none"}
    operator.post_ok("/distributionsets/1/invalidate", body)
    page.get_by_role("dialog").get_by_role("button", name="Assign", exact=True).click()
    expect(toast(page)).to_contain_text("Distribution set 1 was invalidated")


# --- watching


def test_progress_and_end_of_an_action_are_shown(page, device, operator):
    action = operator.assign("kitchen-1", 1)
    feedback(device, action, "proceeding", "none", "downloaded 50 %")
    expect(row(page).get_by_role("progressbar")).to_have_attribute("value", "50")
    feedback(device, action, "proceeding", "none", "staged")
    expect(row(page)).to_contain_text("staged")
    expect(row(page).get_by_role("progressbar")).to_have_attribute("value", "50")
    feedback(device, action, "closed", "success", "installed")
    expect(row(page)).to_contain_text("in sync")
    expect(row(page).get_by_role("cell").nth(3)).to_have_text("firmware 1.0.0")


def test_keyboard_and_marked_text_stay_where_they_are_when_rows_change(page, device, operator):
    box = row(page).get_by_role("checkbox")
    box.focus()
    operator.assign("kitchen-1", 1)
    expect(row(page)).to_contain_text("pending")
    expect(box).to_be_focused()


def test_detail_shows_what_a_target_says_as_text(page, device, operator):
    data = {"machine": MARKUP, "<b>": "x"}
    device.put(f"{DEVICE}/configData", json={"data": data}).raise_for_status()
    action = operator.assign("kitchen-1", 1, type="soft")
    feedback(device, action, "proceeding", "none", "a < b & c > d")
    detail = open_detail(page)
    for text in (MARKUP, "<b>", "a < b & c > d"):
        expect(detail.get_by_text(text, exact=True)).to_be_visible()
    assert page.title() == "rollouts"
    assert page.locator("main img, main b > b").count() == 0


def test_action_is_forced_canceled_and_ended_from_the_detail(page, device, operator):
    action = operator.assign("kitchen-1", 1, type="soft")
    detail = open_detail(page)
    detail.get_by_role("button", name="Force").click()
    expect(detail.get_by_role("button", name="Force")).to_have_count(0)
    assert operator.action(action)["forceType"] == "forced"
    detail.get_by_role("button", name="Cancel").click()
    detail.get_by_role("button", name="End it without the device").click()
    expect(detail.locator(".actions .badge").first).to_have_text("canceled")
    assert operator.action(action)["status"] == "canceled"


def test_token_is_sent_only_when_it_is_asked_for(page, device, operator):
    token = operator.target("kitchen-1")["securityToken"]
    bodies = []
    page.on("response", lambda answer: bodies.append(answer))
    detail = open_detail(page)
    assert not any(token in answer.text() for answer in bodies)
    detail.get_by_role("button", name="Show token").click()
    expect(detail.get_by_text(token)).to_be_visible()
    detail.get_by_role("button", name="Hide").click()
    expect(detail.get_by_text(token)).to_have_count(0)


@pytest.mark.parametrize("name", ["a/b", "..", "%2e%2e", "__proto__", "a;b", "é&?#", "\"'`"])
def test_target_of_any_name_is_shown_and_opened(page, operator, name):
    operator.post_ok("/targets", [{"controllerId": name}])
    page.locator("#targets .link").click()
    expect(page.locator("#detail-title")).to_have_text(name)


def test_server_that_is_gone_is_said_and_found_again(visit):
    with local_server() as server:
        page = visit(server)
        port = int(server.url.rpartition(":")[2])
    expect(page.locator("#link")).to_contain_text("no answer")
    with local_server(port=port) as server, Operator(server) as operator:
        operator.device("new-1")
        expect(row(page, "new-1")).to_be_visible()
        expect(page.locator("#link")).to_have_text("live")


@pytest.mark.parametrize(
    ("step", "said", "status", "next_step"),
    [("Approve", "is approved", "ready", ["Start"]), ("Deny", "is denied", "approval denied", [])],
)
def test_rollout_that_waits_for_approval_gets_it_or_not(
    page, device, operator, step, said, status, next_step
):
    operator.config("rollout.approval.enabled", True)
    body = {"name": "may", "distributionSetId": 1, "targetFilterQuery": "name==*"}
    operator.post_ok("/rollouts", {**body, "amountGroups": 1})
    page.get_by_role("button", name="Rollouts", exact=True).click()
    rollout = page.locator("#rollouts > li")
    expect(rollout.locator(".head .badge")).to_have_text("waiting for approval")
    assert serious(page) == []
    rollout.get_by_role("button", name=f"{step}: may").click()
    expect(toast(page)).to_contain_text(f"may {said}")
    expect(rollout.locator(".head .badge")).to_have_text(status)
    expect(rollout.locator(".head button")).to_have_text(next_step)
    decided = operator.read("/rollouts/1")
    assert decided["status"] == status.replace(" ", "_")
    assert decided["approveDecidedBy"] == operator.server.user


def test_rollout_is_started_paused_and_resumed_and_its_groups_are_bars(page, device, operator):
    operator.post_ok("/targets", [{"controllerId": "kitchen-2"}])
    body = {"name": "canary", "distributionSetId": 1, "targetFilterQuery": "name==kitchen*",
            "amountGroups": 2, "successCondition": {"expression": "100"}}  # fmt: skip
    operator.post_ok("/rollouts", body)
    page.get_by_role("button", name="Rollouts", exact=True).click()
    rollout = page.locator("#rollouts > li")
    for step, status in (("Start", "running"), ("Pause", "paused"), ("Resume", "running")):
        rollout.get_by_role("button", name=f"{step}: canary").click()
        expect(rollout.locator(".head .badge")).to_have_text(status)
    expect(rollout.locator(".groups > li").first).to_contain_text("0 of 1, 1 running")
    action = device.get(DEVICE).json()["_links"]["deploymentBase"]["href"]
    feedback(device, action.rpartition("/")[2].partition("?")[0], "closed", "success")
    expect(rollout.locator(".groups > li").first).to_contain_text("finished")
    expect(rollout).to_contain_text("1 of 2 targets done")
    keep(page, "rollouts")
    assert serious(page) == []


# --- publishing


def test_image_that_is_dropped_becomes_a_set_with_what_it_says_of_itself(page, operator):
    image = appimage.make("sensor", "3.1.4", chip="esp32c3")
    drop(page, "sensor.app-bin", image)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("ESP32-C3")
    keep(page, "upload")
    assert serious(page) == []
    dialog.get_by_role("button", name="Publish").click()
    expect(toast(page)).to_contain_text("sensor 3.1.4 is published")
    expect(page.locator("#sets > li")).to_contain_text("ESP32-C3 · 65.5 kB")
    [one] = operator.read("/distributionsets")["content"]
    assert (one["name"], one["version"], one["complete"]) == ("sensor", "3.1.4", True)


def test_file_that_is_chosen_and_refused_can_be_mended(page, operator):
    operator.set_of(operator.module("ok"), name="ok")
    image = {"name": "fw.app-bin", "mimeType": "", "buffer": appimage.make("ok", "1.0.0")}
    page.locator("#file").set_input_files(image)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Version").fill("1.0.1")
    dialog.get_by_role("button", name="Publish").click()
    expect(toast(page)).to_contain_text("ok 1.0.1 is published")


@pytest.mark.parametrize("content", [b"", b"\xe9", b"\x7fELF" * 99])
def test_file_that_is_no_image_is_refused_before_it_is_sent(page, content):
    drop(page, "notes.txt", content)
    expect(toast(page)).to_contain_text("notes.txt is no application image")


def drop(page, name, content):
    data = page.evaluate_handle(
        "([name, bytes]) => { const data = new DataTransfer();"
        "data.items.add(new File([new Uint8Array(bytes)], name)); return data; }",
        [name, list(content)],
    )
    page.dispatch_event("body", "drop", {"dataTransfer": data})
