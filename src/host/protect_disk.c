/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protect_disk.c - from mounted file systems and swap spaces down to devices.
 *
 * [PROC] self/mountinfo: id parent major:minor root mount-point options [tags] - type
 * source options. swaps: name type ...
 * [SYSFS] dev/block/<major>:<minor> leads to a disk or partition; slaves/ in it, or in
 * the disk of a partition, has what a dm or md device is made of. An NVMe disk with
 * several paths is virtual: its subsystem's directory has links to the controllers.
 * [BTRFS] fs/btrfs/<uuid>/devices/ has the disks of a file system, whose device number
 * in mountinfo is of no disk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/proc.h"
#include "host/protect.h"
#include "host/sysfs.h"

#define MOUNTINFO "self/mountinfo"

/* Deeper or wider stacks of dm devices than these are a loop. */
#define STACK_MAX   16U
#define VISITED_MAX 1024U
#define WORDS_MAX   40U
#define WHERE_MAX   80

/* One thing in use. */
struct use {
	char *disk;  /* "259:2", or "/dev/sda2" */
	char *where; /* mount point, or name of the swap space */
	bool swap;
};

struct uses {
	struct use *v;
	size_t n, cap;
};

/* A walk from one disk down. */
struct walk {
	struct vc_scan *scan;
	const char *why;
	struct vc_names visited;
};

static int go_down(struct walk *walk, const char *path, unsigned depth,
                   struct vc_err *err);

/* A link in sysfs: what it leads to, and further down. */
static int follow(struct walk *walk, const char *link, unsigned depth, struct vc_err *err)
{
	char *path;

	if (vc_sysfs_link_path(walk->scan->arena, walk->scan->root, link, &path, err) <
	    0) {
		if (err->kind == VC_ERR_INTERNAL)
			return -(int)err->kind;
		vc_scan_note(walk->scan, "host protection: %s", err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	return go_down(walk, path, depth + 1, err);
}

/* Every link in @directory whose name begins with @prefix. */
static int follow_all(struct walk *walk, const char *directory, const char *prefix,
                      unsigned depth, struct vc_err *err)
{
	struct vc_arena *arena = walk->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = walk->scan->root };
	struct vc_names names;

	if (vc_at_list(&at, directory, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		char *link;

		if (strncmp(names.v[i], prefix, strlen(prefix)) != 0)
			continue;
		link = vc_arena_printf(arena, "%s/%s", directory, names.v[i]);
		if (!link)
			return vc_fail_oom(err);
		if (follow(walk, link, depth, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1": the controllers are links
 * nvme<N> beside the disk, which is a directory. */
static int follow_controllers(struct walk *walk, const char *subsystem, unsigned depth,
                              struct vc_err *err)
{
	struct vc_arena *arena = walk->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = walk->scan->root };
	struct vc_names names;

	if (vc_at_list(&at, subsystem, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		const char *cursor = names.v[i];
		uint64_t number;
		char *link;

		if (!vc_parse_literal(&cursor, "nvme") ||
		    !vc_parse_number(cursor, UINT32_MAX, &number))
			continue;
		link = vc_arena_printf(arena, "%s/%s", subsystem, names.v[i]);
		if (!link)
			return vc_fail_oom(err);
		if (follow(walk, link, depth, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static bool visit(struct walk *walk, const char *path, struct vc_err *err)
{
	for (size_t i = 0; i < walk->visited.n; i++)
		if (strcmp(walk->visited.v[i], path) == 0)
			return false;
	return walk->visited.n < VISITED_MAX &&
	       vc_names_add(walk->scan->arena, &walk->visited, path, err) == 0;
}

static int go_down(struct walk *walk, const char *path, unsigned depth,
                   struct vc_err *err)
{
	struct vc_arena *arena = walk->scan->arena;
	char *parent = vc_path_parent(arena, path);
	char *own = vc_arena_printf(arena, "%s/slaves", path);
	char *whole = vc_arena_printf(arena, "%s/slaves", parent ? parent : ".");
	char *subsystem = parent ? vc_path_parent(arena, parent) : NULL;
	bool any;

	if (!own || !whole)
		return vc_fail_oom(err);
	if (depth > STACK_MAX || !visit(walk, path, err))
		return err->kind == VC_ERR_INTERNAL ? -(int)err->kind : 0;
	if (vc_protect_path(walk->scan, path, walk->why, &any, err) < 0 ||
	    follow_all(walk, own, "", depth, err) < 0 ||
	    follow_all(walk, whole, "", depth, err) < 0)
		return -(int)err->kind;
	if (any || !strstr(path, "/nvme-subsystem/"))
		return 0;
	/* the disk, or a partition of it */
	if (follow_controllers(walk, parent, depth, err) < 0)
		return -(int)err->kind;
	return subsystem ? follow_controllers(walk, subsystem, depth, err) : 0;
}

/* [DM] /dev/mapper/<name>: block device dm-<N> whose dm/name says so. */
static int find_mapped(struct vc_scan *scan, const char *name, char **ret_kernel_name,
                       struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	struct vc_names names;

	*ret_kernel_name = NULL;
	if (vc_at_list(&at, "class/block", &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		char *path;
		char *text;

		if (strncmp(names.v[i], "dm-", 3) != 0)
			continue;
		path = vc_arena_printf(scan->arena, "class/block/%s/dm/name", names.v[i]);
		if (!path)
			return vc_fail_oom(err);
		if (vc_at_text(&at, path, &text, err) < 0)
			return -(int)err->kind;
		if (text && strcmp(text, name) == 0)
			*ret_kernel_name = names.v[i];
	}
	return 0;
}

/* "/dev/sda2" is "sda2", "/dev/cciss/c0d0" is "cciss!c0d0"; NULL unknown. */
static int kernel_name(struct vc_scan *scan, const char *device, char **ret_name,
                       struct vc_err *err)
{
	const char *cursor = device;
	char *name;

	*ret_name = NULL;
	if (!vc_parse_literal(&cursor, "/dev/") || *cursor == '\0')
		return 0;
	if (vc_parse_literal(&cursor, "mapper/"))
		return find_mapped(scan, cursor, ret_name, err);
	name = vc_arena_strdup(scan->arena, cursor);
	if (!name)
		return vc_fail_oom(err);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '/')
			*p = '!';
	if (name[0] != '.')
		*ret_name = name;
	return 0;
}

/* All disks of the btrfs file system that has @name among its disks. */
static int follow_btrfs(struct walk *walk, const char *name, struct vc_err *err)
{
	struct vc_arena *arena = walk->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = walk->scan->root };
	struct vc_names systems;

	if (vc_at_list(&at, "fs/btrfs", &systems, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < systems.n; i++) {
		char *path = vc_arena_printf(arena, "fs/btrfs/%s/devices", systems.v[i]);
		struct vc_names disks;

		if (!path)
			return vc_fail_oom(err);
		if (vc_at_list(&at, path, &disks, err) < 0)
			return -(int)err->kind;
		if (vc_names_have(&disks, name) && follow_all(walk, path, "", 0, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* By device number, or by name. */
static int protect_use(struct vc_scan *scan, const struct use *use, struct vc_err *err)
{
	const bool number = use->disk[0] != '/';
	struct walk walk = { .scan = scan };
	char *name = use->disk;
	char *link;

	walk.why = vc_arena_printf(scan->arena, "holds %s '%.*s'",
	                           use->swap ? "swap space" : "the file system at",
	                           WHERE_MAX, use->where);
	if (!walk.why)
		return vc_fail_oom(err);
	if (!number && kernel_name(scan, use->disk, &name, err) < 0)
		return -(int)err->kind;
	if (!name) {
		vc_scan_note(scan, "host protection: which disk '%.80s' is, is unknown",
		             use->disk);
		return 0;
	}
	if (!number && !use->swap && follow_btrfs(&walk, name, err) < 0)
		return -(int)err->kind;
	link = vc_arena_printf(scan->arena, "%s/%s", number ? "dev/block" : "class/block",
	                       name);
	return link ? follow(&walk, link, 0, err) : vc_fail_oom(err);
}

static int add_use(struct vc_scan *scan, struct uses *uses, const struct use *use,
                   struct vc_err *err)
{
	struct use *slot = vc_list_push(scan->arena, uses);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *use;
	return 0;
}

/* "8:2", and not "0:45" of file systems without a disk */
static bool is_disk_number(const char *text)
{
	uint64_t major, minor;

	return vc_parse_decimal(&text, UINT32_MAX, &major) &&
	       vc_parse_literal(&text, ":") &&
	       vc_parse_decimal(&text, UINT32_MAX, &minor) && vc_parse_end(text) &&
	       major > 0;
}

static int add_mount(struct vc_scan *scan, struct uses *uses, char *line,
                     struct vc_err *err)
{
	char *words[WORDS_MAX];
	size_t n = vc_proc_words(line, words, WORDS_MAX);
	size_t dash = 6;

	while (dash < n && strcmp(words[dash], "-") != 0)
		dash++;
	if (n < 7 || dash + 2 >= n) {
		vc_scan_note(scan,
		             "host protection: a line of " MOUNTINFO " makes no sense");
		return 0;
	}
	if (is_disk_number(words[2]))
		return add_use(scan, uses,
		               &(struct use){ .disk = words[2], .where = words[4] }, err);
	if (strcmp(words[dash + 1], "zfs") == 0)
		vc_scan_note(scan,
		             "host protection: the disks of ZFS at '%.80s' are unknown; "
		             "keep claims off them yourself",
		             words[4]);
	if (strncmp(words[dash + 2], "/dev/", 5) != 0)
		return 0;
	return add_use(scan, uses,
	               &(struct use){ .disk = words[dash + 2], .where = words[4] }, err);
}

static int read_mounts(struct vc_scan *scan, int proc, struct uses *uses,
                       struct vc_err *err)
{
	char *text, *line;

	if (vc_proc_read(scan->arena, proc, MOUNTINFO, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return vc_fail(err, VC_ERR_ABSENT,
		               "proc '" MOUNTINFO
		               "' does not exist; it says which disks the host needs");
	while ((line = vc_proc_line(&text)))
		if (add_mount(scan, uses, line, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* A swap file lies in a mounted file system. */
static int read_swaps(struct vc_scan *scan, int proc, struct uses *uses,
                      struct vc_err *err)
{
	char *text, *line, *words[2];

	if (vc_proc_read(scan->arena, proc, "swaps", &text, err) < 0)
		return -(int)err->kind;
	while (text && (line = vc_proc_line(&text))) {
		if (vc_proc_words(line, words, 2) < 2 ||
		    strcmp(words[1], "partition") != 0)
			continue;
		if (add_use(scan, uses,
		            &(struct use){
				    .disk = words[0], .where = words[0], .swap = true },
		            err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* File systems before swap spaces, then the shortest place: the reason that is kept
 * should be the most telling one. */
static int compare_places(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	size_t x_len = strlen(x->where), y_len = strlen(y->where);

	if (x->swap != y->swap)
		return x->swap ? 1 : -1;
	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return strcmp(x->where, y->where);
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int c = strcmp(x->disk, y->disk);

	return c != 0 ? c : compare_places(a, b);
}

/* One use of each disk, the most telling ones first. */
static void sort_uses(struct uses *uses)
{
	size_t kept = 0;

	if (uses->n == 0)
		return;
	qsort(uses->v, uses->n, sizeof(*uses->v), compare_uses);
	for (size_t i = 1; i < uses->n; i++)
		if (strcmp(uses->v[kept].disk, uses->v[i].disk) != 0)
			uses->v[++kept] = uses->v[i];
	uses->n = kept + 1;
	qsort(uses->v, uses->n, sizeof(*uses->v), compare_places);
}

/**
 * vc_protect_disks() - Protect the disks under file systems and swap spaces
 * @scan:	scan; PCI and USB devices are known
 * @proc:	directory like /proc
 * @err:	why it cannot be said
 *
 * Return: 0, -VC_ERR_ABSENT (no mountinfo), -VC_ERR_INPUT, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_protect_disks(struct vc_scan *scan, int proc, struct vc_err *err)
{
	struct uses uses = { 0 };

	if (read_mounts(scan, proc, &uses, err) < 0 ||
	    read_swaps(scan, proc, &uses, err) < 0)
		return -(int)err->kind;
	sort_uses(&uses);
	for (size_t i = 0; i < uses.n; i++)
		if (protect_use(scan, &uses.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}
