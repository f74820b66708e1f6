"""The modes: what is read from the environment and which starts are refused, in this process and in a real one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from crmkpi.i18n import Words
from crmkpi.mode import MB, Mode, UnknownModeError, faults, read, written_options
from crmkpi.web.start import line, server_options
from tests.browser.harness import ROOT

SECRET = "Kq8ZbT2mWc5RxN7vLp3JdF9hGs4YaE6u"
SAFE = {"server.address": "127.0.0.1", "client.showErrorDetails": "none"}
HOSTED = Mode(name="hosted", secret=SECRET, hosts=("kpi.example.com",))


def codes(mode: Mode, **options: object) -> list[str]:
    return [
        error.code for error in faults(mode, SAFE | {k.replace("__", "."): v for k, v in options.items()})
    ]


def test_a_safe_host_starts():
    assert codes(HOSTED) == [] and codes(Mode()) == []


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("", "secret_missing"),
        ("short", "secret_short"),
        ("changeme" * 8, "secret_sample"),
        ("a" * 64, "secret_sample"),
        ("my-very-long-example-of-something-32", "secret_sample"),
    ],
)
def test_a_weak_secret_is_refused(secret: str, code: str):
    assert codes(Mode(name="hosted", secret=secret, hosts=("kpi.example.com",))) == [code]


def test_each_unsafe_option_is_named():
    assert codes(HOSTED, client__showErrorDetails="full") == ["errors_shown"]
    assert codes(HOSTED, server__enableAgentApi=True) == ["agent_open"]
    assert codes(HOSTED, server__enableXsrfProtection=False) == ["protection_off"]
    assert codes(HOSTED, server__enableCORS=False) == ["protection_off"]
    assert codes(Mode(name="hosted", secret=SECRET)) == ["hosts_unnamed"]


def test_an_open_address_needs_names_in_every_mode():
    for address in ("0.0.0.0", None, "192.168.1.5"):
        assert codes(Mode(), server__address=address) == ["hosts_missing"]
        assert codes(Mode(hosts=("kpi.local",)), server__address=address) == []


def test_every_reason_is_a_sentence_in_both_languages():
    found = faults(Mode(name="hosted"), {"server.enableAgentApi": True, "server.enableCORS": False})
    assert len(found) >= 4
    for lang in ("ru", "en"):
        for error in found:
            assert line(error, Words(lang)).startswith(f"E-{error.code.upper().replace('_', '-')}: ")


def test_the_environment_is_read_once_and_whole():
    env = {
        "CRMKPI_MODE": "Hosted",
        "CRMKPI_ALLOWED_HOSTS": "a.example.com, B.example.com",
        "CRMKPI_UPLOAD_FILE_MB": "7",
        "CRMKPI_PUBLIC_URL": "https://a.example.com/kpi/",
    }
    mode = read(env)
    assert mode.hosts == ("a.example.com", "b.example.com")
    assert mode.limits.file == 7 * MB and mode.https and mode.public_url == "https://a.example.com/kpi"
    assert mode.cookie("share") == "__Host-crmkpi_share" and Mode().cookie("share") == "crmkpi_share"
    assert server_options(mode)["server.maxUploadSize"] == 7
    assert read({}) == Mode()
    with pytest.raises(UnknownModeError):
        read({"CRMKPI_MODE": "public"})


def test_the_shipped_options_are_safe_and_the_environment_overrides_them():
    assert faults(Mode(), written_options({})) == []
    changed = written_options(
        {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_ENABLE_CORS": "false"}
    )
    assert changed["server.address"] == "0.0.0.0" and changed["server.enableCORS"] is False


def test_a_secret_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    assert read({"CRMKPI_MODE": "hosted", "CRMKPI_SECRET_FILE": str(path)}).secret == SECRET


def test_the_process_ends_with_78_and_says_every_reason(tmp_path):
    env = {**os.environ, "CRMKPI_MODE": "hosted", "CRMKPI_SECRET": "abc", "CRMKPI_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", "--server.port=0"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 78, done.stderr
    assert "E-SECRET-SHORT" in done.stderr and "E-HOSTS-UNNAMED" in done.stderr
    assert "abc" not in done.stderr and "Traceback" not in done.stderr
