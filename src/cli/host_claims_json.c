/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "claim/json_writer.h"
#include "cli/host_claims.h"

static void add_names(struct vc_json_writer *w, const char *key,
                      const struct vc_names *names)
{
	vc_json_array(w, key);
	for (size_t i = 0; i < names->n; i++)
		vc_json_string(w, NULL, names->v[i]);
	vc_json_close(w);
}

static void add_id(struct vc_json_writer *w, const char *key, unsigned id)
{
	char text[sizeof("ffff")];

	(void)snprintf(text, sizeof(text), "%04x", id & 0xffffU);
	vc_json_string(w, key, text);
}

/* As in the document of the claim, but for what is the document's own. */
static void add_identity(struct vc_json_writer *w, const struct vc_identity *identity)
{
	vc_json_object(w, "identity");
	vc_json_string(w, "deviceKind", vc_device_kind_name(identity->kind));
	if (identity->kind != VC_DEVICE_MDEV) {
		add_id(w, "vendorID", identity->vendor);
		add_id(w, "deviceID", identity->device);
	}
	if (identity->subsystem_vendor != 0 || identity->subsystem_device != 0) {
		add_id(w, "subsystemVendorID", identity->subsystem_vendor);
		add_id(w, "subsystemDeviceID", identity->subsystem_device);
	}
	vc_json_array(w, "evidence");
	for (size_t i = 0; i < identity->evidence.n; i++) {
		const struct vc_evidence *e = &identity->evidence.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "kind", vc_evidence_kind_name(e->kind));
		vc_json_string(w, "value", e->value);
		vc_json_close(w);
	}
	vc_json_close(w);
	vc_json_string_if(w, "slotPath", identity->slot_path);
	vc_json_string(w, "address", identity->address);
	vc_json_string(w, "bootID", identity->boot_id);
	vc_json_string(w, "seenOn", vc_seen_name(identity->seen));
	vc_json_close(w);
}

static void add_lease(struct vc_json_writer *w, const struct vc_lease *lease)
{
	if (!lease)
		return;
	vc_json_object(w, "usedBy");
	vc_json_string_if(w, "domain", lease->domain);
	vc_json_string_if(w, "uuid", lease->uuid);
	if (lease->domain)
		vc_json_string(w, "state",
		               lease->state == VC_LEASE_STARTED ? "running" : "starting");
	vc_json_string_if(w, "problem", lease->problem);
	vc_json_close(w);
}

static int add_device(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_device_status *d, struct vc_err *err)
{
	const struct vc_claimed_device *c = d->claimed;
	const char *address = vc_host_claims_address(arena, d);

	if (d->address && !address)
		return vc_fail_oom(err);
	vc_json_object(w, NULL);
	vc_json_string(w, "request", c->request);
	vc_json_string(w, "name", c->name);
	vc_json_string(w, "madeFrom", vc_made_from_name(c->made_from));
	if (c->made_from == VC_MADE_FROM_PF)
		vc_json_int(w, "vfIndex", c->vf_index);
	vc_json_string_if(w, "mdevType", c->mdev_type);
	vc_json_string_if(w, "mdevUUID", c->mdev_uuid);
	vc_json_string_if(w, "mac", c->mac);
	if (c->vlan >= 0)
		vc_json_int(w, "vlan", c->vlan);
	vc_json_string_if(w, "match", c->match);
	vc_json_string_if(w, "address", address);
	vc_json_string_if(w, "driver", d->driver);
	vc_json_string_if(w, "problem", d->problem);
	vc_json_string_if(w, "note", d->note);
	add_lease(w, d->lease);
	add_identity(w, &c->identity);
	vc_json_close(w);
	return 0;
}

static int add_journal(struct vc_arena *arena, struct vc_json_writer *w,
                       const struct vc_entry *entry, struct vc_err *err)
{
	if (!entry)
		return 0;
	vc_json_object(w, "journal");
	vc_json_string(w, "phase", vc_phase_name(entry->phase));
	vc_json_string(w, "bootID", entry->boot_id);
	if (entry->owner_pid > 0)
		vc_json_int(w, "pid", entry->owner_pid);
	vc_json_array(w, "steps");
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];
		char *text = vc_step_text(arena, step);

		if (!text)
			return vc_fail_oom(err);
		vc_json_object(w, NULL);
		vc_json_string(w, "kind", vc_step_kind_name(step->kind));
		vc_json_string(w, "state", vc_step_state_name(step->state));
		vc_json_string(w, "text", text);
		vc_json_string_if(w, "problem", step->problem);
		vc_json_close(w);
	}
	vc_json_close(w);
	vc_json_close(w);
	return 0;
}

static int add_claim(struct vc_arena *arena, struct vc_json_writer *w,
                     const struct vc_local_node *node,
                     const struct vc_claim_status *status, struct vc_err *err)
{
	const struct vc_host_claim *claim = status->claim;
	struct vc_names files;

	if (vc_host_claims_files(arena, node, claim, &files, err) < 0)
		return -(int)err->kind;
	vc_json_object(w, NULL);
	vc_json_string(w, "namespace", claim->namespace);
	vc_json_string(w, "name", claim->name);
	vc_json_string(w, "uid", claim->uid);
	vc_json_string(w, "pool", claim->pool);
	vc_json_int(w, "generation", claim->generation);
	vc_json_bool(w, "persistent", claim->persistent);
	vc_json_string(w, "state", vc_claim_state_name(status->state));
	vc_json_bool(w, "healthy", status->healthy);
	vc_json_array(w, "devices");
	for (size_t i = 0; i < status->devices.n; i++)
		if (add_device(arena, w, &status->devices.v[i], err) < 0)
			return -(int)err->kind;
	vc_json_close(w);
	if (add_journal(arena, w, status->entry, err) < 0)
		return -(int)err->kind;
	add_names(w, "files", &files);
	vc_json_close(w);
	return 0;
}

/**
 * vc_host_claims_json() - Claims as JSON
 * @arena:	for texts
 * @node:	node
 * @registries:	claims and how they are
 * @n_registries: how many
 * @buf:	gets one document
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_host_claims_json(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_registry *registries, size_t n_registries,
                        struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_string(&w, "bootID", node->boot_id);
	vc_json_array(&w, "claims");
	for (size_t r = 0; r < n_registries; r++)
		for (size_t i = 0; i < registries[r].statuses.n; i++)
			if (add_claim(arena, &w, node, &registries[r].statuses.v[i],
			              err) < 0)
				return -(int)err->kind;
	vc_json_close(&w);
	vc_json_array(&w, "notes");
	for (size_t r = 0; r < n_registries; r++)
		for (size_t i = 0; i < registries[r].notes.n; i++)
			vc_json_string(&w, NULL, registries[r].notes.v[i]);
	vc_json_close(&w);
	vc_json_close(&w);
	return buf->failed ? vc_fail_oom(err) : 0;
}
