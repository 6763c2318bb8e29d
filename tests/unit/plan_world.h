/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_world.h - a domain and claims in a few lines, for the tests of the planner. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/apply.h"
#include "domain/plan.h"
#include "unit.h"

struct world {
	struct vc_arena arena;
	struct vc_document *document;
	struct vc_domain domain;
	struct vc_claims claims;
	struct vc_bindings bindings;
	struct vc_pods pods;
	struct vc_host_facts host;
	struct vc_plan_input input;
	struct vc_plan plan;
	struct vc_err err;
};

#define UID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UID_B "bbbbbbbb-0000-4000-8000-000000000002"
#define MDEV  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OURS(x)                                                    \
	"<metadata><c:claims xmlns:c='urn:virt-claim:domain:1'>" x \
	"</c:claims></metadata>"
#define DEVICES(x) "<devices>" x "</devices>"
#define DOMAIN(x)  "<domain>\n" x "</domain>"
#define EMPTY      DOMAIN(DEVICES(""))
#define PCI_SOURCE(bus) \
	"<source><address domain='0' bus='" bus "' slot='0' function='0'/></source>"
/* as we write it */
#define PCI(alias, bus)                                                                       \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>" PCI_SOURCE( \
		bus) "<alias name='" alias "'/></hostdev>"
/* as KubeVirt writes it */
#define KV_PCI(alias, bus)                                                        \
	"<hostdev type='pci' managed='no'>" PCI_SOURCE(bus) "<alias name='" alias \
							    "'/></hostdev>"
/* as people write it */
#define PLAIN_PCI(bus) "<hostdev type='pci'>" PCI_SOURCE(bus) "</hostdev>"
#define MDEV_DEV(alias, attributes)                                                       \
	"<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' " attributes \
	"><source><address uuid='" MDEV "'/></source><alias name='" alias                 \
	"'/></hostdev>"
#define RECORD(alias, index)                                                \
	"<c:device alias='" alias "' namespace='lab' claim='c' uid='" UID_A \
	"' request='r' index='" index "' made='yes'/>"

static inline struct world world_of(const char *xml)
{
	struct world w = { .arena = VC_ARENA_INIT };

	if (vc_document_parse(xml, strlen(xml), "vm.xml", &w.document, &w.err) < 0 ||
	    vc_domain_read(&w.arena, w.document, &w.domain, &w.err) < 0)
		fail_msg("%s", w.err.msg);
	w.input.target_libvirt = 9000000;
	return w;
}

static inline void world_close(struct world *w)
{
	vc_document_free(w->document);
	vc_arena_release(&w->arena);
}

/* AUTO_WORLD w = world_of(xml); */
#define AUTO_WORLD VC_CLEANUP(world_close) struct world

static inline char *dup_text(struct world *w, const char *text)
{
	char *copy = vc_arena_strdup(&w->arena, text);

	assert_true(copy || !text);
	return copy;
}

/* Adds a claim; pointers to earlier ones are void. */
static inline struct vc_claim *add_claim(struct world *w, const char *namespace,
                                         const char *name, const char *uid)
{
	struct vc_claim *c = vc_list_push(&w->arena, &w->claims);

	assert_non_null(c);
	c->namespace = dup_text(w, namespace);
	c->name = dup_text(w, name);
	c->uid = dup_text(w, uid);
	c->origin = vc_arena_printf(&w->arena, "%s.json", name ? name : "cdi");
	return c;
}

/* @host is a PCI address, an mdev UUID, or NULL. */
static inline struct vc_device *add_device(struct world *w, struct vc_claim *c,
                                           const char *request, const char *host)
{
	struct vc_device *d = vc_list_push(&w->arena, &c->devices);

	assert_non_null(d);
	*d = (struct vc_device)VC_DEVICE_INIT;
	d->request = dup_text(w, request);
	d->driver = dup_text(w, "gpu.example.com");
	d->pool = dup_text(w, "node-1");
	d->name = vc_arena_printf(&w->arena, "dev-%zu", c->devices.n - 1);
	d->origin = c->origin;
	if (!host)
		return d;
	if (strlen(host) == strlen(MDEV)) {
		d->host.kind = VC_KIND_MDEV;
		d->host.mdev_uuid = dup_text(w, host);
		return d;
	}
	d->host.kind = VC_KIND_PCI;
	d->host.has_pci = true;
	assert_int_equal(vc_pci_address_parse(host, &d->host.pci, &w->err), 0);
	return d;
}

/* Claim lab/c, UID_A, request r with one device at 0000:65:00.0. */
static inline struct vc_claim *add_simple(struct world *w)
{
	struct vc_claim *c = add_claim(w, "lab", "c", UID_A);

	add_device(w, c, "r", "0000:65:00.0");
	return c;
}

static inline struct vc_binding *add_bind(struct world *w, const char *text)
{
	struct vc_binding *b = vc_list_push(&w->arena, &w->bindings);

	assert_non_null(b);
	assert_int_equal(vc_binding_parse(&w->arena, text, b, &w->err), 0);
	return b;
}

/* What a VMI asks for: "ALIAS=CLAIM:REQUEST" with KubeVirt's alias. */
static inline struct vc_binding *add_vmi(struct world *w, const char *text)
{
	struct vc_binding *b = add_bind(w, text);

	b->origin_kind = VC_BINDING_VMI;
	b->origin = dup_text(w, "vmi.json: /spec/domain/devices/hostDevices/0");
	b->index = 1;
	b->kubevirt_made = true;
	return b;
}

static inline struct vc_function *add_function(struct world *w, const char *host,
                                               unsigned vendor, unsigned device)
{
	struct vc_function *f = vc_list_push(&w->arena, &w->host.functions);

	assert_non_null(f);
	assert_int_equal(vc_pci_address_parse(host, &f->address, &w->err), 0);
	f->vendor = (uint16_t)vendor;
	f->device = (uint16_t)device;
	f->class_code = 0x030000;
	w->input.host = &w->host;
	return f;
}

static inline void add_attribute(struct world *w, struct vc_device *d, const char *name,
                                 const char *value)
{
	struct vc_attribute *a = vc_list_push(&w->arena, &d->attributes);

	assert_non_null(a);
	a->name = dup_text(w, name);
	a->type = VC_ATTRIBUTE_STRING;
	a->n = 1;
	a->strings = vc_arena_alloc(&w->arena, 1, sizeof(*a->strings));
	assert_non_null(a->strings);
	a->strings[0] = dup_text(w, value);
}

static inline void add_consumer(struct world *w, struct vc_consumers *list,
                                const char *group, const char *resource, const char *name)
{
	struct vc_consumer *c = vc_list_push(&w->arena, list);

	assert_non_null(c);
	c->api_group = dup_text(w, group);
	c->resource = dup_text(w, resource);
	c->name = dup_text(w, name);
}

static inline int make_plan(struct world *w)
{
	w->err = (struct vc_err)VC_ERR_INIT;
	w->input.claims = &w->claims;
	w->input.bindings = &w->bindings;
	return vc_plan_make(&w->arena, w->document, &w->domain, &w->input, &w->plan,
	                    &w->err);
}

static inline void must_plan(struct world *w)
{
	if (make_plan(w) < 0)
		fail_msg("%s", w->err.msg);
}

/* The plan fails so, says so, and is not written. */
#define must_fail(w, kind, part) must_fail_at((w), (kind), (part), __FILE__, __LINE__)

static inline void must_fail_at(struct world *w, enum vc_err_kind kind, const char *part,
                                const char *file, int line)
{
	static struct vc_plan_device untouched;
	int r;

	w->plan = (struct vc_plan){ .devices = { .v = &untouched, .n = 77 } };
	r = make_plan(w);
	if (r != -(int)kind || !strstr(w->err.msg, part))
		fail_msg("%s:%d: %d '%s', expected %d '%s'", file, line, r, w->err.msg,
		         -(int)kind, part);
	assert_int_equal(w->plan.devices.n, 77);
	assert_ptr_equal(w->plan.devices.v, &untouched);
}

/* "keep ua-gpu 0000:65:00.0>0000:66:00.0 made; ..." */
static inline const char *plan_text(struct world *w)
{
	const char *text = "";

	for (size_t i = 0; i < w->plan.devices.n; i++) {
		const struct vc_plan_device *d = &w->plan.devices.v[i];

		text = vc_arena_printf(&w->arena, "%s%s%s %s %s>%s%s%s%s", text,
		                       i > 0 ? "; " : "", vc_plan_action_name(d->action),
		                       d->alias, d->from ? d->from : "",
		                       d->to ? d->to : "", d->made ? " made" : "",
		                       d->recorded ? " recorded" : "",
		                       d->keep_alias ? " own-alias" : "");
		assert_non_null(text);
	}
	return text;
}

#define must_be(w, text)                                 \
	do {                                             \
		must_plan(w);                            \
		assert_string_equal(plan_text(w), text); \
	} while (0)

/* Carries the plan out and starts again from the result. */
static inline void apply_and_reopen(struct world *w)
{
	struct vc_apply_result result = { 0 };
	struct vc_document *old = w->document;

	if (vc_apply(&w->arena, old, &w->domain, &w->plan, NULL, &result, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	if (vc_document_parse(result.text, result.len, "vm.xml", &w->document, &w->err) <
	            0 ||
	    vc_domain_read(&w->arena, w->document, &w->domain, &w->err) < 0)
		fail_msg("%s\n%s", w->err.msg, result.text);
	vc_document_free(old);
	free(result.text);
}

/* After the plan was carried out the same question yields only "keep". */
static inline void must_settle(struct world *w)
{
	struct vc_apply_result result = { 0 };

	apply_and_reopen(w);
	must_plan(w);
	for (size_t i = 0; i < w->plan.devices.n; i++)
		if (w->plan.devices.v[i].action != VC_PLAN_KEEP)
			fail_msg("%s: %s", plan_text(w), w->plan.devices.v[i].why);
	if (vc_apply(&w->arena, w->document, &w->domain, &w->plan, NULL, &result,
	             &w->err) < 0)
		fail_msg("%s", w->err.msg);
	if (result.changed)
		fail_msg("'%s' became '%s'", w->document->text, result.text);
	free(result.text);
}
