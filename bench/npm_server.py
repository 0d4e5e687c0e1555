"""A server for Node.js that a benchmark runs beside penstock."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error


class NpmServer:
    """Installs `package` at the major version, runs its command on a free port; ready when `ask(url)` is answered."""

    def __init__(self, package, version, arguments, ask):
        self.directory = tempfile.mkdtemp(prefix=package + "-")
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", self.directory,
                        f"{package}@{version}"], check=True, stdout=subprocess.DEVNULL)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [f"{self.directory}/node_modules/.bin/{package}", "--port", str(port), *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                ask(self.url)
                return
            except urllib.error.URLError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{package} has ended") from None
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        shutil.rmtree(self.directory, ignore_errors=True)
