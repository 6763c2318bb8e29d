# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server does wrong when it is told to.

A fault is {"match": REGEX of "METHOD PATH?QUERY", "times": N (1; -1 always), "skip": N
(first that many fit and are answered well), "do": ..., ...}:

  status	answer with "code", and with "retry_after", "reason", "body", "headers" if given
  cut		cut the connection after "bytes" of the body
  end		end the body properly after "bytes": in the middle of something
  drip		send "bytes" at a time (1), "delay" seconds (0.05) between them
  hang		never answer
  delay		answer after "delay" seconds
  garbage	200, and "body" (or bytes that mean nothing)
  headers	more headers than anybody should read
  event		of a watch: send "body", a line, first
  error		of a watch: an ERROR event with "code" and "reason"
"""
import re
import threading


class Faults:
    def __init__(self):
        self.lock, self.faults = threading.Lock(), []

    def set(self, faults):
        with self.lock:
            self.faults = [dict(f) for f in faults]

    def add(self, **fault):
        with self.lock:
            self.faults.append(fault)

    def find(self, what):
        with self.lock:
            for fault in self.faults:
                if not re.search(fault.get("match", ""), what):
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                if fault.get("times", 1) != 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return dict(fault)
        return {}
