"""What stands in for a flow run's process does as that process would, whatever happens to either of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import forked

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
SERVER = """
import os, signal, socket, sys, time
from deployments.fork_server import ForkServer, end_with

listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()

def run(order):
    os.environ.clear()
    os.environ.update(order["environment"])
    print(os.environ["WORD"], order["folder"], os.getpid(), flush=True)
    exec(os.environ.get("DEED", ""))

if order := ForkServer(listening).serve():
    end_with(lambda: run(order))
"""


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def server(address: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(address)], cwd=ROOT)
    wait_for(lambda: answers(address))
    yield process
    process.kill()
    process.wait()


def answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return address.exists() and probe.connect_ex(str(address)) == 0


def wait_for(met: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def asked(address: Path, folder: Path, deed: str = "", **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-S", forked.__file__, str(address)]
    given = {"WORD": "hello", "DEED": deed, **environment}
    return subprocess.Popen(command, cwd=folder, env=given, stdout=subprocess.PIPE, text=True)


def begun(process: subprocess.Popen[str]) -> int:
    """The run's own process, once it says that it has begun."""
    assert process.stdout
    return int(process.stdout.readline().split()[-1])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def open_files(process: subprocess.Popen[bytes]) -> int:
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.mark.usefixtures("server")
def test_a_run_gets_the_environment_the_folder_and_the_outputs_and_its_status_comes_back(
    address: Path, tmp_path: Path
) -> None:
    first, second = asked(address, tmp_path, WORD="one"), asked(address, tmp_path, "sys.exit(3)", WORD="two")
    for process, word, status in ((first, "one", 0), (second, "two", 3)):
        told, _ = process.communicate(timeout=PATIENCE)
        assert told.startswith(f"{word} {tmp_path} ")
        assert process.returncode == status
    failed = asked(address, tmp_path, "raise ValueError")
    failed.communicate(timeout=PATIENCE)
    assert failed.returncode == 1


@pytest.mark.usefixtures("server")
def test_what_is_registered_for_the_end_is_done_at_the_end(address: Path, tmp_path: Path) -> None:
    deed = "import atexit, threading; atexit.register(print, 'flushed')"
    deed += "; threading.Thread(target=print, args=('joined',)).start()"
    told, _ = asked(address, tmp_path, deed).communicate(timeout=PATIENCE)
    assert told.split()[3:] == ["joined", "flushed"]


@pytest.mark.usefixtures("server")
def test_a_signal_reaches_the_run_and_is_what_both_end_by(address: Path, tmp_path: Path) -> None:
    process = asked(address, tmp_path, "time.sleep(60)")
    run = begun(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == -signal.SIGTERM
    assert not is_alive(run)


def test_a_signal_that_comes_before_the_run_does_is_passed_on_to_it(address: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        process = asked(address, tmp_path)
        channel, _ = listening.accept()
        process.send_signal(signal.SIGTERM)
        run = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        channel.sendall(forked.NUMBER.pack(run.pid))
        assert run.wait(PATIENCE) == -signal.SIGTERM
        channel.sendall(forked.NUMBER.pack(signal.SIGTERM))
        assert process.wait(PATIENCE) == -signal.SIGTERM
        channel.close()


@pytest.mark.usefixtures("server")
def test_a_run_does_not_outlive_who_asked_for_it(address: Path, tmp_path: Path) -> None:
    process = asked(address, tmp_path, "time.sleep(60)")
    run = begun(process)
    process.kill()
    process.wait()
    wait_for(lambda: not is_alive(run))
    assert asked(address, tmp_path).wait(PATIENCE) == 0, "and the server goes on"


@pytest.mark.usefixtures("server")
def test_an_environment_larger_than_what_a_socket_holds_arrives_whole(address: Path, tmp_path: Path) -> None:
    large = {f"LARGE_{number}": "x" * 100_000 for number in range(10)}
    deed = "print(sum(len(os.environ[f'LARGE_{number}']) for number in range(10)))"
    told, _ = asked(address, tmp_path, deed, **large).communicate(timeout=PATIENCE)
    assert told.split()[3:] == ["1000000"]


def test_a_client_that_goes_in_the_middle_of_its_order_costs_the_server_nothing(
    server: subprocess.Popen[bytes], address: Path, tmp_path: Path
) -> None:
    order = b'{"environment": {}, '
    before = open_files(server)
    for sent in (b"", b"\0", forked.NUMBER.pack(4096), forked.NUMBER.pack(len(order)) + order[:-1], b"\xff" * 4):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(address))
            if sent:
                socket.send_fds(client, [sent], [1, 2])
    assert asked(address, tmp_path).wait(PATIENCE) == 0
    wait_for(lambda: open_files(server) == before)


def test_a_server_that_is_killed_takes_its_runs_along_and_they_count_as_killed(
    server: subprocess.Popen[bytes], address: Path, tmp_path: Path
) -> None:
    process = asked(address, tmp_path, "time.sleep(60)")
    run = begun(process)
    server.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    wait_for(lambda: not is_alive(run))


def test_a_server_that_is_told_to_stop_lets_its_runs_end_and_takes_no_more(
    server: subprocess.Popen[bytes], address: Path, tmp_path: Path
) -> None:
    deed = "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(0)); print('listens', os.getpid(), flush=True)"
    process = asked(address, tmp_path, f"{deed}; time.sleep(60)")
    begun(process)
    run = begun(process)  # once more, now that it listens
    server.terminate()
    wait_for(lambda: not answers(address))
    assert server.poll() is None
    os.kill(run, signal.SIGUSR1)
    assert process.wait(PATIENCE) == 0
    assert server.wait(PATIENCE) == 0


def test_what_runs_are_forked_from_has_imported_all_they_need_and_has_one_thread() -> None:
    asks = (
        "import sys, threading; from deployments.fork_server import import_all; import_all(); print(len(sys.modules),"
    )
    asks += " threading.active_count(), *[name in sys.modules for name in sys.argv[1:]])"
    needed = ("flows.contact_sync", "flows.email_campaign", "tasks.campaign.send", "psycopg", "great_expectations")
    done = subprocess.run([sys.executable, "-c", asks, *needed], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[1:] == ["1", *["True"] * len(needed)]


def test_without_a_server_it_becomes_what_it_stands_for(address: Path, tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "__init__.py").touch()
    (tmp_path / "prefect" / "engine.py").write_text("print('run from nothing')")
    told, _ = asked(address, tmp_path, PYTHONPATH=str(tmp_path)).communicate(timeout=PATIENCE)
    assert told == "run from nothing\n"
