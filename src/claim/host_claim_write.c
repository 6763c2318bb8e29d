/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of host_claim.h: fields in a fixed order, so that the same claim gives the
 * same bytes.
 */
#include <stdio.h>
#include <string.h>

#include "claim/host_claim_internal.h"
#include "claim/json_writer.h"

static void write_metadata(struct vc_json_writer *w, const struct vc_host_claim *claim)
{
	vc_json_object(w, "metadata");
	vc_json_string(w, "namespace", claim->namespace);
	vc_json_string(w, "name", claim->name);
	vc_json_string(w, "uid", claim->uid);
	vc_json_int(w, "generation", claim->generation);
	vc_json_object(w, "annotations");
	vc_json_string(w, VC_HOST_PERSISTENT, claim->persistent ? "true" : "false");
	vc_json_close(w);
	vc_json_close(w);
}

/* How many devices from @at on answer the same request. */
static size_t count_request(const struct vc_host_claim *claim, size_t at)
{
	const char *request = claim->devices.v[at].request;
	size_t end = at;

	while (end < claim->devices.n &&
	       strcmp(claim->devices.v[end].request, request) == 0)
		end++;
	return end - at;
}

static void write_requests(struct vc_json_writer *w, const struct vc_host_claim *claim)
{
	vc_json_array(w, "requests");
	for (size_t i = 0, n; i < claim->devices.n; i += n) {
		n = count_request(claim, i);
		vc_json_object(w, NULL);
		vc_json_string(w, "name", claim->devices.v[i].request);
		vc_json_object(w, "exactly");
		vc_json_string(w, "deviceClassName", VC_HOST_DRIVER);
		vc_json_string(w, "allocationMode", VC_HOST_MODE);
		vc_json_int(w, "count", (int64_t)n);
		vc_json_close(w);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static bool has_parameters(const struct vc_claimed_device *d)
{
	return d->mac || d->vlan != -1 || d->mdev_type || d->match;
}

static void write_parameters(struct vc_json_writer *w, const struct vc_claimed_device *d)
{
	vc_json_object(w, "parameters");
	vc_json_string(w, "apiVersion", VC_OURS_API_VERSION);
	vc_json_string(w, "kind", VC_OURS_PARAMETERS);
	vc_json_string(w, "device", d->name);
	vc_json_string_if(w, "mac", d->mac);
	if (d->vlan != -1)
		vc_json_int(w, "vlan", d->vlan);
	vc_json_string_if(w, "mdevType", d->mdev_type);
	vc_json_string_if(w, "match", d->match);
	vc_json_close(w);
}

/* One entry for each device of which something was asked. */
static void write_config(struct vc_json_writer *w, const struct vc_host_claim *claim)
{
	bool any = false;

	for (size_t i = 0; i < claim->devices.n; i++)
		any = any || has_parameters(&claim->devices.v[i]);
	if (!any)
		return;
	vc_json_array(w, "config");
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_claimed_device *d = &claim->devices.v[i];

		if (!has_parameters(d))
			continue;
		vc_json_object(w, NULL);
		vc_json_array(w, "requests");
		vc_json_string(w, NULL, d->request);
		vc_json_close(w);
		vc_json_object(w, "opaque");
		vc_json_string(w, "driver", VC_HOST_DRIVER);
		write_parameters(w, d);
		vc_json_close(w);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void write_spec(struct vc_json_writer *w, const struct vc_host_claim *claim)
{
	vc_json_object(w, "spec");
	vc_json_object(w, "devices");
	write_requests(w, claim);
	write_config(w, claim);
	vc_json_close(w);
	vc_json_close(w);
}

static void write_result(struct vc_json_writer *w, const struct vc_host_claim *claim,
                         const struct vc_claimed_device *d)
{
	vc_json_string(w, "driver", VC_HOST_DRIVER);
	vc_json_string(w, "pool", claim->pool);
	vc_json_string(w, "device", d->name);
}

static void write_id(struct vc_json_writer *w, const char *key, unsigned id)
{
	char text[sizeof("ffff")];

	(void)snprintf(text, sizeof(text), "%04x", id & 0xffffU);
	vc_json_string(w, key, text);
}

static void write_ids(struct vc_json_writer *w, const struct vc_identity *identity)
{
	if (identity->kind == VC_DEVICE_MDEV)
		return;
	write_id(w, "vendorID", identity->vendor);
	write_id(w, "deviceID", identity->device);
	if (identity->subsystem_vendor == 0 && identity->subsystem_device == 0)
		return;
	write_id(w, "subsystemVendorID", identity->subsystem_vendor);
	write_id(w, "subsystemDeviceID", identity->subsystem_device);
}

static void write_evidence(struct vc_json_writer *w, const struct vc_identity *identity)
{
	vc_json_array(w, "evidence");
	for (size_t i = 0; i < identity->evidence.n; i++) {
		const struct vc_evidence *e = &identity->evidence.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "kind", vc_evidence_kind_name(e->kind));
		vc_json_string(w, "value", e->value);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void write_data(struct vc_json_writer *w, const struct vc_claimed_device *d)
{
	vc_json_object(w, "data");
	vc_json_string(w, "apiVersion", VC_OURS_API_VERSION);
	vc_json_string(w, "kind", VC_OURS_IDENTITY);
	vc_json_string(w, "madeFrom", vc_made_from_name(d->made_from));
	if (d->made_from == VC_MADE_FROM_PF)
		vc_json_int(w, "vfIndex", d->vf_index);
	vc_json_string_if(w, "mdevUUID", d->mdev_uuid);
	vc_json_string(w, "deviceKind", vc_device_kind_name(d->identity.kind));
	write_ids(w, &d->identity);
	write_evidence(w, &d->identity);
	vc_json_string_if(w, "slotPath", d->identity.slot_path);
	vc_json_string(w, "address", d->identity.address);
	vc_json_string(w, "bootID", d->identity.boot_id);
	vc_json_string(w, "seenOn", vc_seen_name(d->identity.seen));
	vc_json_close(w);
}

static int write_status_device(struct vc_json_writer *w,
                               const struct vc_host_claim *claim,
                               const struct vc_claimed_device *d, struct vc_err *err)
{
	size_t before;

	vc_json_object(w, NULL);
	write_result(w, claim, d);
	before = w->buf->len;
	write_data(w, d);
	vc_json_close(w);
	if (w->buf->len - before > VC_OPAQUE_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "device '%s' says more about itself than the %zu bytes "
		               "that a claim may hold",
		               d->name, VC_OPAQUE_MAX);
	return 0;
}

static int write_status(struct vc_json_writer *w, const struct vc_host_claim *claim,
                        struct vc_err *err)
{
	vc_json_object(w, "status");
	vc_json_object(w, "allocation");
	vc_json_object(w, "devices");
	vc_json_array(w, "results");
	for (size_t i = 0; i < claim->devices.n; i++) {
		vc_json_object(w, NULL);
		vc_json_string(w, "request", claim->devices.v[i].request);
		write_result(w, claim, &claim->devices.v[i]);
		vc_json_close(w);
	}
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_array(w, "devices");
	for (size_t i = 0; i < claim->devices.n; i++)
		if (write_status_device(w, claim, &claim->devices.v[i], err) < 0)
			return -(int)err->kind;
	vc_json_close(w);
	vc_json_close(w);
	return 0;
}

/**
 * vc_host_claim_write() - Write a host claim
 * @claim:	claim
 * @buf:	gets the document; what is in it on failure is of no use
 * @err:	what is wrong with the claim
 *
 * Return: 0, -VC_ERR_INPUT (the claim makes no sense, or is too big) or -VC_ERR_INTERNAL
 */
int vc_host_claim_write(const struct vc_host_claim *claim, struct vc_buf *buf,
                        struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	if (vc_host_claim_check(claim, err) < 0)
		return -(int)err->kind;
	vc_json_object(&w, NULL);
	vc_json_string(&w, "apiVersion", VC_HOST_API_VERSION);
	vc_json_string(&w, "kind", VC_HOST_KIND);
	write_metadata(&w, claim);
	write_spec(&w, claim);
	if (write_status(&w, claim, err) < 0)
		return -(int)err->kind;
	vc_json_close(&w);
	return buf->failed ? vc_fail_oom(err) : 0;
}
