/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry that is read can be written, and then reads and writes as the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/journal_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_entry(const struct vc_entry *entry)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)64 << 20);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	int r = vc_entry_print(entry, &buf, &err);

	if (r == 0)
		r = vc_buf_take(&buf, &text, NULL, &err);
	return r < 0 ? NULL : text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOFREE char *once = NULL, *twice = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_entry entry, again;

	if (vc_entry_parse(&arena, (const char *)data, size, "f", &entry, &err) < 0)
		return 0;
	once = write_entry(&entry);
	if (!once || vc_entry_parse(&arena, once, strlen(once), "f", &again, &err) < 0)
		abort();
	twice = write_entry(&again);
	if (!twice || strcmp(once, twice) != 0)
		abort();
	return 0;
}
