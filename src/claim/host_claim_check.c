/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_claim_check.c - what every host claim fulfils, one that was read and one that is
 * to be written: names, counts, and which fields go with which kind of device.
 */
#include <string.h>

#include "base/parse.h"
#include "claim/host_claim_internal.h"
#include "claim/names.h"

static const char *origin_of(const struct vc_host_claim *claim)
{
	return claim->origin ? claim->origin : "host claim";
}

/* "FILE: device 'nvme-1': WHAT" */
static int fail_device(const struct vc_host_claim *claim,
                       const struct vc_claimed_device *d, const char *what,
                       struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INPUT, "%s: device '%.64s': %s", origin_of(claim),
	               d->name ? d->name : "?", what);
}

static bool is_text(const char *text)
{
	return vc_is_one_line(text) && strlen(text) <= VC_IDENTITY_TEXT_MAX;
}

static const char *check_evidence(const struct vc_identity *identity)
{
	if (identity->evidence.n > VC_IDENTITY_EVIDENCE_MAX)
		return "more evidence than a device has";
	for (size_t i = 0; i < identity->evidence.n; i++)
		if (!is_text(identity->evidence.v[i].value))
			return "evidence has to be one line of at most 512 bytes";
	return NULL;
}

/* What is wrong with an identity, NULL nothing. */
static const char *check_identity(const struct vc_identity *identity)
{
	if (identity->kind == VC_DEVICE_MDEV_TYPE)
		return "a type of mediated devices is no device";
	if (identity->kind == VC_DEVICE_MDEV && !identity->slot_path)
		return "the parent of a mediated device has to have a name (slotPath)";
	if (identity->slot_path && !is_text(identity->slot_path))
		return "slotPath has to be one line of at most 512 bytes";
	if (!is_text(identity->address))
		return "address has to be one line of at most 512 bytes";
	if (!vc_is_uuid(identity->boot_id))
		return "bootID has to be a UUID";
	return check_evidence(identity);
}

static const char *check_vf(const struct vc_claimed_device *d)
{
	if (d->made_from != VC_MADE_FROM_PF)
		return d->mac || d->vlan != -1
		               ? "only a virtual function can be given mac and vlan"
		               : NULL;
	if (d->identity.kind != VC_DEVICE_PCI)
		return "a virtual function has a PCI function as its physical one";
	if (d->vf_index > VC_VF_INDEX_MAX)
		return "there are at most 65535 virtual functions";
	if (d->mac && !vc_is_unicast_mac(d->mac))
		return "mac has to be a unicast address like '52:54:00:12:34:56'";
	if (d->vlan != -1 && (d->vlan < 1 || d->vlan > VC_VLAN_MAX))
		return "vlan has to be 1..4094";
	return NULL;
}

static const char *check_mdev(const struct vc_claimed_device *d)
{
	if (d->made_from != VC_MADE_FROM_TYPE) {
		if (d->mdev_type || d->mdev_uuid)
			return "only a mediated device has mdevType and mdevUUID";
		return d->identity.kind == VC_DEVICE_MDEV && !d->made_from
		               ? "a mediated device is made from a type (madeFrom)"
		               : NULL;
	}
	if (d->identity.kind == VC_DEVICE_USB)
		return "a USB device is no parent of mediated devices";
	if (!is_text(d->mdev_type) || strchr(d->mdev_type, '/'))
		return "mdevType has to be the id of a type like 'nvidia-558'";
	if (!vc_is_uuid(d->mdev_uuid))
		return "mdevUUID has to be a UUID";
	return NULL;
}

static int check_device(const struct vc_host_claim *claim,
                        const struct vc_claimed_device *d, struct vc_err *err)
{
	const char *wrong = NULL;

	if (!vc_is_dns_label(d->name))
		wrong = "its name has to be a DNS label";
	else if (!vc_is_dns_label(d->request))
		wrong = "its request has to be a DNS label";
	else if (d->match && !is_text(d->match))
		wrong = "match has to be one line of at most 512 bytes";
	if (!wrong)
		wrong = check_identity(&d->identity);
	if (!wrong)
		wrong = check_vf(d);
	if (!wrong)
		wrong = check_mdev(d);
	return wrong ? fail_device(claim, d, wrong, err) : 0;
}

/* Names are unique, and devices of one request stand together. */
static int check_order(const struct vc_host_claim *claim, size_t at, struct vc_err *err)
{
	const struct vc_claimed_device *d = &claim->devices.v[at];

	for (size_t i = 0; i < at; i++) {
		const struct vc_claimed_device *other = &claim->devices.v[i];

		if (strcmp(other->name, d->name) == 0)
			return fail_device(claim, d, "is there twice", err);
		if (i + 1 < at && strcmp(other->request, d->request) == 0 &&
		    strcmp(other[1].request, d->request) != 0)
			return fail_device(
				claim, d, "stands apart from others of its request", err);
	}
	return 0;
}

static int check_metadata(const struct vc_host_claim *claim, struct vc_err *err)
{
	const char *wrong = NULL;

	if (!vc_is_dns_label(claim->namespace) || !vc_is_dns_label(claim->name))
		wrong = "namespace and name have to be DNS labels";
	else if (!vc_is_uuid(claim->uid))
		wrong = "uid has to be a UUID";
	else if (!vc_is_pool_name(claim->pool))
		wrong = "pool has to be the name of a host";
	else if (claim->generation < 1)
		wrong = "generation has to be 1 or more";
	else if (claim->devices.n < 1 || claim->devices.n > VC_HOST_CLAIM_DEVICES_MAX)
		wrong = "a claim has 1 to 32 devices";
	return wrong ? vc_fail(err, VC_ERR_INPUT, "%s: %s", origin_of(claim), wrong) : 0;
}

/**
 * vc_host_claim_check() - Whether a claim makes sense
 * @claim:	claim
 * @err:	what does not
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_host_claim_check(const struct vc_host_claim *claim, struct vc_err *err)
{
	if (check_metadata(claim, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claim->devices.n; i++)
		if (check_device(claim, &claim->devices.v[i], err) < 0 ||
		    check_order(claim, i, err) < 0)
			return -(int)err->kind;
	return 0;
}
