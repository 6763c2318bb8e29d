/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/host_claims.h"
#include "cli/output.h"
#include "cli/table.h"

/* So many devices of a claim are named in one line. */
#define NAMED_MAX 4U

/* What a device or a file says about itself may be meant for the terminal. */
static void add_printable(struct vc_buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		vc_buf_add(buf, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
}

/* The list */

static const char *state_text(struct vc_arena *arena,
                              const struct vc_claim_status *status)
{
	const char *state = vc_claim_state_name(status->state);

	return status->healthy ? state : vc_arena_printf(arena, "%s, problem", state);
}

/* "disk=0000:65:00.0" */
static const char *device_text(struct vc_arena *arena, const struct vc_device_status *d)
{
	const char *nowhere = d->problem ? "missing" : "unmade";
	const char *where = d->address ? vc_host_claims_address(arena, d) : nowhere;

	return where ? vc_arena_printf(arena, "%s=%s", d->claimed->request, where) : NULL;
}

static const char *devices_text(struct vc_arena *arena,
                                const struct vc_claim_status *status)
{
	const char *text = "";

	for (size_t i = 0; text && i < status->devices.n && i < NAMED_MAX; i++) {
		const char *next = device_text(arena, &status->devices.v[i]);

		text = next ? vc_arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "",
		                              next)
		            : NULL;
	}
	if (text && status->devices.n > NAMED_MAX)
		text = vc_arena_printf(arena, "%s and %zu more", text,
		                       status->devices.n - NAMED_MAX);
	return text;
}

static const char *user_of(const struct vc_device_status *d)
{
	if (!d->lease)
		return NULL;
	return d->lease->domain ? d->lease->domain : "unknown";
}

/* Each domain once; usually it is one. */
static const char *users_text(struct vc_arena *arena,
                              const struct vc_claim_status *status)
{
	const char *text = "", *last = NULL;

	for (size_t i = 0; text && i < status->devices.n; i++) {
		const char *user = user_of(&status->devices.v[i]);

		if (!user || (last && strcmp(user, last) == 0))
			continue;
		text = vc_arena_printf(arena, "%s%s%s", text, last ? ", " : "", user);
		last = user;
	}
	return text;
}

/**
 * vc_host_claims_table() - Claims in one line each
 * @arena:	for texts
 * @registry:	claims and how they are
 * @buf:	gets the table
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_host_claims_table(struct vc_arena *arena, const struct vc_registry *registry,
                         struct vc_buf *buf, struct vc_err *err)
{
	static const char *const header[] = { "NAME", "STATE", "DEVICES", "USED BY" };
	struct vc_table table = {
		.arena = arena,
		.n_columns = VC_ARRAY_SIZE(header),
		.width = vc_output_width(),
	};

	if (vc_table_row(&table, header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < registry->statuses.n; i++) {
		const struct vc_claim_status *s = &registry->statuses.v[i];
		const char *const row[] = {
			vc_arena_printf(arena, "%s/%s", s->claim->namespace,
			                s->claim->name),
			state_text(arena, s),
			devices_text(arena, s),
			users_text(arena, s),
		};

		for (size_t c = 0; c < VC_ARRAY_SIZE(row); c++)
			if (!row[c])
				return vc_fail_oom(err);
		if (vc_table_row(&table, row, err) < 0)
			return -(int)err->kind;
	}
	vc_table_print(&table, buf);
	return 0;
}

/* One claim */

static void add_fact(struct vc_buf *buf, const char *label, const char *text)
{
	if (!text)
		return;
	vc_buf_printf(buf, "    %-10s ", label);
	add_printable(buf, text);
	vc_buf_puts(buf, "\n");
}

static const char *ids_text(struct vc_arena *arena, const struct vc_identity *i)
{
	if (i->kind == VC_DEVICE_MDEV)
		return vc_arena_printf(arena, "parent of mediated devices '%s'",
		                       i->slot_path);
	if (i->subsystem_vendor == 0 && i->subsystem_device == 0)
		return vc_arena_printf(arena, "%s %04x:%04x",
		                       vc_device_kind_name(i->kind), i->vendor,
		                       i->device);
	return vc_arena_printf(arena, "%s %04x:%04x, subsystem %04x:%04x",
	                       vc_device_kind_name(i->kind), i->vendor, i->device,
	                       i->subsystem_vendor, i->subsystem_device);
}

/* Of what is made, it is not its own. */
static const char *whose_text(const struct vc_claimed_device *d)
{
	if (d->identity.kind == VC_DEVICE_MDEV)
		return "";
	switch (d->made_from) {
	case VC_MADE_FROM_PF:
		return " (of its physical function)";
	case VC_MADE_FROM_TYPE:
		return " (of its parent)";
	case VC_MADE_BY_NOBODY:
		break;
	}
	return "";
}

static int add_identity(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_claimed_device *d, struct vc_buf *buf,
                        struct vc_err *err)
{
	static const char *const held[] = {
		[VC_SEEN_ON_NOTHING] = "without a driver",
		[VC_SEEN_ON_HOST_DRIVER] = "on a driver of the host",
		[VC_SEEN_ON_VFIO] = "on a vfio driver",
	};
	const struct vc_identity *identity = &d->identity;
	const char *ids = ids_text(arena, identity);
	bool same_boot = strcmp(identity->boot_id, node->boot_id) == 0;
	const char *seen = vc_arena_printf(
		arena, "at %s, %s, in %s", identity->address, held[identity->seen],
		same_boot ? "this boot"
			  : vc_arena_printf(arena, "boot %s", identity->boot_id));

	if (!ids || !seen)
		return vc_fail_oom(err);
	ids = vc_arena_printf(arena, "%s%s", ids, whose_text(d));
	if (!ids)
		return vc_fail_oom(err);
	add_fact(buf, "identity", ids);
	for (size_t i = 0; i < identity->evidence.n; i++) {
		const struct vc_evidence *e = &identity->evidence.v[i];
		const char *text = vc_arena_printf(
			arena, "%s '%s'", vc_evidence_kind_name(e->kind), e->value);

		if (!text)
			return vc_fail_oom(err);
		add_fact(buf, "evidence", text);
	}
	if (identity->evidence.n == 0 && identity->kind != VC_DEVICE_MDEV)
		add_fact(buf, "evidence", "none: known by its ids and its slot");
	if (identity->kind != VC_DEVICE_MDEV)
		add_fact(buf, "slot", identity->slot_path);
	add_fact(buf, "seen last", seen);
	return 0;
}

static const char *now_text(struct vc_arena *arena, const struct vc_device_status *d)
{
	const char *address = vc_host_claims_address(arena, d);

	if (!d->address)
		return d->problem ? "not to be found" : "not made yet";
	if (!address || !d->driver)
		return address ? vc_arena_printf(arena, "%s, without a driver", address)
		               : NULL;
	return vc_arena_printf(arena, "%s, on '%s'", address, d->driver);
}

static const char *user_text(struct vc_arena *arena, const struct vc_lease *lease)
{
	if (!lease->domain)
		return "unknown: its lease cannot be read";
	return vc_arena_printf(arena, "domain '%s' (%s), %s", lease->domain,
	                       lease->uuid ? lease->uuid : "?",
	                       lease->state == VC_LEASE_STARTED ? "running" : "starting");
}

static const char *made_text(struct vc_arena *arena, const struct vc_claimed_device *d)
{
	switch (d->made_from) {
	case VC_MADE_FROM_PF:
		return vc_arena_printf(arena, "virtual function %u of %s", d->vf_index,
		                       d->identity.address);
	case VC_MADE_FROM_TYPE:
		return vc_arena_printf(arena, "mediated device %s, type '%s' of %s",
		                       d->mdev_uuid, d->mdev_type, d->identity.address);
	case VC_MADE_BY_NOBODY:
		break;
	}
	return "";
}

static int add_wishes(struct vc_arena *arena, const struct vc_claimed_device *d,
                      struct vc_buf *buf, struct vc_err *err)
{
	const char *made = made_text(arena, d);
	const char *vlan = d->vlan >= 0 ? vc_arena_printf(arena, "%d", d->vlan) : "";

	if (!made || !vlan)
		return vc_fail_oom(err);
	if (*made != '\0')
		add_fact(buf, "made from", made);
	add_fact(buf, "mac", d->mac);
	if (*vlan != '\0')
		add_fact(buf, "vlan", vlan);
	add_fact(buf, "chosen by", d->match);
	return 0;
}

static int add_device(struct vc_arena *arena, const struct vc_local_node *node,
                      const struct vc_device_status *d, struct vc_buf *buf,
                      struct vc_err *err)
{
	const char *now = now_text(arena, d);
	const char *user = d->lease ? user_text(arena, d->lease) : "";

	if (!now || !user)
		return vc_fail_oom(err);
	vc_buf_printf(buf, "  %s: %s\n", d->claimed->request, d->claimed->name);
	add_fact(buf, "now", now);
	add_fact(buf, "problem", d->problem);
	add_fact(buf, "note", d->note);
	if (*user != '\0')
		add_fact(buf, "used by", user);
	if (add_wishes(arena, d->claimed, buf, err) < 0)
		return -(int)err->kind;
	return add_identity(arena, node, d->claimed, buf, err);
}

static int add_journal(struct vc_arena *arena, const struct vc_entry *entry,
                       struct vc_buf *buf, struct vc_err *err)
{
	if (!entry)
		return 0;
	vc_buf_printf(buf, "  journal: %s\n", vc_phase_name(entry->phase));
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];
		char *text = vc_step_text(arena, step);

		if (!text)
			return vc_fail_oom(err);
		add_fact(buf, vc_step_state_name(step->state), text);
		add_fact(buf, "problem", step->problem);
	}
	return 0;
}

static int add_files(struct vc_arena *arena, const struct vc_local_node *node,
                     const struct vc_host_claim *claim, struct vc_buf *buf,
                     struct vc_err *err)
{
	struct vc_names files;

	if (vc_host_claims_files(arena, node, claim, &files, err) < 0)
		return -(int)err->kind;
	if (files.n > 0)
		vc_buf_puts(buf, "  files:\n");
	for (size_t i = 0; i < files.n; i++)
		vc_buf_printf(buf, "    %s\n", files.v[i]);
	return 0;
}

/**
 * vc_host_claims_text() - Everything about one claim
 * @arena:	for texts
 * @node:	node
 * @status:	claim, and how it is
 * @buf:	gets the text
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_host_claims_text(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_claim_status *status, struct vc_buf *buf,
                        struct vc_err *err)
{
	const struct vc_host_claim *claim = status->claim;

	vc_buf_printf(buf, "claim %s/%s (%s)\n", claim->namespace, claim->name,
	              claim->uid);
	vc_buf_printf(buf, "  state: %s%s, %s\n", vc_claim_state_name(status->state),
	              claim->persistent ? " (again at each boot)" : "",
	              status->healthy ? "no problem" : "with a problem");
	for (size_t i = 0; i < status->devices.n; i++)
		if (add_device(arena, node, &status->devices.v[i], buf, err) < 0)
			return -(int)err->kind;
	if (add_journal(arena, status->entry, buf, err) < 0)
		return -(int)err->kind;
	return add_files(arena, node, claim, buf, err);
}
