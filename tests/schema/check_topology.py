#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_topology.py SCHEMA VIRT-CLAIM FIXTURES - what `virt-claim topology` prints.

For every domain of FIXTURES/domains, for hostile ones made here, with and without a host:
the JSON satisfies its schema; each host device of the domain is there once; both ends of
each link name each other's device; the SVG is well-formed, draws each node once, stands
alone (no script, no reference to anything outside) and has no text of its input as
markup; no line of the text has control characters.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import jsonschema

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "style", "rect", "text", "tspan", "g", "path", "circle"}

MARKUP = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;]]&gt;&quot;&apos;"


def hostdev(alias, bus, slot=0, address=""):
    return (f"<hostdev mode='subsystem' type='pci'><source><address bus='{bus}' slot='{slot}'/>"
            f"</source><alias name='{alias}'/>{address}</hostdev>")


def controller(index, model, at=""):
    return f"<controller type='pci' index='{index}' model='{model}'>{at}</controller>"


def pci(bus, slot=0):
    return f"<address type='pci' bus='{bus}' slot='{slot}'/>"


def domain(*devices, name="hostile"):
    return f"<domain><name>{name}</name><devices>{''.join(devices)}</devices></domain>"


HOSTILE = {
    "markup": domain(hostdev(MARKUP, "0x65"), name=MARKUP),
    "turned": domain(hostdev("ua-&#x202e;gpu&#x9b;31m", "0x65"), name="&#x202e;&#x85;"),
    "long": domain(hostdev("ua-" + "x" * 20000, "0x65"), name="\u00e9" * 20000),
    "many": domain(*[hostdev(f"ua-d{i}", i) for i in range(256)]),
    "many-placed": domain(
        controller(0, "pcie-root"),
        *[controller(i, "pcie-root-port", pci(0, i % 32)) for i in range(1, 256)],
        *[hostdev(f"ua-d{i}", i, 0, pci(i)) for i in range(256)]),
    "twice": domain(*[hostdev(f"ua-d{i}", "0x65") for i in range(3)]),
    "circle": domain(
        controller(0, "pcie-root"), controller(1, "pcie-root-port", pci(2)),
        controller(2, "pcie-root-port", pci(1)), controller(3, "pci-bridge", pci(3)),
        *[hostdev(f"ua-d{i}", i, 0, pci(i)) for i in range(5)]),
    "deep": domain(
        controller(0, "pcie-root"),
        *[controller(i, "pci-bridge", pci(i - 1)) for i in range(1, 256)],
        *[hostdev(f"ua-d{i}", i, 0, pci(i, 1)) for i in range(256)]),
    "odd": domain(
        controller("-1", "pcie-root"), controller("999999999999", "x"), controller(7, MARKUP),
        controller(7, "again"), "<controller/>", "<controller type='pci' index='0x9'/>",
        "<controller type='pci' index='8'><target><node>99999999999</node></target>"
        "</controller>", hostdev("ua-a", 1, 0, "<address type='pci' bus='0xfff'/>")),
}


def run(program, *arguments, env=None):
    done = subprocess.run([program, "topology", *map(str, arguments)], check=False, timeout=60,
                          capture_output=True, env=dict(os.environ, **(env or {})))
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def walk(nodes, depth=0):
    for node in nodes:
        yield node, depth
        yield from walk(node.get("children", []), depth + 1)


def count_hostdevs(path):
    devices = ElementTree.parse(path).getroot().findall("./devices/*")
    return sum(d.tag == "hostdev" or (d.tag, d.get("type")) in (("interface", "hostdev"),
               ("disk", "nvme"), ("interface", "vdpa")) for d in devices)


def check_json(validator, text, path):
    wrong = []
    document = json.loads(text)
    wrong += [error.message[:200] for error in validator.iter_errors(document)]
    nodes = {}
    for side in ("host", "guest"):
        for node, depth in walk(document[side]):
            if node["id"] in nodes or depth > 8:
                wrong.append(f"{node['id']} is there twice, or too deep")
            nodes[node["id"]] = node
    guests = [n for i, n in nodes.items() if i[0] == "g" and n["type"] == "device"]
    hosts = [n for i, n in nodes.items() if i[0] == "h" and n["type"] == "device"]
    if path and sum(n["fromHost"] for n in guests) != count_hostdevs(path):
        wrong.append(f"{len(guests)} devices in the guest, {count_hostdevs(path)} in the domain")
    addresses = [(n.get("kind"), n["address"]) for n in hosts if "address" in n]
    if len(addresses) != len(set(addresses)):
        wrong.append("a host device is there twice")
    for link in document["links"]:
        host, guest = nodes[link["host"]], nodes[link["guest"]]
        if guest["peer"] != link["host"] or nodes[host["peer"]]["peer"] != link["host"]:
            wrong.append(f"{link} has loose ends")
    return wrong, nodes


def check_svg(text, nodes):
    wrong = []
    root = ElementTree.fromstring(text)
    elements = list(root.iter())
    foreign = {e.tag for e in elements} - {SVG + name for name in ELEMENTS}
    if foreign:
        wrong.append(f"elements {foreign}")
    for element in elements:
        for name, value in element.attrib.items():
            if "href" in name or name.startswith("on") or "url(" in value:
                wrong.append(f"{name}={value}")
            if name == "height" and float(value) <= 0 or value == "NaN":
                wrong.append(f"{name}={value}")
    style = "".join(e.text for e in root.iter(SVG + "style"))
    if "prefers-color-scheme: dark" not in style or "@import" in style or "url(" in style:
        wrong.append("style")
    devices = sum(n["type"] == "device" for n in nodes.values())
    drawn = sum(re.match(r"device\b", e.get("class", "")) is not None for e in root.iter(SVG + "rect"))
    lines = sum(e.get("class") == "line" for e in root.iter(SVG + "path"))
    if drawn != devices:
        wrong.append(f"{drawn} boxes for {devices} devices")
    if lines != sum("peer" in n for i, n in nodes.items() if i[0] == "g"):
        wrong.append(f"{lines} lines")
    if any(len(t.text or "") > 120 for t in root.iter(SVG + "text")):
        wrong.append("a text that is not cut")
    return wrong


def check_text(text, nodes):
    wrong = []
    if re.search(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
        wrong.append("control characters")
    lines = text.count("\n")
    if lines < len(nodes):
        wrong.append(f"{lines} lines for {len(nodes)} nodes")
    return wrong


def check(validator, program, path, host):
    arguments = [*host, path]
    status, out, err = run(program, "--json", *arguments)
    if status != 0:
        return [f"--json: {status} {err[:300]}"]
    wrong, nodes = check_json(validator, out, path)
    for option, test in (("--svg", check_svg), ("--ascii", check_text)):
        status, out, err = run(program, option, *arguments)
        wrong += test(out, nodes) if status == 0 else [f"{option}: {status} {err[:300]}"]
    return wrong


def write_hostile(directory):
    for name, text in HOSTILE.items():
        (pathlib.Path(directory) / f"{name}.xml").write_text(text, encoding="utf-8")


def main(schema_path, program, fixtures):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    fixtures = pathlib.Path(fixtures)
    hosts = [[], ["--sysfs", fixtures / "sysfs" / "lab", "--pci-ids", fixtures / "pci.ids"],
             ["--used", "--sysfs", fixtures / "sysfs" / "workstation"]]
    failed = n = 0
    with tempfile.TemporaryDirectory() as directory:
        write_hostile(directory)
        paths = [*sorted((fixtures / "domains").glob("*.xml")),
                 *sorted(pathlib.Path(directory).glob("*.xml"))]
        for path in paths:
            # all three for what is made here, which is small in number
            for host in hosts if str(path).startswith(directory) else hosts[:2]:
                n += 1
                wrong = check(validator, program, path, host)
                if wrong:
                    print(f"{path.name} {host[:1]}: {wrong[:5]}")
                    failed += 1
    print(f"{n} pictures, {failed} wrong")
    return 0 if n and not failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
