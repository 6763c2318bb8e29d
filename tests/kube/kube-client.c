/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube-client [OPTION=VALUE]... COMMAND [OPERAND]... - everything that src/kube can do,
 * from a command line, for the tests. Prints what comes back; an error goes to standard
 * error, and decides the exit status.
 *
 * Options: kubeconfig context account connect_ms answer_ms idle_ms total_ms watch_s page
 * max_object backoff_ms backoff_max_ms namespace fields labels uid version dry text for_ms
 * events quiet stop fail nested versions
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "claim/json.h"
#include "claim/kubernetes.h"
#include "kube/api.h"
#include "kube/watch.h"

/* What the command line said */
struct run {
	struct vc_kube_choice choice;
	struct vc_kube_options options;
	const char *namespace, *fields, *labels, *uid, *version, *text;
	uint64_t for_ms, events, stop, fail;
	bool dry, quiet, nested, versions;
	char **operands;
	int n_operands;
	struct vc_kube *kube;
	struct vc_arena arena;
	struct vc_err err;
	/* of a watch */
	struct vc_kube_watch *watch;
	uint64_t n_events;
	size_t n_objects;
};

static bool set_number(struct run *run, const char *name, const char *value)
{
	struct vc_http_deadlines *d = &run->options.deadlines;
	struct {
		const char *name;
		unsigned *to;
		uint64_t *to64;
	} numbers[] = {
		{ "connect_ms", &d->connect_ms, NULL },
		{ "answer_ms", &d->answer_ms, NULL },
		{ "idle_ms", &d->idle_ms, NULL },
		{ "total_ms", &d->total_ms, NULL },
		{ "watch_s", &run->options.watch_s, NULL },
		{ "page", &run->options.page, NULL },
		{ "backoff_ms", &run->options.backoff_min_ms, NULL },
		{ "backoff_max_ms", &run->options.backoff_max_ms, NULL },
		{ "for_ms", NULL, &run->for_ms },
		{ "events", NULL, &run->events },
		{ "stop", NULL, &run->stop },
		{ "fail", NULL, &run->fail },
	};
	uint64_t number = 0;

	if (!vc_parse_number(value, UINT32_MAX, &number))
		return false;
	if (strcmp(name, "max_object") == 0)
		run->options.max_object = number;
	for (size_t i = 0; i < VC_ARRAY_SIZE(numbers); i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (numbers[i].to)
			*numbers[i].to = (unsigned)number;
		else if (numbers[i].to64)
			*numbers[i].to64 = number;
		return true;
	}
	return strcmp(name, "max_object") == 0;
}

static bool set_option(struct run *run, const char *name, const char *value)
{
	struct {
		const char *name;
		const char **to;
	} texts[] = {
		{ "kubeconfig", &run->choice.kubeconfig },
		{ "context", &run->choice.context },
		{ "account", &run->choice.service_account },
		{ "namespace", &run->namespace },
		{ "fields", &run->fields },
		{ "labels", &run->labels },
		{ "uid", &run->uid },
		{ "version", &run->version },
		{ "text", &run->text },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++)
		if (strcmp(name, texts[i].name) == 0) {
			*texts[i].to = value;
			return true;
		}
	if (strcmp(name, "dry") == 0 || strcmp(name, "quiet") == 0) {
		*(*name == 'd' ? &run->dry : &run->quiet) = true;
		return true;
	}
	if (strcmp(name, "nested") == 0)
		return run->nested = true;
	if (strcmp(name, "versions") == 0)
		return run->versions = true;
	return set_number(run, name, value);
}

static const struct vc_kube_resource *find_resource(const char *plural)
{
	static const struct vc_kube_resource *const known[] = {
		&vc_kube_claims,     &vc_kube_slices, &vc_kube_classes, &vc_kube_pods,
		&vc_kube_nodes,      &vc_kube_events, &vc_kube_leases,  &vc_kube_vms,
		&vc_kube_namespaces, &vc_kube_vmis,
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(known); i++)
		if (strcmp(known[i]->plural, plural) == 0)
			return known[i];
	return NULL;
}

/* Operands: RESOURCE[/SUBRESOURCE] [NAME] */
static int read_target(struct run *run, struct vc_kube_target *target)
{
	char *plural = run->n_operands > 0 ? run->operands[0] : (char[]){ "" };
	char *slash = strchr(plural, '/');

	if (slash) {
		*slash = '\0';
		target->subresource = slash + 1;
	}
	target->resource = find_resource(plural);
	target->namespace = run->namespace;
	target->name = run->n_operands > 1 ? run->operands[1] : NULL;
	return target->resource
	               ? 0
	               : vc_fail(&run->err, VC_ERR_USAGE, "no resource '%s'", plural);
}

static int read_query(struct run *run, struct vc_kube_query *query)
{
	struct vc_kube_target target = { 0 };

	if (read_target(run, &target) < 0)
		return -(int)run->err.kind;
	query->resource = target.resource;
	query->namespace = run->namespace;
	query->field_selector = run->fields;
	query->label_selector = run->labels;
	return 0;
}

/* What an object is to the readers of claim/, where they know its kind */
static int read_facts(const struct vc_kube_object *object, size_t *n, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	int r = vc_kubernetes_read(&arena, object->tree, &facts, err);

	*n = facts.claims.n + facts.slices.n + facts.pods.n;
	return r;
}

static void print_object(const struct run *run, const char *word, unsigned sync,
                         const struct vc_kube_object *object)
{
	struct vc_err err = VC_ERR_INIT;
	size_t n = 0;

	if (run->quiet)
		return;
	printf("%s %u %s%s%s", word, sync, object->namespace,
	       *object->namespace ? "/" : "", object->name);
	if (object->problem)
		printf(" problem: %s", object->problem);
	else if (read_facts(object, &n, &err) == 0)
		printf(" %zu", n);
	if (run->versions)
		printf(" version %s", object->resource_version);
	printf("\n");
	(void)fflush(stdout);
}

/* Commands */

static int run_version(struct run *run)
{
	struct vc_kube_version version;

	if (vc_kube_version(run->kube, &version, &run->err) < 0)
		return -(int)run->err.kind;
	printf("%u.%u %s\n", version.major, version.minor, version.text);
	return 0;
}

static int run_discover(struct run *run)
{
	const char *version = NULL;

	if (vc_kube_discover(run->kube, &version, &run->err) < 0)
		return -(int)run->err.kind;
	printf("%s\n", version);
	return 0;
}

static int run_get(struct run *run)
{
	struct vc_kube_target target = { 0 };
	struct vc_kube_text text;

	if (read_target(run, &target) < 0 ||
	    vc_kube_get(run->kube, &run->arena, &target, &text, &run->err) < 0)
		return -(int)run->err.kind;
	printf("%s", text.data);
	return 0;
}

static void list_begin(void *arg)
{
	struct run *run = arg;

	run->n_objects = 0;
	if (!run->quiet)
		printf("BEGIN\n");
}

static int list_object(void *arg, const struct vc_kube_object *object, struct vc_err *err)
{
	struct run *run = arg;

	run->n_objects++;
	print_object(run, "ITEM", 0, object);
	if (run->fail && run->n_objects == run->fail)
		return vc_fail(err, VC_ERR_REFUSED, "told to fail");
	return 0;
}

static int run_list(struct run *run)
{
	struct vc_kube_query query = { 0 };
	struct vc_kube_list_sink sink = { list_begin, list_object, run };

	if (read_query(run, &query) < 0 ||
	    vc_kube_list(run->kube, &query, &sink, &run->err) < 0)
		return -(int)run->err.kind;
	printf("%zu objects\n", run->n_objects);
	return 0;
}

static int run_write(struct run *run, const char *command)
{
	struct vc_kube_target target = { 0 };
	struct vc_kube_text answer = { 0 };
	const struct vc_kube_write write = {
		.kube = run->kube,
		.arena = &run->arena,
		.text = { run->text ? run->text : "", run->text ? strlen(run->text) : 0 },
		.dry_run = run->dry,
	};
	int r;

	if (read_target(run, &target) < 0)
		return -(int)run->err.kind;
	if (strcmp(command, "create") == 0)
		r = vc_kube_create(&write, &target, &answer, &run->err);
	else if (strcmp(command, "replace") == 0)
		r = vc_kube_replace(&write, &target, &answer, &run->err);
	else if (strcmp(command, "apply") == 0)
		r = vc_kube_apply(&write, &target, &answer, &run->err);
	else
		r = vc_kube_patch(&write, &target,
		                  strcmp(command, "merge") == 0 ? VC_KUBE_PATCH_MERGE
		                                                : VC_KUBE_PATCH_JSON,
		                  &answer, &run->err);
	if (r == 0)
		printf("%s", answer.data);
	return r;
}

static int run_delete(struct run *run)
{
	struct vc_kube_target target = { 0 };
	const struct vc_kube_precondition precondition = { run->uid, run->version };

	if (read_target(run, &target) < 0)
		return -(int)run->err.kind;
	return vc_kube_delete(run->kube, &target,
	                      run->uid || run->version ? &precondition : NULL, &run->err);
}

static int watch_event(void *arg, const struct vc_kube_event *event, struct vc_err *err)
{
	static const char *const words[] = { "SYNC", "SYNCED", "ADDED", "MODIFIED",
		                             "DELETED" };
	struct run *run = arg;

	run->n_events++;
	if (run->nested && run_version(run) < 0)
		return vc_fail(err, VC_ERR_REMOTE, "nested: %s", run->err.msg);
	if (event->object) {
		print_object(run, words[event->type], event->sync, event->object);
	} else {
		printf("%s %u\n", words[event->type], event->sync);
		(void)fflush(stdout);
	}
	if (run->stop && run->n_events == run->stop)
		vc_kube_watch_stop(run->watch);
	if (run->fail && run->n_events == run->fail)
		return vc_fail(err, VC_ERR_REFUSED, "told to fail");
	return 0;
}

static void watch_trouble(void *arg, const struct vc_kube_trouble *trouble)
{
	(void)arg;
	printf("TROUBLE %u %d again in %u ms: %s\n", trouble->tries, (int)trouble->reason,
	       trouble->again_ms, trouble->err->msg);
	(void)fflush(stdout);
}

static uint64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int run_watch(struct run *run)
{
	struct vc_kube_watcher watcher = { watch_event, watch_trouble, run };
	uint64_t end = now_ms() + (run->for_ms ? run->for_ms : 10000);
	struct vc_kube_watch_stats stats;
	struct vc_kube_query query = { 0 };

	for (; run->n_operands > 0; run->operands++, run->n_operands--)
		if (read_query(run, &query) < 0 ||
		    vc_kube_watch_start(run->kube, &query, &watcher, &run->watch,
		                        &run->err) < 0)
			return -(int)run->err.kind;
	while (now_ms() < end && (!run->events || run->n_events < run->events)) {
		if (vc_kube_wait(run->kube, (int)(end - now_ms()), &run->err) < 0)
			return -(int)run->err.kind;
		if (run->stop && run->n_events >= run->stop)
			return 0;
	}
	stats = vc_kube_watch_stats(run->watch);
	printf("lists %lu watches %lu events %lu bookmarks %lu failures %lu synced %d\n",
	       stats.lists, stats.watches, stats.events, stats.bookmarks, stats.failures,
	       stats.synced);
	return 0;
}

/* What a request would be made with; no secret is printed */
static int run_config(struct run *run, const struct vc_kube_config *config)
{
	VC_AUTO_PEER struct vc_http_peer peer = { 0 };

	if (vc_kube_config_peer(config, &peer, &run->err) < 0)
		return -(int)run->err.kind;
	printf("server %s\nnamespace %s\norigin %s\n", config->server, config->namespace,
	       config->origin);
	printf("ca %zu certificate %zu key %zu authorization %.6s%zu insecure %d\n",
	       peer.ca.len, peer.certificate.len, peer.key.len,
	       peer.authorization.data ? peer.authorization.data : "",
	       peer.authorization.len, peer.insecure);
	printf("server_name %s proxy %s\n", peer.server_name ? peer.server_name : "-",
	       peer.proxy ? "yes" : "-");
	return 0;
}

/* How often a text, given backwards, is in @len bytes */
static size_t count(const char *bytes, size_t len, const char *backwards, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i + n <= len; i++) {
		size_t k = 0;

		while (k < n && bytes[i + k] == backwards[n - 1 - k])
			k++;
		found += k == n;
	}
	return found;
}

/* In one mapping; read piece by piece, into a buffer that no core dump has */
static size_t count_mapping(int memory, uint64_t from, uint64_t to, const char *backwards)
{
	static char *piece;
	size_t size = (size_t)1 << 20, n = strlen(backwards), found = 0;

	if (!piece) {
		piece = mmap(NULL, size, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		(void)madvise(piece, size, MADV_DONTDUMP);
	}
	while (from < to) {
		size_t want = to - from < size ? (size_t)(to - from) : size;
		ssize_t got = pread(memory, piece, want, (off_t)from);

		if (got <= 0)
			break;
		found += count(piece, (size_t)got, backwards, n);
		from += (size_t)got > n && from + (size_t)got < to ? (size_t)got - n
		                                                   : (size_t)got;
	}
	return found;
}

/* "FROM-TO PERMISSIONS ..." */
static bool read_mapping(char *line, uint64_t *from, uint64_t *to)
{
	char *dash = strchr(line, '-'), *space = strchr(line, ' ');
	bool writable = space && strncmp(space, " rw", 3) == 0;
	int64_t first = 0, last = 0;

	if (!dash || !space || dash > space)
		return false;
	*dash = *space = '\0';
	if (!vc_json_int64(line, 16, &first) || !vc_json_int64(dash + 1, 16, &last))
		return false;
	*from = (uint64_t)first;
	*to = writable ? (uint64_t)last : *from;
	return true;
}

/* A request, and a watch that is under way */
static int make_requests(struct run *run)
{
	const struct vc_kube_query query = { .resource = &vc_kube_claims };
	const struct vc_kube_watcher watcher = { watch_event, watch_trouble, run };

	run->quiet = true;
	if (run_version(run) < 0 ||
	    vc_kube_watch_start(run->kube, &query, &watcher, &run->watch, &run->err) < 0)
		return -(int)run->err.kind;
	while (run->n_events < 1 || vc_kube_watch_stats(run->watch).bookmarks < 1)
		if (vc_kube_wait(run->kube, -1, &run->err) < 0)
			return -(int)run->err.kind;
	return 0;
}

/* Requests, then a look for a secret, given backwards, in all memory that a core dump
 * would have. In smaps the line "VmFlags:" is the last one of a mapping. */
static int run_secrets(struct run *run)
{
	const char *backwards = run->n_operands > 0 ? run->operands[0] : "?";
	int r = make_requests(run), memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/smaps", "re");
	size_t found = 0, n_mappings = 0;
	uint64_t from = 0, to = 0;
	char line[1024];

	if (!maps || memory < 0)
		return vc_fail(&run->err, VC_ERR_USAGE, "cannot read /proc/self");
	while (fgets(line, sizeof(line), maps)) {
		if (strncmp(line, "VmFlags:", 8) != 0) {
			(void)read_mapping(line, &from, &to);
		} else if (!strstr(line, " dd") && from < to) {
			n_mappings++;
			found += count_mapping(memory, from, to, backwards);
		}
	}
	(void)fclose(maps);
	(void)close(memory);
	printf("found %zu in %s mappings\n", found, n_mappings > 5 ? "many" : "few");
	return r;
}

static int run_command(struct run *run, const char *command,
                       const struct vc_kube_config *config)
{
	if (strcmp(command, "config") == 0)
		return run_config(run, config);
	if (vc_kube_open(config, &run->options, &run->kube, &run->err) < 0)
		return -(int)run->err.kind;
	if (strcmp(command, "version") == 0)
		return run_version(run);
	if (strcmp(command, "discover") == 0)
		return run_discover(run);
	if (strcmp(command, "get") == 0)
		return run_get(run);
	if (strcmp(command, "list") == 0)
		return run_list(run);
	if (strcmp(command, "watch") == 0)
		return run_watch(run);
	if (strcmp(command, "delete") == 0)
		return run_delete(run);
	if (strcmp(command, "secrets") == 0)
		return run_secrets(run);
	return run_write(run, command);
}

/* The most that was resident; getrusage() would count the parent's before exec too. */
static void print_memory(void)
{
	FILE *status =
		getenv("KUBE_CLIENT_MEMORY") ? fopen("/proc/self/status", "re") : NULL;
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			printf("memory %s", line + 6 + strspn(line + 6, " \t"));
	if (status)
		(void)fclose(status);
}

int main(int argc, char **argv)
{
	struct run run = { .arena = VC_ARENA_INIT, .err = VC_ERR_INIT };
	VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
	int i = 1, r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; i < argc && strchr(argv[i], '='); i++) {
		char *value = strchr(argv[i], '=');

		*value = '\0';
		if (!set_option(&run, argv[i], value + 1)) {
			(void)fprintf(stderr, "kube-client: option '%s'?\n", argv[i]);
			return 2;
		}
	}
	if (i == argc)
		return 2;
	run.operands = argv + i + 1;
	run.n_operands = argc - i - 1;
	r = vc_kube_config_find(&run.choice, &config, &run.err);
	if (r == 0)
		r = run_command(&run, argv[i], &config);
	if (r < 0)
		(void)fprintf(stderr, "kube-client: %s\n", run.err.msg);
	if (r < 0 && run.kube && vc_kube_last(run.kube)->reason != VC_KUBE_OK)
		(void)fprintf(stderr, "reason %d\n", (int)vc_kube_last(run.kube)->reason);
	print_memory();
	vc_kube_close(run.kube);
	vc_arena_release(&run.arena);
	return r < 0 ? vc_exit_status(run.err.kind) : 0;
}
