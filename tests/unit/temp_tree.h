/* SPDX-License-Identifier: GPL-2.0-or-later */
/* temp_tree.h - a directory of its own for each test, and files in it. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

struct temp_tree {
	char path[64];
	int dir;
};

static inline int temp_tree_setup(void **state)
{
	struct temp_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	(void)snprintf(t->path, sizeof(t->path), "/tmp/vc-test-tree-XXXXXX");
	if (!mkdtemp(t->path))
		return -1;
	t->dir = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->dir < 0 ? -1 : 0;
}

static inline int temp_tree_remove(const char *path, const struct stat *st VC_UNUSED,
                                   int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static inline int temp_tree_teardown(void **state)
{
	struct temp_tree *t = *state;

	(void)close(t->dir);
	if (nftw(t->path, temp_tree_remove, 8, FTW_DEPTH | FTW_PHYS) != 0)
		return -1;
	free(t);
	return 0;
}

/* Makes the directories above @path too. */
static inline void temp_tree_mkdirs(const struct temp_tree *t, const char *path)
{
	char part[512];

	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(s - path), path);
		(void)mkdirat(t->dir, part, 0755);
	}
}

static inline void temp_tree_put(const struct temp_tree *t, const char *path,
                                 const char *text)
{
	int fd;

	temp_tree_mkdirs(t, path);
	fd = openat(t->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

/* A tree of its own for case @i; the caller closes .dir. */
static inline struct temp_tree temp_tree_case(const struct temp_tree *t, size_t i)
{
	struct temp_tree own = { .dir = -1 };
	int n = snprintf(own.path, sizeof(own.path), "%s/%zu", t->path, i);

	assert_true(n > 0 && (size_t)n < sizeof(own.path));
	assert_int_equal(mkdir(own.path, 0755), 0);
	own.dir = open(own.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(own.dir >= 0);
	return own;
}
