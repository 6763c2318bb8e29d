/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim.h - what pinning has to know of a ResourceClaim and of a VirtualMachine.
 *
 * A pin is two things on the claim: the guard (our record, an annotation, and the
 * finalizer, if nobody else put it there) and an entry of the VM in status.reservedFor.
 * Whose an entry is says metadata.managedFields [K8S] server-side apply; the record says
 * it when somebody wiped those.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct vc_kube_text;

/* Who we are to server-side apply: as vc_kube_open() has it. */
#define VC_PIN_MANAGER "virt-claim"

/* [DRA] resource/v1: keeps a claim that is in use from going */
#define VC_PIN_FINALIZER "resource.kubernetes.io/delete-protection"

/* Our record: "VM/UID", and "/controller" when an annotation asked for the pin */
#define VC_PIN_RECORD "virt-claim.io/pinned"

/* Who keeps the pin, in a record: nobody is a person, who takes it back by hand */
#define VC_PIN_BY_CONTROLLER "controller"

#define VC_PIN_VM_GROUP      "kubevirt.io"
#define VC_PIN_VM            "virtualmachines"

/**
 * struct vc_pin_managers - who wrote something, as far as the object says
 * @ours:	VC_PIN_MANAGER did
 * @applied:	it did so by server-side apply, and can take it back in the same way
 * @other:	first other manager that has it; NULL none
 * @since:	when ours, else the other, wrote last: RFC 3339; NULL not said
 */
struct vc_pin_managers {
	bool ours, applied;
	char *other;
	char *since;
};

/**
 * struct vc_pin_holder - an entry of status.reservedFor
 * @group:	"" the core group
 * @resource:	"pods", "virtualmachines"
 * @managers:	who wrote it
 */
struct vc_pin_holder {
	char *group, *resource, *name, *uid;
	struct vc_pin_managers managers;
};

struct vc_pin_holders {
	struct vc_pin_holder *v;
	size_t n, cap;
};

/* One of metadata.finalizers, and who put it there */
struct vc_pin_finalizer {
	char *name;
	struct vc_pin_managers managers;
};

struct vc_pin_finalizers {
	struct vc_pin_finalizer *v;
	size_t n, cap;
};

struct vc_pin_texts {
	char **v;
	size_t n, cap;
};

/**
 * struct vc_pin_claim - a claim; all of it in an arena
 * @resource_version: what a write has to say
 * @created, @deleted: when; NULL not said, not being deleted
 * @owner_kind, @owner_name: first owner; NULL none
 * @pod_claim:	it was made from a template, for this claim of a pod; NULL it was not
 * @extended:	the scheduler made it, for an extended resource
 * @finalizers:	all
 * @guarded:	VC_PIN_FINALIZER is among them
 * @guard:	who put that there
 * @record_vm, @record_uid: our record; NULL there is none. Of one that cannot be read
 *		both are ""
 * @record_by:	who keeps the pin, VC_PIN_BY_CONTROLLER; NULL whoever pinned it by hand
 * @record:	who wrote it
 * @allocated:	status.allocation is there
 * @allocated_at: allocationTimestamp; NULL not said
 * @nodes:	names of the nodes that the allocation allows; none: it does not say names
 * @devices:	"driver/pool/device" of the allocation
 * @admin_device: first of them that was allocated with adminAccess; NULL none
 * @holders:	who uses it
 */
struct vc_pin_claim {
	char *namespace, *name, *uid, *resource_version;
	char *created, *deleted;
	char *owner_kind, *owner_name;
	char *pod_claim;
	bool extended;
	struct vc_pin_finalizers finalizers;
	bool guarded;
	struct vc_pin_managers guard;
	char *record_vm, *record_uid, *record_by;
	struct vc_pin_managers record;
	bool allocated;
	char *allocated_at;
	struct vc_pin_texts nodes, devices;
	const char *admin_device;
	struct vc_pin_holders holders;
};

/**
 * struct vc_pin_vm - a VirtualMachine
 * @deleting:	whether it has a deletionTimestamp
 */
struct vc_pin_vm {
	char *name, *uid;
	bool deleting;
};

struct vc_node;

int vc_pin_claim_read(struct vc_arena *arena, const struct vc_node *object,
                      struct vc_pin_claim *ret_claim, struct vc_err *err) VC_MUST_CHECK;
int vc_pin_claim_parse(struct vc_arena *arena, const struct vc_kube_text *text,
                       struct vc_pin_claim *ret_claim, struct vc_err *err) VC_MUST_CHECK;
int vc_pin_vm_parse(struct vc_arena *arena, const struct vc_kube_text *text,
                    struct vc_pin_vm *ret_vm, struct vc_err *err) VC_MUST_CHECK;

bool vc_pin_is_vm(const struct vc_pin_holder *holder);
bool vc_pin_is_ours(const struct vc_pin_claim *claim, const struct vc_pin_holder *holder);
