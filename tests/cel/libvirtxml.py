# SPDX-License-Identifier: GPL-2.0-or-later
"""Host devices of a domain as messages, with the names of libvirt.org/go/libvirtxml.

The table is written after its domain.go: only fields that expressions of ours may use. A
number is read in any notation, since libvirt writes hexadecimal and KubeVirt decimal.
"""

import xml.etree.ElementTree as ET

from cel import Message, UInt

# Field -> "string", "uint", the name of a message, or [the name of a message]
TYPES = {
    "Domain": {"Type": "string", "Name": "string", "Title": "string",
               "Devices": "DomainDeviceList"},
    "DomainDeviceList": {"Hostdevs": ["DomainHostdev"]},
    "DomainHostdev": {
        "Managed": "string", "SubsysUSB": "DomainHostdevSubsysUSB",
        "SubsysPCI": "DomainHostdevSubsysPCI", "SubsysMDev": "DomainHostdevSubsysMDev",
        "Boot": "DomainDeviceBoot", "ROM": "DomainROM", "ACPI": "DomainDeviceACPI",
        "Alias": "DomainAlias", "Address": "DomainAddress"},
    "DomainHostdevSubsysUSB": {},
    "DomainHostdevSubsysPCI": {
        "Display": "string", "RamFB": "string", "Driver": "DomainHostdevSubsysPCIDriver",
        "Source": "DomainHostdevSubsysPCISource", "Teaming": "DomainInterfaceTeaming"},
    "DomainHostdevSubsysPCIDriver": {"Name": "string", "Model": "string", "IommuFD": "string"},
    "DomainHostdevSubsysPCISource": {"WriteFiltering": "string", "Address": "DomainAddressPCI"},
    "DomainHostdevSubsysMDev": {
        "Model": "string", "Display": "string", "RamFB": "string",
        "Source": "DomainHostdevSubsysMDevSource"},
    "DomainHostdevSubsysMDevSource": {"Address": "DomainAddressMDev"},
    "DomainAddressMDev": {"UUID": "string"},
    "DomainInterfaceTeaming": {"Type": "string", "Persistent": "string"},
    "DomainDeviceBoot": {"Order": "uint", "LoadParm": "string"},
    "DomainROM": {"Bar": "string", "File": "string", "Enabled": "string"},
    "DomainDeviceACPI": {"Index": "uint"},
    "DomainAlias": {"Name": "string"},
    "DomainAddress": {"PCI": "DomainAddressPCI", "Unassigned": "DomainAddressUnassigned"},
    "DomainAddressPCI": {"Domain": "uint", "Bus": "uint", "Slot": "uint", "Function": "uint",
                         "MultiFunction": "string"},
    "DomainAddressUnassigned": {},
    # of KubeVirt
    "VirtualMachineInstance": {"Name": "string", "Namespace": "string", "Annotations": {}},
}

# Message -> field -> attribute, or child element
XML = {
    "DomainHostdevSubsysPCI": {"Display": "@display", "RamFB": "@ramfb", "Driver": "driver",
                               "Source": "source", "Teaming": "teaming"},
    "DomainHostdevSubsysMDev": {"Model": "@model", "Display": "@display", "RamFB": "@ramfb",
                                "Source": "source"},
    "DomainHostdevSubsysPCIDriver": {"Name": "@name", "Model": "@model", "IommuFD": "@iommufd"},
    "DomainHostdevSubsysPCISource": {"WriteFiltering": "@writeFiltering", "Address": "address"},
    "DomainHostdevSubsysMDevSource": {"Address": "address"},
    "DomainAddressMDev": {"UUID": "@uuid"},
    "DomainInterfaceTeaming": {"Type": "@type", "Persistent": "@persistent"},
    "DomainDeviceBoot": {"Order": "@order", "LoadParm": "@loadparm"},
    "DomainROM": {"Bar": "@bar", "File": "@file", "Enabled": "@enabled"},
    "DomainDeviceACPI": {"Index": "@index"},
    "DomainAlias": {"Name": "@name"},
    "DomainAddressPCI": {"Domain": "@domain", "Bus": "@bus", "Slot": "@slot",
                         "Function": "@function", "MultiFunction": "@multifunction"},
    "DomainHostdev": {"Managed": "@managed", "Boot": "boot", "ROM": "rom", "ACPI": "acpi",
                      "Alias": "alias"},
}
SUBSYSTEMS = {"pci": "SubsysPCI", "mdev": "SubsysMDev", "usb": "SubsysUSB"}
HEX = {"Domain": "0x%04x", "Bus": "0x%02x", "Slot": "0x%02x", "Function": "0x%x"}


def read_message(type_name, element):
    message = Message(type_name, native=True)
    for name, where in XML.get(type_name, {}).items():
        field = TYPES[type_name][name]
        if where.startswith("@"):
            text = element.get(where[1:])
            if text is not None:
                message.fields[name] = UInt(int(text, 0)) if field == "uint" else text
            continue
        child = element.find(where)
        if child is not None:
            message.fields[name] = read_message(field, child)
    return message


def read_hostdev(element):
    """A <hostdev>; fields of types that are not in the table are lost, as in KubeVirt's own."""
    message = read_message("DomainHostdev", element)
    kind = element.get("type")
    if kind not in SUBSYSTEMS:
        raise ValueError("<hostdev type='%s'>: this evaluator has no table for it" % kind)
    field = SUBSYSTEMS[kind]
    message.fields[field] = read_message(TYPES["DomainHostdev"][field], element)
    if field == "SubsysUSB":
        message.source = element.find("source")
    address = element.find("address")
    if address is not None:
        inner = Message("DomainAddress", native=True)
        if address.get("type") == "unassigned":
            inner.fields["Unassigned"] = Message("DomainAddressUnassigned", native=True)
        else:
            inner.fields["PCI"] = read_message("DomainAddressPCI", address)
        message.fields["Address"] = inner
    return message


def write_message(message, element):
    for name, where in XML.get(message.type_name, {}).items():
        value = message.fields.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, Message):
            write_message(value, ET.SubElement(element, where))
        elif isinstance(value, UInt) and message.type_name == "DomainAddressPCI":
            element.set(where[1:], HEX[name] % value)
        else:
            element.set(where[1:], str(value))


def write_address(message, element):
    address = ET.SubElement(element, "address")
    if "Unassigned" in message.fields:
        address.set("type", "unassigned")
    elif "PCI" in message.fields:
        address.set("type", "pci")
        write_message(message.fields["PCI"], address)
    else:
        raise ValueError("an address of no kind")


def write_hostdev(message):
    kinds = [(kind, field) for kind, field in SUBSYSTEMS.items() if field in message.fields]
    if len(kinds) != 1:
        raise ValueError("a host device of %d kinds: %r" % (len(kinds), message))
    kind, field = kinds[0]
    element = ET.Element("hostdev", {"mode": "subsystem", "type": kind})
    write_message(message.fields[field], element)
    if hasattr(message, "source"):
        element.append(message.source)
    write_message(message, element)
    if "Address" in message.fields:
        write_address(message.fields["Address"], element)
    return element


def read_domain(root):
    hostdevs = [read_hostdev(element) for element in root.findall("devices/hostdev")]
    devices = Message("DomainDeviceList", {"Hostdevs": hostdevs}, native=True)
    return Message("Domain", {"Type": root.get("type", ""), "Name": root.findtext("name", ""),
                              "Devices": devices}, native=True)


def merge(root, result):
    """The sparse Domain of an expression put into the document; its list is the whole list."""
    if set(result.fields) - {"Devices"} or set(result.fields["Devices"].fields) - {"Hostdevs"}:
        raise ValueError("only Devices.Hostdevs is known here: %r" % result)
    devices = root.find("devices")
    places = [i for i, child in enumerate(devices) if child.tag == "hostdev"]
    at = places[0] if places else len(devices)
    for child in devices.findall("hostdev"):
        devices.remove(child)
    for i, hostdev in enumerate(result.fields["Devices"].fields["Hostdevs"]):
        devices.insert(at + i, write_hostdev(hostdev))


# What is the same whether it is said or not [LV] formatdomain
DEFAULTS = {"hostdev": {"mode": "subsystem", "managed": "no", "display": "off", "ramfb": "off"},
            "driver": {"name": "vfio"}, "address": {"multifunction": "off", "type": "pci"}}
NUMBERS = {"domain", "bus", "slot", "function", "order", "index"}


def normal_lines(element, path=""):
    path = path + "/" + element.tag
    lines = []
    for name, value in element.attrib.items():
        if DEFAULTS.get(element.tag, {}).get(name) == value:
            continue
        lines.append("%s@%s=%s" % (path, name, int(value, 0) if name in NUMBERS else value))
    for child in element:
        lines += normal_lines(child, path)
    return lines


def normal_form(root):
    """The host devices of a domain, as lines that can be compared."""
    lines = []
    for element in root.findall("devices/hostdev"):
        alias = element.find("alias")
        lines.append("[%s]" % (alias.get("name") if alias is not None else "-"))
        lines += sorted(normal_lines(element))
    return lines
