# SPDX-License-Identifier: GPL-2.0-or-later
"""Dockerfiles: the instructions of each stage, with their arguments put in."""
import fnmatch
import json
import os
import re

KNOWN = {"ARG", "FROM", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD", "ENV", "WORKDIR"}


class DockerError(Exception):
    """Line, and what is wrong."""


class Stage:
    def __init__(self, name, base):
        self.name, self.base = name, base
        self.steps = []  # (instruction, text, line)
        self.arguments = {}

    def texts(self, instruction):
        return [text for word, text, _ in self.steps if word == instruction]


def lines_of(text):
    """(line number, logical line); comments may stand between continued lines."""
    begin, joined = 0, ""
    for at, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not joined and not line.strip()):
            continue
        begin = begin if joined else at
        joined += line.strip() + " "
        if line.endswith("\\"):
            joined = joined.rstrip(" \\") + " "
            continue
        yield begin, joined.strip()
        joined = ""
    if joined:
        raise DockerError(f"line {begin}: never ends")


def expand(text, arguments, line):
    def value(match):
        name = match[1] or match[2]
        if name not in arguments:
            raise DockerError(f"line {line}: no ARG '{name}' in this stage")
        return arguments[name]

    return re.sub(r"\$(?:\{([A-Za-z_]+)\}|([A-Za-z_]+))", value, text)


def read(text):
    """The stages, in their order."""
    stages, around = [], {}
    for line, step in lines_of(text):
        word, _, rest = step.partition(" ")
        if word not in KNOWN:
            raise DockerError(f"line {line}: unknown instruction {word}")
        if word == "ARG":
            name, equal, value = rest.partition("=")
            scope = stages[-1].arguments if stages else around
            scope[name] = expand(value, dict(around, **scope), line) if equal \
                else around.get(name, "")
        elif word == "FROM":
            found = re.fullmatch(r"(\S+) AS ([a-z]+)", expand(rest, around, line))
            if not found:
                raise DockerError(f"line {line}: expected FROM IMAGE AS NAME")
            stages.append(Stage(found[2], found[1]))
        elif not stages:
            raise DockerError(f"line {line}: {word} before FROM")
        else:
            if word != "RUN":
                rest = expand(rest, stages[-1].arguments, line)
            stages[-1].steps.append((word, rest, line))
    return stages


def copies(stage):
    """(stage or nothing, sources, target) of each COPY."""
    for text in stage.texts("COPY"):
        words = text.split()
        source = None
        while words[0].startswith("--"):
            option = words.pop(0)
            if not option.startswith("--from="):
                raise DockerError(f"COPY {option} is not known here")
            source = option[len("--from="):]
        yield source, words[:-1], words[-1]


def packages(stage):
    """What apt-get installs in a stage."""
    found = []
    for text in stage.texts("RUN"):
        for part in re.split(r"&&|;", text):
            words = part.split()
            if words[:2] == ["apt-get", "install"]:
                found += [w for w in words[2:] if not w.startswith("-")]
    return found


def exec_form(text):
    """The words of ENTRYPOINT and CMD; the other form would want a shell."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(w, str) for w in found):
        raise DockerError(f"expected a list of words: {text}")
    return found


class Ignore:
    """.dockerignore: the last line that fits decides."""

    def __init__(self, text):
        self.rules = []
        for line in text.splitlines():
            line = line.strip()
            if line and not line.startswith("#"):
                keep = line.startswith("!")
                self.rules.append((keep, line.lstrip("!").strip("/")))

    def keeps(self, name):
        parts, kept = name.split("/"), True
        above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        for keep, pattern in self.rules:
            if any(fnmatch.fnmatchcase(a, pattern) and a.count("/") == pattern.count("/")
                   for a in above):
                kept = keep
        return kept

    def context(self, root):
        """The files that the builder gets."""
        for directory, below, names in os.walk(root):
            here = os.path.relpath(directory, root)
            if here in ("build", ".git"):
                below.clear()
            for name in names:
                path = os.path.normpath(os.path.join(here, name))
                if self.keeps(path):
                    yield path
