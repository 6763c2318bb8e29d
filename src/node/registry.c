/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/registry.h"

#include <string.h>

#include "base/uuid.h"
#include "node/identity.h"
#include "store/claim_store.h"
#include "store/lock.h"

/* As for a claim that is prepared: decisions under it take a moment. */
#define LOCK_MS 30000U

/* All state of the node, read under the lock. */
struct state {
	struct vc_host_claims claims;
	struct vc_entries entries;
	struct vc_leases leases;
};

static int read_journal(struct vc_arena *arena, const struct vc_local_node *node,
                        struct vc_entries *ret_entries, struct vc_leases *ret_leases,
                        struct vc_err *err)
{
	if (vc_journal_list(arena, node->config->run, node->boot_id, ret_entries, err) <
	    0)
		return -(int)err->kind;
	return vc_lease_living(arena, &node->leases, ret_leases, err);
}

/* A claim that cannot be read may have any device. */
static int read_state(struct vc_arena *arena, const struct vc_local_node *node,
                      struct state *state, struct vc_err *err)
{
	struct vc_names notes = { 0 };

	if (vc_claim_store_list(arena, node->config->state, &state->claims, &notes, err) <
	    0)
		return -(int)err->kind;
	if (notes.n > 0)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s; as long as it is there, no device is sure to be free: "
			"repair it, or move it away",
			notes.v[0]);
	return read_journal(arena, node, &state->entries, &state->leases, err);
}

static int take_lock(const struct vc_local_node *node, int *ret_lock, struct vc_err *err)
{
	return vc_lock_take(node->config->run, LOCK_MS, ret_lock, err);
}

/* Making */

static int make_uuids(struct vc_arena *arena, const char **uuids, size_t n,
                      struct vc_err *err)
{
	for (size_t i = 0; i < n; i++) {
		char text[VC_UUID_SIZE];

		if (vc_uuid_make(text, err) < 0)
			return -(int)err->kind;
		uuids[i] = vc_arena_strdup(arena, text);
		if (!uuids[i])
			return vc_fail_oom(err);
	}
	return 0;
}

static int start_claim(struct vc_arena *arena, const struct vc_local_node *node,
                       const struct vc_claim_order *order, struct vc_host_claim *claim,
                       struct vc_err *err)
{
	char uid[VC_UUID_SIZE];

	if (vc_uuid_make(uid, err) < 0)
		return -(int)err->kind;
	*claim = (struct vc_host_claim){
		.namespace = vc_arena_strdup(arena, order->namespace),
		.name = vc_arena_strdup(arena, order->name),
		.uid = vc_arena_strdup(arena, uid),
		.pool = node->pool,
		.generation = 1,
	};
	return claim->namespace && claim->name && claim->uid ? 0 : vc_fail_oom(err);
}

/* One of the list; NULL: there is none of that name. */
static const struct vc_host_claim *find_claim(const struct vc_host_claims *claims,
                                              const char *namespace, const char *name)
{
	for (size_t i = 0; i < claims->n; i++)
		if (strcmp(claims->v[i].namespace, namespace) == 0 &&
		    strcmp(claims->v[i].name, name) == 0)
			return &claims->v[i];
	return NULL;
}

static int check_name_is_free(const struct vc_host_claims *claims,
                              const struct vc_claim_order *order, struct vc_err *err)
{
	if (!find_claim(claims, order->namespace, order->name))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "there is a claim '%s/%s' already; 'virt-claim show %s/%s' says "
	               "what it has",
	               order->namespace, order->name, order->namespace, order->name);
}

/**
 * vc_registry_create() - Make a claim
 * @arena:	holds it
 * @node:	node
 * @order:	what it is to be
 * @ret_claim:	as it was written
 * @notes:	what people should know is added
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (the name, or a device, is not to be had), -VC_ERR_ABSENT (no
 * such device), or as vc_node_observe(), vc_lock_take() and vc_claim_store_create()
 */
int vc_registry_create(struct vc_arena *arena, const struct vc_local_node *node,
                       const struct vc_claim_order *order,
                       struct vc_host_claim *ret_claim, struct vc_names *notes,
                       struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;
	const char *uuids[VC_HOST_CLAIM_DEVICES_MAX];
	struct vc_inventory inventory = { 0 };
	struct vc_host_claim claim = { 0 };
	struct state state = { 0 };
	const struct vc_select select = {
		.inventory = &inventory,
		.claims = &state.claims,
		.entries = &state.entries,
		.wishes = order->wishes,
		.n_wishes = order->n_wishes,
		.boot_id = node->boot_id,
		.uuids = uuids,
	};

	if (start_claim(arena, node, order, &claim, err) < 0 ||
	    make_uuids(arena, uuids, VC_ARRAY_SIZE(uuids), err) < 0 ||
	    vc_node_observe(arena, node, &inventory, err) < 0 ||
	    take_lock(node, &lock, err) < 0 || read_state(arena, node, &state, err) < 0 ||
	    check_name_is_free(&state.claims, order, err) < 0 ||
	    vc_select_devices(arena, &select, &claim, notes, err) < 0 ||
	    vc_claim_store_create(arena, node->config->state, &claim, err) < 0)
		return -(int)err->kind;
	*ret_claim = claim;
	return 0;
}

/* Removing */

static const struct vc_entry *find_entry(const struct vc_entries *entries,
                                         const char *uid)
{
	for (size_t i = 0; i < entries->n; i++)
		if (strcmp(entries->v[i].uid, uid) == 0)
			return &entries->v[i];
	return NULL;
}

static int check_not_prepared(const struct vc_entries *entries,
                              const struct vc_host_claim *claim, struct vc_err *err)
{
	const struct vc_entry *entry =
		claim->uid ? find_entry(entries, claim->uid) : NULL;

	if (!entry)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s' is %s; run 'virt-claim unprepare %s/%s' first",
	               claim->namespace, claim->name, vc_phase_name(entry->phase),
	               claim->namespace, claim->name);
}

/* A domain can have a device that was never prepared by us. */
static int check_not_used(struct vc_arena *arena, const struct vc_prepare_input *input,
                          struct vc_err *err)
{
	struct vc_claim_status status;

	if (vc_claim_status(arena, input, &status, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < status.devices.n; i++) {
		const struct vc_lease *lease = status.devices.v[i].lease;

		if (lease)
			return vc_fail(err, VC_ERR_REFUSED,
			               "claim '%s/%s': domain '%s' uses device '%s' (%s)",
			               input->claim->namespace, input->claim->name,
			               lease->domain ? lease->domain : "?",
			               status.devices.v[i].claimed->name, lease->device);
	}
	return 0;
}

/**
 * vc_registry_delete() - Remove a claim
 * @arena:	for what is read
 * @node:	node
 * @namespace:	of the claim
 * @name:	of the claim
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED, or as vc_node_observe(), vc_lock_take() and
 * vc_claim_store_delete()
 */
int vc_registry_delete(struct vc_arena *arena, const struct vc_local_node *node,
                       const char *namespace, const char *name, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;
	struct vc_inventory inventory = { 0 };
	struct vc_host_claim claim = { 0 };
	struct vc_entries entries = { 0 };
	struct vc_leases leases = { 0 };
	const struct vc_prepare_input input = {
		.node = node,
		.claim = &claim,
		.inventory = &inventory,
		.entries = &entries,
		.leases = &leases,
	};

	if (vc_claim_store_read(arena, node->config->state, namespace, name, &claim,
	                        err) < 0 ||
	    vc_node_observe(arena, node, &inventory, err) < 0 ||
	    take_lock(node, &lock, err) < 0 ||
	    read_journal(arena, node, &entries, &leases, err) < 0 ||
	    check_not_prepared(&entries, &claim, err) < 0 ||
	    check_not_used(arena, &input, err) < 0)
		return -(int)err->kind;
	return vc_claim_store_delete(arena, node->config->state, &claim, err);
}

/* Accepting another device */

static bool is_wanted(const struct vc_claimed_device *d, const char *request)
{
	return !request || strcmp(d->request, request) == 0;
}

/* The first device that is not to be found; or the only one that is asked about. */
static int find_adopted(struct vc_arena *arena, const struct vc_inventory *inventory,
                        const struct vc_host_claim *claim, const char *request,
                        size_t *ret_index, struct vc_err *err)
{
	size_t n = 0, last = 0;

	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_claimed_device *d = &claim->devices.v[i];
		struct vc_err lost = VC_ERR_INIT;
		struct vc_located located;
		int r;

		if (!is_wanted(d, request))
			continue;
		r = vc_identity_locate(arena, inventory, &d->identity, NULL, &located,
		                       &lost);
		if (r == -VC_ERR_INTERNAL)
			return vc_fail_oom(err);
		if (r < 0) {
			*ret_index = i;
			return 0;
		}
		last = i;
		n++;
	}
	if (n == 1) {
		*ret_index = last;
		return 0;
	}
	if (n == 0)
		return vc_fail(err, VC_ERR_ABSENT, "claim '%s/%s' has no request '%.64s'",
		               claim->namespace, claim->name, request);
	return vc_fail(err, VC_ERR_REFUSED,
	               "all %zu devices are found as they were recorded; --request says "
	               "which one is meant, if it names one alone",
	               n);
}

/* Devices of its own: those of the list stay as they are. .devices.v NULL: no memory */
static struct vc_host_claim copy_claim(struct vc_arena *arena,
                                       const struct vc_host_claim *claim)
{
	struct vc_host_claim copy = *claim;
	struct vc_claimed_device *v = vc_arena_alloc(arena, claim->devices.n, sizeof(*v));

	if (v)
		memcpy(v, claim->devices.v, claim->devices.n * sizeof(*v));
	copy.devices.v = v;
	return copy;
}

/* Changes @claim, a copy of one of @select, and says which device it was. */
static int accept_device(struct vc_arena *arena, const struct vc_select *select,
                         const struct vc_adoption *adoption, struct vc_host_claim *claim,
                         size_t *ret_index, struct vc_names *notes, struct vc_err *err)
{
	size_t index = 0;

	if (check_not_prepared(select->entries, claim, err) < 0 ||
	    find_adopted(arena, select->inventory, claim, adoption->request, &index,
	                 err) < 0 ||
	    vc_select_adopt(arena, select, claim, index, adoption->address, notes, err) <
	            0)
		return -(int)err->kind;
	*ret_index = index;
	return 0;
}

/**
 * vc_registry_adopt() - Accept another device for a claim
 * @arena:	holds the result
 * @node:	node
 * @adoption:	which
 * @ret_adopted: what was accepted
 * @notes:	what people should know is added
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim, request or device), -VC_ERR_REFUSED, or as
 * vc_node_observe(), vc_lock_take() and vc_claim_store_update()
 */
int vc_registry_adopt(struct vc_arena *arena, const struct vc_local_node *node,
                      const struct vc_adoption *adoption, struct vc_adopted *ret_adopted,
                      struct vc_names *notes, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;
	struct vc_inventory inventory = { 0 };
	struct state state = { 0 };
	const struct vc_select select = {
		.inventory = &inventory,
		.claims = &state.claims,
		.entries = &state.entries,
		.boot_id = node->boot_id,
	};
	const struct vc_host_claim *claim;
	struct vc_host_claim changed;
	size_t index = 0;

	if (vc_node_observe(arena, node, &inventory, err) < 0 ||
	    take_lock(node, &lock, err) < 0 || read_state(arena, node, &state, err) < 0)
		return -(int)err->kind;
	claim = find_claim(&state.claims, adoption->namespace, adoption->name);
	if (!claim)
		return vc_fail(err, VC_ERR_ABSENT,
		               "there is no claim '%s/%s' on this host; 'virt-claim "
		               "list' shows all",
		               adoption->namespace, adoption->name);
	changed = copy_claim(arena, claim);
	if (!changed.devices.v)
		return vc_fail_oom(err);
	if (accept_device(arena, &select, adoption, &changed, &index, notes, err) < 0 ||
	    vc_claim_store_update(arena, node->config->state, &changed, err) < 0)
		return -(int)err->kind;
	*ret_adopted =
		(struct vc_adopted){ claim->devices.v[index], changed.devices.v[index] };
	return 0;
}

/* Looking */

static int read_claims(struct vc_arena *arena, const struct vc_local_node *node,
                       const char *namespace, const char *name,
                       struct vc_registry *registry, struct vc_err *err)
{
	struct vc_host_claim *slot;

	if (!name)
		return vc_claim_store_list(arena, node->config->state, &registry->claims,
		                           &registry->notes, err);
	slot = vc_list_push(arena, &registry->claims);
	return slot ? vc_claim_store_read(arena, node->config->state, namespace, name,
	                                  slot, err)
	            : vc_fail_oom(err);
}

/**
 * vc_registry_look() - How claims are
 * @arena:	holds the result
 * @node:	node
 * @namespace:	of one claim
 * @name:	of one claim; NULL all
 * @registry:	result; stays where it is
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim), or as vc_claim_store_list(),
 * vc_journal_list(), vc_lease_living() and vc_node_observe()
 */
int vc_registry_look(struct vc_arena *arena, const struct vc_local_node *node,
                     const char *namespace, const char *name,
                     struct vc_registry *registry, struct vc_err *err)
{
	*registry = (struct vc_registry){ 0 };
	if (read_claims(arena, node, namespace, name, registry, err) < 0)
		return -(int)err->kind;
	if (registry->claims.n == 0)
		return 0;
	if (vc_node_observe(arena, node, &registry->inventory, err) < 0 ||
	    read_journal(arena, node, &registry->entries, &registry->leases, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < registry->claims.n; i++) {
		const struct vc_prepare_input input = {
			.node = node,
			.claim = &registry->claims.v[i],
			.inventory = &registry->inventory,
			.entries = &registry->entries,
			.leases = &registry->leases,
		};
		struct vc_claim_status *slot = vc_list_push(arena, &registry->statuses);

		if (!slot)
			return vc_fail_oom(err);
		if (vc_claim_status(arena, &input, slot, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}
