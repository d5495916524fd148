"""setup: a server ready for a device, and a file only its owner can read."""

import os
import stat

import pytest

TEMPLATE = """WIFI_SSID = "my network"
URL = "https://example"
TENANT = "DEFAULT"
CONTROLLER_ID = None
TARGET_TOKEN = None
GATEWAY_TOKEN = "x"
"""


def config(file):
    values = {}
    exec(file.read_text(), values)
    return values


def test_the_file_lets_the_device_log_in(any_cli, any_server, tmp_path):
    import httpx

    any_cli.ok("setup", "dev-1")
    known = config(tmp_path / "config.py")
    assert (known["URL"], known["TENANT"]) == (any_server.url, any_server.tenant)
    answer = httpx.get(
        f"{known['URL']}/{known['TENANT']}/controller/v1/{known['CONTROLLER_ID']}",
        headers={"Authorization": f"TargetToken {known['TARGET_TOKEN']}"},
    )
    assert answer.status_code == 200


def test_the_file_is_for_its_owner_alone(cli, tmp_path):
    umask = os.umask(0)
    try:
        cli.ok("setup", "dev-1")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "config.py").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["config.py"]


@pytest.mark.parametrize("form", [[], ["--json"], ["-v"]])
def test_the_token_is_in_the_file_and_nowhere_else(cli, tmp_path, form):
    result = cli.ok("setup", "dev-1", *form)
    token = config(tmp_path / "config.py")["TARGET_TOKEN"]
    assert len(token) == 32 and token not in result.out + result.err


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_exists_is_not_overwritten_and_nothing_is_changed(cli, tmp_path, kind, hawkbit):
    file = tmp_path / "config.py"
    if kind == "file":
        file.write_text("mine")
    else:
        file.symlink_to(tmp_path / "elsewhere.py")
    result = cli("setup", "dev-1")
    assert result.code == 3 and "--force" in result.err
    assert hawkbit.targets.find() == []
    assert not (tmp_path / "elsewhere.py").exists()


def test_force_overwrites_and_the_token_stays_the_same(cli, tmp_path):
    cli.ok("setup", "dev-1")
    before = (tmp_path / "config.py").read_text()
    result = cli.ok("setup", "dev-1", "--force", "--json")
    assert (tmp_path / "config.py").read_text() == before
    assert result.json["steps"] == []


def test_polling_time_and_token_login_are_set(cli, hawkbit):
    hawkbit.configuration.set("authentication.targettoken.enabled", False)
    result = cli.ok("setup", "dev-1", "--polling", "00:01:00", "--json").json
    assert result["steps"] == [
        "authentication.targettoken.enabled = true",
        "pollingTime = 00:01:00",
        "register dev-1",
    ]
    assert hawkbit.configuration.get("authentication.targettoken.enabled").value is True
    assert hawkbit.configuration.get("pollingTime").value == "00:01:00"


def test_a_template_is_filled_in(cli, tmp_path):
    (tmp_path / "example.py").write_text(TEMPLATE)
    cli.ok("setup", "dev-1", "--template", "example.py", "--device-url", "http://10.0.0.5:8080")
    known = config(tmp_path / "config.py")
    assert (known["WIFI_SSID"], known["URL"]) == ("my network", "http://10.0.0.5:8080")
    assert (known["CONTROLLER_ID"], known["GATEWAY_TOKEN"]) == ("dev-1", None)


def test_a_template_that_lacks_a_setting_is_refused_before_anything(cli, tmp_path, hawkbit):
    (tmp_path / "example.py").write_text(TEMPLATE.replace("TENANT", "TENNANT"))
    result = cli("setup", "dev-1", "--template", "example.py")
    assert result.code == 3 and "TENANT" in result.err
    assert hawkbit.targets.find() == []


def test_the_boards_own_example_can_be_filled_in(cli, request, tmp_path):
    example = request.config.rootpath / "boards/config.example.py"
    cli.ok("setup", "dev-1", "--template", str(example))
    assert config(tmp_path / "config.py")["CONTROLLER_ID"] == "dev-1"


def test_dry_run_changes_nothing(cli, tmp_path, hawkbit):
    result = cli.ok("setup", "dev-1", "--dry-run", "--json").json
    assert result["steps"] == ["register dev-1", "write config.py"]
    assert hawkbit.targets.find() == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a%b", "a;b", "<b>", "..", "x" * 257, "a\nb"])
def test_an_id_no_device_can_have_is_refused(cli, name):
    assert cli("setup", name).code == 3


@pytest.mark.parametrize(
    "options", [["--polling", "soon"], ["--device-url", "10.0.0.5"], ["--polling", "5"]]
)
def test_unusable_options_are_usage_errors(cli, hawkbit, options):
    assert cli("setup", "dev-1", *options).code == 2
    assert hawkbit.targets.find() == []


def test_a_folder_that_is_absent_is_refused(cli, hawkbit):
    assert cli("setup", "dev-1", "--out", "absent/config.py").code == 3
    assert hawkbit.targets.find() == []


@pytest.mark.parametrize("polling", ["PT36H", "00:01:00~20%"])
def test_polling_prints_what_it_set(cli, hawkbit, polling):
    result = cli.ok("setup", "dev-1", "--polling", polling)
    assert f"pollingTime = {polling}" in result.out
    assert hawkbit.configuration.get("pollingTime").value == polling


def test_name_of_a_target_that_exists_is_changed(any_cli):
    any_cli.ok("setup", "dev-1")
    dry = any_cli.ok("setup", "dev-1", "--name", "By the door", "--force", "--dry-run").out
    assert "would do: name dev-1 By the door" in dry
    for said in "name dev-1 By the door", "nothing to change":
        assert said in any_cli.ok("setup", "dev-1", "--name", "By the door", "--force").out
        assert any_cli.ok("targets", "dev-1").lines[0][1] == "By the door"
