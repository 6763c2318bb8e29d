# SPDX-License-Identifier: GPL-2.0-or-later
"""daemon.py - virt-claimd on a machine of the tests: started, heard, and asked to end."""

import os
import signal
import socket
import subprocess
import time


class Daemon:
    """One virt-claimd. What it tells the service manager and what it logs is kept."""

    def __init__(self, machine, *options, preload=True, prefix=(), **env):
        self.machine = machine
        self.path = f"{machine.root}/notify"
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []
        self.log_path = f"{machine.root}/daemon.log"
        self.log_file = open(self.log_path, "w", encoding="utf-8")
        env = machine.env(NOTIFY_SOCKET=self.path, **env)
        if not preload:
            env["LD_PRELOAD"] = ""
        self.process = subprocess.Popen(
            [*prefix, f"{machine.build}/src/cli/virt-claimd", *options], env=env, stderr=self.log_file
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        self.log_file.close()

    @property
    def pid(self):
        return self.process.pid

    def messages(self):
        """Lines of the service manager so far."""
        try:
            while True:
                self.heard += self.socket.recv(4096).decode().split("\n")
        except BlockingIOError:
            return self.heard

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def wait(self, condition, seconds=30):
        """Until condition() holds; whether it did in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                return condition()
            time.sleep(0.02)
        return True

    def wait_ready(self, times=1, seconds=30):
        return self.wait(lambda: self.messages().count("READY=1") >= times, seconds)

    def wait_log(self, text, seconds=30):
        return self.wait(lambda: text in self.log(), seconds)

    def status(self):
        """The last STATUS=."""
        lines = [line for line in self.messages() if line.startswith("STATUS=")]
        return lines[-1][len("STATUS=") :] if lines else ""

    def quiet(self, seconds=1.5):
        """Waits until it has not run for that long."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            before = self.slices()
            time.sleep(seconds)
            if self.slices() == before:
                return True
        return False

    def slices(self):
        """How often it was put on a processor."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as f:
            return int(f.read().split()[2])

    def children(self):
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as f:
                return [int(pid) for pid in f.read().split()]
        except FileNotFoundError as e:
            raise AssertionError(f"the daemon has ended: {self.process.poll()} {self.log()}") from e

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, seconds=30):
        """Its exit status; None: it did not end."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        self.process.kill()
        self.process.wait()
