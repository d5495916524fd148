"""How long devices are told to sleep, and maintenance windows."""

from datetime import UTC, datetime

import pytest
from rollouts.serve.errors import ApiError
from rollouts.serve.polling import Polling, interval_s, wire
from rollouts.serve.settings import Settings
from rollouts.serve.windows import Window

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
NOON_MS = int(NOON.timestamp() * 1000)

FORMS = [
    ("00:05:00", 300, "00:05:00"),
    ("23:59:59", 86399, "23:59:59"),
    ("24:00:00", 86400, "PT24H"),
    ("PT24H", 86400, "PT24H"),
    ("PT36H30M", 131400, "PT36H30M"),
    ("PT30S", 30, "00:00:30"),
    ("P1DT2H", 93600, "PT26H"),
]


@pytest.mark.parametrize(("text", "seconds", "sent"), FORMS)
def test_interval_is_read_and_written(text, seconds, sent):
    assert interval_s(text) == seconds
    assert wire(seconds) == sent


def test_fractions_are_cut_below_a_day_and_sent_above():
    assert wire(59.999) == "00:00:59"
    assert wire(94387.456) == "PT26H13M7.456S"


BAD_POLLING = [
    *("soon", "", "P", "PT", "1:2:3", "00:60:00", "00:00:00", "PT49H", "-1", None, 5),
    *("00:05:00~", "00:05:00~100%", "00:05:00, name==x", "00:05:00, colour -> 00:01:00"),
]


@pytest.mark.parametrize("value", BAD_POLLING)
def test_bad_polling_time_is_refused_and_the_old_one_stays(operator, value):
    answer = operator.put("/system/configs/pollingTime", json={"value": value})
    assert answer.status_code == 400
    assert operator.read("/system/configs/pollingTime")["value"] == "00:05:00"


def test_deviation_stays_within_its_part():
    interval = Polling("00:10:00~20%", Settings()).default
    drawn = [interval.draw(Settings()) for _ in range(200)]
    assert 480 <= min(drawn) < 560 and 640 < max(drawn) <= 720


def test_override_holds_for_the_targets_it_names(operator):
    operator.config("pollingTime", "00:10:00, controllerid == dev-1 -> 00:00:42, name==x -> PT25H")
    assert operator.device("dev-1").poll()["config"]["polling"]["sleep"] == "00:00:42"
    assert operator.device("dev-2").poll()["config"]["polling"]["sleep"] == "00:10:00"
    assert operator.device("x").poll()["config"]["polling"]["sleep"] == "PT25H"


SCHEDULES = [
    ("0 0 13 * * ?", datetime(2026, 11, 23, 13, 0)),
    ("0 50 11 * * ?", datetime(2026, 11, 23, 11, 50)),  # open since then
    ("0 0 3 ? * SUN", datetime(2026, 11, 29, 3, 0)),
    ("0 0 3 ? * 1", datetime(2026, 11, 29, 3, 0)),  # 1 is Sunday
    ("0 0 3 ? * 2-6", datetime(2026, 11, 24, 3, 0)),
    ("0 0 3 ? * 6L", datetime(2026, 11, 27, 3, 0)),  # the last Friday
    ("0 0 3 ? * 2#1", datetime(2026, 12, 7, 3, 0)),  # the first Monday
    ("0 0 3 L * ?", datetime(2026, 11, 30, 3, 0)),
    ("45 11 14 3 8 ? 2027", datetime(2027, 8, 3, 14, 11, 45)),
    ("0 0 3 1 1 ? 2020", None),
]


@pytest.mark.parametrize(("schedule", "start"), SCHEDULES, ids=[s[0] for s in SCHEDULES])
def test_quartz_schedule_gives_the_next_window(schedule, start):
    window = Window.parse(schedule, "00:30:00", "+00:00")
    wanted = start and int(start.replace(tzinfo=UTC).timestamp() * 1000)
    assert window.start(NOON_MS) == wanted


def test_zone_shifts_the_window():
    east = Window.parse("0 0 13 * * ?", "00:30:00", "+02:00")
    assert datetime.fromtimestamp(east.start(NOON_MS) / 1000, UTC).hour == 11


BAD_WINDOWS = [
    ("0 0 3 * * ?", None, None),
    ("every day", "00:10:00", "+00:00"),
    ("0 0 25 * * ?", "00:10:00", "+00:00"),
    ("0 0 3 * * ?", "ten", "+00:00"),
    ("0 0 3 * * ?", "24:00:00", "+00:00"),
    ("0 0 3 * * ?", "00:10:00", "Europe/Berlin"),
    ("0 0 3 W * ?", "00:10:00", "+00:00"),
]


@pytest.mark.parametrize("window", BAD_WINDOWS, ids=str)
def test_bad_window_is_refused(window):
    with pytest.raises(ApiError) as error:
        Window.parse(*window)
    assert error.value.body["errorCode"].endswith("maintenanceScheduleInvalid")


def test_device_waits_for_its_window_installs_in_it_and_is_canceled_after(operator, hawkbit):
    hawkbit.clock.set(NOON_MS)
    device = operator.device()
    window = {"schedule": "0 0 13 23 11 ? 2026", "duration": "00:30:00", "timezone": "+00:00"}
    action_id = operator.release(maintenanceWindow=window)

    def deployment():
        found = device.deployment(action_id).json()["deployment"]
        return found["download"], found["update"], found["maintenanceWindow"]

    assert device.poll()["config"]["polling"]["sleep"] == "00:05:00"
    assert deployment() == ("forced", "skip", "unavailable")
    hawkbit.clock.set(NOON_MS + 3_594_000)  # 6 s before
    assert device.poll()["config"]["polling"]["sleep"] in ("00:00:01", "00:00:02")
    hawkbit.clock.set(NOON_MS + 3_601_000)
    assert device.poll()["config"]["polling"]["sleep"] == "00:05:00"
    assert deployment() == ("forced", "forced", "available")
    hawkbit.clock.set(NOON_MS + 3_600_000 + 1_801_000)
    assert device.links() == {"cancelAction"}
    assert device.deployment(action_id).status_code == 404
    assert operator.action(action_id)["status"] == "canceling"
