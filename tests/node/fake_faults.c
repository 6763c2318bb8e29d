/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_faults.c - kernel/faults, lines "GLOB ACTION [once]"; the first that fits decides.
 *
 * GLOB fits "PATH=TEXT" of a write, PATH from the root of sysfs and without links; without
 * '=' it fits any text. '*' fits '/' too.
 *
 *   EBUSY ...    the write fails with that
 *   delay=MS     it takes so long
 *   hang         it does not come back as long as the line is there; only SIGKILL helps
 *   stuck        nor does that, neither the end of the parent
 *   ignore       it succeeds, and nothing happens
 *   vanish       the function is pulled out of the machine, ENODEV
 *
 * kernel/log has a line for each write, "PATH=TEXT 0" or "PATH=TEXT EBUSY".
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fake_kernel.h"

#define FAULTS_MAX 65536
#define POLL_MS    10

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "EACCES", EACCES }, { "EAGAIN", EAGAIN }, { "EBUSY", EBUSY },
	{ "EEXIST", EEXIST }, { "EINVAL", EINVAL }, { "EIO", EIO },
	{ "ENODEV", ENODEV }, { "ENOENT", ENOENT }, { "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC }, { "EPERM", EPERM },   { "ERANGE", ERANGE },
	{ "EUSERS", EUSERS },
};

struct fault {
	char line[VC_FAKE_TEXT]; /* as it stands in the file, without newline */
	char glob[VC_FAKE_TEXT];
	char action[64];
	bool once;
};

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* The whole file, NUL-terminated; NULL: there is none. The caller frees it. */
static char *read_faults(void)
{
	char path[VC_FAKE_PATH];
	char *text = malloc(FAULTS_MAX);
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/kernel/faults", vc_fake_root());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = text && fd >= 0 ? read(fd, text, FAULTS_MAX - 1) : -1;
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void copy_word(char *word, size_t size, const char **cursor)
{
	size_t len;

	*cursor += strspn(*cursor, " \t");
	len = strcspn(*cursor, " \t");
	(void)snprintf(word, size, "%.*s", (int)len, *cursor);
	*cursor += len;
}

static bool parse(struct fault *fault, const char *line, size_t len)
{
	const char *cursor = fault->line;
	char once[16];

	if (len == 0 || len >= sizeof(fault->line) || *line == '#')
		return false;
	memcpy(fault->line, line, len);
	fault->line[len] = '\0';
	copy_word(fault->glob, sizeof(fault->glob) - 2, &cursor);
	copy_word(fault->action, sizeof(fault->action), &cursor);
	copy_word(once, sizeof(once), &cursor);
	fault->once = strcmp(once, "once") == 0;
	if (!strchr(fault->glob, '=')) {
		size_t end = strlen(fault->glob);

		memcpy(fault->glob + end, "=*", 3);
	}
	return fault->action[0] != '\0';
}

/* The line that fits @what; NULL @what: the line that is @line. */
static bool find(const char *what, const char *line, struct fault *fault)
{
	char *text = read_faults();
	bool found = false;

	for (char *p = text; p && *p != '\0' && !found;) {
		size_t len = strcspn(p, "\n");

		found = parse(fault, p, len) && (what ? fnmatch(fault->glob, what, 0) == 0
		                                      : strcmp(fault->line, line) == 0);
		p += len + (p[len] == '\n');
	}
	free(text);
	return found;
}

/* Takes the line out, once; false: another process was faster. */
static bool use_up(const struct fault *fault)
{
	int fd = vc_fake_lock("kernel/lock");
	char *text = read_faults();
	char *at = text;
	size_t len = strlen(fault->line);

	while (at && *at != '\0' &&
	       (strncmp(at, fault->line, len) != 0 ||
	        (at[len] != '\n' && at[len] != '\0')))
		at += strcspn(at, "\n") + (strchr(at, '\n') != NULL);
	if (at && *at != '\0') {
		memmove(at, at + len + (at[len] == '\n'),
		        strlen(at + len + (at[len] == '\n')) + 1);
		text[strlen(text) - (*text && text[strlen(text) - 1] == '\n')] = '\0';
		(void)vc_fake_put(text, "kernel/faults");
	} else {
		free(text);
		text = NULL;
	}
	free(text);
	vc_fake_unlock(fd);
	return at && text;
}

/* As long as the line is there. */
static void hang(const struct fault *fault, bool stuck)
{
	struct fault again;
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	if (stuck) {
		(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
		(void)vc_fake_directory("kernel/stuck");
		(void)vc_fake_put("", "kernel/stuck/%d", (int)getpid());
	}
	while (find(NULL, fault->line, &again))
		sleep_ms(POLL_MS);
	vc_fake_unlink("kernel/stuck/%d", (int)getpid());
}

static long parse_ms(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9' && value < 1000000; text++)
		value = value * 10 + (*text - '0');
	return value;
}

static int act(const struct fault *fault)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(fault->action, errors[i].name) == 0)
			return -errors[i].value;
	if (strncmp(fault->action, "delay=", 6) == 0)
		sleep_ms(parse_ms(fault->action + 6));
	if (strcmp(fault->action, "hang") == 0 || strcmp(fault->action, "stuck") == 0)
		hang(fault, fault->action[0] == 's');
	if (strcmp(fault->action, "ignore") == 0)
		return VC_FAKE_IGNORE;
	return strcmp(fault->action, "vanish") == 0 ? VC_FAKE_VANISH : VC_FAKE_GO_ON;
}

int vc_fake_fault(const struct vc_fake_write *write)
{
	char what[VC_FAKE_PATH + VC_FAKE_TEXT];
	struct fault fault;

	(void)snprintf(what, sizeof(what), "%s=%s", write->path, write->text);
	if (!find(what, NULL, &fault) || (fault.once && !use_up(&fault)))
		return VC_FAKE_GO_ON;
	return act(&fault);
}

static const char *error_name(int value)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].value == value)
			return errors[i].name;
	return "error";
}

void vc_fake_log(const struct vc_fake_write *write, int r)
{
	char line[VC_FAKE_PATH + VC_FAKE_TEXT + 32];

	(void)snprintf(line, sizeof(line), "%s=%s %s\n", write->path, write->text,
	               r == 0 ? "0" : error_name(-r));
	(void)vc_fake_append(line, "kernel/log");
}

/* @pid: of one process */
bool vc_fake_is_stuck(pid_t pid)
{
	bool inside = vc_fake_inside;
	bool stuck;

	vc_fake_inside = true;
	stuck = vc_fake_exists("kernel/stuck/%d", (int)pid);
	vc_fake_inside = inside;
	return stuck;
}

static int is_in_group(const char *name, void *arg)
{
	const pid_t *group = arg;

	return getpgid((pid_t)parse_ms(name)) == *group;
}

/* Whether one of a process group is. */
bool vc_fake_has_stuck(pid_t group)
{
	bool inside = vc_fake_inside;
	bool stuck;

	vc_fake_inside = true;
	stuck = vc_fake_each("kernel/stuck", is_in_group, &group) > 0;
	vc_fake_inside = inside;
	return stuck;
}
