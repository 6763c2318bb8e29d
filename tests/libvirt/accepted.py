#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""accepted.py DEFINE-CHECK [--embed] [--dump DIR] - does libvirt take what we wrote?

stdin: one line "RESULT<tab>INPUT" for each result and the domain that it was made from.
A result must be defined with validation if its input can be. What libvirt does not take
is named with the reason, and only these reasons are known:

  * there is no emulator for the architecture;
  * the emulator has no vfio-ccw, which only machines of s390x have;
  * the input is not UTF-8, which libvirt does not read;
  * the input is not valid under libvirt's schema, as KubeVirt's domains: then the result
    is defined without validation.

Exit status: 0, 1 a result was refused, 77 libvirt cannot be had here.
"""

import os
import subprocess
import sys

SKIP = 77
OUT_OF_REACH = ("No emulator found for arch", "not proper UTF-8")
NO_SUCH_DEVICE = "VFIO CCW device assignment is not supported"
NOT_VALID = "failed to validate against schema"


def define(program, options, files):
    """The refused files, each with libvirt's message."""
    if not files:
        return {}
    run = subprocess.run([program, *options, *files], stdout=subprocess.PIPE, check=False)
    text = run.stdout.decode("utf-8", "replace")
    if run.returncode == SKIP:
        print("skipped: no libvirt:", text.strip() or "see above")
        sys.exit(SKIP)
    if run.returncode not in (0, 1):
        sys.exit(f"define-check: status {run.returncode}: {text}")
    lines = [line for line in text.split("\n") if line]
    answered = {line.split(" ", 2)[1].rstrip(":") for line in lines}
    if answered != set(files):
        sys.exit(f"define-check: answers for {len(answered)} of {len(files)} files")
    refused = [line[len("failed "):].split(": ", 1) for line in lines if line[0] == "f"]
    return dict(refused)


def main():
    program, options = sys.argv[1], sys.argv[2:]
    lines = sys.stdin.read().splitlines()
    input_of = dict(line.split("\t") for line in lines)
    judge = [option for option in options if option == "--embed"]
    failures = []

    refused = define(program, options, list(input_of))
    why = define(program, judge, sorted({input_of[result] for result in refused}))
    reasons, again = {}, []
    for result, message in refused.items():
        reason = why.get(input_of[result])
        if NO_SUCH_DEVICE in message:
            reasons[result] = "left out: " + message
        elif reason is None:
            failures.append((result, message))
        elif any(text in reason for text in OUT_OF_REACH):
            reasons[input_of[result]] = "left out: " + reason
        elif NOT_VALID in reason:
            reasons[input_of[result]] = "defined without validation: it is not valid itself"
            again.append(result)
        else:
            failures.append((input_of[result], reason))
    for result, message in define(program, ["--lax", *options], again).items():
        if NO_SUCH_DEVICE in message:
            reasons[result] = "left out: " + message
        else:
            failures.append((result, message))

    for name, reason in sorted(reasons.items()):
        print(f"{os.path.basename(name)}: {reason}")
    for name, message in failures:
        print(f"FAILED {os.path.basename(name)}: {message}")
    taken = len(input_of) - len(refused)
    print(f"{len(input_of)} results: {taken} accepted with validation, "
          f"{len(again)} without, {len(failures)} failures")
    return 1 if failures or not taken else 0


if __name__ == "__main__":
    sys.exit(main())
