/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts of an object are kept as one block of texts, each with its NUL. The same
 * bytes again mean that nothing changed. A tie is in two lists, so that it can be taken
 * out by either side without looking for it.
 */
#include "controller/world.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/now.h"

#define FACTS_MAX ((size_t)256 << 10)

static int by_key(const void *a, const void *b)
{
	/* both structs begin with their key */
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names */

static void *find(void *const *root, const char *key)
{
	void *const *found = tfind(&key, root, by_key);

	return found ? *found : NULL;
}

static void free_claim(struct vc_known_claim *claim)
{
	free(claim->facts);
	free(claim->key);
	free(claim);
}

static void free_vm(struct vc_known_vm *vm)
{
	free(vm->facts);
	free(vm->key);
	free(vm);
}

/* The claim of this name; made when there is none. */
static struct vc_known_claim *name_claim(struct vc_world *world, const char *key,
                                         struct vc_err *err)
{
	struct vc_known_claim *claim = find(&world->claims_by_key, key);

	if (claim)
		return claim;
	claim = calloc(1, sizeof(*claim));
	if (claim)
		claim->key = strdup(key);
	if (!claim || !claim->key || !tsearch(claim, &world->claims_by_key, by_key)) {
		if (claim)
			free_claim(claim);
		(void)vc_fail_oom(err);
		return NULL;
	}
	claim->next = world->claims;
	claim->link = &world->claims;
	if (claim->next)
		claim->next->link = &claim->next;
	world->claims = claim;
	return claim;
}

static struct vc_known_vm *name_vm(struct vc_world *world, const char *key,
                                   struct vc_err *err)
{
	struct vc_known_vm *vm = find(&world->vms_by_key, key);

	if (vm)
		return vm;
	vm = calloc(1, sizeof(*vm));
	if (vm)
		vm->key = strdup(key);
	if (!vm || !vm->key || !tsearch(vm, &world->vms_by_key, by_key)) {
		if (vm)
			free_vm(vm);
		(void)vc_fail_oom(err);
		return NULL;
	}
	vm->next = world->vms;
	vm->link = &world->vms;
	if (vm->next)
		vm->next->link = &vm->next;
	world->vms = vm;
	return vm;
}

static void forget_vm(struct vc_world *world, struct vc_known_vm *vm)
{
	if (vm->facts || vm->ties)
		return;
	(void)tdelete(vm, &world->vms_by_key, by_key);
	*vm->link = vm->next;
	if (vm->next)
		vm->next->link = vm->link;
	free_vm(vm);
}

/**
 * vc_world_settled() - A claim was looked at
 * @world:	world
 * @claim:	claim, not in the queue; gone when nothing is known of it but its name
 */
void vc_world_settled(struct vc_world *world, struct vc_known_claim *claim)
{
	if (claim->facts || claim->ties || claim->item.at > 0)
		return;
	(void)tdelete(claim, &world->claims_by_key, by_key);
	*claim->link = claim->next;
	if (claim->next)
		claim->next->link = claim->link;
	free_claim(claim);
}

/* The name in the namespace of @key; in the arena. */
static char *beside(struct vc_arena *arena, const char *key, const char *name)
{
	return vc_arena_printf(arena, "%.*s/%s", (int)strcspn(key, "/"), key, name);
}

/* Ties */

static int tie(struct vc_known_claim *claim, struct vc_known_vm *vm,
               enum vc_tie_kind kind, const struct vc_holder_facts *holder,
               struct vc_err *err)
{
	struct vc_tie *tie = calloc(1, sizeof(*tie));

	if (tie && holder)
		tie->uid = strdup(holder->uid);
	if (!tie || (holder && !tie->uid)) {
		free(tie);
		return vc_fail_oom(err);
	}
	*tie = (struct vc_tie){ .kind = kind,
		                .claim = claim,
		                .vm = vm,
		                .of_claim = { claim->ties, &claim->ties },
		                .of_vm = { vm->ties, &vm->ties },
		                .uid = tie->uid,
		                .ours = holder && holder->ours,
		                .whole = holder && holder->whole };
	if (claim->ties)
		claim->ties->of_claim.link = &tie->of_claim.next;
	if (vm->ties)
		vm->ties->of_vm.link = &tie->of_vm.next;
	claim->ties = vm->ties = tie;
	return 0;
}

static void untie(struct vc_tie *tie)
{
	*tie->of_claim.link = tie->of_claim.next;
	if (tie->of_claim.next)
		tie->of_claim.next->of_claim.link = tie->of_claim.link;
	*tie->of_vm.link = tie->of_vm.next;
	if (tie->of_vm.next)
		tie->of_vm.next->of_vm.link = tie->of_vm.link;
	free(tie->uid);
	free(tie);
}

/* Something changed: at once, whatever failed before. */
static int touch(struct vc_world *world, struct vc_known_claim *claim, struct vc_err *err)
{
	int64_t now = vc_now_ms(), due = now;

	claim->item.tries = 0;
	if (claim->n_writes > VC_WRITES_FREE)
		due = claim->written +
		      vc_queue_pause(world->queue, claim->n_writes - VC_WRITES_FREE);
	return vc_queue_at(world->queue, &claim->item, due > now ? due : now, err);
}

/**
 * vc_world_written() - We wrote to a claim
 * @claim:	claim
 * @now:	of vc_now_ms()
 */
void vc_world_written(struct vc_known_claim *claim, int64_t now)
{
	if (now - claim->written > VC_QUEUE_PAUSE_MAX)
		claim->n_writes = 0;
	claim->n_writes++;
	claim->written = now;
}

static int touch_claims_of(struct vc_world *world, const struct vc_known_vm *vm,
                           struct vc_err *err)
{
	for (const struct vc_tie *t = vm->ties; t; t = t->of_vm.next)
		if (touch(world, t->claim, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Takes out what the claim itself said. */
static void untie_claim(struct vc_world *world, struct vc_known_claim *claim)
{
	struct vc_tie *next;

	for (struct vc_tie *t = claim->ties; t; t = next) {
		struct vc_known_vm *vm = t->vm;

		next = t->of_claim.next;
		if (t->kind == VC_TIE_NAMED)
			continue;
		untie(t);
		forget_vm(world, vm);
	}
}

/* Takes out what the VM itself said; the claims concerned are in the queue already. */
static void untie_vm(struct vc_known_vm *vm)
{
	struct vc_tie *next;

	for (struct vc_tie *t = vm->ties; t; t = next) {
		next = t->of_vm.next;
		if (t->kind == VC_TIE_NAMED)
			untie(t);
	}
}

/* Packed facts */

static void add_text(struct vc_buf *buf, const char *text)
{
	vc_buf_add(buf, text, strlen(text) + 1);
}

static void pack_claim(struct vc_buf *buf, const struct vc_claim_facts *facts)
{
	const char flags[] = { facts->allocated ? 'a' : '-', facts->deleting ? 'd' : '-',
		               facts->marked ? 'm' : '-', facts->kept ? 'k' : '-', '\0' };

	add_text(buf, facts->uid);
	add_text(buf, flags);
	add_text(buf, facts->wanted ? facts->wanted : "");
	for (size_t i = 0; i < facts->n_holders; i++) {
		add_text(buf, facts->holders[i].ours ? "o" : "-");
		add_text(buf, facts->holders[i].whole ? "w" : "-");
		add_text(buf, facts->holders[i].name);
		add_text(buf, facts->holders[i].uid);
	}
}

static void pack_vm(struct vc_buf *buf, const struct vc_vm_facts *facts)
{
	add_text(buf, facts->uid);
	add_text(buf, facts->created);
	add_text(buf, facts->deleting ? "d" : "-");
	for (size_t i = 0; i < facts->n_claims; i++)
		add_text(buf, facts->claims[i]);
}

static bool is_same(const char *facts, size_t n_facts, const struct vc_buf *buf)
{
	return facts && n_facts == buf->len && memcmp(facts, buf->data, n_facts) == 0;
}

/* No larger than it has to be */
static char *copy_of(const struct vc_buf *buf, struct vc_err *err)
{
	char *text = malloc(buf->len);

	if (text)
		memcpy(text, buf->data, buf->len);
	else
		(void)vc_fail_oom(err);
	return text;
}

/* Claims */

static int tie_claim(struct vc_world *world, struct vc_known_claim *claim,
                     const char *vm_name, enum vc_tie_kind kind,
                     const struct vc_holder_facts *holder, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char *key = beside(&arena, claim->key, vm_name);
	struct vc_known_vm *vm;
	int r;

	if (!key)
		return vc_fail_oom(err);
	vm = name_vm(world, key, err);
	if (!vm)
		return -(int)err->kind;
	r = tie(claim, vm, kind, holder, err);
	forget_vm(world, vm); /* when it has no tie */
	return r;
}

static int take_claim(struct vc_world *world, struct vc_known_claim *claim,
                      const struct vc_claim_facts *facts, struct vc_err *err)
{
	claim->allocated = facts->allocated;
	claim->deleting = facts->deleting;
	claim->marked = facts->marked;
	claim->kept = facts->kept;
	untie_claim(world, claim);
	if (facts->wanted &&
	    tie_claim(world, claim, facts->wanted, VC_TIE_ASKED, NULL, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < facts->n_holders; i++)
		if (tie_claim(world, claim, facts->holders[i].name, VC_TIE_HELD,
		              &facts->holders[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Nobody has anything to do with it, and nobody had. */
static bool is_stranger(const struct vc_known_claim *claim)
{
	return !claim->ties && !claim->marked;
}

/**
 * vc_world_claim() - A claim is there, or changed
 * @world:	world
 * @key:	"NAMESPACE/NAME"
 * @facts:	what it says
 * @sync:	list that it is from, or that came last
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_world_claim(struct vc_world *world, const char *key,
                   const struct vc_claim_facts *facts, unsigned sync, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(FACTS_MAX);
	struct vc_known_claim *claim = name_claim(world, key, err);
	bool was_stranger;
	char *text;

	if (!claim)
		return -(int)err->kind;
	claim->sync = sync;
	pack_claim(&buf, facts);
	if (buf.failed)
		return vc_fail_oom(err);
	if (is_same(claim->facts, claim->n_facts, &buf))
		return 0;
	text = copy_of(&buf, err);
	if (!text)
		return -(int)err->kind;
	was_stranger = is_stranger(claim);
	world->n_claims += !claim->facts;
	free(claim->facts);
	claim->facts = text;
	claim->n_facts = buf.len;
	if (take_claim(world, claim, facts, err) < 0) {
		claim->n_facts = 0; /* to be taken again */
		return -(int)err->kind;
	}
	return was_stranger && is_stranger(claim) ? 0 : touch(world, claim, err);
}

/**
 * vc_world_seen_claim() - A claim is there, whatever it says
 * @world:	world
 * @key:	"NAMESPACE/NAME"
 * @sync:	as for vc_world_claim()
 */
void vc_world_seen_claim(struct vc_world *world, const char *key, unsigned sync)
{
	struct vc_known_claim *claim = find(&world->claims_by_key, key);

	if (claim)
		claim->sync = sync;
}

static void lose_claim(struct vc_world *world, struct vc_known_claim *claim)
{
	untie_claim(world, claim);
	free(claim->facts);
	claim->facts = NULL;
	claim->n_facts = 0;
	claim->allocated = claim->deleting = claim->marked = claim->kept = false;
	claim->told = 0;
	claim->item.tries = 0;
	world->n_claims--;
	if (!claim->ties)
		vc_queue_remove(world->queue, &claim->item);
	vc_world_settled(world, claim);
}

/**
 * vc_world_claim_gone() - A claim was deleted
 * @world:	world
 * @key:	"NAMESPACE/NAME"; need not be known
 */
void vc_world_claim_gone(struct vc_world *world, const char *key)
{
	struct vc_known_claim *claim = find(&world->claims_by_key, key);

	if (claim && claim->facts)
		lose_claim(world, claim);
}

/* VMs */

static int tie_vm(struct vc_world *world, struct vc_known_vm *vm,
                  const struct vc_vm_facts *facts, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < facts->n_claims; i++) {
		char *key = beside(&arena, vm->key, facts->claims[i]);
		struct vc_known_claim *claim;

		if (!key)
			return vc_fail_oom(err);
		claim = name_claim(world, key, err);
		if (!claim || tie(claim, vm, VC_TIE_NAMED, NULL, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int take_vm(struct vc_world *world, struct vc_known_vm *vm,
                   const struct vc_vm_facts *facts, struct vc_err *err)
{
	untie_vm(vm);
	return tie_vm(world, vm, facts, err) < 0 ? -(int)err->kind
	                                         : touch_claims_of(world, vm, err);
}

/**
 * vc_world_vm() - A VM is there, or changed
 * @world:	world
 * @key:	"NAMESPACE/NAME"
 * @facts:	what it says
 * @sync:	list that it is from, or that came last
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_world_vm(struct vc_world *world, const char *key, const struct vc_vm_facts *facts,
                unsigned sync, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(FACTS_MAX);
	struct vc_known_vm *vm = name_vm(world, key, err);
	char *text;

	if (!vm)
		return -(int)err->kind;
	vm->sync = sync;
	pack_vm(&buf, facts);
	if (buf.failed)
		return vc_fail_oom(err);
	if (is_same(vm->facts, vm->n_facts, &buf))
		return 0;
	text = copy_of(&buf, err);
	if (!text)
		return -(int)err->kind;
	world->n_vms += !vm->facts;
	free(vm->facts);
	vm->facts = text;
	vm->n_facts = buf.len;
	vm->created = text + strlen(text) + 1;
	vm->deleting = facts->deleting;
	/* those that it does not want any more, too */
	if (touch_claims_of(world, vm, err) < 0 || take_vm(world, vm, facts, err) < 0) {
		vm->n_facts = 0; /* to be taken again */
		return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_world_seen_vm() - A VM is there, whatever it says
 * @world:	world
 * @key:	"NAMESPACE/NAME"
 * @sync:	as for vc_world_vm()
 */
void vc_world_seen_vm(struct vc_world *world, const char *key, unsigned sync)
{
	struct vc_known_vm *vm = find(&world->vms_by_key, key);

	if (vm)
		vm->sync = sync;
}

static int lose_vm(struct vc_world *world, struct vc_known_vm *vm, struct vc_err *err)
{
	int r = touch_claims_of(world, vm, err);

	untie_vm(vm);
	free(vm->facts);
	vm->facts = NULL;
	vm->n_facts = 0;
	vm->created = NULL;
	vm->deleting = false;
	world->n_vms--;
	forget_vm(world, vm);
	return r;
}

/**
 * vc_world_vm_gone() - A VM was deleted
 * @world:	world
 * @key:	"NAMESPACE/NAME"; need not be known
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_world_vm_gone(struct vc_world *world, const char *key, struct vc_err *err)
{
	struct vc_known_vm *vm = find(&world->vms_by_key, key);

	return vm && vm->facts ? lose_vm(world, vm, err) : 0;
}

/* Ends of lists */

/**
 * vc_world_claims_synced() - A list of claims is complete
 * @world:	world
 * @sync:	its number
 */
void vc_world_claims_synced(struct vc_world *world, unsigned sync)
{
	struct vc_known_claim *next;

	for (struct vc_known_claim *claim = world->claims; claim; claim = next) {
		next = claim->next; /* no other claim goes with it */
		if (claim->facts && claim->sync != sync)
			lose_claim(world, claim);
	}
}

/**
 * vc_world_vms_synced() - A list of VMs is complete
 * @world:	world
 * @sync:	its number
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_world_vms_synced(struct vc_world *world, unsigned sync, struct vc_err *err)
{
	struct vc_known_vm *next;

	for (struct vc_known_vm *vm = world->vms; vm; vm = next) {
		next = vm->next; /* no other VM goes with it */
		if (vm->facts && vm->sync != sync && lose_vm(world, vm, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_world_find_claim() - What is known of a claim
 * @world:	world
 * @key:	"NAMESPACE/NAME"
 *
 * Return: claim, or NULL
 */
struct vc_known_claim *vc_world_find_claim(const struct vc_world *world, const char *key)
{
	return find(&world->claims_by_key, key);
}

/* Trees only point to what the lists have. */
static void keep(void *arg VC_UNUSED)
{
}

/**
 * vc_world_release() - Forget everything
 * @world:	world; its queue is released too
 */
void vc_world_release(struct vc_world *world)
{
	vc_queue_release(world->queue);
	tdestroy(world->claims_by_key, keep);
	tdestroy(world->vms_by_key, keep);
	while (world->claims) {
		struct vc_known_claim *claim = world->claims;

		while (claim->ties)
			untie(claim->ties);
		world->claims = claim->next;
		free_claim(claim);
	}
	while (world->vms) {
		struct vc_known_vm *vm = world->vms;

		world->vms = vm->next;
		free_vm(vm);
	}
	world->claims_by_key = world->vms_by_key = NULL;
	world->n_claims = world->n_vms = 0;
}
