"""make bench-rollout: how long each step of a rollout over 10,000 targets takes the local server.

Ten groups; every step of the scheduler is one piece in which nothing else is answered.
"""

import sys
import time

import httpx
from rollouts.testing import local_server

_PER_REQUEST = 500
_TIMEOUT_S = 300


def fill(client, count):
    module = client.post("/softwaremodules", json=[{"name": "fw", "version": "1", "type": "os"}])
    new = {"name": "fw", "version": "1", "type": "os", "modules": [{"id": module.json()[0]["id"]}]}
    for begin in range(0, count, _PER_REQUEST):
        some = [{"controllerId": f"dev-{n:06}"} for n in range(begin, begin + _PER_REQUEST)][
            : count - begin
        ]
        assert client.post("/targets", json=some).status_code == 201
    return client.post("/distributionsets", json=[new]).json()[0]["id"]


def timed(what, function, *arguments, **options):
    begin = time.perf_counter()
    result = function(*arguments, **options)
    print(f"{what:28} {time.perf_counter() - begin:6.2f} s")
    return result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with (
        local_server(scheduler_period_ms=0) as server,
        httpx.Client(
            base_url=server.url + "/rest/v1",
            auth=(server.user, server.password),
            timeout=_TIMEOUT_S,
        ) as client,
    ):
        set_id = timed(f"{count} targets", fill, client, count)
        body = {"name": "r", "distributionSetId": set_id, "amountGroups": 10}
        body["targetFilterQuery"] = "id==dev*"
        made = timed("create", client.post, "/rollouts", json=body).json()
        timed("step: groups get targets", server.step)
        client.post(f"/rollouts/{made['id']}/start")
        timed("step: all actions scheduled", server.step)
        timed("step: nothing to do", server.step)
        timed("next group", client.post, f"/rollouts/{made['id']}/triggerNextGroup")
        timed("read with its totals", client.get, f"/rollouts/{made['id']}")
        groups = f"/rollouts/{made['id']}/deploygroups?representation=full"
        timed("groups with their totals", client.get, groups)
        client.post(f"/rollouts/{made['id']}/stop")
        timed("step: stopped", server.step)
        found = client.get(f"/rollouts/{made['id']}").json()
        assert found["status"] == "stopped", found
        assert found["totalTargets"] == count, found


if __name__ == "__main__":
    main()
