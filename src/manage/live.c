/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several devices of a running guest, all or none.
 *
 * After a failure libvirt is asked again what the guest has: a call that took too long
 * may have been carried out all the same. What differs from before is undone, last things
 * first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/document.h"
#include "domain/extract.h"
#include "manage/internal.h"

/* On top of what the guest is given to let a device go. */
#define GRACE_MS 30000U

/* One change and everything that it needs. */
struct change {
	struct vc_arena *arena;
	const struct vc_manage *manage;
	struct vc_live *live;
};

static int attach(const struct change *c, size_t i, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_ATTACH,
		.uri = c->manage->uri,
		.domain = c->live->domain.uuid,
		.xml = c->live->elements.v[i],
		.deadline_ms = c->manage->timeout_ms,
	};

	return vc_virt_device(c->arena, &request, err);
}

static int detach(const struct change *c, size_t i, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_DETACH,
		.uri = c->manage->uri,
		.domain = c->live->domain.uuid,
		.alias = c->live->aliases.v[i],
		.wait_ms = c->manage->timeout_ms,
		.deadline_ms = c->manage->timeout_ms + GRACE_MS,
	};

	return vc_virt_device(c->arena, &request, err);
}

static int record(const struct change *c, const char *metadata, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_RECORD,
		.uri = c->manage->uri,
		.domain = c->live->domain.uuid,
		.xml = metadata,
		.metadata_ns = VC_DOMAIN_NS,
	};

	return vc_virt_device(c->arena, &request, err);
}

static int is_there(const struct change *c, const struct vc_virt_domain *now, size_t i,
                    bool *ret_there, struct vc_err *err)
{
	char *element;

	if (vc_extract_device(c->arena, now->xml, now->xml_len, c->live->aliases.v[i],
	                      &element, err) < 0)
		return -(int)err->kind;
	*ret_there = element != NULL;
	return 0;
}

/* Puts one device where it was; it was there before exactly when it is to be detached. */
static int undo_device(const struct change *c, const struct vc_virt_domain *now, size_t i,
                       enum vc_live_action action, struct vc_err *err)
{
	bool there = false;

	if (is_there(c, now, i, &there, err) < 0)
		return -(int)err->kind;
	if (there == (action == VC_LIVE_DETACH))
		return 0;
	return action == VC_LIVE_ATTACH ? detach(c, i, err) : attach(c, i, err);
}

/* What could not be undone is said behind the message of @err. */
static void add_to_message(struct vc_err *err, const char *what, const struct vc_err *why)
{
	struct vc_err before = *err;

	(void)vc_fail(err, before.kind, "%s; %s%s%s", before.msg, what, why ? ": " : "",
	              why ? why->msg : "");
	err->sys = before.sys;
}

static void note_stuck(const struct change *c, size_t i)
{
	char **slot = vc_list_push(c->arena, &c->live->stuck);

	if (slot)
		*slot = c->live->aliases.v[i];
}

/* Nothing is known, so everything may be. */
static void undo_nothing(const struct change *c, struct vc_err *err,
                         const struct vc_err *why)
{
	for (size_t i = 0; i < c->live->aliases.n; i++)
		note_stuck(c, i);
	add_to_message(err, "what the guest has now is not known", why);
}

/* @open: the device for which libvirt did not answer; .aliases.n none. */
static void undo(const struct change *c, size_t open, enum vc_live_action action,
                 struct vc_err *err)
{
	bool attached = action == VC_LIVE_ATTACH;
	struct vc_err why = VC_ERR_INIT;
	struct vc_virt_domain now;
	char what[VC_ALIAS_MAX + 64];

	if (vc_manage_facts(c->arena, c->manage, c->live->domain.uuid, VC_VIRT_LIVE, &now,
	                    &why) < 0) {
		undo_nothing(c, err, &why);
		return;
	}
	for (size_t i = c->live->aliases.n; i-- > 0;) {
		why = (struct vc_err)VC_ERR_INIT;
		if (undo_device(c, &now, i, action, &why) == 0 && i != open)
			continue;
		note_stuck(c, i);
		(void)snprintf(what, sizeof(what),
		               i == open ? "'%s' may be %s yet"
		                         : "'%s' could not be %s again",
		               c->live->aliases.v[i],
		               attached == (i == open) ? "attached" : "detached");
		add_to_message(err, what, why.kind == VC_ERR_NONE ? NULL : &why);
	}
	if (c->live->stuck.n == 0)
		add_to_message(err, "the guest has the devices that it had before", NULL);
	else
		add_to_message(err, "see 'virsh dumpxml' and 'virsh detach-device-alias'",
		               NULL);
}

/**
 * vc_live_change() - Attach or detach several devices, and record it
 * @arena:	scratch
 * @manage:	connection and timeout
 * @live:	what to change; on failure .stuck is set
 * @action:	which way
 * @err:	what went wrong, and what could not be undone
 *
 * Return: 0, or as vc_virt_device()
 */
int vc_live_change(struct vc_arena *arena, const struct vc_manage *manage,
                   struct vc_live *live, enum vc_live_action action, struct vc_err *err)
{
	const struct change c = { arena, manage, live };

	for (size_t i = 0; i < live->aliases.n; i++) {
		if ((action == VC_LIVE_ATTACH ? attach : detach)(&c, i, err) == 0)
			continue;
		undo(&c, err->sys == EINPROGRESS ? i : live->aliases.n, action, err);
		return -(int)err->kind;
	}
	if (record(&c, live->after, err) < 0) {
		undo(&c, live->aliases.n, action, err);
		return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_live_undo() - Take a whole change back
 * @arena:	scratch
 * @manage:	connection and timeout
 * @live:	what was changed; .stuck is set
 * @action:	which way it was
 * @err:	why; its message grows by what could not be undone
 */
void vc_live_undo(struct vc_arena *arena, const struct vc_manage *manage,
                  struct vc_live *live, enum vc_live_action action, struct vc_err *err)
{
	const struct change c = { arena, manage, live };
	struct vc_err why = VC_ERR_INIT;

	undo(&c, live->aliases.n, action, err);
	if (record(&c, live->before, &why) < 0)
		add_to_message(err, "what is recorded in the guest is wrong", &why);
}
