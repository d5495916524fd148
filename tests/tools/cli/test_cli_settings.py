"""Where the server and the password come from, and where they do not."""

from pathlib import Path

import pytest
from rollouts.cli.exits import UsageError
from rollouts.cli.settings import load

SECRET = "correct horse"
PROFILES = f"""
[default]
url = "https://hawkbit.test"
user = "jane"
password = "{SECRET}"

[bosch]
url = "https://api.test"
tenant = "ACME"
user = "joe"
password = "other secret"
ca = "/etc/ca.pem"
"""


@pytest.fixture
def environ(tmp_path):
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)
    file.chmod(0o600)
    return {"ROLLOUTS_CONFIG": str(file)}


def write(environ, text, mode=0o600):
    file = Path(environ["ROLLOUTS_CONFIG"])
    file.write_text(text)
    file.chmod(mode)


def test_the_default_profile_is_used_without_variables(environ):
    settings = load(environ=environ)
    assert (settings.url, settings.user, settings.password) == (
        "https://hawkbit.test",
        "jane",
        SECRET,
    )


@pytest.mark.parametrize("by_variable", [True, False])
def test_another_profile_is_chosen_by_name(environ, by_variable):
    if by_variable:
        environ["ROLLOUTS_PROFILE"] = "bosch"
    settings = load(None if by_variable else "bosch", environ=environ)
    assert (settings.tenant, settings.user, settings.ca) == ("ACME", "joe", "/etc/ca.pem")


def test_variables_win_value_by_value(environ):
    environ["ROLLOUTS_USER"] = "ann"
    environ["ROLLOUTS_CA"] = "a.pem"
    settings = load(environ=environ)
    assert (settings.user, settings.password, settings.ca) == ("ann", SECRET, "a.pem")
    assert load(ca="b.pem", environ=environ).ca == "b.pem"


def test_a_profile_lends_no_password_to_another_server(environ):
    environ["ROLLOUTS_URL"] = "https://elsewhere.test"
    with pytest.raises(UsageError, match="ROLLOUTS_USER and ROLLOUTS_PASSWORD"):
        load(environ=environ)


def test_missing_values_are_all_named(tmp_path):
    with pytest.raises(UsageError, match="ROLLOUTS_URL and ROLLOUTS_USER and ROLLOUTS_PASSWORD"):
        load(environ={"XDG_CONFIG_HOME": str(tmp_path)})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(environ, mode):
    write(environ, PROFILES, mode)
    with pytest.raises(UsageError, match="chmod 600"):
        load(environ=environ)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'password = "{SECRET}', "no TOML"),
        (f'[default]\npasswort = "{SECRET}"', "'passwort'"),
        ("[default]\nurl = 5", "url in .default. has to be a string"),
        ('default = "x"', "has to be a section"),
    ],
)
def test_an_unusable_file_is_refused_without_showing_it(environ, text, words):
    write(environ, text)
    with pytest.raises(UsageError, match=words) as caught:
        load(environ=environ)
    assert SECRET not in str(caught.value)


def test_an_unknown_profile_names_those_there_are(environ):
    with pytest.raises(UsageError, match="it has: default, bosch"):
        load("home", environ=environ)


def test_a_named_file_that_is_absent_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no profile file"):
        load(environ={"ROLLOUTS_CONFIG": str(tmp_path / "absent")})


def test_the_password_is_not_in_the_repr(environ):
    assert SECRET not in repr(load(environ=environ))


@pytest.mark.parametrize(
    ("url", "warned"),
    [("http://hawkbit.test", True), ("http://127.0.0.1:8080", False), ("https://h", False)],
)
def test_http_to_another_machine_is_warned_of(url, warned):
    variables = {"ROLLOUTS_URL": url, "ROLLOUTS_USER": "u", "ROLLOUTS_PASSWORD": "p"}
    assert (
        load(environ={**variables, "XDG_CONFIG_HOME": "/nonexistent"}).warning() is not None
    ) == warned
