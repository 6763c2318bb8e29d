/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.h - what the controller knows: of each claim and each VM the little that matters.
 *
 * Claims and VMs are found by "NAMESPACE/NAME". What one says about another is a tie: a
 * claim that wants a VM, a VM that wants a claim, a claim that is reserved for a VM. Ties
 * lead to names, so that either side may come later, go, or never be there.
 *
 * Whenever something changes that a decision depends on, the claims concerned are put
 * into the queue. The world is a mirror: it is wrong for moments, and nothing is done
 * without asking the server again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "controller/queue.h"

enum vc_tie_kind {
	VC_TIE_ASKED, /* the annotation of the claim names the VM */
	VC_TIE_NAMED, /* the annotation of the VM names the claim */
	VC_TIE_HELD,  /* the claim is reserved for the VM */
};

struct vc_known_claim;
struct vc_known_vm;

/**
 * struct vc_tie - what a claim and a VM have to do with each other
 * @kind:	who says so
 * @claim, @vm:	the two
 * @of_claim, @of_vm: next one of the same claim, of the same VM
 * @uid:	of the VM that a reservation is for; NULL for other kinds
 * @ours:	the reservation is ours
 * @whole:	it has all that belongs to a pin of ours
 * @told:	what its VM was told about it last, as a hash; 0 nothing
 */
struct vc_tie {
	enum vc_tie_kind kind;
	struct vc_known_claim *claim;
	struct vc_known_vm *vm;
	struct {
		struct vc_tie *next, **link;
	} of_claim, of_vm;
	char *uid;
	bool ours, whole;
	uint64_t told;
};

/**
 * struct vc_known_claim - a claim, or the name of one
 * @key:	"NAMESPACE/NAME"
 * @next, @link: in the list of all of them
 * @facts:	what the object said, packed; begins with its uid. NULL there is none
 * @n_facts:	bytes
 * @sync:	list that it was last seen in
 * @allocated, @deleting, @marked, @kept: as in struct vc_claim_facts
 * @ties:	with VMs
 * @item:	in the queue
 * @written, @n_writes: when we wrote last, and how often lately: somebody else may undo
 *		whatever we do
 * @told:	what was said last about it, as a hash; 0 nothing
 */
struct vc_known_claim {
	char *key;
	struct vc_known_claim *next, **link;
	char *facts;
	size_t n_facts;
	unsigned sync;
	bool allocated, deleting, marked, kept;
	struct vc_tie *ties;
	struct vc_item item;
	int64_t written;
	unsigned n_writes;
	uint64_t told;
};

/**
 * struct vc_known_vm - a VM, or the name of one
 * @created:	creationTimestamp
 * Others as in struct vc_known_claim.
 */
struct vc_known_vm {
	char *key;
	struct vc_known_vm *next, **link;
	char *facts;
	size_t n_facts;
	unsigned sync;
	bool deleting;
	const char *created; /* in @facts */
	struct vc_tie *ties;
};

/* A VM that a claim is reserved for, or that we began to reserve it for. */
struct vc_holder_facts {
	const char *name, *uid;
	bool ours, whole;
};

#define VC_HOLDERS_MAX 257U /* [DRA] 256 entries of reservedFor, and our record */
#define VC_NAMED_MAX   64U  /* claims that a VM may name */

/* Writes to one claim that come at once; those after them come more and more slowly, until
 * there was none for VC_QUEUE_PAUSE_MAX. */
#define VC_WRITES_FREE 4U

/**
 * struct vc_claim_facts - what an object says
 * @uid:	uid
 * @allocated:	the scheduler, or somebody else, allocated devices
 * @deleting:	it waits to be deleted
 * @marked:	something of ours is on it, perhaps only the half of a pin
 * @kept:	it was pinned because of an annotation, not by hand
 * @wanted:	name of the VM that it is to be pinned to; NULL none
 * @holders, @n_holders: VMs that it is reserved for
 */
struct vc_claim_facts {
	const char *uid;
	bool allocated, deleting, marked, kept;
	const char *wanted;
	struct vc_holder_facts holders[VC_HOLDERS_MAX];
	size_t n_holders;
};

/**
 * struct vc_vm_facts - what an object says
 * @uid, @created: uid and creationTimestamp
 * @deleting:	it waits to be deleted
 * @claims, @n_claims: names of the claims that it wants
 */
struct vc_vm_facts {
	const char *uid, *created;
	bool deleting;
	const char *claims[VC_NAMED_MAX];
	size_t n_claims;
};

/**
 * struct vc_world - all of it
 * @claims, @vms: all names
 * @claims_by_key, @vms_by_key: trees of tsearch(3)
 * @n_claims, @n_vms: those that exist
 * @queue:	gets what has to be looked at
 */
struct vc_world {
	struct vc_known_claim *claims;
	struct vc_known_vm *vms;
	void *claims_by_key, *vms_by_key;
	size_t n_claims, n_vms;
	struct vc_queue *queue;
};

static inline const char *vc_claim_uid(const struct vc_known_claim *claim)
{
	return claim->facts;
}

/* The claim that an item of the queue is in. */
static inline struct vc_known_claim *vc_claim_of(struct vc_item *item)
{
	void *claim = (char *)item - offsetof(struct vc_known_claim, item);

	return claim;
}

static inline const char *vc_vm_uid(const struct vc_known_vm *vm)
{
	return vm->facts;
}

int vc_world_claim(struct vc_world *world, const char *key,
                   const struct vc_claim_facts *facts, unsigned sync, struct vc_err *err)
	VC_MUST_CHECK;
int vc_world_vm(struct vc_world *world, const char *key, const struct vc_vm_facts *facts,
                unsigned sync, struct vc_err *err) VC_MUST_CHECK;
/* It is still there, but cannot be read: what was known of it stays. */
void vc_world_seen_claim(struct vc_world *world, const char *key, unsigned sync);
void vc_world_seen_vm(struct vc_world *world, const char *key, unsigned sync);
void vc_world_claim_gone(struct vc_world *world, const char *key);
int vc_world_vm_gone(struct vc_world *world, const char *key, struct vc_err *err)
	VC_MUST_CHECK;
/* A list is complete: what it did not have is gone. */
void vc_world_claims_synced(struct vc_world *world, unsigned sync);
int vc_world_vms_synced(struct vc_world *world, unsigned sync, struct vc_err *err)
	VC_MUST_CHECK;
void vc_world_written(struct vc_known_claim *claim, int64_t now);
/* The name of nothing, that nobody speaks of, is forgotten. */
void vc_world_settled(struct vc_world *world, struct vc_known_claim *claim);
void vc_world_release(struct vc_world *world);

struct vc_known_claim *vc_world_find_claim(const struct vc_world *world, const char *key);
