/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pci.h"

#include <string.h>
#include <unistd.h>

#include "base/module.h"
#include "base/run.h"
#include "base/write.h"

/* Thousands of functions take well under a second; waking sleeping ones takes longer. */
#define DESCRIBE_DEADLINE_MS 60000U
#define MESSAGE_MAX          4096U
#define PIPE_BYTES           65536U

static const struct vc_module libpci = {
	.file = VC_PCI_MODULE_FILE,
	.symbol = VC_PCI_MODULE_SYMBOL,
	.version = VC_PCI_MODULE_VERSION,
	.library = "libpci",
};

/* What the child gets; with @job NULL it reads the VPD of @address. */
struct child {
	struct vc_arena *arena;
	const struct vc_pci_job *job;
	const char *sysfs;
	const struct vc_pci_address *address;
	char buf[PIPE_BYTES];
	size_t len;
};

static bool put(void *arg, const void *bytes, size_t n_bytes)
{
	struct child *child = arg;

	if (child->len + n_bytes > sizeof(child->buf)) {
		if (vc_write_all(STDOUT_FILENO, child->buf, child->len) < 0)
			return false;
		child->len = 0;
	}
	if (n_bytes > sizeof(child->buf))
		return false;
	memcpy(child->buf + child->len, bytes, n_bytes);
	child->len += n_bytes;
	return true;
}

/* Prints records or the serial number; on failure only the message, and the kind of the
 * error is the status. */
static int child_main(void *arg)
{
	struct child *child = arg;
	const struct vc_pci_sink sink = { .put = put, .arg = child };
	const struct vc_pci_module *module = NULL;
	struct vc_err err = VC_ERR_INIT;
	const void *symbol = NULL;
	int r = vc_module_open(child->arena, &libpci, &symbol, &err);

	module = symbol;
	if (r == 0 && child->job)
		r = module->describe(child->job, &sink, &err);
	else if (r == 0)
		r = module->vpd(child->sysfs, child->address, &sink, &err);
	if (r == 0)
		return vc_write_all(STDOUT_FILENO, child->buf, child->len) < 0
		               ? VC_ERR_SYSTEM
		               : 0;
	(void)!vc_write_all(STDOUT_FILENO, err.msg, strlen(err.msg));
	return (int)err.kind;
}

static int run_child(struct vc_arena *arena, struct child *child, struct vc_run *run,
                     struct vc_run_result *ret_result, struct vc_err *err)
{
	struct vc_run_result result = { 0 };

	run->fn = child_main;
	run->arg = child;
	run->what = "libpci";
	if (vc_run(arena, run, &result, err) < 0)
		return -(int)err->kind;
	if (result.status != 0)
		return vc_fail(err, VC_ERR_SYSTEM, "%s",
		               result.len > 0 ? result.output : "libpci failed");
	*ret_result = result;
	return 0;
}

/**
 * vc_pci_describe() - Ask libpci about PCI functions
 * @arena:	holds the records
 * @job:	what to ask
 * @ret_records: one for each address of @job, in their order
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM (no module, no libpci, no PCI in sysfs, deadline over) or
 * -VC_ERR_INTERNAL
 */
int vc_pci_describe(struct vc_arena *arena, const struct vc_pci_job *job,
                    struct vc_pci_record **ret_records, struct vc_err *err)
{
	struct child child = { .arena = arena, .job = job };
	struct vc_run run = {
		.deadline_ms = DESCRIBE_DEADLINE_MS,
		.max_output = job->n * sizeof(struct vc_pci_record) + MESSAGE_MAX,
	};
	struct vc_run_result result = { 0 };
	struct vc_pci_record *records;

	if (run_child(arena, &child, &run, &result, err) < 0)
		return -(int)err->kind;
	if (!result.output || result.len != job->n * sizeof(*records))
		return vc_fail(err, VC_ERR_SYSTEM, "libpci: %zu bytes came, expected %zu",
		               result.len, job->n * sizeof(*records));
	records = vc_arena_alloc(arena, job->n, sizeof(*records));
	if (!records)
		return vc_fail_oom(err);
	memcpy(records, result.output, result.len);
	*ret_records = records;
	return 0;
}

/**
 * vc_pci_vpd_serial() - Read the serial number of a function's vital product data
 * @arena:	holds it
 * @sysfs:	directory like /sys
 * @address:	function
 * @deadline_ms: time it may take
 * @ret_serial:	as it was read; NULL when there is none
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM (deadline over, and what vc_pci_describe() may say) or
 * -VC_ERR_INTERNAL
 */
int vc_pci_vpd_serial(struct vc_arena *arena, const char *sysfs,
                      const struct vc_pci_address *address, unsigned deadline_ms,
                      char **ret_serial, struct vc_err *err)
{
	struct child child = { .arena = arena, .sysfs = sysfs, .address = address };
	struct vc_run run = { .deadline_ms = deadline_ms, .max_output = MESSAGE_MAX };
	struct vc_run_result result = { 0 };

	if (run_child(arena, &child, &run, &result, err) < 0)
		return -(int)err->kind;
	*ret_serial = result.len > 0 ? result.output : NULL;
	return 0;
}
