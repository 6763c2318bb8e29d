// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PCI driver that does nothing with its devices and does not let them go: remove() waits
 * until somebody writes N to /sys/module/lab_hang/parameters/hold. Devices are given to it
 * with driver_override.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static bool hold = true;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "do not let go of devices");

static int lab_hang_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

static void lab_hang_remove(struct pci_dev *pdev)
{
	while (READ_ONCE(hold))
		msleep(20);
}

static const struct pci_device_id lab_hang_ids[] = { {} };

static struct pci_driver lab_hang_driver = {
	.name = "lab_hang",
	.id_table = lab_hang_ids,
	.probe = lab_hang_probe,
	.remove = lab_hang_remove,
};
module_pci_driver(lab_hang_driver);

MODULE_DESCRIPTION("Driver that hangs on unbind");
MODULE_LICENSE("GPL");
