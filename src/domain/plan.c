/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Actions: what each binding means for the element that has its alias, or has none yet.
 *
 * An element that is right stays as it is. Right means: the host side is the claim's,
 * what the binding asks for is there, and an element that we made, or get to see for the
 * first time, also spells out mode, managed and driver. Of an element that KubeVirt made
 * or that was adopted the defaults that it leaves out are not our business.
 *
 * Applying a plan and planning again yields only VC_PLAN_KEEP and the same records.
 */
#include <string.h>

#include "domain/planner.h"
#include "domain/record_xml.h"

static char *copy_text(const struct vc_planner *planner, const char *text)
{
	return text ? vc_arena_strdup(planner->arena, text) : NULL;
}

static bool switch_is(enum vc_tri want, enum vc_tri have, enum vc_tri standard)
{
	if (want == VC_UNKNOWN || want == have)
		return true;
	return have == VC_UNKNOWN && want == standard;
}

/* What is compared elsewhere: with the host side, or as a part of the plan itself. */
static bool is_compared_elsewhere(enum vc_opt opt)
{
	return opt == VC_OPT_KIND || opt == VC_OPT_MANAGED || opt == VC_OPT_MAC ||
	       opt == VC_OPT_VLAN;
}

/* Whether all that is asked for is there. */
static bool options_are(const struct vc_options *want, const struct vc_options *have)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (!is_compared_elsewhere(opt) && !vc_options_satisfied(want, have, opt))
			return false;
	return true;
}

/* Which driver is named does not matter: what is there stays. */
static bool is_spelled_out(const struct vc_hostdev *h)
{
	switch (h->host.kind) {
	case VC_KIND_PCI:
		return h->has_mode && h->managed != VC_UNKNOWN && h->driver;
	case VC_KIND_NVME:
		return h->managed != VC_UNKNOWN && h->driver;
	case VC_KIND_NETWORK: /* [LV] dumpxml leaves managed='no' out */
	case VC_KIND_VDPA:
		return true;
	case VC_KIND_MDEV:
	case VC_KIND_USB:
	case VC_KIND_SCSI:
	case VC_KIND_SCSI_HOST:
	case VC_KIND_UNKNOWN:
		break;
	}
	return h->has_mode && h->managed != VC_UNKNOWN;
}

static bool network_is(const struct vc_plan_device *d, const struct vc_options *have)
{
	if (d->mac && (!have->mac || strcasecmp(d->mac, have->mac) != 0))
		return false;
	return d->vlan == 0 || d->vlan == have->vlan;
}

/* Elements of others may leave defaults out. */
static bool is_of_others(const struct vc_bound *b)
{
	return b->binding->kubevirt_made || (b->record && !b->record->made);
}

/* Why the host side is another one: by the record, the device or only its address is. */
static const char *host_change(const struct vc_bound *b)
{
	const struct vc_record *r = b->record;
	const struct vc_device *d = b->device;

	if (!r || !r->device || !d || !d->name || !vc_still_recorded(b))
		return "the claim says another address";
	if (strcmp(r->device, d->name) != 0 ||
	    (r->driver && d->driver && strcmp(r->driver, d->driver) != 0) ||
	    (r->pool && d->pool && strcmp(r->pool, d->pool) != 0))
		return "the claim's device is another one now";
	return "its address changed";
}

static void judge(const struct vc_bound *b, struct vc_plan_device *d,
                  const char **ret_why)
{
	const struct vc_hostdev *h = b->hostdev;

	d->action = VC_PLAN_CHANGE;
	if (!h) {
		d->action = VC_PLAN_ADD;
		*ret_why = b->record ? "its element has gone" : "new";
	} else if (!vc_host_side_equal(&d->host, &h->host)) {
		*ret_why = host_change(b);
	} else if (!network_is(d, &h->options)) {
		*ret_why = "MAC address or VLAN differ";
	} else if (!options_are(&d->options, &h->options)) {
		*ret_why = "options differ";
	} else if (!switch_is(d->managed, h->managed, VC_NO)) {
		*ret_why = "managed differs";
	} else if (!is_of_others(b) && !is_spelled_out(h)) {
		*ret_why = "mode, managed or driver are not written out";
	} else {
		d->action = VC_PLAN_KEEP;
		*ret_why = b->device ? "up to date"
		                     : "as KubeVirt made it; no claim file here";
	}
}

/* What is so anyway is not written where it means nothing; an address that is there is
 * the one that multifunction is about. */
static void fill_options(const struct vc_planner *planner, const struct vc_hostdev *h,
                         struct vc_plan_device *d)
{
	enum vc_kind kind = d->host.kind;
	enum vc_tri multifunction = d->options.address.multifunction;

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_options_is_standard(&d->options, opt) &&
		    (!vc_opt_fits(opt, kind) ||
		     !vc_opt_known(opt, kind, planner->input->target_libvirt)))
			vc_options_clear(&d->options, opt);
	if (h && multifunction != VC_UNKNOWN && !d->options.address.set) {
		d->options.address = h->options.address;
		d->options.address.multifunction = multifunction;
	}
}

/* Only what libvirt binds to a driver can be managed. */
static enum vc_tri manage(const struct vc_planner *planner, const struct vc_bound *b)
{
	const struct vc_hostdev *h = b->hostdev;
	bool stays = h && vc_kind_is_pci(h->host.kind) && h->managed == VC_YES;

	if (!vc_kind_is_pci(b->host.kind))
		return VC_NO;
	if (b->options.managed != VC_UNKNOWN)
		return b->options.managed;
	return planner->input->managed || stays ? VC_YES : VC_NO;
}

/* The host side that the element gets; without a device the one that it has. */
static int fill_host(const struct vc_planner *planner, const struct vc_bound *b,
                     struct vc_plan_device *d, struct vc_err *err)
{
	d->host = b->host;
	d->managed = manage(planner, b);
	fill_options(planner, b->hostdev, d);
	if (b->device &&
	    (d->host.kind == VC_KIND_NETWORK || d->host.kind == VC_KIND_VDPA))
		return vc_plan_network(planner, b, d, err);
	if (d->host.kind == VC_KIND_NVME && !b->hostdev)
		return vc_plan_disk(planner, d, err);
	return 0;
}

static const char *first_of(const char *a, const char *b)
{
	return a ? a : b;
}

static int fill_names(const struct vc_planner *planner, const struct vc_bound *b,
                      struct vc_plan_device *d, struct vc_err *err)
{
	static const struct vc_claim no_claim;
	static const struct vc_device no_device = VC_DEVICE_INIT;
	static const struct vc_record no_record;
	const struct vc_binding *binding = b->binding;
	const struct vc_claim *claim = b->claim ? b->claim : &no_claim;
	const struct vc_device *device = b->device ? b->device : &no_device;
	const struct vc_record *record =
		b->record && vc_still_recorded(b) ? b->record : &no_record;
	const struct {
		char **to;
		const char *from;
	} texts[] = {
		{ &d->alias, b->alias },
		{ &d->namespace, first_of(claim->namespace, binding->namespace) },
		{ &d->claim, first_of(claim->name, binding->claim) },
		{ &d->pod_claim, first_of(claim->pod_claim, binding->pod_claim) },
		{ &d->uid, first_of(claim->uid, binding->uid) },
		{ &d->request, first_of(device->request, binding->request) },
		{ &d->subrequest, first_of(device->subrequest, binding->subrequest) },
		{ &d->driver, first_of(device->driver, record->driver) },
		{ &d->pool, first_of(device->pool, record->pool) },
		{ &d->device_name, first_of(vc_device_label(device), record->device) },
		{ &d->identity, record->identity },
		{ &d->origin, binding->origin },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		*texts[i].to = copy_text(planner, texts[i].from);
		if (texts[i].from && !*texts[i].to)
			return vc_fail_oom(err);
	}
	d->index = b->index;
	d->origin_kind = binding->origin_kind;
	return b->device ? vc_identity(planner, b, &d->identity, err) : 0;
}

static int fill_table(const struct vc_planner *planner, const struct vc_hostdev *from,
                      struct vc_plan_device *d, const char *why, struct vc_err *err)
{
	const char *before = vc_hostdev_host(planner, from);
	const char *after = vc_planned_host(planner, d);

	if (d->action == VC_PLAN_REMOVE)
		after = NULL;
	d->from = copy_text(planner, before);
	d->to = copy_text(planner, after);
	d->why = copy_text(planner, why);
	if ((before && !d->from) || (after && !d->to) || !d->why)
		return vc_fail_oom(err);
	return 0;
}

static int push(struct vc_planner *planner, const struct vc_plan_device *device,
                struct vc_plan_device **ret_device, struct vc_err *err)
{
	struct vc_plan_device *slot =
		vc_list_push(planner->arena, &planner->plan->devices);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *device;
	*ret_device = slot;
	return 0;
}

/* KubeVirt builds its domains anew, so what it asked for is not recorded [KV]. */
static bool is_recorded(const struct vc_bound *b)
{
	switch (b->binding->origin_kind) {
	case VC_BINDING_COMMAND_LINE:
	case VC_BINDING_DOMAIN:
	case VC_BINDING_ALL:
		return true;
	case VC_BINDING_VMI:
	case VC_BINDING_ANNOTATION:
		break;
	}
	return b->record != NULL;
}

/* The claim has fewer devices than were recorded. */
static int plan_surplus(struct vc_planner *planner, const struct vc_bound *b,
                        struct vc_plan_device **ret_device, struct vc_err *err)
{
	struct vc_plan_device d = { .action = VC_PLAN_REMOVE, .options = b->options };
	const char *what = vc_claim_label(planner, b->claim);

	if (b->hostdev && !b->record->made)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: claim '%s' ('%s') no longer has device %u of request "
			"'%s', but the element of '%s' was adopted and is not ours "
			"to remove; 'virt-claim unbind' lets it go",
			b->binding->origin, what, b->claim->origin, b->index,
			b->binding->request, b->alias);
	if (vc_plan_note(planner, err,
	                 "%s: claim '%s' ('%s') no longer has device %u of request '%s': "
	                 "'%s' is removed",
	                 b->binding->origin, what, b->claim->origin, b->index,
	                 b->binding->request, b->alias) < 0)
		return -(int)err->kind;
	*ret_device = NULL;
	if (!b->hostdev)
		return 0;
	d.host = b->hostdev->host;
	d.at = b->hostdev->at;
	d.made = true;
	if (fill_names(planner, b, &d, err) < 0 ||
	    fill_table(planner, b->hostdev, &d, "the claim has fewer devices now", err) <
	            0)
		return -(int)err->kind;
	return push(planner, &d, ret_device, err);
}

/**
 * vc_plan_bound() - Add what a binding means to the plan
 * @planner:	planner
 * @bound:	checked
 * @ret_device:	the plan's entry, until the next one is added; NULL when there is none
 * @err:	"ORIGIN: ..."
 *
 * Return: 0, -VC_ERR_REFUSED (an adopted element that lost its device) or
 * -VC_ERR_INTERNAL
 */
int vc_plan_bound(struct vc_planner *planner, const struct vc_bound *bound,
                  struct vc_plan_device **ret_device, struct vc_err *err)
{
	const struct vc_hostdev *h = bound->hostdev;
	struct vc_plan_device d = { .options = bound->options, .device = bound->device };
	const char *why;

	if (bound->surplus)
		return plan_surplus(planner, bound, ret_device, err);
	if (vc_place_recall(planner, bound, &d.options, err) < 0 ||
	    fill_host(planner, bound, &d, err) < 0)
		return -(int)err->kind;
	judge(bound, &d, &why);
	d.at = h ? h->at : 0;
	d.recorded = is_recorded(bound);
	d.made = !h || (bound->record && bound->record->made);
	d.keep_alias = h && (!bound->record || bound->record->keep_alias);
	if (fill_names(planner, bound, &d, err) < 0 ||
	    fill_table(planner, h, &d, why, err) < 0)
		return -(int)err->kind;
	return push(planner, &d, ret_device, err);
}

/**
 * vc_plan_record() - Keep a record and its element as they are
 * @planner:	planner
 * @record:	record
 * @ret_device:	the plan's entry, until the next one is added
 * @err:	out of memory, or a wrong element
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (see vc_bind_element()) or -VC_ERR_INTERNAL
 */
int vc_plan_record(struct vc_planner *planner, const struct vc_record *record,
                   struct vc_plan_device **ret_device, struct vc_err *err)
{
	struct vc_bound bound = { .alias = record->binding.alias,
		                  .binding = &record->binding };
	struct vc_plan_device d = { .action = VC_PLAN_KEEP };

	if (vc_bind_element(planner, &bound, err) < 0)
		return -(int)err->kind;
	bound.index = record->binding.index;
	if (bound.hostdev) {
		d.host = bound.hostdev->host;
		d.managed = bound.hostdev->managed;
	}
	d.at = bound.hostdev ? bound.hostdev->at : 0;
	d.recorded = true;
	d.made = record->made;
	d.keep_alias = record->keep_alias;
	if (fill_names(planner, &bound, &d, err) < 0 ||
	    fill_table(planner, bound.hostdev, &d, "not asked for", err) < 0)
		return -(int)err->kind;
	return push(planner, &d, ret_device, err);
}

static int plan_rewrite(struct vc_planner *planner, struct vc_err *err)
{
	struct vc_plan_device *device;
	struct vc_bounds bounds;

	if (vc_bind(planner, &bounds, err) < 0)
		return -(int)err->kind;
	if (planner->input->mode == VC_MODE_ATTACH &&
	    vc_plan_keep_others(planner, &bounds, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < bounds.n; i++) {
		struct vc_bound *b = &bounds.v[i];

		if (!b->surplus && vc_check_bound(planner, b, err) < 0)
			return -(int)err->kind;
		if (vc_plan_bound(planner, b, &device, err) < 0)
			return -(int)err->kind;
	}
	if (vc_check_host_use(planner, err) < 0)
		return -(int)err->kind;
	if (vc_place(planner, err) < 0)
		return -(int)err->kind;
	if (vc_check_guest_place(planner, err) < 0)
		return -(int)err->kind;
	return vc_check_guest_use(planner, err);
}

/* What leaves elements as they are cannot carry an option out. */
static int refuse_options(const struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_alias_options_list *list = planner->input->options;

	if (!list || list->n == 0)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "--option for '%s': elements stay as they are here; give it to "
	               "'virt-claim rewrite'",
	               list->v[0].alias);
}

static int plan_mode(struct vc_planner *planner, struct vc_err *err)
{
	if (planner->input->mode != VC_MODE_REWRITE &&
	    planner->input->mode != VC_MODE_ATTACH && refuse_options(planner, err) < 0)
		return -(int)err->kind;
	switch (planner->input->mode) {
	case VC_MODE_ADOPT:
		return vc_plan_adopt(planner, err);
	case VC_MODE_UNBIND:
		return vc_plan_unbind(planner, err);
	case VC_MODE_DETACH:
		return vc_plan_detach(planner, err);
	case VC_MODE_REWRITE:
	case VC_MODE_ATTACH:
		break;
	}
	return plan_rewrite(planner, err);
}

static int check_size(const struct vc_planner *planner, struct vc_err *err)
{
	size_t n = planner->domain->hostdevs.n;

	for (size_t i = 0; i < planner->plan->devices.n; i++)
		n += planner->plan->devices.v[i].action == VC_PLAN_ADD;
	if (n <= VC_HOSTDEVS_MAX)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: the domain would have %zu host devices; the limit is %d; "
	               "choose some with --bind",
	               planner->document->file, n, VC_HOSTDEVS_MAX);
}

/**
 * vc_plan_make() - Decide what changes a domain needs
 * @arena:	holds the plan
 * @document:	for messages
 * @domain:	what vc_domain_read() found in it
 * @input:	everything else; borrowed by the plan
 * @ret_plan:	plan
 * @err:	begins with the file and line, the file and pointer, or the option that asked
 *
 * Return: 0; -VC_ERR_ABSENT when an input is missing (a claim, its requests, an
 * address); -VC_ERR_REFUSED when the inputs are there and doing what they ask would be
 * wrong; -VC_ERR_INPUT for a domain that libvirt would refuse; -VC_ERR_INTERNAL
 */
int vc_plan_make(struct vc_arena *arena, const struct vc_document *document,
                 const struct vc_domain *domain, const struct vc_plan_input *input,
                 struct vc_plan *ret_plan, struct vc_err *err)
{
	struct vc_plan plan = { .libvirt = input->target_libvirt };
	struct vc_planner planner = {
		.arena = arena,
		.document = document,
		.domain = domain,
		.input = input,
		.plan = &plan,
	};
	int r;

	if (vc_planner_init(&planner, err) < 0 || plan_mode(&planner, err) < 0 ||
	    check_size(&planner, err) < 0)
		return -(int)err->kind;
	if (vc_place_remember(&planner, err) < 0)
		return -(int)err->kind;
	if (input->mode == VC_MODE_ADOPT || input->mode == VC_MODE_UNBIND ||
	    input->running)
		r = vc_plan_keep_controllers(&planner, err);
	else
		r = vc_plan_controllers(&planner, err);
	if (r < 0)
		return r;
	plan.metadata = domain->records.n > 0 || domain->controller_records.n > 0 ||
	                domain->addresses.n > 0 || vc_record_count(&plan) > 0;
	*ret_plan = plan;
	return 0;
}
