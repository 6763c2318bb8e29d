/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* In a directory of files; a file appears with rename(2) or link(2). An editor may write
 * into one. */
#define FILES_MASK                                                              \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
/* In a directory whose only news is a new directory. */
#define PARENT_MASK (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)

/* More namespaces than these are not watched: a change in them waits for another event. */
#define NAMESPACES_MAX 1024U
#define READ_BYTES     4096

/* A refresh that is under way */
struct refresh {
	struct vc_arena *arena;
	int fd;
	struct vc_err *blind;
};

/* What is not there is not watched; then *ret_found is false. Nor is what the kernel has
 * no room for, which is no reason to die. */
static int add_found(const struct refresh *r, const char *path, uint32_t mask,
                     bool *ret_found, struct vc_err *err)
{
	*ret_found = true;
	if (inotify_add_watch(r->fd, path, mask) >= 0)
		return 0;
	*ret_found = errno != ENOENT && errno != ENOTDIR;
	if (!*ret_found)
		return 0;
	if (errno != ENOSPC)
		return vc_fail_sys(err, errno, "cannot watch '%s'", path);
	(void)vc_fail(r->blind, VC_ERR_SYSTEM,
	              "'%s' cannot be watched: the kernel has no room for more watches; "
	              "raise fs.inotify.max_user_watches",
	              path);
	return 0;
}

static int add(const struct refresh *r, const char *path, uint32_t mask,
               struct vc_err *err)
{
	bool found;

	return add_found(r, path, mask, &found, err);
}

static int add_below(const struct refresh *r, const char *directory, const char *name,
                     uint32_t mask, struct vc_err *err)
{
	const char *path = vc_arena_printf(r->arena, "%s/%s", directory, name);

	return path ? add(r, path, mask, err) : vc_fail_oom(err);
}

static int add_namespaces(const struct refresh *r, const char *claims, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = open(claims, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vc_names names;

	if (dir < 0)
		return 0;
	if (vc_file_list(r->arena, dir, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && i < NAMESPACES_MAX; i++)
		if (names.v[i][0] != '.' &&
		    add_below(r, claims, names.v[i], FILES_MASK, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* The directory that PATH is in, or the next one above it that exists. */
static int add_above(const struct refresh *r, const char *path, struct vc_err *err)
{
	char *above = vc_arena_strdup(r->arena, path);
	char *slash = above ? strrchr(above, '/') : NULL;
	bool found = false;

	if (!above)
		return vc_fail_oom(err);
	for (; slash && slash > above && !found; slash = strrchr(above, '/')) {
		*slash = '\0';
		/* it may be one that is watched for more */
		if (add_found(r, above, PARENT_MASK | IN_MASK_ADD, &found, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_watch_refresh() - Watch what is there
 * @fd:		of vc_inotify_open()
 * @places:	where
 * @ret_blind:	gets what the kernel has no room to watch: the caller has to look by itself
 *		from time to time. Of kind VC_ERR_NONE: there is nothing of that sort
 * @err:	why not
 *
 * A directory that is missing is noticed when it appears, because the one above it is
 * watched, from before it is looked for. Files that are in it by then are not: to miss
 * none of them, look at them after this.
 *
 * Return: 0, -VC_ERR_INPUT (too many namespaces), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_watch_refresh(int fd, const struct vc_watch_places *places,
                     struct vc_err *ret_blind, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct refresh r = { &arena, fd, ret_blind };
	char *claims = vc_arena_printf(&arena, "%s/claims", places->state);

	*ret_blind = (struct vc_err)VC_ERR_INIT;
	if (!claims)
		return vc_fail_oom(err);
	if (add(&r, places->state, PARENT_MASK, err) < 0 ||
	    add(&r, places->run, PARENT_MASK, err) < 0 ||
	    add_above(&r, places->leases, err) < 0 ||
	    add(&r, places->leases, FILES_MASK, err) < 0 ||
	    add(&r, claims, FILES_MASK, err) < 0 ||
	    add_below(&r, places->run, "journal", FILES_MASK, err) < 0)
		return -(int)err->kind;
	return add_namespaces(&r, claims, err);
}

static bool is_news(const struct inotify_event *event)
{
	if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
		return true;
	if (event->len == 0 || event->name[0] == '.')
		return false;
	return true;
}

/**
 * vc_watch_read() - Whether something happened
 * @fd:		of vc_inotify_open()
 * @ret_news:	whether
 * @err:	why it cannot be said
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_watch_read(int fd, bool *ret_news, struct vc_err *err)
{
	alignas(struct inotify_event) char buf[READ_BYTES];
	ssize_t len = read(fd, buf, sizeof(buf));
	bool news = false;

	if (len < 0 && errno != EAGAIN && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot watch files");
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(buf + at);

		news = news || is_news(event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	*ret_news = news;
	return 0;
}
