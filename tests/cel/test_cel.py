#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The evaluator itself: what it takes, what it refuses, and that it finds a wrong expression."""
import os
import sys
import unittest
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import libvirtxml  # noqa: E402
from cel import CelError, Evaluator, Message, UInt  # noqa: E402

DOMAIN = """<domain type='kvm'><name>a_b</name><devices>
  <hostdev type='pci' managed='no'>
    <source><address type='pci' domain='0x0000' bus='0x41' slot='0x00' function='0x0'/></source>
    <alias name='ua-dra-hostdevice-d0'/>
  </hostdev>
  <hostdev type='mdev' mode='subsystem' model='vfio-pci' display='on'>
    <source><address uuid='6f0b3c5e-93d4-4b4e-8a77-2e9d4a1c0b55'/></source>
    <alias name='ua-dra-gpu-g0'/>
    <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>
  </hostdev>
</devices></domain>"""

GOOD = """Domain{Devices: DomainDeviceList{Hostdevs:
  domainSpec.Devices.Hostdevs.map(h,
    has(h.Alias) && h.Alias.Name == "ua-dra-hostdevice-d0" ?
      DomainHostdev{Managed: h.Managed, SubsysPCI: h.SubsysPCI, Alias: h.Alias,
        ROM: DomainROM{Bar: "off"},
        Address: DomainAddress{PCI: DomainAddressPCI{Domain: uint(0), Bus: uint(9),
          Slot: uint(0), Function: uint(0), MultiFunction: "on"}}} : h)
  + [DomainHostdev{Managed: "no", SubsysPCI: DomainHostdevSubsysPCI{
      Source: DomainHostdevSubsysPCISource{Address: DomainAddressPCI{Domain: uint(0),
        Bus: uint(vmi.Annotations["bus"]), Slot: uint(0), Function: uint(0)}}},
      Alias: DomainAlias{Name: "ua-x"}}]}}"""


def evaluate(text, root=None, annotations=None):
    root = ET.fromstring(DOMAIN) if root is None else root
    return Evaluator(libvirtxml.TYPES).evaluate(text, {
        "domainSpec": libvirtxml.read_domain(root),
        "vmi": Message("VirtualMachineInstance", {
            "Name": "b", "Namespace": "a",
            "Annotations": {"bus": "66"} if annotations is None else annotations}, native=True)})


def result(text, annotations=None):
    root = ET.fromstring(DOMAIN)
    libvirtxml.merge(root, evaluate(text, root, annotations))
    return libvirtxml.normal_form(root)


class Values(unittest.TestCase):
    def test_values(self):
        for text, value in (
                ("1 + 2", 3), ("7u", UInt(7)), ('uint("66")', UInt(66)), ("int(7u)", 7),
                ("string(uint(66))", "66"), ('"a\\"\\\\\\x09" + "b"', 'a"\\\tb'),
                ("[1, 2] + [3]", [1, 2, 3]), ("[1, 2].map(x, x + 1)", [2, 3]),
                ('["a", "b"].filter(x, x != "a")', ["b"]), ('"a" in ["a"]', True),
                ('["a"].exists(x, x == "b")', False), ("!true || 1 == 1", True),
                ('true ? "a" : "b"', "a"), ('false ? "a" : true ? "b" : "c"', "b"),
                ('vmi.Namespace == "a" && vmi.Name == "b"', True),
                ('"bus" in vmi.Annotations', True), ('vmi.Annotations["bus"]', "66"),
                ("has(domainSpec.Devices)", True),
                ("domainSpec.Devices.Hostdevs.filter(h, has(h.SubsysMDev)).map(h, h.Alias.Name)",
                 ["ua-dra-gpu-g0"]),
                # a field that is not set reads as zero, one side of a logic decides alone
                ('domainSpec.Devices.Hostdevs.exists(h, h.Boot.Order == uint(1))', False),
                ('false && vmi.Annotations["x"] == "y"', False),
                ('vmi.Annotations["x"] == "y" || true', True)):
            with self.subTest(text):
                self.assertEqual(evaluate(text), value)

    def test_refusals(self):
        for text, message in (
                ("", "expected a value"), ("1 +", "expected a value"), ("(1", "expected ')'"),
                ("1 2", "expected the end"), ("'a'", "outside of the subset"),
                ('"a', "outside of the subset"), ('"\\n"', "outside of the subset"),
                ("1.5", "expected a field"), ("a * b", "outside of the subset"),
                ("1 < 2", "outside of the subset"), ("-1", "outside of the subset"),
                ('{"a": 1}', "expected a value"), ("size([1])", "'size' is outside"),
                ('"a".contains("a")', "'contains' is outside"),
                ("[1].all(x, true)", "'all' is outside"), ("[1].map(x, true, x)", "expected ')'"),
                ("[1].map(1, 1)", "expected a variable"), ("has(vmi)", "has() takes a field"),
                ("uint(1, 2)", "'uint' is outside"), ("null", "expected a value"),
                ("nobody", "undeclared reference"), ("true || nobody", "undeclared reference"),
                ("[1].map(x, y)", "undeclared reference"), ("1 == 1u", "no such overload"),
                ('1 + "a"', "no such overload"), ("true + true", "no such overload"),
                ("1 && true", "expected a boolean"), ("1 ? 2 : 3", "expected a boolean"),
                ("!1", "expected a boolean"), ("1 in [1]", "no such overload"),
                ('vmi.Annotations["x"]', "no such key: x"), ("vmi.Annotations[1]", "no such over"),
                ('uint("0x42")', "type conversion"), ('uint("-1")', "type conversion"),
                ('uint("")', "type conversion"), ("uint(true)", "type conversion"),
                ('uint("18446744073709551616")', "type conversion"),
                ('int("a")', "type conversion"), ("string([1])", "type conversion"),
                ("vmi.name", "undefined field"), ("vmi.metadata.name", "undefined field"),
                ("domainSpec.devices", "undefined field"), ("1 .x", "no such overload"),
                ("Bogus{}", "undeclared reference"), ("Domain{Bogus: 1}", "undefined field"),
                ("false ? Bogus{} : Domain{}", "undeclared reference"),
                ('Domain{Title: "a", Title: "b"}', "set twice"), ("Domain{Title: 1}", "expected type"),
                ("Domain{Devices: DomainAlias{}}", "expected type"),
                ("DomainAddressPCI{Bus: 1}", "expected type"),
                ('DomainDeviceList{Hostdevs: ["a"]}', "expected type"),
                ("DomainDeviceList{Hostdevs: DomainHostdev{}}", "expected type"),
                ("DomainAlias{}.Name", "not set"),
                ("domainSpec.Devices.Hostdevs.map(h, DomainHostdev{Boot: h.Boot})", "nil is copied"),
                ("(" * 100 + "1" + ")" * 100, "too deeply"),
                ("%s.map(x, %s.map(y, %s.map(z, 1)))" % ((str([1] * 99),) * 3), "costs too much")):
            with self.subTest(text[:60]):
                with self.assertRaises(CelError) as raised:
                    evaluate(text)
                self.assertIn(message, str(raised.exception))


class Documents(unittest.TestCase):
    def test_identity(self):
        root = ET.fromstring(DOMAIN)
        before = libvirtxml.normal_form(root)
        self.assertEqual(result("Domain{Devices: DomainDeviceList{Hostdevs: "
                                "domainSpec.Devices.Hostdevs}}"), before)

    def test_unknown_kind(self):
        root = ET.fromstring(DOMAIN.replace("type='mdev'", "type='scsi'"))
        self.assertRaises(ValueError, libvirtxml.read_domain, root)

    def test_kinds(self):
        for text in ("DomainHostdev{}", "DomainHostdev{SubsysPCI: h.SubsysPCI, "
                                        "SubsysMDev: DomainHostdevSubsysMDev{}}"):
            with self.assertRaises(ValueError):
                result("Domain{Devices: DomainDeviceList{Hostdevs: domainSpec.Devices.Hostdevs"
                       ".filter(h, has(h.SubsysPCI)).map(h, %s)}}" % text)

    def test_other_fields(self):
        self.assertRaises(ValueError, result, 'Domain{Title: "a"}')

    def test_normal_form(self):
        said = DOMAIN.replace("<hostdev type='pci' managed='no'>",
                                             "<hostdev mode='subsystem' type='pci'>")
        said = said.replace("bus='0x41'", "bus='65'")
        self.assertEqual(libvirtxml.normal_form(ET.fromstring(said)),
                         libvirtxml.normal_form(ET.fromstring(DOMAIN)))
        for old, new in (("0x41", "0x42"), ("ua-dra-gpu-g0", "ua-dra-gpu-g1"), ("'on'", "'off'"),
                         ("managed='no'", "managed='yes'"), ("c0b55", "c0b56")):
            self.assertNotEqual(libvirtxml.normal_form(ET.fromstring(DOMAIN.replace(old, new))),
                                libvirtxml.normal_form(ET.fromstring(DOMAIN)))


class WrongExpressions(unittest.TestCase):
    """An evaluator that finds nothing wrong proves nothing."""

    def test_each_change_is_seen(self):
        good = result(GOOD)
        for old, new in (
                ('Bar: "off"', 'Bar: "on"'), ("Bus: uint(9)", "Bus: uint(10)"),
                ('MultiFunction: "on"', 'MultiFunction: "off"'), ("Managed: h.Managed",
                                                                  'Managed: "yes"'),
                ("SubsysPCI: h.SubsysPCI, ", ""), ("Alias: h.Alias,", ""),
                ('"ua-dra-hostdevice-d0"', '"ua-dra-gpu-g0"'), ('Name: "ua-x"', 'Name: "ua-y"'),
                ('Annotations["bus"]', 'Annotations["buss"]'), ("uint(vmi.", "(vmi."),
                ("Hostdevs.map(h,", "Hostdevs.filter(h, has(h.SubsysPCI)).map(h,"),
                ('ROM: DomainROM{Bar: "off"},', ""), ("h.SubsysPCI,", "h.SubsysMDev,")):
            with self.subTest("%s -> %s" % (old, new)):
                self.assertIn(old, GOOD)
                try:
                    changed = result(GOOD.replace(old, new, 1))
                except (CelError, ValueError):
                    continue
                self.assertNotEqual(changed, good)


if __name__ == "__main__":
    unittest.main()
