#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""readme.py ROOT BIN-DIRECTORY... - what README.md shows is what happens.

Every command of a ```console block (lines that begin with "$ ") is run in ROOT and must
print what the block shows. With VC_UPDATE_GOLDEN=1 the blocks are written anew. Every
script, document and subcommand that the text names must exist.
"""

import os
import re
import subprocess
import sys

root, programs = sys.argv[1], sys.argv[2:]
path = os.path.join(root, "README.md")
environment = dict(os.environ, LC_ALL="C", NO_COLOR="1", COLUMNS="100")
environment["PATH"] = os.pathsep.join([*programs, environment["PATH"]])
complaints = []


def commands(block):
    """[command, shown output] of a console block; a command may go on after a backslash."""
    found = []
    going_on = False
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif going_on:
            found[-1][0] += "\n" + line
        elif found:
            found[-1][1] += line + "\n"
        going_on = (line.startswith("$ ") or going_on) and line.endswith("\\")
    return found


def run(command):
    done = subprocess.run(
        ["sh", "-c", command], cwd=root, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
    )
    return done.stdout


def checked(match):
    text = ""
    for command, shown in commands(match.group(1)):
        got = run(command)
        if got != shown:
            complaints.append(f"$ {command}\n--- README\n{shown}--- now\n{got}")
        text += f"$ {command}\n{got}"
    return f"```console\n{text}```"


readme = open(path, encoding="utf-8").read()
new = re.sub(r"```console\n(.*?)```", checked, readme, flags=re.S)
if "```console" not in readme:
    complaints.append("no console block at all")
if os.environ.get("VC_UPDATE_GOLDEN") == "1":
    complaints.clear()
    if new != readme:
        with open(path, "w", encoding="utf-8") as f:
            f.write(new)

for name in sorted(set(re.findall(r"\b(?:scripts|docs|examples|tests|src|schemas|xslt)/[\w./-]*\w", readme))):
    if not os.path.exists(os.path.join(root, name)):
        complaints.append(f"README.md names '{name}', which does not exist")
known = run("virt-claim --help")
for name in sorted(set(re.findall(r"`virt-claim ([a-z]+)", readme))):
    if not re.search(rf"^\s+{name}\b", known, flags=re.M):
        complaints.append(f"README.md names the command '{name}', which --help does not")

print("\n".join(complaints))
sys.exit(1 if complaints else 0)
