/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay PATH... - feed each file below each PATH to a fuzz target, without libFuzzer. */
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t n_files;

static int feed(const char *path, const struct stat *st VC_UNUSED, int type,
                struct FTW *ftw VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;

	if (type != FTW_F)
		return 0;
	if (vc_file_read(&arena, AT_FDCWD, path, 0, &text, &len, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	n_files++;
	(void)LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	return 0;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], feed, 16, FTW_PHYS) != 0)
			return 1;
	(void)printf("%zu files\n", n_files);
	return n_files > 0 ? 0 : 1;
}
