/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pin/body.h"

#include <stdio.h>
#include <string.h>

#include "claim/json_writer.h"

/* A DNS subdomain, a UID */
#define RECORD_SIZE 512
#define PATH_SIZE   64

/* Server-side apply [K8S] */

static void begin(struct vc_json_writer *w, const struct vc_pin_wish *wish)
{
	char api_version[64];

	(void)snprintf(api_version, sizeof(api_version), "resource.k8s.io/%s",
	               wish->api_version);
	vc_json_object(w, NULL);
	vc_json_string(w, "apiVersion", api_version);
	vc_json_string(w, "kind", "ResourceClaim");
	vc_json_object(w, "metadata");
	vc_json_string(w, "name", wish->claim->name);
	vc_json_string(w, "uid", wish->claim->uid);
	vc_json_string(w, "resourceVersion", wish->claim->resource_version);
}

static void add_finalizer(struct vc_json_writer *w)
{
	vc_json_array(w, "finalizers");
	vc_json_string(w, NULL, VC_PIN_FINALIZER);
	vc_json_close(w);
}

/* The finalizer only when nobody else put it there: with us it would go. */
static void write_guard(struct vc_json_writer *w, const struct vc_pin_wish *wish)
{
	const struct vc_pin_claim *claim = wish->claim;
	/* who pinned it first keeps it */
	bool by_controller = claim->record_uid && *claim->record_uid
	                             ? claim->record_by != NULL
	                             : wish->by_controller;
	char record[RECORD_SIZE];

	(void)snprintf(record, sizeof(record), "%s/%s%s", wish->vm->name, wish->vm->uid,
	               by_controller ? "/" VC_PIN_BY_CONTROLLER : "");
	vc_json_object(w, "annotations");
	vc_json_string(w, VC_PIN_RECORD, record);
	vc_json_close(w);
	if (!claim->guarded || claim->guard.ours)
		add_finalizer(w);
}

static void write_reservation(struct vc_json_writer *w, const struct vc_pin_vm *vm)
{
	vc_json_object(w, "status");
	vc_json_array(w, "reservedFor");
	vc_json_object(w, NULL);
	vc_json_string(w, "apiGroup", VC_PIN_VM_GROUP);
	vc_json_string(w, "resource", VC_PIN_VM);
	vc_json_string(w, "name", vm->name);
	vc_json_string(w, "uid", vm->uid);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
}

static void write_apply(const struct vc_pin_wish *wish, struct vc_json_writer *w)
{
	begin(w, wish);
	if (wish->step == VC_PIN_GUARD)
		write_guard(w, wish);
	else if (wish->step == VC_PIN_UNGUARD && wish->claim->guard.applied &&
	         wish->claim->holders.n > 0)
		add_finalizer(w);
	vc_json_close(w);
	if (wish->step == VC_PIN_RESERVE)
		write_reservation(w, wish->vm);
	vc_json_close(w);
}

/* JSON patch [RFC 6902] */

static void operation(struct vc_json_writer *w, const char *op, const char *path,
                      const char *value)
{
	vc_json_object(w, NULL);
	vc_json_string(w, "op", op);
	vc_json_string(w, "path", path);
	vc_json_string_if(w, "value", value);
	vc_json_close(w);
}

static void remove_entry(struct vc_json_writer *w, const struct vc_pin_wish *wish)
{
	size_t i = (size_t)(wish->entry - wish->claim->holders.v);
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/status/reservedFor/%zu/uid", i);
	operation(w, "test", path, wish->entry->uid);
	(void)snprintf(path, sizeof(path), "/status/reservedFor/%zu", i);
	operation(w, "remove", path, NULL);
}

static void remove_finalizer(struct vc_json_writer *w, const struct vc_pin_claim *claim)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < claim->finalizers.n; i++) {
		if (strcmp(claim->finalizers.v[i].name, VC_PIN_FINALIZER) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "/metadata/finalizers/%zu", i);
		operation(w, "remove", path, NULL);
		return;
	}
}

static void remove_guard(struct vc_json_writer *w, const struct vc_pin_claim *claim)
{
	if (claim->record_uid)
		operation(w, "remove", "/metadata/annotations/virt-claim.io~1pinned",
		          NULL);
	if (claim->guard.ours && claim->holders.n == 0)
		remove_finalizer(w, claim);
}

static void write_patch(const struct vc_pin_wish *wish, struct vc_json_writer *w)
{
	vc_json_array(w, NULL);
	operation(w, "test", "/metadata/resourceVersion", wish->claim->resource_version);
	if (wish->step == VC_PIN_RELEASE) {
		operation(w, "remove", "/status/reservedFor", NULL);
		operation(w, "remove", "/status/allocation", NULL);
	} else if (wish->step == VC_PIN_UNRESERVE) {
		remove_entry(w, wish);
	} else {
		remove_guard(w, wish->claim);
	}
	vc_json_close(w);
}

static enum vc_pin_method method_of(const struct vc_pin_wish *wish)
{
	const struct vc_pin_claim *claim = wish->claim;
	bool applied = true;

	if (wish->step == VC_PIN_RELEASE)
		applied = false;
	else if (wish->step == VC_PIN_UNRESERVE)
		applied = wish->entry->managers.applied;
	else if (wish->step == VC_PIN_UNGUARD)
		applied =
			claim->record_uid ? claim->record.applied : claim->guard.applied;
	return applied ? VC_PIN_APPLY : VC_PIN_JSON_PATCH;
}

/**
 * vc_pin_body_write() - What a step sends
 * @wish:	the step
 * @buf:	gets the JSON; .failed: it is too long, or out of memory
 *
 * Return: how to send it
 */
struct vc_pin_body vc_pin_body_write(const struct vc_pin_wish *wish, struct vc_buf *buf)
{
	struct vc_json_writer w = { .buf = buf, .compact = true };
	const struct vc_pin_body body = {
		.method = method_of(wish),
		.status = wish->step == VC_PIN_RESERVE ||
		          wish->step == VC_PIN_UNRESERVE || wish->step == VC_PIN_RELEASE,
	};

	if (body.method == VC_PIN_APPLY)
		write_apply(wish, &w);
	else
		write_patch(wish, &w);
	return body;
}
