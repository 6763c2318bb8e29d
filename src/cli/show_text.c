/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/describe.h"
#include "cli/output.h"
#include "cli/show.h"
#include "cli/table.h"
#include "domain/index.h"

#define INDENT "  "

static void add_printable(struct vc_buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		vc_buf_add(buf, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
}

static void add_fact(struct vc_buf *buf, const char *label, const char *text)
{
	vc_buf_printf(buf, INDENT "%-9s ", label);
	add_printable(buf, text);
	vc_buf_puts(buf, "\n");
}

static int add_consumers(struct vc_arena *arena, struct vc_buf *buf, const char *label,
                         const struct vc_consumers *list, struct vc_err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_consumer *c = &list->v[i];
		const char *text =
			vc_arena_printf(arena, "%s %s", c->resource ? c->resource : "?",
		                        c->name ? c->name : "?");

		if (!text)
			return vc_fail_oom(err);
		add_fact(buf, label, text);
	}
	return 0;
}

/* "vfio-pci, group 37"; NULL when out of memory */
static const char *host_state(struct vc_arena *arena, const struct vc_translation *t,
                              const struct vc_device *d)
{
	const struct vc_function *f;

	if (!vc_host_side_known(&d->host))
		return "-";
	if (!vc_kind_is_pci(d->host.kind))
		return vc_host_facts_has(&t->host, &d->host) ? "exists" : "not there";
	f = vc_host_facts_function(&t->host, &d->host.pci);
	if (!f)
		return "not there";
	if (f->iommu_group < 0)
		return vc_arena_printf(arena, "%s, no IOMMU group",
		                       f->driver ? f->driver : "no driver");
	return vc_arena_printf(arena, "%s, group %lld",
	                       f->driver ? f->driver : "no driver",
	                       (long long)f->iommu_group);
}

static const char *request_name(struct vc_arena *arena, const struct vc_device *d)
{
	if (!d->request)
		return "-";
	if (!d->subrequest)
		return d->request;
	return vc_arena_printf(arena, "%s/%s", d->request, d->subrequest);
}

/* Where in the file, when it is the claim's own file; else file and where. */
static const char *origin_in(const struct vc_claim *c, const struct vc_device *d)
{
	size_t len = c->origin ? strlen(c->origin) : 0;

	if (len == 0 || !d->origin || strncmp(d->origin, c->origin, len) != 0 ||
	    strncmp(d->origin + len, ": ", 2) != 0)
		return d->origin;
	return d->origin + len + 2;
}

static int add_device_row(struct vc_table *table, const struct vc_translation *t,
                          const struct vc_claim *c, const struct vc_device *d,
                          struct vc_err *err)
{
	struct vc_arena *arena = table->arena;
	const char *request = request_name(arena, d);
	const char *device = vc_describe_device(arena, d->driver, d->pool, d->name);
	const char *host = vc_describe_host(arena, d);
	const char *state = t->have_host ? host_state(arena, t, d) : NULL;
	const char *origin = origin_in(c, d);
	const char *const row[] = { "", request, device, host, origin };
	const char *const with_state[] = { "", request, device, host, state, origin };

	if (!request || !device || !host || (t->have_host && !state))
		return vc_fail_oom(err);
	return vc_table_row(table, t->have_host ? with_state : row, err);
}

static int add_devices(struct vc_arena *arena, struct vc_buf *buf,
                       const struct vc_translation *t, const struct vc_claim *c,
                       struct vc_err *err)
{
	static const char *const header[] = { "", "REQUEST", "DEVICE", "ON THE HOST",
		                              "FROM" };
	static const char *const with_state[] = { "",       "REQUEST",
		                                  "DEVICE", "ON THE HOST",
		                                  "STATE",  "FROM" };
	struct vc_table table = { .arena = arena,
		                  .n_columns = t->have_host ? VC_ARRAY_SIZE(with_state)
		                                            : VC_ARRAY_SIZE(header),
		                  .indent = true,
		                  .width = vc_output_width() };

	if (c->devices.n == 0) {
		vc_buf_puts(buf, INDENT "no device\n");
		return 0;
	}
	if (vc_table_row(&table, t->have_host ? with_state : header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < c->devices.n; i++)
		if (add_device_row(&table, t, c, &c->devices.v[i], err) < 0)
			return -(int)err->kind;
	vc_table_print(&table, buf);
	return 0;
}

/* Facts with one hint stand in one line: "namespace, name: ... says it" */
static int add_missings(struct vc_arena *arena, struct vc_buf *buf,
                        const struct vc_missings *list, const char *of,
                        struct vc_err *err)
{
	for (size_t i = 0, next; i < list->n; i = next) {
		const char *facts = list->v[i].fact;
		const char *hint = list->v[i].hint;

		for (next = i + 1;
		     next < list->n && strcmp(list->v[next].hint, hint) == 0 && facts;
		     next++)
			facts = vc_arena_printf(arena, "%s, %s", facts,
			                        list->v[next].fact);
		if (facts)
			facts = vc_arena_printf(arena, "%s%s: %s", facts, of, hint);
		if (!facts)
			return vc_fail_oom(err);
		add_fact(buf, "missing", facts);
	}
	return 0;
}

static int add_missing(struct vc_arena *arena, struct vc_buf *buf,
                       const struct vc_claim *c, struct vc_err *err)
{
	struct vc_missings list = { 0 };

	if (vc_show_missing_of_claim(arena, c, &list, err) < 0 ||
	    add_missings(arena, buf, &list, "", err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < c->devices.n; i++) {
		const struct vc_device *d = &c->devices.v[i];
		const char *of =
			vc_arena_printf(arena, " of %s", d->name ? d->name : "?");

		list = (struct vc_missings){ 0 };
		if (!of)
			return vc_fail_oom(err);
		if (vc_show_missing_of_device(arena, d, &list, err) < 0 ||
		    add_missings(arena, buf, &list, of, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int add_claim(struct vc_arena *arena, struct vc_buf *buf,
                     const struct vc_translation *t, const struct vc_claim *c,
                     struct vc_err *err)
{
	const char *name = vc_describe_claim(arena, c->namespace, c->name, NULL);

	if (!name)
		return vc_fail_oom(err);
	vc_buf_puts(buf, "Claim ");
	add_printable(buf, c->name ? name : "without a name");
	vc_buf_puts(buf, "\n");
	if (c->uid)
		add_fact(buf, "UID", c->uid);
	if (c->pod_claim)
		add_fact(buf, "in pods", c->pod_claim);
	if (c->origin)
		add_fact(buf, "from", c->origin);
	if (c->deleting)
		add_fact(buf, "state", "being deleted");
	else if (c->from_api)
		add_fact(buf, "state", c->allocated ? "allocated" : "not allocated");
	if (add_consumers(arena, buf, "reserved", &c->reserved_for, err) < 0 ||
	    add_consumers(arena, buf, "owner", &c->owners, err) < 0 ||
	    add_missing(arena, buf, c, err) < 0)
		return -(int)err->kind;
	return add_devices(arena, buf, t, c, err);
}

static int add_binding_row(struct vc_table *table, const struct vc_binding *b,
                           const char *where, struct vc_err *err)
{
	const struct vc_plan_device d = {
		.namespace = b->namespace,
		.claim = b->claim,
		.pod_claim = b->pod_claim,
		.uid = b->uid,
		.request = b->request,
		.subrequest = b->subrequest,
		.index = b->index,
	};
	const char *const row[] = { "", b->alias, vc_describe_request(table->arena, &d),
		                    where, b->origin };

	if (!row[2])
		return vc_fail_oom(err);
	return vc_table_row(table, row, err);
}

static int add_vmi(struct vc_arena *arena, struct vc_buf *buf, const struct vc_vmi *vmi,
                   struct vc_err *err)
{
	static const char *const header[] = { "", "ALIAS", "CLAIM:REQUEST", "DEVICE",
		                              "FROM" };
	const char *name = vc_describe_claim(arena, vmi->namespace, vmi->name, NULL);
	struct vc_table table = { .arena = arena,
		                  .n_columns = VC_ARRAY_SIZE(header),
		                  .indent = true,
		                  .width = vc_output_width() };

	if (!name)
		return vc_fail_oom(err);
	vc_buf_puts(buf, "VM ");
	add_printable(buf, name);
	vc_buf_puts(buf, "\n");
	if (vmi->uid)
		add_fact(buf, "UID", vmi->uid);
	if (vmi->bindings.n == 0) {
		vc_buf_puts(buf, INDENT "no binding\n");
		return 0;
	}
	if (vc_table_row(&table, header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < vmi->bindings.n; i++)
		if (add_binding_row(&table, &vmi->bindings.v[i],
		                    vmi->bindings.v[i].device, err) < 0)
			return -(int)err->kind;
	vc_table_print(&table, buf);
	return 0;
}

static int index_records(struct vc_arena *arena, const struct vc_records *records,
                         struct vc_index *index, struct vc_err *err)
{
	for (size_t i = 0; i < records->n; i++) {
		const char *alias = records->v[i].binding.alias;

		if (alias && vc_index_add(arena, index, alias, i, err) < 0)
			return -(int)err->kind;
	}
	vc_index_sort(index);
	return 0;
}

static int add_hostdev_row(struct vc_table *table, const struct vc_index *records,
                           const struct vc_domain *domain, const struct vc_hostdev *h,
                           struct vc_err *err)
{
	const struct vc_device device = { .host = h->host };
	struct vc_binding b = { .alias = h->alias };
	const char *host = vc_describe_host(table->arena, &device);
	const struct vc_index_entry *e;
	size_t n = 0;

	if (!host)
		return vc_fail_oom(err);
	e = h->alias ? vc_index_find(records, h->alias, &n) : NULL;
	if (n > 0)
		b = domain->records.v[e->value].binding;
	b.origin = vc_arena_printf(table->arena, "line %ld", h->line);
	return add_binding_row(table, &b, host, err);
}

static int add_domain(struct vc_arena *arena, struct vc_buf *buf,
                      const struct vc_domain *domain, struct vc_err *err)
{
	static const char *const header[] = { "", "ALIAS", "CLAIM:REQUEST", "ON THE HOST",
		                              "FROM" };
	struct vc_table table = { .arena = arena,
		                  .n_columns = VC_ARRAY_SIZE(header),
		                  .indent = true,
		                  .width = vc_output_width() };
	struct vc_index records = { 0 };

	if (index_records(arena, &domain->records, &records, err) < 0)
		return -(int)err->kind;
	vc_buf_puts(buf, "Domain ");
	add_printable(buf, domain->name ? domain->name : "without a name");
	vc_buf_puts(buf, "\n");
	if (domain->uuid)
		add_fact(buf, "UUID", domain->uuid);
	if (domain->hostdevs.n == 0) {
		vc_buf_puts(buf, INDENT "no host device\n");
		return 0;
	}
	if (vc_table_row(&table, header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < domain->hostdevs.n; i++)
		if (add_hostdev_row(&table, &records, domain, &domain->hostdevs.v[i],
		                    err) < 0)
			return -(int)err->kind;
	vc_table_print(&table, buf);
	return 0;
}

static void add_gap(struct vc_buf *buf)
{
	if (buf->len > 0)
		vc_buf_puts(buf, "\n");
}

/**
 * vc_show_text() - What is known and what is missing, for a person
 * @arena:	holds intermediate texts
 * @t:		of vc_translate_claims()
 * @buf:	gets the text
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_text(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err)
{
	for (size_t i = 0; i < t->claims.n; i++) {
		add_gap(buf);
		if (add_claim(arena, buf, t, &t->claims.v[i], err) < 0)
			return -(int)err->kind;
	}
	if (t->claims.n == 0)
		vc_buf_puts(buf, "No claim.\n");
	if (t->have_vmi) {
		add_gap(buf);
		if (add_vmi(arena, buf, &t->vmi, err) < 0)
			return -(int)err->kind;
	}
	if (t->have_domain) {
		add_gap(buf);
		if (add_domain(arena, buf, &t->domain, err) < 0)
			return -(int)err->kind;
	}
	if (t->facts.slices.n + t->facts.pods.n > 0) {
		add_gap(buf);
		vc_buf_printf(buf, "Also read: %zu resource slice%s, %zu pod%s.\n",
		              t->facts.slices.n, t->facts.slices.n == 1 ? "" : "s",
		              t->facts.pods.n, t->facts.pods.n == 1 ? "" : "s");
	}
	return 0;
}
