#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_host_claims.py SCHEMAS VIRT-CLAIM FIXTURES GOLDEN - documents and JSON of host claims.

Claims of each kind of device are made on the fixture machine 'workstation': their documents
satisfy host-claim.schema.json, and what `list --json` and `show --json` print satisfies
host-claims.schema.json, with entries of the journal in each phase and of each kind of step.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

CLAIMS = {
    "disk": ["--device", "0000:02:00.0"],
    "unverified": ["--device", "0000:03:00.0"],
    "gpu": ["--device", "0000:01:00.0", "--match", "class=audio", "--request", "sound"],
    "net": ["--device", "0000:05:00.0/vf", "--mac", "52:54:00:12:34:56", "--vlan", "7"],
    "serial": ["--device", "mtty/mtty-1"],
    "keys": ["--match", "class=usb,vendor=SanDisk", "--count", "2", "--device", "1-7",
             "--request", "keyboard"],
}


def validator(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class Host:
    """The fixture machine, with its state in a directory of its own."""

    def __init__(self, program, fixtures, golden, directory):
        self.program, self.fixtures, self.root = program, pathlib.Path(fixtures), directory
        self.env = dict(os.environ, TMP=directory, VIRT_CLAIM_CONFIG=f"{directory}/host.yaml")
        subprocess.run([f"{golden}/host", "workstation"], env=self.env, check=True)

    def claim(self, *arguments):
        done = subprocess.run([self.program, *arguments], env=self.env, capture_output=True,
                              text=True, timeout=60, check=False)
        if done.returncode != 0:
            sys.exit(f"{arguments}: {done.returncode} {done.stderr}")
        return done.stdout

    def documents(self):
        return sorted(pathlib.Path(self.root).glob("state/claims/*/*.json"))

    def add_journal(self):
        """An entry for each claim: the fixtures' in turn."""
        boot = (self.fixtures / "proc/workstation/sys/kernel/random/boot_id").read_text().strip()
        entries = sorted((self.fixtures / "journal").glob("*.json"))
        directory = pathlib.Path(self.root) / "run/journal"
        directory.mkdir(parents=True, exist_ok=True)
        for i, path in enumerate(self.documents()):
            entry = json.loads(entries[i % len(entries)].read_text(encoding="utf-8"))
            metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
            entry.update(uid=metadata["uid"], namespace=metadata["namespace"],
                         name=metadata["name"], bootID=boot)
            (directory / f"{metadata['uid']}.json").write_text(json.dumps(entry))


def main(schemas, program, fixtures, golden):
    document = validator(pathlib.Path(schemas) / "host-claim.schema.json")
    listing = validator(pathlib.Path(schemas) / "host-claims.schema.json")
    wrong = []

    def check(schema, text, what):
        wrong.extend(f"{what}: {e.json_path}: {e.message}"
                     for e in schema.iter_errors(json.loads(text)))

    with tempfile.TemporaryDirectory(prefix="vc-claims-") as directory:
        host = Host(program, fixtures, golden, directory)
        for name, arguments in CLAIMS.items():
            host.claim("create", name, *arguments)
        for path in host.documents():
            check(document, path.read_text(encoding="utf-8"), path.name)
        check(listing, host.claim("list", "--json"), "list")
        host.add_journal()
        text = host.claim("list", "--json")
        check(listing, text, "list with a journal")
        phases = {claim.get("journal", {}).get("phase") for claim in json.loads(text)["claims"]}
        if not {"preparing", "prepared", "quarantined"} <= phases:
            wrong.append(f"phases {phases}")
        check(listing, host.claim("show", "--json", "disk", "default/net"), "show")
        (pathlib.Path(directory) / "state/claims/default/torn.json").write_text("{")
        check(listing, host.claim("list", "--json"), "list with a note")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
