/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: an entry has one writer at a time, its owner, or who holds the
 * lock of the node. So its temporary file has one name too, and what a crash leaves of it
 * is overwritten by the next write and removed with the entry. A file is complete before
 * it gets its name; so a single read is enough.
 */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/write.h"
#include "store/journal_fields.h"

#define DIRECTORY "journal"
#define SUFFIX    ".json"

/* "." UUID ".tmp" and "UUID.json" */
#define NAME_SIZE 64U

/**
 * vc_phase_name() - The name of a phase, as in the journal
 * @phase:	phase
 *
 * Return: a static string
 */
const char *vc_phase_name(enum vc_phase phase)
{
	static const char *const names[] = {
		[VC_PHASE_PREPARING] = "preparing",
		[VC_PHASE_PREPARED] = "prepared",
		[VC_PHASE_UNPREPARING] = "unpreparing",
		[VC_PHASE_QUARANTINED] = "quarantined",
	};

	return names[phase];
}

static int open_directory(struct vc_arena *arena, const char *run, int *ret_fd,
                          struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/" DIRECTORY, run);

	if (!path)
		return vc_fail_oom(err);
	return vc_file_open_directory(AT_FDCWD, path, VC_FILE_TRUSTED, ret_fd, err);
}

static int make_directory(struct vc_arena *arena, const char *run, int *ret_fd,
                          struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/" DIRECTORY, run);
	struct vc_err absent = VC_ERR_INIT;

	if (!path)
		return vc_fail_oom(err);
	if (open_directory(arena, run, ret_fd, &absent) == 0)
		return 0;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return vc_fail_sys(err, errno, "cannot make '%s'", path);
	return open_directory(arena, run, ret_fd, err);
}

static int check_uid(const char *uid, struct vc_err *err)
{
	if (!vc_is_uuid(uid))
		return vc_fail(err, VC_ERR_INPUT, "'%.64s' is no UID of a claim", uid);
	return 0;
}

static void name_entry(const char *uid, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "%.36s" SUFFIX, uid);
}

static void name_temporary(const char *uid, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, ".%.36s.tmp", uid);
}

/* At most @size bytes; how many, or -errno. */
static ssize_t read_bytes(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int read_text(struct vc_arena *arena, int dir, const char *name, char **ret_text,
                     size_t *ret_len, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = openat(
		dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t len;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot read it");
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)VC_JOURNAL_MAX_BYTES)
		return vc_fail(err, VC_ERR_INPUT,
		               "expected a regular file of at most %zu bytes",
		               VC_JOURNAL_MAX_BYTES);
	text = vc_arena_alloc(arena, (size_t)st.st_size + 1, 1);
	if (!text)
		return vc_fail_oom(err);
	len = read_bytes(fd, text, (size_t)st.st_size);
	if (len < 0)
		return vc_fail_sys(err, (int)-len, "cannot read it");
	*ret_text = text;
	*ret_len = (size_t)len;
	return 0;
}

static int read_entry(struct vc_arena *arena, int dir, const char *name,
                      struct vc_entry *ret_entry, struct vc_err *err)
{
	struct vc_entry entry = { 0 };
	char expected[NAME_SIZE];
	char *text = NULL;
	size_t len = 0;
	int r = read_text(arena, dir, name, &text, &len, err);

	if (r == 0)
		r = vc_entry_parse(arena, text, len, name, &entry, err);
	if (r < 0)
		return r;
	name_entry(entry.uid, expected);
	if (strcmp(expected, name) != 0)
		return vc_fail(err, VC_ERR_INPUT, "%s: is about claim '%.36s'", name,
		               expected);
	*ret_entry = entry;
	return 0;
}

static bool is_of_boot(const struct vc_entry *entry, const char *boot_id)
{
	return entry->boot_id && strcmp(entry->boot_id, boot_id) == 0;
}

/* What cannot be read may hold any device. */
static int explain(const char *run, const char *name, struct vc_err *err)
{
	char why[VC_ERR_MSG_SIZE];

	if (err->kind == VC_ERR_INTERNAL)
		return -VC_ERR_INTERNAL;
	memcpy(why, err->msg, sizeof(why));
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s/" DIRECTORY "/%s' may hold any device and cannot be read "
	               "(%.1024s); when no device of it is on a vfio driver any more, "
	               "remove it",
	               run, name, why);
}

/**
 * vc_journal_read() - Read the entry of one claim
 * @arena:	holds the entry
 * @run:	directory RUN
 * @uid:	of the claim
 * @boot_id:	this boot
 * @ret_entry:	entry
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (none, or of another boot), -VC_ERR_REFUSED (a file that cannot
 * be read as an entry), -VC_ERR_INPUT (no UID) or -VC_ERR_INTERNAL
 */
int vc_journal_read(struct vc_arena *arena, const char *run, const char *uid,
                    const char *boot_id, struct vc_entry *ret_entry, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	struct vc_entry entry = { 0 };
	char name[NAME_SIZE];
	int r;

	if (check_uid(uid, err) < 0 || open_directory(arena, run, &dir, err) < 0)
		return -(int)err->kind;
	name_entry(uid, name);
	r = read_entry(arena, dir, name, &entry, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? r : explain(run, name, err);
	if (!is_of_boot(&entry, boot_id))
		return vc_fail(err, VC_ERR_ABSENT,
		               "the entry of claim '%.36s' is of another boot", uid);
	*ret_entry = entry;
	return 0;
}

static bool is_entry_name(const char *name)
{
	size_t len = strlen(name), end = strlen(SUFFIX);

	return name[0] != '.' && len > end && strcmp(name + len - end, SUFFIX) == 0;
}

/* Entries of this boot, or of all others. */
static int list(struct vc_arena *arena, const char *run, const char *boot_id,
                bool this_boot, struct vc_entries *entries, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	struct vc_names names;

	if (open_directory(arena, run, &dir, err) < 0 ||
	    vc_file_list(arena, dir, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		struct vc_entry entry = { 0 }, *slot;
		int r;

		if (!is_entry_name(names.v[i]))
			continue;
		r = read_entry(arena, dir, names.v[i], &entry, err);
		if (r == -VC_ERR_ABSENT) /* removed meanwhile */
			continue;
		if (r < 0)
			return explain(run, names.v[i], err);
		if (is_of_boot(&entry, boot_id) != this_boot)
			continue;
		slot = vc_list_push(arena, entries);
		if (!slot)
			return vc_fail_oom(err);
		*slot = entry;
	}
	return 0;
}

/* No directory is an empty journal. */
static int list_or_none(struct vc_arena *arena, const char *run, const char *boot_id,
                        bool this_boot, struct vc_entries *ret_entries,
                        struct vc_err *err)
{
	struct vc_entries entries = { 0 };
	struct vc_err why = VC_ERR_INIT;
	int r = list(arena, run, boot_id, this_boot, &entries, &why);

	if (r < 0 && r != -VC_ERR_ABSENT) {
		*err = why;
		return r;
	}
	*ret_entries = entries;
	return 0;
}

/**
 * vc_journal_list() - The entries of all claims
 * @arena:	holds them
 * @run:	directory RUN
 * @boot_id:	this boot; entries of others are left out
 * @ret_entries: sorted by UID
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (a file that cannot be read as an entry; the message names it
 * and says what to do), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_journal_list(struct vc_arena *arena, const char *run, const char *boot_id,
                    struct vc_entries *ret_entries, struct vc_err *err)
{
	return list_or_none(arena, run, boot_id, true, ret_entries, err);
}

static int open_new(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	              0600);
}

/* Whoever reads the new name reads all of it; 0 or -errno. */
static int put(int dir, const char *temporary, const char *name, const struct vc_buf *buf)
{
	VC_AUTOCLOSE int fd = open_new(dir, temporary);
	int r;

	/* what a crash left may be anything */
	if (fd < 0 && errno == EEXIST && unlinkat(dir, temporary, 0) == 0)
		fd = open_new(dir, temporary);
	if (fd < 0)
		return -errno;
	r = vc_write_all(fd, buf->data, buf->len);
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

/* An entry that nobody can read would keep everything from everybody. */
static int check_readable(const struct vc_buf *buf, const char *name, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err why = VC_ERR_INIT;
	struct vc_entry entry;

	if (vc_entry_parse(&arena, buf->data, buf->len, name, &entry, &why) == 0)
		return 0;
	return vc_fail(err, VC_ERR_INTERNAL,
	               "cannot write an entry of the journal: %.1500s", why.msg);
}

/**
 * vc_journal_write() - Put an entry in place of the old one, if there is one
 * @arena:	for paths
 * @run:	directory RUN, which exists
 * @entry:	entry
 * @err:	why not; the old entry is as it was
 *
 * Return: 0, -VC_ERR_INPUT (no UID), -VC_ERR_SYSTEM, -VC_ERR_ABSENT or -VC_ERR_INTERNAL
 */
int vc_journal_write(struct vc_arena *arena, const char *run,
                     const struct vc_entry *entry, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_JOURNAL_MAX_BYTES);
	char name[NAME_SIZE], temporary[NAME_SIZE];
	VC_AUTOCLOSE int dir = -1;
	int r;

	if (check_uid(entry->uid, err) < 0 || vc_entry_print(entry, &buf, err) < 0 ||
	    make_directory(arena, run, &dir, err) < 0)
		return -(int)err->kind;
	name_entry(entry->uid, name);
	name_temporary(entry->uid, temporary);
	if (check_readable(&buf, name, err) < 0)
		return -(int)err->kind;
	r = put(dir, temporary, name, &buf);
	if (r < 0)
		return vc_fail_sys(err, -r, "cannot write '%s/" DIRECTORY "/%s'", run,
		                   name);
	return 0;
}

/**
 * vc_journal_remove() - Remove an entry: all of it was given back
 * @arena:	for paths
 * @run:	directory RUN
 * @uid:	of the claim
 * @err:	why not
 *
 * Return: 0 (also when there was none), -VC_ERR_INPUT (no UID), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_journal_remove(struct vc_arena *arena, const char *run, const char *uid,
                      struct vc_err *err)
{
	char name[NAME_SIZE], temporary[NAME_SIZE];
	struct vc_err why = VC_ERR_INIT;
	VC_AUTOCLOSE int dir = -1;
	int r;

	if (check_uid(uid, err) < 0)
		return -(int)err->kind;
	r = open_directory(arena, run, &dir, &why);
	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	name_entry(uid, name);
	name_temporary(uid, temporary);
	(void)unlinkat(dir, temporary, 0);
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return vc_fail_sys(err, errno, "cannot remove '%s/" DIRECTORY "/%s'", run,
		                   name);
	return 0;
}

/**
 * vc_journal_forget() - Remove the entries of other boots
 * @arena:	for what is read
 * @run:	directory RUN
 * @boot_id:	this boot
 * @err:	why not
 *
 * What they changed went with the kernel that they speak about. The caller holds the lock
 * of the node.
 *
 * Return: 0, or as vc_journal_list() and vc_journal_remove()
 */
int vc_journal_forget(struct vc_arena *arena, const char *run, const char *boot_id,
                      struct vc_err *err)
{
	struct vc_entries entries;

	if (list_or_none(arena, run, boot_id, false, &entries, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < entries.n; i++)
		if (vc_journal_remove(arena, run, entries.v[i].uid, err) < 0)
			return -(int)err->kind;
	return 0;
}
