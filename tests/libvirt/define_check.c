/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * define_check.c - does libvirt accept these domains, and what does it make of them?
 *
 *   define-check [--embed] [--lax] [--dump DIR] [--native DIR] FILE...
 *
 * Each file is defined with validation against libvirt's schema (--lax: without), read
 * back and undefined, in one process. Without
 * --embed in test:///default; with it in qemu:///embed, which needs root: the process
 * moves to a mount namespace of its own, without /dev/kvm and with enough of a fake VFIO
 * that QEMU's arguments can be had for devices that do not exist. For the embedded QEMU
 * driver a domain of type kvm is turned into one of type qemu without emulator and host
 * CPU; nothing that concerns host devices is touched.
 *
 * --dump writes what libvirt has (inactive XML) to DIR/<base name>, --native (with
 * --embed) QEMU's arguments. One line per file on stdout: "ok FILE" or
 * "failed FILE: libvirt's message"; status 0 when all are ok, 1 else, 77 when it cannot
 * run here.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/run.h"

#define SKIP        77
#define DEADLINE_MS 600000U
#define MAX_OUTPUT  ((size_t)16 << 20)

struct run {
	virConnectPtr connection;
	bool embed;
	unsigned flags; /* VIR_DOMAIN_DEFINE_* */
	const char *dump, *native;
};

static void quiet(void *data VC_UNUSED, virErrorPtr error VC_UNUSED)
{
}

static int make_device(const char *path, unsigned major_number, unsigned minor_number)
{
	return mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number));
}

/* A /dev without kvm, and what libvirt looks at to see whether the host has VFIO. */
static int enter_namespace(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/dev", "tmpfs", 0, "mode=0755") < 0)
		return -1;
	if (make_device("/dev/null", 1, 3) < 0 || make_device("/dev/zero", 1, 5) < 0 ||
	    make_device("/dev/random", 1, 8) < 0 ||
	    make_device("/dev/urandom", 1, 9) < 0 || mkdir("/dev/vfio", 0755) < 0 ||
	    make_device("/dev/vfio/vfio", 10, 196) < 0 || mkdir("/dev/shm", 01777) < 0)
		return -1;
	if (mount("none", "/sys/kernel/iommu_groups", "tmpfs", 0, "mode=0755") < 0)
		return -1;
	return mkdir("/sys/kernel/iommu_groups/1", 0755);
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static void *run_events(void *arg VC_UNUSED)
{
	while (virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

static int write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool bad;

	if (!f)
		return -1;
	bad = fputs(text, f) < 0;
	bad |= fclose(f) != 0;
	return bad ? -1 : 0;
}

static int write_config(const char *root)
{
	static const char text[] =
		"stdio_handler = \"file\"\nsecurity_driver = \"none\"\n";
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/etc", root);
	if (mkdir(path, 0755) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/etc/qemu.conf", root);
	return write_text(path, text);
}

static virConnectPtr open_embed(const char *root)
{
	pthread_t thread;
	char uri[256];

	(void)snprintf(uri, sizeof(uri), "qemu:///embed?root=%s", root);
	if (write_config(root) < 0 || virEventRegisterDefaultImpl() < 0 ||
	    pthread_create(&thread, NULL, run_events, NULL) != 0)
		return NULL;
	return virConnectOpen(uri);
}

static void freep_domain(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}

static int write_result(const char *directory, const char *file, const char *text)
{
	const char *slash = strrchr(file, '/');
	VC_AUTOFREE char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, slash ? slash + 1 : file) < 0)
		return -1;
	return write_text(path, text);
}

static void drop_child(xmlNodePtr parent, const char *name, const char *mode)
{
	for (xmlNodePtr next, node = parent ? parent->children : NULL; node;
	     node = next) {
		xmlChar *value = xmlGetProp(node, (const xmlChar *)"mode");
		bool match = node->type == XML_ELEMENT_NODE &&
		             strcmp((const char *)node->name, name) == 0 &&
		             (!mode || (value && strncmp((const char *)value, mode,
		                                         strlen(mode)) == 0));

		xmlFree(value);
		next = node->next;
		if (!match)
			continue;
		xmlUnlinkNode(node);
		xmlFreeNode(node);
	}
}

static xmlNodePtr child(xmlNodePtr parent, const char *name)
{
	xmlNodePtr node = parent->children;

	while (node && (node->type != XML_ELEMENT_NODE ||
	                strcmp((const char *)node->name, name) != 0))
		node = node->next;
	return node;
}

/* The text of the file, fit for an emulating QEMU when asked. */
static xmlChar *load(const struct run *run, const char *file)
{
	xmlDocPtr doc = xmlReadFile(
		file, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlChar *text = NULL;
	int len;

	if (root && run->embed) {
		(void)xmlSetProp(root, (const xmlChar *)"type", (const xmlChar *)"qemu");
		drop_child(child(root, "devices"), "emulator", NULL);
		drop_child(root, "cpu", "host-");
	}
	if (root)
		xmlDocDumpMemory(doc, &text, &len);
	xmlFreeDoc(doc);
	return text;
}

static int print_native(const struct run *run, const char *file, const char *xml)
{
	VC_AUTOFREE char *arguments =
		virConnectDomainXMLToNative(run->connection, "qemu-argv", xml, 0);

	return arguments ? write_result(run->native, file, arguments) : -1;
}

static int examine(const struct run *run, const char *file)
{
	xmlChar *xml = load(run, file);
	VC_CLEANUP(freep_domain)
	virDomainPtr domain = xml ? virDomainDefineXMLFlags(run->connection,
	                                                    (const char *)xml, run->flags)
	                          : NULL;
	VC_AUTOFREE char *back = NULL;
	int r = domain ? 0 : -1;

	xmlFree(xml);
	if (!domain)
		return -1;
	back = virDomainGetXMLDesc(domain,
	                           VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	if (!back)
		r = -1;
	if (r == 0 && run->dump)
		r = write_result(run->dump, file, back);
	if (r == 0 && run->native)
		r = print_native(run, file, back);
	/* the test driver knows no flags here */
	if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_NVRAM |
	                                           VIR_DOMAIN_UNDEFINE_MANAGED_SAVE) <
	            0 &&
	    virDomainUndefine(domain) < 0)
		r = -1;
	return r;
}

/* libvirt's message may have several lines. */
static void print_failure(const char *file, const char *message)
{
	(void)printf("failed %s: ", file);
	for (; *message; message++)
		(void)putchar(*message == '\n' ? ' ' : *message);
	(void)putchar('\n');
}

static int examine_all(const struct run *run, char **files)
{
	int failures = 0;

	for (; *files; files++) {
		virResetLastError();
		if (examine(run, *files) == 0) {
			(void)printf("ok %s\n", *files);
			continue;
		}
		failures++;
		print_failure(*files, virGetLastErrorCode() != VIR_ERR_OK
		                              ? virGetLastErrorMessage()
		                              : strerror(errno));
	}
	return failures ? 1 : 0;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: define-check [--embed] [--lax] [--dump DIR] "
	                      "[--native DIR] FILE...\n");
	return 2;
}

/* What the child does: libvirt's own children end with it, whatever init does. */
struct job {
	struct run *run;
	const char *root;
	char **files;
};

static int embed_main(void *arg)
{
	struct job *job = arg;
	int r = SKIP;

	job->run->connection = open_embed(job->root);
	if (job->run->connection)
		r = examine_all(job->run, job->files);
	else
		(void)printf("define-check: %s\n", virGetLastErrorMessage());
	return fflush(stdout) == 0 ? r : 1;
}

static int run_embed(struct run *run, char **files)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char root[] = "/tmp/define-check-XXXXXX";
	struct job job = { .run = run, .root = root, .files = files };
	const struct vc_run how = {
		.fn = embed_main,
		.arg = &job,
		.what = "qemu:///embed",
		.deadline_ms = DEADLINE_MS,
		.max_output = MAX_OUTPUT,
	};
	struct vc_run_result result = { 0 };
	struct vc_err err = VC_ERR_INIT;
	int r;

	if (enter_namespace() < 0 || !mkdtemp(root)) {
		(void)fprintf(stderr, "define-check: no mount namespace: %s\n",
		              strerror(errno));
		return SKIP;
	}
	r = vc_run(&arena, &how, &result, &err);
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (r < 0) {
		(void)fprintf(stderr, "define-check: %s\n", err.msg);
		return 1;
	}
	(void)fputs(result.output, stdout);
	return result.status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "embed", no_argument, NULL, 'e' },
		{ "lax", no_argument, NULL, 'l' },
		{ "dump", required_argument, NULL, 'd' },
		{ "native", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct run run = { .flags = VIR_DOMAIN_DEFINE_VALIDATE };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'e')
			run.embed = true;
		else if (c == 'l')
			run.flags = 0;
		else if (c == 'd')
			run.dump = optarg;
		else if (c == 'n')
			run.native = optarg;
		else
			return usage();
	}
	if (optind == argc || (run.native && !run.embed))
		return usage();
	virSetErrorFunc(NULL, quiet);
	(void)setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0);
	if (run.embed)
		return run_embed(&run, argv + optind);
	run.connection = virConnectOpen("test:///default");
	if (!run.connection)
		return SKIP;
	c = examine_all(&run, argv + optind);
	(void)virConnectClose(run.connection);
	return c;
}
