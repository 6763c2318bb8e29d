/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is recorded of a device, and what is taken for it later. */
#include "inventory_world.h"
#include "node/identity.h"
#include "node/likeness.h"

#define BOOT   "33333333-3333-4333-8333-333333333333"
#define DISK   "144d:a80a/144d:a801"
#define NIC    "8086:1572"

#define SLOT_1 "\\_SB_.PC00/06.0/00.0"
#define SLOT_2 "\\_SB_.PC00/06.2/00.0"
#define PORT_0 "\\_SB_.PC00/1c.0/00.0"
#define PORT_1 "\\_SB_.PC00/1c.0/00.1"
#define USB_4  "\\_SB_.PC00/14.0/usb/4"
#define USB_5  "\\_SB_.PC00/14.0/usb/5"

/* Address, ids, slot path, evidence, driver */
#define D(address_, ids_, slot_, evidence_, driver_)                   \
	{                                                              \
		.address = (address_), .ids = (ids_), .slot = (slot_), \
		.evidence = (evidence_), .driver = (driver_),          \
	}

/* The machine when the claim was made, the device of the claim first; and later. */
static const struct search_case {
	const char *name;
	struct world_device then;
	struct world_device now[6];
	const char *ours;
	const char *found; /* address; NULL refused */
	const char *text;  /* of the note or of the refusal; NULL no note */
} cases[] = {
	{ .name = "where it was",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme") },
	  .found = "0000:02:00.0" },
	{ .name = "renumbered, and a twin at the old address",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_2, "nvme=B !dsn=D", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_1, "nvme=A !dsn=D", "nvme") },
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0" },
	{ .name = "in another slot, and a twin in its slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=B", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_2, "nvme=A", "nvme") },
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0" },
	{ .name = "gone, and a twin in its slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=B", "nvme") },
	  .text = "the device with nvmeSerial 'A' is not here; it was last seen at "
	          "0000:02:00.0, and in its slot is now 0000:02:00.0 (144d:a80a, "
	          "subsystem 144d:a801, nvmeSerial 'B'); put it back, or accept another "
	          "one with 'virt-claim claim adopt'" },
	{ .name = "gone, and nothing in its slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:03:00.0", DISK, SLOT_2, "nvme=B dsn=E", "nvme") },
	  .text = "the device with nvmeSerial 'A', dsn 'D' is not here; it was last seen "
	          "at 0000:02:00.0; put it back" },
	{ .name = "nothing at all is there",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .text = "is not here" },
	{ .name = "vfio has had it since the machine started",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci") },
	  .text = "0000:02:00.0 may be it, but whether it has nvmeSerial 'A' cannot be "
	          "seen while 'vfio-pci' holds it; let the driver of the host have it "
	          "once, or accept it as it is with 'virt-claim claim adopt'" },
	{ .name = "two may be it",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:03:00.0", DISK, SLOT_2, NULL, "vfio-pci"),
	           D("0000:04:00.0", DISK, NULL, NULL, NULL) },
	  .text = "0000:03:00.0 or 0000:04:00.0 may be it" },
	{ .name = "two may be it, one of them in its slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:03:00.0", DISK, SLOT_2, NULL, "vfio-pci"),
	           D("0000:04:00.0", DISK, SLOT_1, NULL, NULL) },
	  .text = "0000:04:00.0 may be it, but whether it has nvmeSerial 'A' cannot be "
	          "seen while no driver has it" },
	{ .name = "its driver has it and says nothing",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "nvme") },
	  .text = "cannot be seen now, although its driver has it" },
	{ .name = "on vfio, of another model",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", "144d:a80c", SLOT_1, NULL, "vfio-pci") },
	  .text = "is not here; it was last seen at 0000:02:00.0, and in its slot is now "
	          "0000:02:00.0 (144d:a80c" },
	{ .name = "bound by ourselves",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci") },
	  .ours = "0000:02:00.0",
	  .found = "0000:02:00.0",
	  .text = "recognised by the journal" },
	{ .name = "bound by ourselves, after it had moved",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=B", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_2, "!dsn=D", "vfio-pci") },
	  .ours = "0000:03:00.0",
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0; recognised by the journal" },
	{ .name = "the journal, about a device of another model",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", "144d:a80c", SLOT_1, NULL, "vfio-pci") },
	  .ours = "0000:02:00.0",
	  .text = "is not here" },
	{ .name = "the journal, about a device that has another driver now",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, NULL) },
	  .ours = "0000:02:00.0",
	  .text = "0000:02:00.0 may be it" },
	{ .name = "the journal, about a device that contradicts",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "dsn=E", "vfio-pci") },
	  .ours = "0000:02:00.0",
	  .text = "is not here" },
	{ .name = "the journal is elsewhere",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci") },
	  .ours = "0000:03:00.0",
	  .text = "0000:02:00.0 may be it" },
	{ .name = "evidence is worth more than the journal",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci"),
	           D("0000:03:00.0", DISK, SLOT_2, "nvme=A", "nvme") },
	  .ours = "0000:02:00.0",
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0" },
	{ .name = "some of it contradicts",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=B dsn=D", "nvme") },
	  .text = "0000:02:00.0 has dsn 'D' as recorded, but its nvmeSerial was 'A' and "
	          "is 'B'; if it is meant, accept it with 'virt-claim claim adopt'" },
	{ .name = "the ids contradict",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", "144d:a80a/144d:a802", SLOT_1, "nvme=A", "nvme") },
	  .text = "0000:02:00.0 has nvmeSerial 'A' as recorded, but its ids were "
	          "144d:a80a, subsystem 144d:a801 and are 144d:a80a, subsystem 144d:a802" },
	{ .name = "two say that they are it",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "!nvme=A", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_2, "!nvme=A", "nvme") },
	  .text = "0000:02:00.0 and 0000:03:00.0 all have nvmeSerial 'A', so that none "
	          "of them is certain" },
	{ .name = "a twin with the same DSN came",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "nvme=A !dsn=D", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_2, "nvme=B !dsn=D", "nvme") },
	  .found = "0000:02:00.0" },
	{ .name = "a DSN proves nothing where a serial number was seen",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "nvme=A dsn=D", "nvme"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "dsn=D", "vfio-pci") },
	  .text = "0000:02:00.0 may be it, but whether it has nvmeSerial 'A'" },
	{ .name = "a DSN is better than nothing",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "dsn=D", "vfio-pci"),
	  .now = { D("0000:05:00.0", DISK, SLOT_2, "dsn=D", "vfio-pci") },
	  .found = "0000:05:00.0",
	  .text = "moved from 0000:02:00.0; recognised by its device serial number" },
	{ .name = "two with the one DSN",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "dsn=D", "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, "!dsn=D", "vfio-pci"),
	           D("0000:03:00.0", DISK, SLOT_2, "!dsn=D", "vfio-pci") },
	  .text = "0000:02:00.0 and 0000:03:00.0 all have dsn 'D'" },
	{ .name = "VPD is seen on vfio too",
	  .then = D("0000:05:00.0", NIC, PORT_0, "vpd=V dsn=D mac=M", "i40e"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "vpd=V dsn=D", "vfio-pci") },
	  .found = "0000:05:00.0" },
	{ .name = "VPD did not answer, MAC and DSN did",
	  .then = D("0000:05:00.0", NIC, PORT_0, "vpd=V dsn=D mac=M", "i40e"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "dsn=D mac=M", "i40e") },
	  .found = "0000:05:00.0" },
	{ .name = "the ports of a card share its DSN, the MAC tells them apart",
	  .then = D("0000:05:00.1", NIC, PORT_1, "dsn=D mac=M1", "i40e"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "dsn=D mac=M0", "i40e"),
	           D("0000:05:00.1", NIC, PORT_1, "dsn=D mac=M1", "i40e") },
	  .found = "0000:05:00.1" },
	{ .name = "and on vfio their number does",
	  .then = D("0000:05:00.1", NIC, PORT_1, "dsn=D", "vfio-pci"),
	  .now = { D("0000:06:00.0", NIC, SLOT_2, "dsn=D", "vfio-pci"),
	           D("0000:06:00.1", NIC, "\\_SB_.PC00/06.2/00.1", "dsn=D", NULL) },
	  .found = "0000:06:00.1",
	  .text = "moved from 0000:05:00.1; recognised by its device serial number" },
	{ .name = "the number tells only functions of one card apart",
	  .then = D("0000:05:00.1", NIC, PORT_1, "dsn=D", "vfio-pci"),
	  .now = { D("0000:06:00.0", NIC, SLOT_2, "!dsn=D", "vfio-pci"),
	           D("0000:07:00.1", NIC, PORT_1, "!dsn=D", "vfio-pci") },
	  .text = "all have dsn 'D'" },
	{ .name = "the port is gone, the rest of the card is there",
	  .then = D("0000:05:00.1", NIC, PORT_1, "dsn=D mac=M1", "i40e"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "dsn=D mac=M0", "i40e") },
	  .text = "0000:05:00.0 has dsn 'D' as recorded, but its mac was 'M1' and is "
	          "'M0'" },
	{ .name = "one of several addresses of a function",
	  .then = D("0000:05:00.0", NIC, PORT_0, "mac=M1 mac=M2", "mlx4_core"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "mac=M2 mac=M1", "mlx4_core") },
	  .found = "0000:05:00.0" },
	{ .name = "a VF says what its PF says",
	  .then = D("0000:05:00.0", NIC, PORT_0, "dsn=D", "i40e"),
	  .now = { D("0000:05:00.0", NIC, PORT_0, "dsn=D", "i40e"),
	           { .address = "0000:05:02.0",
	             .ids = NIC,
	             .slot = SLOT_1,
	             .evidence = "dsn=D",
	             .pf = "0000:05:00.0" } },
	  .found = "0000:05:00.0",
	  .text = "recognised by its device serial number" },
	{ .name = "no evidence at all",
	  .then = D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci") },
	  .found = "0000:02:00.0",
	  .text = "recognised by its ids and its slot only" },
	{ .name = "no evidence, renumbered",
	  .then = D("0000:02:00.0", DISK, SLOT_1, "!dsn=D", "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, SLOT_2, "nvme=B", "nvme"),
	           D("0000:03:00.0", DISK, SLOT_1, "nvme=A", "nvme") },
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0; recognised by its ids and its slot only" },
	{ .name = "no evidence, and in another slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, SLOT_2, NULL, "vfio-pci") },
	  .text = "the device with 144d:a80a, subsystem 144d:a801 is not here" },
	{ .name = "no evidence, and another model in its slot",
	  .then = D("0000:02:00.0", DISK, SLOT_1, NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", "144d:a80c", SLOT_1, NULL, "vfio-pci") },
	  .text = "0000:02:00.0 has its slot as recorded, but its ids were 144d:a80a, "
	          "subsystem 144d:a801 and are 144d:a80c, subsystem 0000:0000" },
	{ .name = "no evidence, and a slot that is called by a bus number",
	  .then = D("0000:02:00.0", DISK, "pci0000:64/01.0/00.0", NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, "pci0000:64/01.0/00.0", NULL, "vfio-pci") },
	  .text = "nothing proves which device it is, and its slot "
	          "'pci0000:64/01.0/00.0' has another name after a change" },
	{ .name = "no evidence, and the slot is not known",
	  .then = D("0000:02:00.0", DISK, NULL, NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, NULL, NULL, "vfio-pci") },
	  .text = "its slot 'unknown'" },
	{ .name = "no evidence, an unstable slot, but the journal",
	  .then = D("0000:02:00.0", DISK, "pci0000:64/01.0/00.0", NULL, "vfio-pci"),
	  .now = { D("0000:02:00.0", DISK, "pci0000:64/01.0/00.0", NULL, "vfio-pci") },
	  .ours = "0000:02:00.0",
	  .found = "0000:02:00.0",
	  .text = "recognised by the journal" },
	{ .name = "the first bus needs no name of the firmware",
	  .then = D("0000:02:00.0", DISK, "pci0000:00/01.0/00.0", NULL, "vfio-pci"),
	  .now = { D("0000:03:00.0", DISK, "pci0000:00/01.0/00.0", NULL, "vfio-pci") },
	  .found = "0000:03:00.0",
	  .text = "moved from 0000:02:00.0; recognised by its ids" },
	{ .name = "a stick in another port",
	  .then = D("1-4", "0951:1666", USB_4, "usb=KEY1", "usb-storage"),
	  .now = { D("1-4", "0951:1666", USB_4, "usb=KEY2", "usb-storage"),
	           D("1-5", "0951:1666", USB_5, "usb=KEY1", "usb-storage") },
	  .found = "1-5",
	  .text = "moved from 1-4" },
	{ .name = "a stick that was pulled",
	  .then = D("1-4", "0951:1666", USB_4, "usb=KEY1", "usb-storage"),
	  .now = { D("1-5", "0951:1666", USB_5, "usb=KEY2", "usb-storage") },
	  .text = "the device with usbSerial 'KEY1' is not here; it was last seen at 1-4" },
	{ .name = "a keyboard",
	  .then = D("1-4", "046d:c31c", USB_4, NULL, "usbhid"),
	  .now = { D("2-4", "046d:c31c", USB_4, NULL, "usbhid") },
	  .found = "2-4",
	  .text = "moved from 1-4; recognised by its ids and its slot only" },
	{ .name = "two at one port of two buses",
	  .then = D("1-4", "046d:c31c", USB_4, NULL, "usbhid"),
	  .now = { D("1-4", "046d:c31c", USB_4, NULL, "usbhid"),
	           D("2-4", "046d:c31c", USB_4, NULL, "usbhid") },
	  .text = "1-4 and 2-4 all have its slot" },
	{ .name = "another keyboard",
	  .then = D("1-4", "046d:c31c", USB_4, NULL, "usbhid"),
	  .now = { D("1-4", "046d:c31d", USB_4, NULL, "usbhid") },
	  .text = "1-4 has its slot as recorded, but its ids were 046d:c31c and are "
	          "046d:c31d" },
	{ .name = "a parent that is no PCI function",
	  .then = { .address = "mtty/mtty-2", .available = 4 },
	  .now = { { .address = "mtty/mtty-1", .available = 0 },
	           { .address = "mtty/mtty-2", .available = 4 } },
	  .found = "mtty/mtty-1" },
	{ .name = "a parent that is gone",
	  .then = { .address = "mtty/mtty-2", .available = 4 },
	  .now = { { .address = "mdpy/mdpy-1", .available = 1 } },
	  .text = "nothing called 'mtty' makes mediated devices now" },
};

struct fixture {
	struct vc_arena arena;
	struct vc_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->arena = (struct vc_arena)VC_ARENA_INIT;
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

static struct vc_identity record(struct fixture *f, const struct world_device *device)
{
	const struct world_device devices[] = { *device, { 0 } };
	const struct vc_inventory inventory = world_make(&f->arena, devices);
	struct vc_identity identity;

	assert_int_equal(vc_identity_record(&f->arena, inventory.devices.v, BOOT,
	                                    &identity, &f->err),
	                 0);
	return identity;
}

static void check_found(const struct search_case *c, int r,
                        const struct vc_located *located, const struct vc_err *err)
{
	if (r < 0)
		fail_msg("%s: %s", c->name, err->msg);
	if (strcmp(located->device->address, c->found) != 0)
		fail_msg("%s: found %s", c->name, located->device->address);
	if (!c->text != !located->note || (c->text && !strstr(located->note, c->text)))
		fail_msg("%s: note '%s'", c->name, located->note);
	if (located->moved != (c->text && strncmp(c->text, "moved", 5) == 0))
		fail_msg("%s: moved", c->name);
}

static void test_locate(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct search_case *c = &cases[i];
		const struct vc_identity identity = record(f, &c->then);
		const struct vc_inventory inventory = world_make(&f->arena, c->now);
		struct vc_pci_address ours = { 0 };
		struct vc_located located = { .moved = true };
		int r;

		f->err = (struct vc_err)VC_ERR_INIT;
		if (c->ours)
			assert_int_equal(vc_pci_address_parse(c->ours, &ours, &f->err),
			                 0);
		r = vc_identity_locate(&f->arena, &inventory, &identity,
		                       c->ours ? &ours : NULL, &located, &f->err);
		if (c->found) {
			check_found(c, r, &located, &f->err);
			continue;
		}
		if (r != -VC_ERR_REFUSED)
			fail_msg("%s: found %s", c->name, located.device->address);
		if (!strstr(f->err.msg, c->text))
			fail_msg("%s: %s", c->name, f->err.msg);
		assert_null(located.device);
		assert_true(located.moved);
	}
}

static void test_record(void **state)
{
	static const struct world_device disk = { .address = "0000:02:00.0",
		                                  .ids = DISK,
		                                  .slot = SLOT_1,
		                                  .evidence = "nvme=A !vpd=V dsn=D",
		                                  .driver = "vfio-pci" };
	static const struct world_device stick = { .address = "1-4",
		                                   .ids = "0951:1666",
		                                   .slot = USB_4,
		                                   .evidence = "usb=K",
		                                   .driver = "usb-storage" };
	static const struct world_device type = { .address = "mtty/mtty-2" };
	struct fixture *f = *state;
	struct vc_identity i = record(f, &disk);

	assert_int_equal(i.kind, VC_DEVICE_PCI);
	assert_int_equal(i.vendor, 0x144d);
	assert_int_equal(i.device, 0xa80a);
	assert_int_equal(i.subsystem_vendor, 0x144d);
	assert_int_equal(i.subsystem_device, 0xa801);
	assert_int_equal(i.evidence.n, 2);
	assert_string_equal(i.evidence.v[0].value, "A");
	assert_string_equal(i.evidence.v[1].value, "D");
	assert_string_equal(i.slot_path, SLOT_1);
	assert_string_equal(i.address, "0000:02:00.0");
	assert_string_equal(i.boot_id, BOOT);
	assert_int_equal(i.seen, VC_SEEN_ON_VFIO);
	i = record(f, &stick);
	assert_int_equal(i.kind, VC_DEVICE_USB);
	assert_int_equal(i.vendor, 0x0951);
	assert_int_equal(i.device, 0x1666);
	assert_int_equal(i.seen, VC_SEEN_ON_HOST_DRIVER);
	i = record(f, &type);
	assert_int_equal(i.kind, VC_DEVICE_MDEV);
	assert_string_equal(i.slot_path, "mtty");
	assert_string_equal(i.address, "mtty");
	assert_int_equal(i.evidence.n, 0);
}

/* What does not fit into a claim is not recorded. */
static void test_record_hostile(void **state)
{
	static const struct world_device disk = { .address = "0000:02:00.0",
		                                  .ids = DISK,
		                                  .slot = SLOT_1,
		                                  .evidence = NULL,
		                                  .driver = "nvme" };
	struct fixture *f = *state;
	const struct world_device devices[] = { disk, { 0 } };
	struct vc_inventory inventory = world_make(&f->arena, devices);
	struct vc_host_device *d = inventory.devices.v;
	char *longest = vc_arena_alloc(&f->arena, VC_IDENTITY_TEXT_MAX + 2, 1);
	struct vc_identity identity;

	assert_non_null(longest);
	memset(longest, 'x', VC_IDENTITY_TEXT_MAX + 1);
	for (size_t i = 0; i < 40; i++) {
		struct vc_evidence *e = vc_list_push(&f->arena, &d->evidence);

		assert_non_null(e);
		e->value = i == 0   ? longest
		           : i == 1 ? vc_arena_strdup(&f->arena, "two\nlines")
		                    : vc_arena_printf(&f->arena, "S%zu", i);
		assert_non_null(e->value);
	}
	assert_int_equal(vc_identity_record(&f->arena, d, BOOT, &identity, &f->err), 0);
	assert_int_equal(identity.evidence.n, VC_IDENTITY_EVIDENCE_MAX);
	assert_string_equal(identity.evidence.v[0].value, "S2");
}

static void test_stable(void **state VC_UNUSED)
{
	assert_true(vc_slot_path_is_stable("\\_SB_.PC00/06.0"));
	assert_true(vc_slot_path_is_stable("pci0000:00/06.0"));
	assert_false(vc_slot_path_is_stable("pci0000:64/06.0"));
	assert_false(vc_slot_path_is_stable("pci10000:00/06.0"));
	assert_false(vc_slot_path_is_stable("pci0000:00"));
	assert_false(vc_slot_path_is_stable(""));
	assert_false(vc_slot_path_is_stable(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_locate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record_hostile, setup, teardown),
		cmocka_unit_test(test_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
