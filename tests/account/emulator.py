"""The emulator MiniStack as a process of its own."""

import os
import socket
import subprocess
import tempfile
import threading
import time


class MiniStack:
    """MiniStack in a process of its own, started when it is first asked."""

    def __init__(self, python):
        self.python, self.process, self.lock = python, None, threading.Lock()

    def url(self):
        with self.lock:
            if not self.process:
                self.folder = tempfile.TemporaryDirectory()
                with socket.create_server(("127.0.0.1", 0)) as free:
                    self.port = free.getsockname()[1]
                variables = {
                    "PATH": os.environ["PATH"],
                    "HOME": self.folder.name,
                    "TMPDIR": self.folder.name,
                    "BIND_HOST": "127.0.0.1",
                    "GATEWAY_PORT": str(self.port),
                    "LOG_LEVEL": "WARNING",
                }
                quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                self.process = subprocess.Popen([self.python, "-m", "ministack"], env=variables, **quiet)
                self.wait()
        return f"http://127.0.0.1:{self.port}"

    def wait(self):
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
        raise SystemExit("MiniStack did not start")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.folder.cleanup()
