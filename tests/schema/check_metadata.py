#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_metadata.py SCHEMA VIRT-CLAIM FIXTURES - DeviceMetadata against its schema.

Reader and schema agree about every metadata file below FIXTURES/claims, and about
FIXTURES/metadata: both accept ok-*.json and refuse bad-*.json. What `convert` makes of an
accepted file satisfies the schema too, and so does what the node publishes.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

GROUP = "metadata.resource.k8s.io/"


def documents(text):
    """The JSON values of a stream."""
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()


def problems(validator, text):
    """What is wrong with each document of a stream; none is wrong too."""
    values = list(documents(text))
    found = [error.message for value in values for error in validator.iter_errors(value)]
    return found if values else ["no document"]


def convert(program, path):
    """virt-claim convert: exit status, stdout, stderr"""
    done = subprocess.run([program, "convert", "--claims", path], text=True,
                          capture_output=True, check=False, timeout=30)
    return done.returncode, done.stdout, done.stderr


def check_good(validator, program, path):
    wrong = problems(validator, path.read_text(encoding="utf-8"))
    status, out, err = convert(program, path)
    if status != 0:
        return wrong + [f"convert: {status} {err}"]
    return wrong + problems(validator, out)


def check_bad(validator, program, path):
    wrong = []
    if not problems(validator, path.read_text(encoding="utf-8")):
        wrong.append("satisfies the schema")
    status, out, err = convert(program, path)
    if status != 1 or out:
        wrong.append(f"convert: status {status}, {len(out)} bytes, {err}")
    return wrong


def check_same(validator, program, path):
    refused = problems(validator, path.read_text(encoding="utf-8"))
    return (check_bad if refused else check_good)(validator, program, path)


def is_metadata(path):
    return GROUP in path.read_text(encoding="utf-8")


def main(schema_path, program, fixtures):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    fixtures = pathlib.Path(fixtures)
    claims = sorted(p for p in (fixtures / "claims").rglob("*.json") if is_metadata(p))
    good = sorted((fixtures / "metadata").glob("ok-*.json"))
    published = sorted((fixtures / "publish" / "claims").rglob("*-metadata.json"))
    bad = sorted((fixtures / "metadata").glob("bad-*.json"))
    failed = 0
    for paths, check in ((claims, check_same), (good + published, check_good),
                         (bad, check_bad)):
        for path in paths:
            wrong = check(validator, program, path)
            if wrong:
                print(f"{path}: {wrong}")
                failed += 1
    print(f"{len(claims)} + {len(good)} + {len(published)} + {len(bad)} files, "
          f"{failed} wrong")
    return 0 if claims and good and published and bad and not failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
