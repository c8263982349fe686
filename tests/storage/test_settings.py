"""Every setting that cannot be used is refused in one sentence that names it."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.session import open_store
from storage.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_PORT", "eighty"),
        ("WEB_PORT", "0"),
        ("PREFECT_PORT", "65536"),
        ("REGION", "Germany"),
        ("REGION", "XX"),
        ("FILE_LIMIT_MB", "0"),
        ("REVIEW_DAYS", "-1"),
        ("UNDO_DAYS", "for ever"),
        ("APPLY_BATCH", "0"),
        ("DATABASE_URL", "mysql://localhost/contacts"),
        ("DATABASE_URL", "postgresql+psycopg://localhost:port/contacts"),
        ("PUBLIC_URL", "contacts.example"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("MICROSOFT_GRAPH_URL", "graph"),
        ("GOOGLE_TOKEN_URL", "http://"),
        ("SMTP_URL", "mail.example:25"),
        ("SMTP_URL", "smtps://"),
        ("SMTP_URL", "smtp://ann:half/of@mail.example"),
        ("OPENAI_STYLE", "telepathy"),
        ("MODEL_PRICE", "cheap"),
        ("MODEL_PRICE", "0.1"),
        ("OPENAI_API_KEY", "sk-1"),
        ("WEB_PRT", "4280"),
        ("web_prt", "4280"),
    ],
)
def test_a_bad_setting_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CONTACTFLOW_{name}", value)
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    assert f"CONTACTFLOW_{name}".upper() in str(refusal.value).upper()
    assert "\n" not in str(refusal.value)


def test_all_bad_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTFLOW_WEB_PORT", "x")
    monkeypatch.setenv("CONTACTFLOW_UNDO_DAYS", "x")
    with pytest.raises(SettingsError, match=r"CONTACTFLOW_WEB_PORT.*CONTACTFLOW_UNDO_DAYS"):
        Settings.load()


def test_a_secret_is_not_repeated_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTFLOW_DATABASE_URL", "postgres://ann:hunter2@localhost/contacts")
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    assert "hunter2" not in str(refusal.value)


def test_a_mail_servers_password_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", "smtps://ann:hunter2@mail.example")
    assert "hunter2" not in repr(Settings.load())
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", "smtps://ann:hunter2/x@mail.example")
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    assert "hunter2" not in str(refusal.value)


def test_the_model_is_set_by_the_names_that_its_ecosystem_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1/")
    loaded = Settings.load()
    assert loaded.openai_api_key.get_secret_value() == "sk-1"
    assert loaded.openai_base_url == "http://127.0.0.1:11434/v1"
    assert "sk-1" not in repr(loaded)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PREFECT_API_URL", "prefect"), ("PREFECT_API_URL", "http://localhost:port/api"), ("SSL_CERT_FILE", "/nowhere")],
)
def test_what_others_would_trip_over_is_named_too(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings.load()


def test_a_bad_port_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTFLOW_WEB_PORT", "abc")
    with pytest.raises(SettingsError, match=r"^CONTACTFLOW_WEB_PORT: "):
        Settings.load()


def test_a_bad_address_of_the_model_is_named_as_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost")
    with pytest.raises(SettingsError, match=r"^OPENAI_BASE_URL: "):
        Settings.load()


def test_the_pages_are_where_their_port_is_unless_an_address_is_set() -> None:
    assert Settings.load().public_url == "http://127.0.0.1:4280"
    assert Settings.load(web_port=5000).public_url == "http://127.0.0.1:5000"
    assert Settings.load(web_port=5000, public_url="https://x.example/").public_url == "https://x.example"


@pytest.fixture
def dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setitem(Settings.model_config, "env_file", ".env")
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_settings_may_stand_in_a_dotenv_file(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv.write_text("CONTACTFLOW_WEB_PORT=5000\nCONTACTFLOW_REGION=DE\nOPENAI_API_KEY=x\nSOMETHING_ELSE=y\n")
    monkeypatch.setenv("CONTACTFLOW_REGION", "FR")
    loaded = Settings.load()
    assert (loaded.web_port, loaded.region) == (5000, "FR")


@pytest.mark.parametrize(
    "line", ["CONTACTFLOW_WEB_PRT=5000", "contactflow_web_prt=5000", "export CONTACTFLOW_WEB_PRT=5"]
)
def test_an_unknown_setting_in_a_dotenv_file_is_refused(dotenv: Path, line: str) -> None:
    dotenv.write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=r"(?i)CONTACTFLOW_WEB_PRT.*CONTACTFLOW_WEB_PORT"):
        Settings.load()


def test_a_bad_value_in_a_dotenv_file_is_refused(dotenv: Path) -> None:
    dotenv.write_text("CONTACTFLOW_WEB_PORT=eighty\n")
    with pytest.raises(SettingsError, match="CONTACTFLOW_WEB_PORT"):
        Settings.load()


@pytest.mark.parametrize("keys", ["short", "long enough to be a key,short", ","])
def test_a_key_that_is_too_short_is_refused(keys: str) -> None:
    with pytest.raises(SettingsError, match="CONTACTFLOW_SECRET_KEYS") as refusal:
        Settings.load(secret_keys=keys).keys()
    assert "short" not in str(refusal.value).replace("CONTACTFLOW", "")


def test_a_home_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="CONTACTFLOW_HOME"):
        open_store(Settings.load(home=tmp_path / "file"))


def test_a_key_is_made_once_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    chosen = Settings.load(home=tmp_path / "home")
    made = chosen.keys()
    file = tmp_path / "home" / "secret_keys"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert Settings.load(home=tmp_path / "home").keys() == made
    assert [left.name for left in (tmp_path / "home").iterdir()] == ["secret_keys"]


def test_threads_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    for attempt in range(20):
        chosen = Settings.load(home=tmp_path / str(attempt))
        with ThreadPoolExecutor(4) as threads:
            assert len(set(threads.map(lambda _, chosen=chosen: chosen.keys(), range(4)))) == 1


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    program = "from storage.settings import Settings; print(Settings.load().keys()[0])"
    environment = os.environ | {"CONTACTFLOW_HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    starts = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) for _ in range(3)
    ]
    answers = {start.communicate(timeout=60)[0] for start in starts}
    assert len(answers) == 1
    assert len(answers.pop()) > 16


def test_keys_that_cannot_be_read_or_made_name_their_setting(tmp_path: Path) -> None:
    (tmp_path / "secret_keys").mkdir()
    with pytest.raises(SettingsError, match=r"^CONTACTFLOW_SECRET_KEYS: .*secret_keys cannot be read or made: "):
        Settings.load(home=tmp_path).keys()
