/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices a claim gets, and why it does not. */
#include "host/device_attributes.h"
#include "host/inventory.h"
#include "inventory_world.h"
#include "node/match.h"
#include "node/select.h"

#define BOOT    "33333333-3333-4333-8333-333333333333"
#define MDEV    "8c1f2c64-0b3e-4f5d-9a70-2d84e6b91c05"
#define SLOT(n) "\\_SB_.PC00/" n ".0/00.0"

static const struct world_device machine[] = {
	{ .address = "0000:01:00.0",
	  .ids = "10de:2684",
	  .slot = SLOT("01"),
	  .driver = "nvidia",
	  .group = 14,
	  .together = "0000:01:00.1",
	  .class_code = 0x030000,
	  .evidence = "dsn=G" },
	{ .address = "0000:01:00.1",
	  .ids = "10de:22ba",
	  .slot = "\\_SB_.PC00/01.0/00.1",
	  .driver = "snd_hda_intel",
	  .group = 14,
	  .together = "0000:01:00.0",
	  .class_code = 0x040300 },
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("02"),
	  .evidence = "nvme=NVME0001 !dsn=D",
	  .driver = "nvme",
	  .group = 7 },
	{ .address = "0000:03:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .evidence = "nvme=NVME0002 !dsn=D",
	  .driver = "nvme",
	  .group = 9 },
	{ .address = "0000:04:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("04"),
	  .evidence = "nvme=NVME0003 !dsn=D",
	  .driver = "nvme",
	  .group = 11 },
	{ .address = "0000:05:00.0",
	  .ids = "144d:a80c",
	  .slot = SLOT("05"),
	  .evidence = "dsn=E",
	  .driver = "vfio-pci",
	  .group = 12 },
	{ .address = "0000:06:00.0",
	  .ids = "8086:1572",
	  .slot = SLOT("06"),
	  .evidence = "vpd=B8CD3CFD mac=3c:fd:fe:b8:cd:b9",
	  .driver = "i40e",
	  .group = 15,
	  .total_vfs = 3,
	  .class_code = 0x020000 },
	{ .address = "0000:07:00.0",
	  .ids = "8086:1572",
	  .slot = SLOT("07"),
	  .evidence = "mac=3c:fd:fe:b8:cd:ba",
	  .driver = "i40e",
	  .group = 16,
	  .total_vfs = 64,
	  .n_vfs = 3,
	  .class_code = 0x020000,
	  .reasons = "is the physical function of 3 virtual functions" },
	{ .address = "0000:07:02.0",
	  .ids = "8086:154c",
	  .driver = "iavf",
	  .group = 17,
	  .pf = "0000:07:00.0",
	  .vf_index = 0,
	  .class_code = 0x020000,
	  .reasons = "the host needs it: it has the default route" },
	{ .address = "0000:07:02.1",
	  .ids = "8086:154c",
	  .group = 18,
	  .pf = "0000:07:00.0",
	  .vf_index = 1,
	  .class_code = 0x020000 },
	{ .address = "0000:07:02.2",
	  .ids = "8086:154c",
	  .group = 19,
	  .pf = "0000:07:00.0",
	  .vf_index = 2,
	  .class_code = 0x020000 },
	{ .address = "0000:08:00.0",
	  .ids = "8086:0a54",
	  .slot = SLOT("08"),
	  .evidence = "nvme=HOST",
	  .driver = "nvme",
	  .group = 20,
	  .protection = "holds the file system at '/'",
	  .reasons = "the host needs it: it holds the file system at '/'" },
	{ .address = "0000:09:00.0",
	  .ids = "8086:1a1e",
	  .slot = SLOT("09"),
	  .evidence = "mac=48:21:0b:6a:00:17",
	  .driver = "igb",
	  .group = 21,
	  .total_vfs = 7,
	  .class_code = 0x020000,
	  .protection = "has the default route",
	  .reasons = "the host needs it: it has the default route" },
	{ .address = "0000:0a:00.0",
	  .ids = "1234:0001",
	  .slot = "pci0000:64/00.0",
	  .driver = NULL,
	  .group = 22,
	  .class_code = 0x120000 },
	{ .address = "0000:0b:00.0",
	  .ids = "1234:0002",
	  .slot = SLOT("0b"),
	  .driver = "x",
	  .group = 23,
	  .together = "0000:0b:00.1 0000:0b:00.2",
	  .class_code = 0x120000 },
	{ .address = "0000:0b:00.1",
	  .ids = "1234:0002",
	  .slot = "\\_SB_.PC00/0b.0/00.1",
	  .driver = "x",
	  .group = 23,
	  .together = "0000:0b:00.0 0000:0b:00.2",
	  .class_code = 0x120000 },
	{ .address = "0000:0b:00.2",
	  .ids = "1234:0002",
	  .slot = "\\_SB_.PC00/0b.0/00.2",
	  .driver = "y",
	  .group = 23,
	  .together = "0000:0b:00.0 0000:0b:00.1",
	  .class_code = 0x120000 },
	{ .address = "0000:17:00.0",
	  .ids = "10de:2235",
	  .slot = SLOT("17"),
	  .evidence = "vpd=GRID1",
	  .driver = "nvidia",
	  .group = 24,
	  .class_code = 0x030200 },
	{ .address = "1-1",
	  .ids = "0951:1666",
	  .slot = "\\_SB_.PC00/14.0/usb/1",
	  .evidence = "usb=KEY_01",
	  .driver = "usb-storage" },
	{ .address = "1-7",
	  .ids = "046d:c31c",
	  .slot = "\\_SB_.PC00/14.0/usb/7",
	  .driver = "usbhid" },
	{ .address = "0000:17:00.0/nvidia-558", .available = 2 },
	{ .address = "0000:17:00.0/nvidia-559",
	  .available = 0,
	  .reasons = "no instance is left" },
	{ .address = "mtty/mtty-2", .available = 1 },
	{ .address = MDEV, .pf = "mtty", .type = "mtty-2" },
	{ 0 },
};

/* The same with all buses renumbered; disk 2 is where disk 1 was. */
static const struct world_device renumbered[] = {
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .evidence = "nvme=NVME0002 !dsn=D",
	  .driver = "nvme",
	  .group = 9 },
	{ .address = "0000:12:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("02"),
	  .evidence = "nvme=NVME0001 !dsn=D",
	  .driver = "nvme",
	  .group = 7 },
	{ .address = "0000:16:00.0",
	  .ids = "8086:1572",
	  .slot = SLOT("06"),
	  .evidence = "vpd=B8CD3CFD mac=3c:fd:fe:b8:cd:b9",
	  .driver = "i40e",
	  .group = 15,
	  .total_vfs = 3,
	  .class_code = 0x020000 },
	{ 0 },
};

/* And with vfio having all disks since boot. */
static const struct world_device hidden[] = {
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("02"),
	  .evidence = "!dsn=D",
	  .driver = "vfio-pci",
	  .group = 7 },
	{ .address = "0000:03:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .evidence = "!dsn=D",
	  .driver = "vfio-pci",
	  .group = 9 },
	{ 0 },
};

/* Wishes of one claim: words, each "device ADDRESS" or "match CONDITIONS", then what
 * belongs to it: "request R", "count N", "mac M", "vlan N". Claims are separated by ';'. */
static const struct choice_case {
	const char *there;                /* claims on @machine; NULL none */
	const struct world_device *later; /* NULL: @machine */
	const char *wishes;
	const char *result; /* "REQUEST:NAME=ADDRESS ..." */
	const char *error;
	const char *note;
} cases[] = {
	/* addresses */
	{ .wishes = "device 0000:02:00.0",
	  .result = "device:nvme-nvme0001=0000:02:00.0" },
	{ .wishes = "device pci-0000-02-00-0 request disk",
	  .result = "disk:nvme-nvme0001=0000:02:00.0" },
	{ .wishes =
	          "device 0000:02:00.0 device 0000:03:00.0 request b device 0000:04:00.0",
	  .result = "device:nvme-nvme0001=0000:02:00.0 device:nvme-nvme0003=0000:04:00.0 "
	            "b:nvme-nvme0002=0000:03:00.0" },
	{ .wishes = "device 1-1 device 1-7",
	  .result = "device:usb-key-01-e0a5f67e=1-1 device:usb-pc00-14-0-usb-7=1-7",
	  .note = "1-7: it will be recognised by its ids and its slot only" },
	{ .wishes = "device 0000:05:00.0",
	  .result = "device:nvme-pc00-05-0-00-0=0000:05:00.0",
	  .note = "0000:05:00.0: it will be recognised by its device serial number (dsn), "
	          "which not every maker keeps unique; a vfio driver holds it" },
	{ .wishes = "device 0000:99:00.0",
	  .error = "there is no device '0000:99:00.0'; 'virt-claim devices' lists" },
	{ .wishes = "device nonsense", .error = "there is no device 'nonsense'" },
	{ .wishes = "device 0000:08:00.0",
	  .error = "0000:08:00.0: the host needs it: it holds the file system at '/'" },
	{ .wishes = "device 0000:02:00.0 device 0000:02:00.0",
	  .error = "0000:02:00.0: this claim has it" },
	{ .wishes = "device 0000:02:00.0 count 2",
	  .error = "0000:02:00.0 is one device, and 2 are asked for" },
	{ .wishes = "device 0000:0a:00.0",
	  .error = "0000:0a:00.0: nothing proves which device it is: it shows no serial "
	           "number, and its slot has no name that stays" },
	{ .wishes = "device 0000:02:00.0 mac 52:54:00:12:34:56",
	  .error = "0000:02:00.0: only a virtual function can be given a MAC address" },
	{ .wishes = "device 1-1 vlan 7", .error = "1-1: only a virtual function can" },
	{ .there = "device 0000:02:00.0",
	  .wishes = "device 0000:02:00.0",
	  .error = "0000:02:00.0: claim 'lab/c0' has it" },
	/* by identity, not by address */
	{ .there = "device 0000:02:00.0",
	  .later = renumbered,
	  .wishes = "device 0000:02:00.0",
	  .result = "device:nvme-nvme0002=0000:02:00.0" },
	{ .there = "device 0000:02:00.0",
	  .later = renumbered,
	  .wishes = "device 0000:12:00.0",
	  .error = "0000:12:00.0: claim 'lab/c0' has it" },
	{ .there = "device 0000:02:00.0",
	  .later = hidden,
	  .wishes = "device 0000:02:00.0",
	  .error = "0000:02:00.0: it cannot be told from what claim 'lab/c0' has" },
	{ .there = "device 0000:02:00.0",
	  .later = hidden,
	  .wishes = "device 0000:03:00.0",
	  .result = "device:nvme-pc00-03-0-00-0=0000:03:00.0",
	  .note = "by its ids and its slot only" },
	{ .there = "device 0000:04:00.0",
	  .later = hidden,
	  .wishes = "device 0000:03:00.0",
	  .error = "0000:03:00.0: it cannot be told from what claim 'lab/c0' has" },
	{ .there = "device 0000:06:00.0/vf1",
	  .later = renumbered,
	  .wishes = "device 0000:16:00.0/vf1",
	  .error = "0000:16:00.0/vf1: claim 'lab/c0' has it" },
	/* groups */
	{ .wishes = "device 0000:01:00.0",
	  .error = "0000:01:00.0: it cannot be claimed alone: IOMMU group 14 also has "
	           "0000:01:00.1 (on 'snd_hda_intel'); claim that too, or take it from "
	           "the drivers of the host first" },
	{ .wishes = "device 0000:01:00.1 device 0000:01:00.0 request gpu",
	  .result = "device:audio-pc00-01-0-00-1=0000:01:00.1 "
	            "gpu:display-pc00-01-0-00-0=0000:01:00.0",
	  .note = "0000:01:00.1: it will be recognised by its ids" },
	{ .wishes = "device 0000:01:00.0 match class=audio request sound",
	  .result = "device:display-pc00-01-0-00-0=0000:01:00.0 "
	            "sound:audio-pc00-01-0-00-1=0000:01:00.1",
	  .note = "by its device serial number" },
	{ .wishes = "match class=display,vendorID=10de,deviceID=2684",
	  .error =
	          "0 of 1 devices can be had; of those that fit: 0000:01:00.0: it cannot "
	          "be claimed alone: IOMMU group 14" },
	{ .wishes = "match class=display request gpu match class=audio request sound",
	  .result = "gpu:display-pc00-01-0-00-0=0000:01:00.0 "
	            "sound:audio-pc00-01-0-00-1=0000:01:00.1",
	  .note = "by its device serial number" },
	{ .wishes = "match class=audio request sound match class=display request gpu",
	  .result = "sound:audio-pc00-01-0-00-1=0000:01:00.1 "
	            "gpu:display-pc00-01-0-00-0=0000:01:00.0",
	  .note = "by its device serial number" },
	/* passes over the GPU that has another one in its group */
	{ .wishes = "match class=display",
	  .result = "device:display-grid1=0000:17:00.0" },
	{ .wishes = "match vendorID=1234,driver=x count 2",
	  .error =
	          "0 of 2 devices can be had; of those that fit: 0000:0b:00.0: it cannot "
	          "be claimed alone: IOMMU group 23 also has 0000:0b:00.2 (on 'y')" },
	{ .wishes = "match vendorID=1234,deviceID=0002 count 3",
	  .result = "device:accelerator-pc00-0b-0-00-0=0000:0b:00.0 "
	            "device:accelerator-pc00-0b-0-00-1=0000:0b:00.1 "
	            "device:accelerator-pc00-0b-0-00-2=0000:0b:00.2",
	  .note = "by its ids and its slot only" },
	{ .wishes = "match driver=y match deviceID=0002,driver=x count 2 request two",
	  .result = "device:accelerator-pc00-0b-0-00-2=0000:0b:00.2 "
	            "two:accelerator-pc00-0b-0-00-0=0000:0b:00.0 "
	            "two:accelerator-pc00-0b-0-00-1=0000:0b:00.1",
	  .note = "by its ids and its slot only" },
	{ .there = "device 0000:01:00.0 device 0000:01:00.1",
	  .wishes = "device 0000:01:00.0",
	  .error = "claim 'lab/c0' has it" },
	/* virtual functions */
	{ .wishes = "device 0000:06:00.0/vf",
	  .result = "device:network-b8cd3cfd-vf0=0000:06:00.0+vf0" },
	{ .wishes = "device 0000:06:00.0/vf2 mac 52:54:00:12:34:56 vlan 100",
	  .result =
	          "device:network-b8cd3cfd-vf2=0000:06:00.0+vf2,52:54:00:12:34:56,100" },
	{ .wishes = "device 0000:06:00.0/vf count 3",
	  .result = "device:network-b8cd3cfd-vf0=0000:06:00.0+vf0 "
	            "device:network-b8cd3cfd-vf1=0000:06:00.0+vf1 "
	            "device:network-b8cd3cfd-vf2=0000:06:00.0+vf2" },
	{ .there = "device 0000:06:00.0/vf0; device 0000:06:00.0/vf",
	  .wishes = "device 0000:06:00.0/vf",
	  .result = "device:network-b8cd3cfd-vf2=0000:06:00.0+vf2" },
	{ .wishes = "device 0000:06:00.0/vf count 4",
	  .error = "none of the 3 virtual functions of 0000:06:00.0 can be had; the "
	           "first: this claim has it" },
	{ .wishes = "device 0000:06:00.0/vf3",
	  .error = "0000:06:00.0/vf3: it can have 3 virtual functions" },
	{ .wishes = "device 0000:06:00.0/vf1 count 2",
	  .error = "0000:06:00.0/vf1 is one device, and 2 are asked for" },
	{ .wishes = "device 0000:06:00.0/vf1 device 0000:06:00.0/vf1",
	  .error = "0000:06:00.0/vf1: this claim has it" },
	{ .wishes = "device 0000:06:00.0/vf count 2 mac 52:54:00:12:34:56",
	  .error = "one MAC address is given for 2 devices" },
	{ .there = "device 0000:06:00.0/vf0 mac 52:54:00:12:34:56",
	  .wishes = "device 0000:06:00.0/vf mac 52:54:00:12:34:56",
	  .result = "device:network-b8cd3cfd-vf1=0000:06:00.0+vf1,52:54:00:12:34:56",
	  .note = "claim 'lab/c0' has a device with MAC address 52:54:00:12:34:56 too" },
	{ .there = "device 0000:06:00.0/vf0",
	  .wishes = "device 0000:06:00.0",
	  .error = "0000:06:00.0: claim 'lab/c0' has virtual function 0 of it" },
	{ .there = "device 0000:06:00.0",
	  .wishes = "device 0000:06:00.0/vf",
	  .error = "the first: claim 'lab/c0' has it" },
	{ .wishes = "device 0000:02:00.0/vf",
	  .error = "0000:02:00.0 is no physical function (SR-IOV)" },
	{ .wishes = "device 0000:02:00.0/vf0",
	  .error = "0000:02:00.0/vf0: is no physical function" },
	{ .wishes = "device 0000:07:02.1/vf0",
	  .error = "0000:07:02.1/vf0: is no physical function" },
	{ .wishes = "device 0000:09:00.0/vf0",
	  .error = "0000:09:00.0/vf0: the host needs its PF: it has the default route" },
	{ .wishes = "device 0000:99:00.0/vf", .error = "there is no device '0000:99" },
	{ .wishes = "device 0000:06:00.0/vfx",
	  .error = "there is no device '0000:06:00.0/vfx'" },
	/* those that exist are known by their PF */
	{ .wishes = "device 0000:07:00.0/vf",
	  .result = "device:network-pc00-07-0-00-0-vf1=0000:07:00.0+vf1" },
	{ .wishes = "device 0000:07:02.2 vlan 5",
	  .result = "device:network-pc00-07-0-00-0-vf2=0000:07:00.0+vf2,5" },
	{ .there = "device 0000:07:02.1",
	  .wishes = "device 0000:07:00.0/vf1",
	  .error = "0000:07:00.0/vf1: claim 'lab/c0' has it" },
	{ .there = "device 0000:07:00.0/vf1",
	  .wishes = "match sriov=vf",
	  .result = "device:network-pc00-07-0-00-0-vf2=0000:07:00.0+vf2" },
	{ .wishes = "device 0000:07:00.0/vf0",
	  .error = "0000:07:00.0/vf0: the host needs it: it has the default route" },
	{ .wishes = "device 0000:07:00.0/vf3",
	  .error = "0000:07:00.0/vf3: there are 3 virtual functions, and more can only "
	           "be made when there are none" },
	{ .wishes = "device 0000:07:00.0",
	  .error = "0000:07:00.0: is the physical function of 3 virtual functions" },
	/* mediated devices */
	{ .wishes = "device 0000:17:00.0/nvidia-558",
	  .result = "device:mdev-u0=0000:17:00.0+nvidia-558,u0" },
	{ .wishes = "device 0000:17:00.0/nvidia-558 count 2",
	  .result = "device:mdev-u0=0000:17:00.0+nvidia-558,u0 "
	            "device:mdev-u1=0000:17:00.0+nvidia-558,u1" },
	{ .there = "device 0000:17:00.0/nvidia-558",
	  .wishes = "device 0000:17:00.0/nvidia-558 count 2",
	  .error = "0000:17:00.0/nvidia-558: 2 instances are left, and as many are "
	           "promised to claims" },
	{ .wishes = "match mdevType=nvidia-558 count 2",
	  .result = "device:mdev-u0=0000:17:00.0+nvidia-558,u0 "
	            "device:mdev-u1=0000:17:00.0+nvidia-558,u1" },
	{ .wishes = "match mdevType=nvidia-558 count 3",
	  .error = "2 of 3 devices can be had; of those that fit: "
	           "0000:17:00.0/nvidia-558: 2 instances are left" },
	{ .wishes = "device 0000:17:00.0/nvidia-559", .error = "no instance is left" },
	{ .there = "device 0000:17:00.0/nvidia-558",
	  .wishes = "device 0000:17:00.0",
	  .error = "0000:17:00.0: claim 'lab/c0' has a mediated device of it" },
	{ .there = "device 0000:17:00.0",
	  .wishes = "device 0000:17:00.0/nvidia-558",
	  .error = "0000:17:00.0/nvidia-558: its parent: claim 'lab/c0' has it" },
	{ .wishes = "device mtty/mtty-2", .result = "device:mdev-u0=mtty+mtty-2,u0" },
	{ .wishes = "device " MDEV, .result = "device:mdev-" MDEV "=mtty+mtty-2," MDEV },
	{ .there = "device " MDEV,
	  .wishes = "device " MDEV,
	  .error = MDEV ": claim 'lab/c0' has it" },
	/* one that exists is not among the available ones */
	{ .there = "device " MDEV,
	  .wishes = "device mtty/mtty-2",
	  .result = "device:mdev-u0=mtty+mtty-2,u0" },
	{ .wishes = "device mtty/mtty-2 mac 52:54:00:12:34:56",
	  .error = "mtty/mtty-2: only a virtual function" },
	/* conditions */
	{ .wishes = "match class=nvme", .result = "device:nvme-nvme0001=0000:02:00.0" },
	{ .wishes = "match class=nvme count 3",
	  .result = "device:nvme-nvme0001=0000:02:00.0 device:nvme-nvme0002=0000:03:00.0 "
	            "device:nvme-nvme0003=0000:04:00.0" },
	{ .there = "device 0000:03:00.0",
	  .wishes = "match deviceID=a80a count 2",
	  .result = "device:nvme-nvme0001=0000:02:00.0 "
	            "device:nvme-nvme0003=0000:04:00.0" },
	{ .there = "device 0000:03:00.0",
	  .wishes = "match deviceID=a80a count 3",
	  .error = "--match 'deviceID=a80a': 2 of 3 devices can be had; of those that "
	           "fit: 0000:03:00.0: claim 'lab/c0' has it" },
	{ .wishes = "device 0000:02:00.0 match class=nvme,vendorID=144d request b",
	  .result = "device:nvme-nvme0001=0000:02:00.0 b:nvme-nvme0002=0000:03:00.0" },
	{ .wishes = "match serial=nvme0002",
	  .result = "device:nvme-nvme0002=0000:03:00.0" },
	{ .wishes = "match virt-claim.io/serial=NVME0003,virt-claim.io/class=0108",
	  .result = "device:nvme-nvme0003=0000:04:00.0" },
	{ .wishes = "match resource.kubernetes.io/pciBusID=0000:04:00.0",
	  .result = "device:nvme-nvme0003=0000:04:00.0" },
	{ .wishes = "match iommuGroup=11,unverified=false",
	  .result = "device:nvme-nvme0003=0000:04:00.0" },
	{ .wishes = "match unverified=true",
	  .result = "device:nvme-pc00-05-0-00-0=0000:05:00.0",
	  .note = "dsn" },
	{ .wishes = "match kind=usb,serial=KEY\\x01",
	  .error = "no device has serial=KEY\\x" },
	{ .wishes = "match serial=NVME0009",
	  .error = "--match 'serial=NVME0009': no device has serial=NVME0009; "
	           "'virt-claim devices --json' shows what they have" },
	{ .wishes = "match class=usb,serial=NVME0001",
	  .error = "0 of 1 devices fit; 'virt-claim devices --json'" },
	{ .wishes = "match serial=HOST",
	  .error = "of those that fit: 0000:08:00.0: the host needs it" },
	{ .wishes = "match sreial=A",
	  .error = "--match: no device has an attribute "
	           "'sreial'; 'virt-claim devices --json'" },
	{ .wishes = "match serial", .error = "--match: 'serial' is no condition" },
	{ .wishes = "match =x", .error = "'=x' is no condition; expected KEY=VALUE" },
	{ .wishes = "match serial=", .error = "'serial=' is no condition" },
	{ .wishes = "match serial=A,,class=nvme", .error = "'' is no condition" },
	{ .wishes = "match numaNode=one", .error = "numaNode=one: expected a number" },
	{ .wishes = "match numaNode=-1", .error = "numaNode=-1: expected a number" },
	{ .wishes = "match unverified=1", .error = "unverified=1: expected 'true'" },
	{ .wishes = "match class=toaster", .error = "class=toaster: is no class" },
	/* counts */
	{ .wishes = "match class=nvme count 0", .error = "a claim has 1 to 32 devices" },
	{ .wishes = "match class=nvme count 33", .error = "a claim has 1 to 32 devices" },
	{ .wishes = "match class=nvme count 20 match kind=usb count 13",
	  .error = "a claim has 1 to 32 devices" },
	{ .wishes = "", .error = "no device is asked for" },
};

struct fixture {
	struct vc_arena arena;
	struct vc_err err;
	const char *uuids[VC_HOST_CLAIM_DEVICES_MAX];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->arena = (struct vc_arena)VC_ARENA_INIT;
	for (size_t i = 0; i < VC_ARRAY_SIZE(f->uuids); i++)
		f->uuids[i] = vc_arena_printf(&f->arena, "u%zu", i);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vc_arena_release(&f->arena);
	free(f);
	return 0;
}

struct wishes {
	struct vc_wish *v;
	size_t n, cap;
};

static unsigned number(const char *text)
{
	unsigned value = 0;

	for (; *text; text++)
		value = value * 10 + (unsigned)(*text - '0');
	return value;
}

static struct vc_wish *add_wish(struct fixture *f, struct wishes *wishes)
{
	struct vc_wish *w = vc_list_push(&f->arena, wishes);

	if (!w)
		abort();
	*w = (struct vc_wish){ .count = 1, .vlan = -1 };
	return w;
}

static void set_detail(struct vc_wish *w, const char *what, const char *value)
{
	if (strcmp(what, "request") == 0)
		w->request = value;
	else if (strcmp(what, "count") == 0)
		w->count = number(value);
	else if (strcmp(what, "mac") == 0)
		w->mac = value;
	else if (strcmp(what, "vlan") == 0)
		w->vlan = (int)number(value);
	else
		fail_msg("'%s'?", what);
}

static struct wishes parse_wishes(struct fixture *f, const char *text)
{
	struct wishes wishes = { 0 };
	struct vc_names words = { 0 };

	world_split(&f->arena, text, &words);
	assert_int_equal(words.n % 2, 0);
	for (size_t i = 0; i < words.n; i += 2) {
		const char *what = words.v[i], *value = words.v[i + 1];

		if (strcmp(what, "device") == 0)
			add_wish(f, &wishes)->address = value;
		else if (strcmp(what, "match") == 0)
			add_wish(f, &wishes)->match = value;
		else if (wishes.v)
			set_detail(&wishes.v[wishes.n - 1], what, value);
	}
	return wishes;
}

static int choose(struct fixture *f, const struct vc_inventory *inventory,
                  const struct vc_host_claims *claims, const char *text,
                  struct vc_host_claim *claim, struct vc_names *notes)
{
	const struct wishes wishes = parse_wishes(f, text);
	const struct vc_select select = {
		.inventory = inventory,
		.claims = claims,
		.wishes = wishes.v,
		.n_wishes = wishes.n,
		.boot_id = BOOT,
		.uuids = f->uuids,
	};

	f->err = (struct vc_err)VC_ERR_INIT;
	return vc_select_devices(&f->arena, &select, claim, notes, &f->err);
}

static char *cut(struct fixture *f, const char **cursor)
{
	size_t len = strcspn(*cursor, ";");
	char *text = vc_arena_strndup(&f->arena, *cursor, len);

	assert_non_null(text);
	*cursor += len;
	*cursor += strspn(*cursor, "; ");
	return text;
}

static struct vc_host_claims make_claims(struct fixture *f, const char *there)
{
	const struct vc_inventory inventory = world_make(&f->arena, machine);
	struct vc_host_claims claims = { 0 };

	while (there && *there) {
		struct vc_names notes = { 0 };
		struct vc_host_claim claim = {
			.namespace = world_text(&f->arena, "lab"),
			.name = vc_arena_printf(&f->arena, "c%zu", claims.n),
			.uid = vc_arena_printf(&f->arena, "uid%zu", claims.n),
		};
		struct vc_host_claim *slot;

		if (choose(f, &inventory, &claims, cut(f, &there), &claim, &notes) < 0)
			fail_msg("%s", f->err.msg);
		slot = vc_list_push(&f->arena, &claims);
		if (!slot)
			abort();
		*slot = claim;
	}
	return claims;
}

static const char *print_device(struct fixture *f, const struct vc_claimed_device *d)
{
	const char *text = vc_arena_printf(&f->arena, "%s:%s=%s", d->request, d->name,
	                                   d->identity.address);

	if (d->made_from == VC_MADE_FROM_PF)
		text = vc_arena_printf(&f->arena, "%s+vf%u", text, d->vf_index);
	if (d->made_from == VC_MADE_FROM_TYPE)
		text = vc_arena_printf(&f->arena, "%s+%s,%s", text, d->mdev_type,
		                       d->mdev_uuid);
	if (d->mac)
		text = vc_arena_printf(&f->arena, "%s,%s", text, d->mac);
	if (d->vlan >= 0)
		text = vc_arena_printf(&f->arena, "%s,%d", text, d->vlan);
	return text;
}

static const char *print(struct fixture *f, const struct vc_host_claim *claim)
{
	const char *text = "";

	for (size_t i = 0; i < claim->devices.n; i++) {
		text = vc_arena_printf(&f->arena, "%s%s%s", text, i > 0 ? " " : "",
		                       print_device(f, &claim->devices.v[i]));
		assert_non_null(text);
	}
	return text;
}

static void check_result(struct fixture *f, const struct choice_case *c, int r,
                         const struct vc_host_claim *claim, const struct vc_names *notes)
{
	bool noted = false;

	if (r < 0)
		fail_msg("'%s': %s", c->wishes, f->err.msg);
	assert_string_equal(print(f, claim), c->result);
	if (!c->note) {
		assert_int_equal(notes->n, 0);
		return;
	}
	for (size_t i = 0; i < notes->n; i++)
		noted = noted || strstr(notes->v[i], c->note);
	if (!noted)
		fail_msg("'%s': no note", c->wishes);
}

static void test_select(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct choice_case *c = &cases[i];
		const struct vc_inventory inventory =
			world_make(&f->arena, c->later ? c->later : machine);
		const struct vc_host_claims claims = make_claims(f, c->there);
		struct vc_host_claim claim = { .generation = 7 };
		struct vc_names notes = { 0 };
		int r = choose(f, &inventory, &claims, c->wishes, &claim, &notes);

		assert_int_equal(claim.generation, 7);
		if (c->result) {
			check_result(f, c, r, &claim, &notes);
			continue;
		}
		if (r == 0)
			fail_msg("'%s': %s", c->wishes, print(f, &claim));
		if (!c->error || !strstr(f->err.msg, c->error))
			fail_msg("'%s': %s", c->wishes, f->err.msg);
		assert_int_equal(claim.devices.n, 0);
		assert_int_equal(notes.n, 0);
	}
}

/* What the journal says that we bound is where it says. */
static void test_journal(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claims claims = make_claims(f, "device 0000:04:00.0");
	const struct vc_inventory inventory = world_make(&f->arena, hidden);
	const struct wishes wishes = parse_wishes(f, "device 0000:03:00.0");
	struct vc_reserved reserved = {
		.request = claims.v[0].devices.v[0].request,
		.name = claims.v[0].devices.v[0].name,
		.key = world_text(&f->arena, "pci-0000:02:00.0"),
	};
	struct vc_entry entry = { .uid = claims.v[0].uid,
		                  .devices = { &reserved, 1, 0 } };
	const struct vc_entries entries = { &entry, 1, 0 };
	const struct vc_select select = {
		.inventory = &inventory,
		.claims = &claims,
		.entries = &entries,
		.wishes = wishes.v,
		.n_wishes = wishes.n,
		.boot_id = BOOT,
		.uuids = f->uuids,
	};
	struct vc_host_claim claim = { 0 };
	struct vc_names notes = { 0 };

	f->err = (struct vc_err)VC_ERR_INIT;
	if (vc_select_devices(&f->arena, &select, &claim, &notes, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_int_equal(claim.devices.n, 1);
}

/* Two devices of one name */
static void test_unique_names(void **state)
{
	static const struct world_device twins[] = {
		{ .address = "0000:02:00.0",
		  .ids = "144d:a80a",
		  .slot = SLOT("02"),
		  .evidence = "nvme=SAME",
		  .driver = "nvme" },
		{ .address = "0000:03:00.0",
		  .ids = "144d:a80a",
		  .slot = SLOT("03"),
		  .evidence = "nvme=same",
		  .driver = "nvme" },
		{ .address = "0000:04:00.0",
		  .ids = "144d:a80a",
		  .slot = SLOT("04"),
		  .evidence = "nvme=Same",
		  .driver = "nvme" },
		{ 0 },
	};
	struct fixture *f = *state;
	const struct vc_inventory inventory = world_make(&f->arena, twins);
	const struct vc_host_claims none = { 0 };
	struct vc_host_claim claim = { 0 };
	struct vc_names notes = { 0 };

	assert_int_equal(
		choose(f, &inventory, &none, "match class=nvme count 3", &claim, &notes),
		0);
	assert_string_equal(print(f, &claim), "device:nvme-same=0000:02:00.0 "
	                                      "device:nvme-same-2=0000:03:00.0 "
	                                      "device:nvme-same-3=0000:04:00.0");
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text;
		const char *values[3];
	} cases_[] = {
		{ "vendor=A\\, Inc,serial=x", { "A, Inc", "x" } },
		{ "vendor=A\\\\,serial=x\\y", { "A\\", "x\\y" } },
		{ "vendor=a=b", { "a=b" } },
		{ "vendor=A\\", { "A\\" } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases_); i++) {
		struct vc_conditions conditions;
		size_t n = 0;

		assert_int_equal(vc_match_parse(&f->arena, cases_[i].text, &conditions,
		                                NULL, &f->err),
		                 0);
		for (; cases_[i].values[n]; n++)
			assert_string_equal(conditions.v[n].value, cases_[i].values[n]);
		assert_int_equal(conditions.n, n);
	}
}

static void check_attribute(struct fixture *f, const struct vc_attribute *a)
{
	static const char *const values[] = { [VC_ATTRIBUTE_INT] = "1",
		                              [VC_ATTRIBUTE_BOOL] = "true",
		                              [VC_ATTRIBUTE_STRING] = "nvme",
		                              [VC_ATTRIBUTE_VERSION] = "1.0.0" };
	const char *text = vc_arena_printf(&f->arena, "%s=%s", a->name, values[a->type]);
	struct vc_conditions conditions = { 0 };

	assert_non_null(text);
	if (vc_match_parse(&f->arena, text, &conditions, NULL, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_int_equal(conditions.n, 1);
	assert_int_equal(conditions.v[0].key->type, a->type);
}

/* Every attribute that devices have can be asked for. */
static void test_all_attributes(void **state)
{
	static const struct vc_inventory_request request = {
		.sysfs = VC_FIXTURES "/sysfs/workstation",
		.proc = VC_FIXTURES "/proc/workstation",
		.modules_alias = VC_FIXTURES "/modules.alias",
		.pci_ids = VC_FIXTURES "/pci.ids",
		.vpd = true,
	};
	struct fixture *f = *state;
	struct vc_inventory inventory = { 0 };

	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1), 0);
	assert_int_equal(vc_inventory_take(&f->arena, &request, &inventory, &f->err), 0);
	for (size_t i = 0; i < inventory.devices.n; i++) {
		struct vc_attributes attributes = { 0 };

		assert_int_equal(vc_host_device_attributes(&f->arena,
		                                           &inventory.devices.v[i],
		                                           &attributes, &f->err),
		                 0);
		for (size_t k = 0; k < attributes.n; k++)
			check_attribute(f, &attributes.v[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_select, setup, teardown),
		cmocka_unit_test_setup_teardown(test_journal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unique_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_attributes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
