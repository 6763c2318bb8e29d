/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain documents, read and printed: what is read keeps the rules of document.h, and
 * printing what was printed changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "domain/apply.h"
#include "domain/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_hostdevs(const struct vc_domain *d)
{
	for (size_t i = 0; i < d->hostdevs.n; i++) {
		const struct vc_hostdev *h = &d->hostdevs.v[i];

		require(h->at > 0 && h->element);
		require(i == 0 || d->hostdevs.v[i - 1].at < h->at);
		require(!h->host.mdev_uuid || strlen(h->host.mdev_uuid) == 36);
	}
}

static void check_guests(const struct vc_domain *d)
{
	for (size_t i = 0; i < d->guests.n; i++) {
		const struct vc_guest_device *g = &d->guests.v[i];

		require(g->at > 0 && g->element);
		require(i == 0 || d->guests.v[i - 1].at < g->at);
		require(!g->address.set ||
		        (g->address.slot <= 0x1f && g->address.function <= 7));
	}
}

static void check_records(const struct vc_domain *d)
{
	for (size_t i = 0; i < d->records.n; i++) {
		const struct vc_record *r = &d->records.v[i];

		require(vc_alias_is_valid(r->binding.alias) && r->binding.origin);
		require(r->binding.request || r->device);
		require(!r->binding.request || r->binding.index > 0);
	}
}

static void check_print(const char *text, size_t len)
{
	char *once = NULL, *twice = NULL;
	size_t once_len = 0, twice_len = 0;
	struct vc_err err = VC_ERR_INIT;

	if (vc_document_print(text, len, &once, &once_len, &err) < 0)
		return;
	require(vc_document_print(once, once_len, &twice, &twice_len, &err) == 0);
	require(once_len == twice_len && memcmp(once, twice, once_len) == 0);
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_domain domain = { 0 };

	if (vc_document_parse((const char *)data, size, "f", &document, &err) < 0 ||
	    vc_domain_read(&arena, document, &domain, &err) < 0) {
		require(strlen(err.msg) > 0 && domain.hostdevs.n == 0);
		return 0;
	}
	require(err.kind == VC_ERR_NONE && document->len == size);
	check_hostdevs(&domain);
	check_guests(&domain);
	check_records(&domain);
	check_print(document->text, document->len);
	return 0;
}
