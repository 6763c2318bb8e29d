/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation. A refresh walks from "/" to each root and down the tree, and watches
 * each directory before it lists it, so that nothing appears unseen in between. What was
 * watched before and is not on the walk any more is given up. Whenever names come or go, a
 * refresh follows; a change of content needs none.
 *
 * Directories on the way are watched for one name each, and only for names that come and
 * go: much may happen in "/run" that is nothing to us.
 */
#include "companion/tree_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/inotify.h"

#define NAMES_MASK                                                              \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | \
	 IN_MOVE_SELF)
#define CONTENT_MASK (NAMES_MASK | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)
/* What makes a refresh necessary. */
#define REFRESH_MASK (NAMES_MASK | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW)
#define SELF_MASK    (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

#define LINKS_MAX    40    /* as the kernel follows */
#define WATCHES_MAX  16384 /* of several drivers and a thousand claims */
#define TREES_MAX    32
#define BLIND_S      5
#define READ_BYTES   16384
#define READS_MAX    64

/* What a watch descriptor is for; one may be for several things. */
struct watch {
	int wd;
	const struct vc_tree_form *form; /* NULL: of a way */
	unsigned level;
	const char *name; /* of a way: the next step */
};

struct watches {
	struct watch *v;
	size_t n, cap;
};

struct tree {
	const struct vc_tree_form *form;
	const char *root;
};

struct vc_tree_watch {
	int epoll, inotify, timer;
	struct tree trees[TREES_MAX];
	size_t n_trees;
	struct vc_arena arena;  /* of .watches */
	struct watches watches; /* sorted by .wd */
	char blind[512];
};

/* A refresh that is under way. */
struct refresh {
	struct vc_tree_watch *watch;
	struct vc_arena *arena;
	struct watches watches;
};

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

/* What the kernel refuses is not fatal: then it is looked at again and again. */
static int add(struct refresh *r, const char *path, uint32_t mask,
               const struct watch *what, struct vc_err *err)
{
	struct watch *slot;
	int wd;

	if (r->watches.n >= WATCHES_MAX)
		errno = ENOSPC;
	wd = r->watches.n >= WATCHES_MAX
	             ? -1
	             : inotify_add_watch(r->watch->inotify, path,
	                                 mask | IN_MASK_ADD | IN_ONLYDIR);
	if (wd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		(void)snprintf(r->watch->blind, sizeof(r->watch->blind),
		               "%.256s: cannot be watched (%s), and is looked at every "
		               "%d seconds instead%s",
		               path, strerror(errno), BLIND_S,
		               errno == ENOSPC ? "; raise fs.inotify.max_user_watches"
		                               : "");
	if (wd < 0)
		return 0;
	slot = vc_list_push(r->arena, &r->watches);
	if (!slot)
		return vc_fail_oom(err);
	*slot = *what;
	slot->wd = wd;
	if (!what->name)
		return 0;
	slot->name = vc_arena_strdup(r->arena, what->name);
	return slot->name ? 0 : vc_fail_oom(err);
}

/* Ways */

/* A path that is followed: where we are, and what is left. */
struct way {
	char done[PATH_MAX], rest[PATH_MAX];
	unsigned links;
	bool file; /* the last step is a file whose content matters */
};

/* Takes the next component of .rest. */
static bool next_step(struct way *way, char *ret_name, size_t size)
{
	size_t skip = strspn(way->rest, "/");
	size_t len = strcspn(way->rest + skip, "/");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret_name, way->rest + skip, len);
	ret_name[len] = '\0';
	memmove(way->rest, way->rest + skip + len, strlen(way->rest + skip + len) + 1);
	return true;
}

static void go_up(struct way *way)
{
	char *slash = strrchr(way->done, '/');

	if (slash)
		*slash = '\0';
}

/* Whether the way goes on behind @name. */
static bool take_step(struct way *way, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX], rest[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (snprintf(path, sizeof(path), "%s/%s", way->done, name) >= (int)sizeof(path) ||
	    lstat(path, &st) < 0)
		return false;
	if (!S_ISLNK(st.st_mode)) {
		memcpy(way->done, path, sizeof(path));
		return S_ISDIR(st.st_mode);
	}
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0 || way->links++ >= LINKS_MAX)
		return false;
	target[len] = '\0';
	if (snprintf(rest, sizeof(rest), "%s/%s", target, way->rest) >= (int)sizeof(rest))
		return false;
	memcpy(way->rest, rest, sizeof(rest));
	if (target[0] == '/')
		way->done[0] = '\0';
	return true;
}

/* Every directory on the way to @path, as far as there are any. */
static int watch_way(struct refresh *r, const char *path, bool file, struct vc_err *err)
{
	struct way way = { .file = file };
	char name[NAME_MAX + 1];

	if (snprintf(way.rest, sizeof(way.rest), "%s", path) >= (int)sizeof(way.rest))
		return 0;
	while (next_step(&way, name, sizeof(name))) {
		const struct watch what = { .name = name };
		bool last = way.rest[strspn(way.rest, "/")] == '\0';

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			go_up(&way);
			continue;
		}
		if (add(r, way.done[0] ? way.done : "/",
		        last && file ? CONTENT_MASK : NAMES_MASK, &what, err) < 0)
			return -(int)err->kind;
		if (!take_step(&way, name))
			break;
	}
	return 0;
}

/* Trees */

static int watch_level(struct refresh *r, const struct vc_tree_form *form, unsigned level,
                       const char *path, struct vc_err *err);

static int watch_name(struct refresh *r, const struct vc_tree_form *form, unsigned level,
                      const char *path, const struct dirent *entry, struct vc_err *err)
{
	char below[PATH_MAX];

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
	    !form->matters(level, entry->d_name) ||
	    snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >=
	            (int)sizeof(below))
		return 0;
	if (form->links && level == 0 && entry->d_type == DT_LNK)
		return watch_way(r, below, true, err);
	if (level < form->depth &&
	    (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
		return watch_level(r, form, level + 1, below, err);
	return 0;
}

/* At most .depth levels deep. NOLINTNEXTLINE(misc-no-recursion) */
static int watch_level(struct refresh *r, const struct vc_tree_form *form, unsigned level,
                       const char *path, struct vc_err *err)
{
	const struct watch what = { .form = form, .level = level };
	VC_CLEANUP(closedirp) DIR *d = NULL;
	const struct dirent *entry;

	if (add(r, path, CONTENT_MASK, &what, err) < 0)
		return -(int)err->kind;
	if (level >= form->depth && !form->links)
		return 0;
	d = opendir(path);
	while (d && (entry = readdir(d)) != NULL)
		if (watch_name(r, form, level, path, entry, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Refresh */

static int compare_watches(const void *a, const void *b)
{
	const struct watch *x = a, *y = b;

	return (x->wd > y->wd) - (x->wd < y->wd);
}

/* The first of @wd, or where it would be. */
static size_t find(const struct watches *watches, int wd)
{
	size_t low = 0, high = watches->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (watches->v[mid].wd < wd)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool has(const struct watches *watches, int wd)
{
	size_t i = find(watches, wd);

	return i < watches->n && watches->v[i].wd == wd;
}

static int watch_trees(struct refresh *r, struct vc_err *err)
{
	for (size_t i = 0; i < r->watch->n_trees; i++) {
		const struct tree *tree = &r->watch->trees[i];

		if (watch_way(r, tree->root, false, err) < 0 ||
		    watch_level(r, tree->form, 0, tree->root, err) < 0)
			return -(int)err->kind;
	}
	if (r->watches.n > 1)
		qsort(r->watches.v, r->watches.n, sizeof(*r->watches.v), compare_watches);
	return 0;
}

static int set_timer(struct vc_tree_watch *watch, struct vc_err *err)
{
	struct itimerspec spec = { 0 };

	if (watch->blind[0])
		spec.it_value.tv_sec = spec.it_interval.tv_sec = BLIND_S;
	if (timerfd_settime(watch->timer, 0, &spec, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot set a clock");
	return 0;
}

static int refresh(struct vc_tree_watch *watch, struct vc_err *err)
{
	struct vc_arena arena = VC_ARENA_INIT;
	struct refresh r = { .watch = watch, .arena = &arena };

	watch->blind[0] = '\0';
	if (watch_trees(&r, err) < 0) {
		vc_arena_release(&arena);
		return -(int)err->kind;
	}
	for (size_t i = 0; i < watch->watches.n; i++)
		if (!has(&r.watches, watch->watches.v[i].wd))
			(void)inotify_rm_watch(watch->inotify, watch->watches.v[i].wd);
	vc_arena_release(&watch->arena);
	watch->arena = arena;
	watch->watches = r.watches;
	return set_timer(watch, err);
}

/* Events */

static bool is_meant(const struct watch *w, const struct inotify_event *event)
{
	if (event->mask & SELF_MASK)
		return true;
	/* of the directory itself: its mode, perhaps */
	if (event->len == 0)
		return w->form && (event->mask & IN_ATTRIB);
	return w->form ? w->form->matters(w->level, event->name)
	               : strcmp(w->name, event->name) == 0;
}

/* Whether it matters; *names: names may have come or gone. */
static bool take_event(const struct vc_tree_watch *watch,
                       const struct inotify_event *event, bool *names)
{
	bool matters = (event->mask & IN_Q_OVERFLOW) != 0;

	for (size_t i = find(&watch->watches, event->wd);
	     i < watch->watches.n && watch->watches.v[i].wd == event->wd; i++)
		matters = matters || is_meant(&watch->watches.v[i], event);
	if (matters && (event->mask & REFRESH_MASK))
		*names = true;
	return matters;
}

static int read_events(const struct vc_tree_watch *watch, bool *changed, bool *names,
                       struct vc_err *err)
{
	alignas(struct inotify_event) char buf[READ_BYTES];

	for (unsigned i = 0; i < READS_MAX; i++) {
		ssize_t len = read(watch->inotify, buf, sizeof(buf));

		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return vc_fail_sys(err, errno, "cannot watch files");
		if (len <= 0)
			return 0;
		for (ssize_t at = 0; at < len;) {
			const struct inotify_event *event = (const void *)(buf + at);

			if (take_event(watch, event, names))
				*changed = true;
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	return 0;
}

/**
 * vc_tree_watch_work() - Take what happened
 * @watch:	watch
 * @ret_changed: something in the trees may be another than before
 * @err:	why it cannot be said
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_tree_watch_work(struct vc_tree_watch *watch, bool *ret_changed, struct vc_err *err)
{
	bool changed = false, names = false;
	uint64_t times = 0;

	if (read(watch->timer, &times, sizeof(times)) == (ssize_t)sizeof(times))
		changed = names = true;
	if (read_events(watch, &changed, &names, err) < 0 ||
	    (names && refresh(watch, err) < 0))
		return -(int)err->kind;
	*ret_changed = changed;
	return 0;
}

static int wait_for(struct vc_tree_watch *watch, int fd, struct vc_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (fd < 0 || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return vc_fail_sys(err, errno, "cannot watch files");
	return 0;
}

static int open_all(struct vc_tree_watch *watch, struct vc_err *err)
{
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll < 0)
		return vc_fail_sys(err, errno, "cannot watch files");
	if (vc_inotify_open(&watch->inotify, err) < 0)
		return -(int)err->kind;
	if (wait_for(watch, watch->inotify, err) < 0)
		return -(int)err->kind;
	watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (wait_for(watch, watch->timer, err) < 0)
		return -(int)err->kind;
	return refresh(watch, err);
}

/**
 * vc_tree_watch_open() - Begin to watch trees
 * @form:	of all of them
 * @roots:	absolute paths; what is not there yet is noticed when it appears
 * @n_roots:	how many
 * @ret_watch:	watch; the caller closes it
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_tree_watch_open(const struct vc_tree_form *form, const char *const roots[],
                       size_t n_roots, struct vc_tree_watch **ret_watch,
                       struct vc_err *err)
{
	struct vc_tree_watch *watch;

	if (n_roots > TREES_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "%zu directories are to be watched; at most %d can",
		               n_roots, TREES_MAX);
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return vc_fail_oom(err);
	watch->epoll = watch->inotify = watch->timer = -1;
	watch->arena = (struct vc_arena)VC_ARENA_INIT;
	for (size_t i = 0; i < n_roots; i++)
		watch->trees[watch->n_trees++] = (struct tree){ form, roots[i] };
	if (open_all(watch, err) < 0) {
		vc_tree_watch_close(watch);
		return -(int)err->kind;
	}
	*ret_watch = watch;
	return 0;
}

/**
 * vc_tree_watch_add() - Watch another tree
 * @watch:	watch
 * @form:	of the tree
 * @root:	absolute path, which lives as long as the watch
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_tree_watch_add(struct vc_tree_watch *watch, const struct vc_tree_form *form,
                      const char *root, struct vc_err *err)
{
	if (watch->n_trees == TREES_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "'%s': at most %d directories can be "
		               "watched",
		               root, TREES_MAX);
	watch->trees[watch->n_trees++] = (struct tree){ form, root };
	return refresh(watch, err);
}

/**
 * vc_tree_watch_fd() - What to wait for
 * @watch:	watch
 *
 * Return: descriptor, readable when there is something to take
 */
int vc_tree_watch_fd(const struct vc_tree_watch *watch)
{
	return watch->epoll;
}

/**
 * vc_tree_watch_blind() - What cannot be watched
 * @watch:	watch
 *
 * Return: "PATH: why", until the next refresh; NULL nothing
 */
const char *vc_tree_watch_blind(const struct vc_tree_watch *watch)
{
	return watch->blind[0] ? watch->blind : NULL;
}

/**
 * vc_trouble_blind() - Tell what cannot be watched
 * @told:	gets a trouble when there is something
 * @name:	of the source
 * @watch:	watch
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_trouble_blind(struct vc_told *told, const char *name,
                     const struct vc_tree_watch *watch, struct vc_err *err)
{
	struct vc_trouble trouble = { .text = vc_tree_watch_blind(watch),
		                      .kind = VC_ERR_SYSTEM };

	if (!trouble.text)
		return 0;
	trouble.subject = vc_arena_printf(told->arena, "source %s", name);
	if (!trouble.subject)
		return vc_fail_oom(err);
	return vc_trouble_add(told->arena, &told->troubles, &trouble, err);
}

/**
 * vc_tree_watch_close() - Watch no longer
 * @watch:	NULL is fine
 */
void vc_tree_watch_close(struct vc_tree_watch *watch)
{
	if (!watch)
		return;
	vc_closep(&watch->timer);
	vc_closep(&watch->inotify);
	vc_closep(&watch->epoll);
	vc_arena_release(&watch->arena);
	free(watch);
}
