/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_libvirt.c - a libvirt with one domain, "vm1", in the directory $VC_FAKE_DIR.
 *
 *   uri		of every connection
 *   inactive.xml	stored definition
 *   live.xml		what runs; not there: nothing does
 *   state		more words of its state: "saved", "autostart"
 *   log		what was asked for: "attach ua-gpu"
 *   faults		lines "OPERATION WHAT HOW": fail, hang, crash, late (done, and then it
 *		hangs), edit (the definition is edited just before)
 *
 * In live.xml a device is one line, and metadata another.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "virt/virt.h"

#define MAX_TEXT 65536
#define UUID     "11111111-1111-4111-8111-111111111111"

extern const struct vc_virt_module vc_virt_module;

static void path_of(const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%s", getenv("VC_FAKE_DIR"), name);
}

/* Whether there is such a file. */
static bool get(const char *name, char text[MAX_TEXT])
{
	char path[PATH_MAX];
	VC_AUTOCLOSE int fd = -1;
	ssize_t n;

	path_of(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, MAX_TEXT - 1);
	text[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

/* No disk, no libvirt. */
static void die(void)
{
	(void)raise(SIGKILL);
}

static void put_at(const char *name, int flags, const char *text)
{
	char path[PATH_MAX];
	VC_AUTOCLOSE int fd = -1;

	path_of(name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die();
}

/* As libvirt does it: a file is replaced as a whole. */
static void put(const char *name, int flags, const char *text)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (flags & O_APPEND) {
		put_at(name, flags, text);
		return;
	}
	put_at(".new", O_TRUNC, text);
	path_of(".new", from);
	path_of(name, to);
	if (rename(from, to) < 0)
		die();
}

static void answer(int out, const char *text)
{
	if (write(out, text, strlen(text) + 1) < 0)
		_exit(99);
}

/* The device that a request is about. */
static void what_of(const struct vc_virt_request *request, char what[256])
{
	const char *alias = request->xml ? strstr(request->xml, "<alias name=\"") : NULL;

	(void)snprintf(what, 256, "-");
	if (request->alias)
		(void)snprintf(what, 256, "%s", request->alias);
	else if (request->operation == VC_VIRT_ATTACH && alias)
		(void)snprintf(what, 256, "%.*s", (int)strcspn(alias + 13, "\""),
		               alias + 13);
	else if (request->operation == VC_VIRT_ATTACH)
		(void)snprintf(what, 256, "scsi0");
}

static bool has_fault(const char *operation, const char *what, const char *how)
{
	char faults[MAX_TEXT], line[512];

	(void)get("faults", faults);
	(void)snprintf(line, sizeof(line), "%s %s %s\n", operation, what, how);
	return strstr(faults, line) != NULL;
}

static void hang(void)
{
	for (;;)
		(void)pause();
}

static void crash(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
}

static void facts(const struct vc_virt_request *request, int out)
{
	char text[MAX_TEXT], xml[MAX_TEXT];
	bool active = get("live.xml", text);

	answer(out, "vm1");
	answer(out, UUID);
	(void)get("uri", text);
	answer(out, text);
	answer(out, "9000000");
	(void)get("state", xml);
	(void)snprintf(text, sizeof(text), "%spersistent %.100s", active ? "active " : "",
	               xml);
	answer(out, text);
	if (request->form != VC_VIRT_LIVE || !get("live.xml", xml))
		(void)get("inactive.xml", xml);
	answer(out, xml);
}

/* Drops the line that mentions @mark, puts @line before @before. */
static void edit(const char *mark, const char *line, const char *before)
{
	char xml[MAX_TEXT], result[MAX_TEXT] = "";
	size_t len = 0;

	(void)get("live.xml", xml);
	for (char *p = xml, *end; *p != '\0'; p = end) {
		size_t n = strcspn(p, "\n");
		char kept = p[n];

		end = p + n + (kept != '\0');
		p[n] = '\0';
		if (line && strstr(p, before))
			len += (size_t)snprintf(result + len, sizeof(result) - len,
			                        "%s\n", line);
		if (!mark || !strstr(p, mark))
			len += (size_t)snprintf(result + len, sizeof(result) - len,
			                        "%s\n", p);
	}
	put("live.xml", O_TRUNC, result);
}

static void add_line(const char *mark, char *line, const char *before)
{
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	edit(mark, line, before);
}

static void attach(const char *xml)
{
	char line[MAX_TEXT];

	/* what libvirt calls it, when nobody else has given it a name */
	if (strstr(xml, "<alias "))
		(void)snprintf(line, sizeof(line), "%s", xml);
	else
		(void)snprintf(line, sizeof(line),
		               "%.*s><alias name=\"scsi0\"/></controller>",
		               (int)strcspn(xml, "/>"), xml);
	add_line(NULL, line, "</devices>");
}

/* Puts "<claims>..." into our namespace. */
static void record(const char *xml, const char *ns)
{
	char line[MAX_TEXT] = "<metadata><!--vc--></metadata>";

	if (xml)
		(void)snprintf(line, sizeof(line),
		               "<metadata><!--vc--><claims xmlns=\"%s\"%s</metadata>", ns,
		               xml + strlen("<claims"));
	add_line("<!--vc-->", line, "<devices>");
}

static int change(const struct vc_virt_request *request, int out)
{
	char xml[MAX_TEXT];

	(void)get("inactive.xml", xml);
	if (request->expected && strcmp(request->expected, xml) != 0)
		answer(out, "stale");
	else if (request->operation == VC_VIRT_DEFINE)
		put("inactive.xml", O_TRUNC, request->xml);
	else
		put("live.xml", O_TRUNC, request->xml ? request->xml : xml);
	return 0;
}

static int perform(const struct vc_virt_request *request, int out)
{
	char what[300];

	switch (request->operation) {
	case VC_VIRT_FACTS:
		facts(request, out);
		break;
	case VC_VIRT_LIST:
		answer(out, "vm1");
		answer(out, UUID);
		break;
	case VC_VIRT_DEFINE:
	case VC_VIRT_CREATE:
		return change(request, out);
	case VC_VIRT_ATTACH:
		attach(request->xml);
		break;
	case VC_VIRT_DETACH:
		(void)snprintf(what, sizeof(what), "<alias name=\"%s\"/>",
		               request->alias);
		edit(what, NULL, NULL);
		break;
	case VC_VIRT_RECORD:
		record(request->xml, request->metadata_ns);
		break;
	}
	return 0;
}

static int ask(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	static const char *const names[] = { "facts",  "list",   "define", "create",
		                             "attach", "detach", "record" };
	const char *name = names[request->operation];
	char what[256], line[300], xml[MAX_TEXT];

	what_of(request, what);
	if (request->operation != VC_VIRT_FACTS) {
		(void)snprintf(line, sizeof(line), "%s %s\n", name, what);
		put("log", O_APPEND, line);
	}
	if (has_fault(name, what, "crash"))
		crash();
	if (has_fault(name, what, "hang"))
		hang();
	if (has_fault(name, what, "fail")) {
		answer(out, "half an answer");
		return vc_fail(err, VC_ERR_SYSTEM, "libvirt, 'vm1': no %s of '%s'", name,
		               what);
	}
	if (has_fault(name, what, "edit") && get("inactive.xml", xml))
		put("inactive.xml", O_APPEND, "<!--edited-->");
	(void)perform(request, out);
	if (has_fault(name, what, "late"))
		hang();
	return 0;
}

__attribute__((visibility("default"))) const struct vc_virt_module vc_virt_module = {
	.version = VC_VIRT_MODULE_VERSION,
	.ask = ask,
};
