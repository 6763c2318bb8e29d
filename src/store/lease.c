/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: every change happens under flock(2) of DIRECTORY/.lock. Taking
 * looks at all devices first and writes only when every one of them is free, ours, or
 * held by somebody dead; a failure while writing takes back what was new. The lock ends
 * with its process, so nothing has to be repaired after a crash: at worst some of the
 * leases of one domain are there, prepared by a hook whose daemon goes on to call
 * `release`, or dies.
 *
 * [LV] qemu driver: the pid file of a running domain is STATEDIR/NAME.pid, and QEMU runs
 * with "-uuid UUID".
 */
#include "store/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "claim/json_writer.h"
#include "claim/tree.h"
#include "store/boot_id.h"

#define LOCK_FILE     ".lock"
#define NEW_FILE      ".new"
#define LOCK_TRIES    200
#define LOCK_DELAY_NS 10000000L
#define LEASE_SIZE    ((size_t)4096)
#define PID_MAX       INT32_MAX
#define DEVICE_MAX    ((size_t)200)
#define FILE_FLAGS    (VC_FILE_BENEATH | VC_FILE_TRUSTED | VC_FILE_WHOLE)

/* An open, locked store. @unreadable: where files go that cannot be read as leases; NULL:
 * they are errors. */
struct session {
	struct vc_arena *arena;
	const struct vc_lease_store *store;
	struct vc_leases *unreadable;
	char *boot_id;
	int dir;
	int lock;
};

#define SESSION_INIT(arena_, store_)                                         \
	{                                                                    \
		.arena = (arena_), .store = (store_), .dir = -1, .lock = -1, \
	}

static void close_session(struct session *s)
{
	vc_closep(&s->lock);
	vc_closep(&s->dir);
}

/* A key of vc_host_side_key(): "KIND-..." in lower case, safe as a file name. */
static bool device_is_valid(const char *device)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.:";

	return device[0] >= 'a' && device[0] <= 'z' && strchr(device, '-') &&
	       strlen(device) <= DEVICE_MAX && !device[strspn(device, plain)];
}

static const char *state_name(enum vc_lease_state state)
{
	return state == VC_LEASE_STARTED ? "started" : "prepared";
}

/* Makes PATH and what is missing above it. */
static int make_directory(struct vc_arena *arena, const char *path, struct vc_err *err)
{
	char *copy = vc_arena_strdup(arena, path);

	if (!copy)
		return vc_fail_oom(err);
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return vc_fail_sys(err, errno, "cannot make '%s'", copy);
		*p = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return vc_fail_sys(err, errno, "cannot make '%s'", copy);
	return 0;
}

static int lock_store(struct session *s, struct vc_err *err)
{
	s->lock = openat(s->dir, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	                 0600);
	if (s->lock < 0)
		return vc_fail_sys(err, errno, "cannot open '%s/" LOCK_FILE "'",
		                   s->store->directory);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return vc_fail_sys(err, errno, "cannot lock '%s'",
			                   s->store->directory);
		(void)nanosleep(&(struct timespec){ .tv_nsec = LOCK_DELAY_NS }, NULL);
	}
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s/" LOCK_FILE "' is locked by another process that does not "
	               "finish; 'fuser' names it",
	               s->store->directory);
}

/* A store that is not there is -VC_ERR_ABSENT unless @make. */
static int open_session(struct session *s, bool make, struct vc_err *err)
{
	const char *path = s->store->directory;

	if (make && make_directory(s->arena, path, err) < 0)
		return -(int)err->kind;
	if (vc_file_open_directory(AT_FDCWD, path, VC_FILE_TRUSTED, &s->dir, err) < 0)
		return -(int)err->kind;
	if (vc_boot_id(s->arena, s->store->proc, &s->boot_id, err) < 0)
		return -(int)err->kind;
	return lock_store(s, err);
}

/* No store is as good as an empty one: *ret_there says which. */
static int open_existing(struct session *s, bool *ret_there, struct vc_err *err)
{
	struct vc_err absent = VC_ERR_INIT;
	int r = open_session(s, false, &absent);

	*ret_there = r == 0;
	if (r == 0 || (r == -VC_ERR_ABSENT && s->dir < 0))
		return 0;
	*err = absent;
	return r;
}

static int read_holder(const struct vc_node *root, struct vc_lease *lease,
                       struct vc_err *err)
{
	int64_t pid = 0, start = 0;
	struct vc_node holder;
	bool found;
	int r = vc_node_object(root, "holder", VC_REQUIRED, &holder, &found, err);

	if (r == 0)
		r = vc_node_int(&holder, "pid", VC_REQUIRED, &pid, err);
	if (r == 0)
		r = vc_node_int(&holder, "start", VC_REQUIRED, &start, err);
	if (r != 0)
		return r;
	if (pid < 0 || pid > PID_MAX || start < 0)
		return vc_node_fail(&holder, err, VC_ERR_INPUT, "expected a process");
	lease->holder_pid = (long)pid;
	lease->holder_start = (unsigned long long)start;
	return 0;
}

static int read_state(struct vc_arena *arena, const struct vc_node *root,
                      struct vc_lease *lease, struct vc_err *err)
{
	char *state = NULL;
	int r = vc_node_string(arena, root, "state", VC_REQUIRED, &state, err);

	if (r != 0)
		return r;
	if (strcmp(state, "prepared") == 0)
		lease->state = VC_LEASE_PREPARED;
	else if (strcmp(state, "started") == 0)
		lease->state = VC_LEASE_STARTED;
	else
		return vc_node_fail(root, err, VC_ERR_INPUT, "unknown state '%s'", state);
	return 0;
}

static int read_fields(struct vc_arena *arena, const struct vc_node *root,
                       const char *name, struct vc_lease *lease, struct vc_err *err)
{
	int r = vc_node_string(arena, root, "device", VC_REQUIRED, &lease->device, err);

	if (r == 0)
		r = vc_node_string(arena, root, "uuid", VC_REQUIRED, &lease->uuid, err);
	if (r == 0)
		r = vc_node_string(arena, root, "domain", VC_REQUIRED, &lease->domain,
		                   err);
	if (r == 0)
		r = vc_node_string(arena, root, "bootID", VC_REQUIRED, &lease->boot_id,
		                   err);
	if (r == 0)
		r = read_state(arena, root, lease, err);
	if (r == 0)
		r = read_holder(root, lease, err);
	if (r != 0)
		return r;
	if (strcmp(lease->device, name) != 0 || !vc_is_uuid(lease->uuid))
		return vc_node_fail(root, err, VC_ERR_INPUT, "expected a lease of '%s'",
		                    name);
	return 0;
}

static int parse_lease(struct session *s, const char *name, struct vc_lease *lease,
                       struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;
	char *text;
	size_t len;
	int r = vc_file_read(s->arena, s->dir, name, FILE_FLAGS, &text, &len, err);

	if (r != 0)
		return r;
	if (len > LEASE_SIZE)
		return vc_fail(err, VC_ERR_INPUT, "%s: %zu bytes are too many", name,
		               len);
	r = vc_tree_parse(text, len, name, &tree, err);
	if (r != 0)
		return r;
	if (vc_tree_documents(tree) != 1)
		return vc_fail(err, VC_ERR_INPUT, "%s: expected one JSON object", name);
	root = vc_tree_root(tree, 0);
	if (vc_node_type(&root) != VC_NODE_OBJECT)
		return vc_node_fail(&root, err, VC_ERR_INPUT, "expected an object");
	return read_fields(s->arena, &root, name, lease, err);
}

/* -VC_ERR_ABSENT when there is none; an unreadable one is -VC_ERR_REFUSED. */
static int read_lease(struct session *s, const char *name, struct vc_lease **ret_lease,
                      struct vc_err *err)
{
	struct vc_lease *lease = vc_arena_alloc(s->arena, 1, sizeof(*lease));
	int r;

	if (!lease)
		return vc_fail_oom(err);
	r = parse_lease(s, name, lease, err);
	if (r == 0)
		*ret_lease = lease;
	if (r == 0 || r == -VC_ERR_ABSENT || r == -VC_ERR_INTERNAL)
		return r;
	(void)vc_err_context(err,
	                     "'%s' is taken by a lease that cannot be read; if no "
	                     "domain uses it, run: rm '%s/%s'",
	                     name, s->store->directory, name);
	err->kind = VC_ERR_REFUSED;
	return -VC_ERR_REFUSED;
}

static int read_pid_file(struct session *s, const char *domain, pid_t *ret_pid,
                         struct vc_err *err)
{
	char *path = vc_arena_printf(s->arena, "%s/%s.pid", s->store->libvirt, domain);
	uint64_t pid;
	size_t len;
	char *text;

	if (!path)
		return vc_fail_oom(err);
	if (vc_file_read(s->arena, AT_FDCWD, path, 0, &text, &len, err) < 0)
		return -(int)err->kind;
	text[strcspn(text, "\n")] = '\0';
	if (!vc_parse_number(text, PID_MAX, &pid) || pid == 0)
		return vc_fail(err, VC_ERR_INPUT, "'%s' holds no process number", path);
	*ret_pid = (pid_t)pid;
	return 0;
}

/* Only what shows that QEMU is gone counts as gone. */
static bool qemu_lives(struct session *s, const struct vc_lease *lease)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_process process;
	pid_t pid = 0;
	int r;

	if (strchr(lease->domain, '/'))
		return true;
	r = read_pid_file(s, lease->domain, &pid, &err);
	if (r < 0)
		return r != -VC_ERR_ABSENT;
	r = vc_process_read(s->arena, s->store->proc, pid, &process, &err);
	if (r < 0)
		return r != -VC_ERR_ABSENT;
	return vc_process_mentions(s->arena, s->store->proc, pid, lease->uuid);
}

static bool holder_lives(struct session *s, const struct vc_lease *lease)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_process process;
	int r;

	if (lease->holder_pid <= 0)
		return false;
	r = vc_process_read(s->arena, s->store->proc, (pid_t)lease->holder_pid, &process,
	                    &err);
	if (r < 0)
		return r != -VC_ERR_ABSENT;
	return process.start == lease->holder_start;
}

static bool is_dead(struct session *s, const struct vc_lease *lease)
{
	if (strcmp(lease->boot_id, s->boot_id) != 0)
		return true;
	if (lease->state == VC_LEASE_PREPARED && holder_lives(s, lease))
		return false;
	return !qemu_lives(s, lease);
}

/* Sets *ret_new when there is no file yet. */
static int check_device(struct session *s, const char *device, const struct vc_lease *who,
                        bool *ret_new, struct vc_err *err)
{
	struct vc_lease *lease = NULL;
	int r;

	if (!device_is_valid(device))
		return vc_fail(err, VC_ERR_INPUT,
		               "'%.100s' cannot name the lease of a device", device);
	r = read_lease(s, device, &lease, err);
	*ret_new = r == -VC_ERR_ABSENT;
	if (!lease)
		return *ret_new ? 0 : r;
	if (strcasecmp(lease->uuid, who->uuid) == 0 || is_dead(s, lease))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s' is in use by domain '%s' (%s) since it was %s; stop that "
	               "domain first",
	               strchr(device, '-') + 1, lease->domain, lease->uuid,
	               state_name(lease->state));
}

static int print_lease(const struct vc_lease *lease, struct vc_buf *buf,
                       struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_string(&w, "device", lease->device);
	vc_json_string(&w, "uuid", lease->uuid);
	vc_json_string(&w, "domain", lease->domain);
	vc_json_string(&w, "bootID", lease->boot_id);
	vc_json_string(&w, "state", state_name(lease->state));
	vc_json_object(&w, "holder");
	vc_json_int(&w, "pid", lease->holder_pid);
	vc_json_int(&w, "start", (int64_t)lease->holder_start);
	vc_json_close(&w);
	vc_json_close(&w);
	return buf->failed ? vc_fail_oom(err) : 0;
}

/* A file that must not be there yet, complete from its first moment on. */
static int create_file(int dir, const char *name, const struct vc_buf *buf,
                       struct vc_err *err)
{
	int sys = 0;

	if (vc_file_replace(dir, NEW_FILE, buf->data, buf->len, 0600, err) < 0)
		return -(int)err->kind;
	if (linkat(dir, NEW_FILE, dir, name, 0) < 0)
		sys = errno;
	(void)unlinkat(dir, NEW_FILE, 0);
	return sys ? vc_fail_sys(err, sys, "cannot take the lease '%s'", name) : 0;
}

static int write_lease(struct session *s, const char *device, const struct vc_lease *who,
                       bool is_new, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LEASE_SIZE);
	struct vc_lease lease = *who;

	lease.device = vc_arena_strdup(s->arena, device);
	lease.boot_id = s->boot_id;
	if (!lease.device)
		return vc_fail_oom(err);
	if (print_lease(&lease, &buf, err) < 0)
		return -(int)err->kind;
	if (is_new)
		return create_file(s->dir, device, &buf, err);
	return vc_file_replace(s->dir, device, buf.data, buf.len, 0600, err);
}

static bool occurs_before(const char *const devices[], size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(devices[j], devices[i]) == 0)
			return true;
	return false;
}

static int check_who(const struct vc_lease *who, struct vc_err *err)
{
	if (!vc_is_uuid(who->uuid))
		return vc_fail(err, VC_ERR_INPUT, "the domain has no UUID");
	if (!who->domain || !*who->domain || strchr(who->domain, '/'))
		return vc_fail(err, VC_ERR_INPUT, "the domain has no usable name");
	return 0;
}

static int acquire(struct vc_arena *arena, const struct vc_lease_store *store,
                   const char *const devices[], size_t n_devices,
                   const struct vc_lease *who, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	bool *is_new = vc_arena_alloc(arena, n_devices + 1, sizeof(*is_new));
	size_t i;

	if (!is_new)
		return vc_fail_oom(err);
	if (check_who(who, err) < 0 || open_session(&s, true, err) < 0)
		return -(int)err->kind;
	for (i = 0; i < n_devices; i++)
		if (check_device(&s, devices[i], who, &is_new[i], err) < 0)
			return -(int)err->kind;
	for (i = 0; i < n_devices; i++)
		if (!occurs_before(devices, i) &&
		    write_lease(&s, devices[i], who, is_new[i], err) < 0)
			break;
	if (i == n_devices)
		return 0;
	while (i-- > 0)
		if (is_new[i])
			(void)unlinkat(s.dir, devices[i], 0);
	return -(int)err->kind;
}

/**
 * vc_lease_take() - Take leases for a domain that is about to start
 * @arena:	for what is read on the way
 * @store:	where leases are, and where evidence is
 * @devices:	keys of vc_host_side_key()
 * @n_devices:	how many; 0 is fine
 * @who:	.uuid, .domain and .holder_* are used
 * @err:	who has it
 *
 * Either all leases are taken or none is.
 *
 * Return: 0, -VC_ERR_REFUSED (held by another domain that lives, or by a file that cannot
 * be read), -VC_ERR_INPUT (a domain without name or UUID, an odd device), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_lease_take(struct vc_arena *arena, const struct vc_lease_store *store,
                  const char *const devices[], size_t n_devices,
                  const struct vc_lease *who, struct vc_err *err)
{
	struct vc_lease lease = *who;

	if (n_devices == 0)
		return 0;
	lease.state = VC_LEASE_PREPARED;
	return acquire(arena, store, devices, n_devices, &lease, err);
}

/**
 * vc_lease_confirm() - Note that the domain runs; takes what is missing
 * @arena:	for what is read on the way
 * @store:	where leases are, and where evidence is
 * @devices:	as for vc_lease_take()
 * @n_devices:	how many
 * @who:	as for vc_lease_take()
 * @err:	who has it
 *
 * Return: as vc_lease_take()
 */
int vc_lease_confirm(struct vc_arena *arena, const struct vc_lease_store *store,
                     const char *const devices[], size_t n_devices,
                     const struct vc_lease *who, struct vc_err *err)
{
	struct vc_lease lease = *who;

	if (n_devices == 0)
		return 0;
	lease.state = VC_LEASE_STARTED;
	return acquire(arena, store, devices, n_devices, &lease, err);
}

static int add_unreadable(struct session *s, const char *device, const char *problem,
                          struct vc_err *err)
{
	struct vc_lease *lease = vc_list_push(s->arena, s->unreadable);

	if (!lease)
		return vc_fail_oom(err);
	lease->device = vc_arena_strdup(s->arena, device);
	lease->uuid = lease->domain = vc_arena_strdup(s->arena, "");
	lease->boot_id = s->boot_id;
	lease->problem = vc_arena_strdup(s->arena, problem);
	return lease->device && lease->uuid && lease->problem ? 0 : vc_fail_oom(err);
}

/* Calls @each for every lease file; the first error is kept, the walk goes on. */
static int walk(struct session *s,
                int (*each)(struct session *s, const struct vc_lease *lease, void *arg,
                            struct vc_err *err),
                void *arg, struct vc_err *err)
{
	struct vc_names names;
	int first = 0;

	if (vc_file_list(s->arena, s->dir, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		struct vc_err this = VC_ERR_INIT;
		struct vc_lease *lease = NULL;
		int r;

		if (names.v[i][0] == '.')
			continue;
		r = read_lease(s, names.v[i], &lease, &this);
		if (lease)
			r = each(s, lease, arg, &this);
		else if (r == -VC_ERR_REFUSED && s->unreadable)
			r = add_unreadable(s, names.v[i], this.msg, &this);
		if (r == 0 || r == -VC_ERR_ABSENT || first < 0)
			continue;
		first = r;
		*err = this;
	}
	return first;
}

static int release_one(struct session *s, const struct vc_lease *lease, void *arg,
                       struct vc_err *err)
{
	const char *uuid = arg;

	if (strcasecmp(lease->uuid, uuid) != 0)
		return 0;
	if (unlinkat(s->dir, lease->device, 0) < 0)
		return vc_fail_sys(err, errno, "cannot remove the lease '%s/%s'",
		                   s->store->directory, lease->device);
	return 0;
}

/**
 * vc_lease_release() - Drop every lease of a domain
 * @arena:	for what is read on the way
 * @store:	where leases are
 * @uuid:	of the domain
 * @err:	why not
 *
 * A file that cannot be read stays, is reported, and keeps no other from being dropped.
 *
 * Return: 0 (also when there was none), -VC_ERR_REFUSED (such a file), -VC_ERR_INPUT (no
 * UUID), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_release(struct vc_arena *arena, const struct vc_lease_store *store,
                     const char *uuid, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	char *copy = vc_arena_strdup(arena, uuid);
	bool there;

	if (!vc_is_uuid(uuid))
		return vc_fail(err, VC_ERR_INPUT, "the domain has no UUID");
	if (!copy)
		return vc_fail_oom(err);
	if (open_existing(&s, &there, err) < 0)
		return -(int)err->kind;
	return there ? walk(&s, release_one, copy, err) : 0;
}

static int drop_one(struct session *s, const char *device, const struct vc_lease *who,
                    struct vc_err *err)
{
	struct vc_lease *lease = NULL;
	struct vc_err unread = VC_ERR_INIT;

	/* what cannot be read is not known to be ours */
	if (read_lease(s, device, &lease, &unread) < 0 || !lease)
		return 0;
	if (strcasecmp(lease->uuid, who->uuid) != 0)
		return 0;
	if (who->holder_pid > 0 && (lease->holder_pid != who->holder_pid ||
	                            lease->holder_start != who->holder_start))
		return 0;
	return release_one(s, lease, lease->uuid, err);
}

/**
 * vc_lease_drop() - Give some leases of a domain back
 * @arena:	for what is read on the way
 * @store:	where leases are
 * @devices:	as for vc_lease_take()
 * @n_devices:	how many
 * @who:	.uuid; .holder_*: only leases that this process asked for, 0: any
 * @err:	why not
 *
 * Return: 0 (also when there was none), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_drop(struct vc_arena *arena, const struct vc_lease_store *store,
                  const char *const devices[], size_t n_devices,
                  const struct vc_lease *who, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	bool there = false;

	if (n_devices > 0 && open_existing(&s, &there, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; there && i < n_devices; i++)
		if (drop_one(&s, devices[i], who, err) < 0)
			return -(int)err->kind;
	return 0;
}

static int list_one(struct session *s, const struct vc_lease *lease, void *arg,
                    struct vc_err *err)
{
	struct vc_leases *leases = arg;
	struct vc_lease *slot;

	if (is_dead(s, lease))
		return 0;
	slot = vc_list_push(s->arena, leases);
	if (!slot)
		return vc_fail_oom(err);
	*slot = *lease;
	return 0;
}

static int list_living(struct session *s, struct vc_leases *ret_leases,
                       struct vc_leases *leases, struct vc_err *err)
{
	bool there;

	if (open_existing(s, &there, err) < 0)
		return -(int)err->kind;
	if (there && walk(s, list_one, leases, err) < 0)
		return -(int)err->kind;
	*ret_leases = *leases;
	return 0;
}

/**
 * vc_lease_list() - The leases that hold, sorted by device
 * @arena:	holds them
 * @store:	where leases are, and where evidence is
 * @ret_leases:	leases; dead ones are left out
 * @err:	why not
 *
 * Return: 0 (also when there is no store), -VC_ERR_REFUSED (a file that cannot be read),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_list(struct vc_arena *arena, const struct vc_lease_store *store,
                  struct vc_leases *ret_leases, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	struct vc_leases leases = { 0 };

	return list_living(&s, ret_leases, &leases, err);
}

/**
 * vc_lease_living() - The devices that are taken, sorted
 * @arena:	holds them
 * @store:	where leases are, and where evidence is
 * @ret_leases:	leases that hold, and with .problem files that cannot be read; dead ones are
 *		left out
 * @err:	why not
 *
 * Return: 0 (also when there is no store), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_living(struct vc_arena *arena, const struct vc_lease_store *store,
                    struct vc_leases *ret_leases, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	struct vc_leases leases = { 0 };

	s.unreadable = &leases;
	return list_living(&s, ret_leases, &leases, err);
}

static int clean_one(struct session *s, const struct vc_lease *lease, void *arg,
                     struct vc_err *err)
{
	int *n = arg;

	if (!is_dead(s, lease))
		return 0;
	if (release_one(s, lease, lease->uuid, err) < 0)
		return -(int)err->kind;
	(*n)++;
	return 0;
}

static int note_problems(struct vc_arena *arena, const struct vc_leases *leases,
                         struct vc_names *notes, struct vc_err *err)
{
	for (size_t i = 0; i < leases->n; i++) {
		char **note = vc_list_push(arena, notes);

		if (!note)
			return vc_fail_oom(err);
		*note = leases->v[i].problem;
	}
	return 0;
}

/**
 * vc_lease_clean() - Remove the files of leases whose domain is gone
 * @arena:	for what is read on the way
 * @store:	where leases are, and where evidence is
 * @notes:	gets a line for each file that cannot be read as a lease; it stays
 * @err:	why not
 *
 * Judged like every other question about a lease, by boot, process and libvirt's state,
 * never by age, and under the lock: no start can come between. A file that cannot be
 * removed keeps no other from being removed.
 *
 * Return: how many were removed (0 also when there is no store), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_lease_clean(struct vc_arena *arena, const struct vc_lease_store *store,
                   struct vc_names *notes, struct vc_err *err)
{
	VC_CLEANUP(close_session) struct session s = SESSION_INIT(arena, store);
	struct vc_leases unreadable = { 0 };
	bool there;
	int n = 0;
	int r;

	s.unreadable = &unreadable;
	if (open_existing(&s, &there, err) < 0)
		return -(int)err->kind;
	r = there ? walk(&s, clean_one, &n, err) : 0;
	if (r == 0)
		r = note_problems(arena, &unreadable, notes, err);
	return r < 0 ? r : n;
}
