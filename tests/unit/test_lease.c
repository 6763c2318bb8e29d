/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/boot_id.h"
#include "store/lease.h"
#include "unit.h"

#define GPU          "pci-0000:65:00.0"
#define AUDIO        "pci-0000:65:00.1"
#define NVME         "pci-10000:e1:00.0"
#define MDEV         "mdev-4b20d080-1b54-4048-85b3-a6a62d165c01"
#define UUID_A       "11111111-1111-4111-8111-111111111111"
#define UUID_B       "22222222-2222-4222-8222-222222222222"
#define BOOT         "33333333-3333-4333-8333-333333333333"

#define DAEMON_PID   100
#define DAEMON_START 5000

/* A scratch directory with a proc and a libvirt of its own. */
struct place {
	char root[32];
	char leases[64], proc[64], libvirt[64];
	struct vc_arena arena;
	struct vc_lease_store store;
	struct vc_err err;
};

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void make(const char *dir, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void remove_file(const char *dir, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static bool have_lease(const struct place *p, const char *device)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", p->leases, device);
	return access(path, F_OK) == 0;
}

static void add_process(const struct place *p, int pid, unsigned start,
                        const char *command)
{
	char name[32], text[512];

	(void)snprintf(name, sizeof(name), "%d", pid);
	make(p->proc, name);
	(void)snprintf(text, sizeof(text),
	               "%d (a ) (name) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %u "
	               "1000 200\n",
	               pid, start);
	(void)snprintf(name, sizeof(name), "%d/stat", pid);
	write_file(p->proc, name, text);
	(void)snprintf(name, sizeof(name), "%d/cmdline", pid);
	write_file(p->proc, name, command);
}

static void remove_process(const struct place *p, int pid)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%d/stat", pid);
	remove_file(p->proc, name);
}

static void set_boot(const struct place *p, const char *boot)
{
	write_file(p->proc, "sys/kernel/random/boot_id", boot);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return 1;
	*p = (struct place){ .root = "/tmp/vc-lease-XXXXXX", .arena = VC_ARENA_INIT };
	assert_non_null(mkdtemp(p->root));
	(void)snprintf(p->leases, sizeof(p->leases), "%s/run/leases", p->root);
	(void)snprintf(p->proc, sizeof(p->proc), "%s/proc", p->root);
	(void)snprintf(p->libvirt, sizeof(p->libvirt), "%s/libvirt", p->root);
	make(p->root, "libvirt");
	make(p->root, "proc");
	make(p->proc, "sys");
	make(p->proc, "sys/kernel");
	make(p->proc, "sys/kernel/random");
	set_boot(p, BOOT "\n");
	add_process(p, DAEMON_PID, DAEMON_START, "libvirtd");
	p->store = (struct vc_lease_store){ p->leases, p->proc, p->libvirt };
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct place *p = *state;

	(void)nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	vc_arena_release(&p->arena);
	free(p);
	return 0;
}

static struct vc_lease domain(const char *name, const char *uuid)
{
	static char names[2][16], uuids[2][40];
	int i = strcmp(uuid, UUID_A) == 0;

	(void)snprintf(names[i], sizeof(names[i]), "%s", name);
	(void)snprintf(uuids[i], sizeof(uuids[i]), "%s", uuid);
	return (struct vc_lease){
		.uuid = uuids[i],
		.domain = names[i],
		.holder_pid = DAEMON_PID,
		.holder_start = DAEMON_START,
	};
}

static int take(struct place *p, const char *name, const char *uuid, const char *one,
                const char *two)
{
	const char *devices[] = { one, two };
	struct vc_lease who = domain(name, uuid);

	return vc_lease_take(&p->arena, &p->store, devices, two ? 2 : 1, &who, &p->err);
}

static int confirm(struct place *p, const char *name, const char *uuid, const char *one)
{
	const char *devices[] = { one };
	struct vc_lease who = domain(name, uuid);

	return vc_lease_confirm(&p->arena, &p->store, devices, 1, &who, &p->err);
}

static void test_take_all_or_none(void **state)
{
	struct place *p = *state;
	struct stat st;

	assert_int_equal(take(p, "a", UUID_A, GPU, AUDIO), 0);
	assert_int_equal(take(p, "b", UUID_B, NVME, AUDIO), -VC_ERR_REFUSED);
	assert_non_null(strstr(p->err.msg, "'0000:65:00.1' is in use by domain 'a' "
	                                   "(" UUID_A ") since it was prepared"));
	assert_false(have_lease(p, NVME));
	assert_int_equal(take(p, "b", UUID_B, NVME, MDEV), 0);
	assert_int_equal(stat(p->leases, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_same_domain_takes_over(void **state)
{
	struct place *p = *state;

	assert_int_equal(take(p, "a", UUID_A, GPU, GPU), 0);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	assert_int_equal(confirm(p, "a", UUID_A, GPU), 0);
	assert_int_equal(take(p, "b", UUID_B, MDEV, NULL), 0);
}

static void test_release(void **state)
{
	struct place *p = *state;

	assert_int_equal(vc_lease_release(&p->arena, &p->store, UUID_A, &p->err), 0);
	assert_int_equal(access(p->leases, F_OK), -1);
	assert_int_equal(take(p, "a", UUID_A, GPU, AUDIO), 0);
	assert_int_equal(take(p, "b", UUID_B, NVME, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vc_lease_release(&p->arena, &p->store, UUID_A, &p->err),
		                 0);
		assert_false(have_lease(p, GPU));
		assert_false(have_lease(p, AUDIO));
		assert_true(have_lease(p, NVME));
	}
	assert_int_equal(vc_lease_release(&p->arena, &p->store, "a/../b", &p->err),
	                 -VC_ERR_INPUT);
}

/* Some devices of one domain, and if wanted only those that one process asked for. */
static void test_drop(void **state)
{
	static const char *const devices[] = { GPU, NVME };
	struct place *p = *state;
	struct vc_lease who = domain("a", UUID_A);

	assert_int_equal(vc_lease_drop(&p->arena, &p->store, devices, 2, &who, &p->err),
	                 0);
	assert_int_equal(access(p->leases, F_OK), -1);
	assert_int_equal(take(p, "a", UUID_A, GPU, AUDIO), 0);
	assert_int_equal(take(p, "b", UUID_B, NVME, NULL), 0);
	who.holder_start++;
	assert_int_equal(vc_lease_drop(&p->arena, &p->store, devices, 2, &who, &p->err),
	                 0);
	assert_true(have_lease(p, GPU));
	who.holder_start--;
	assert_int_equal(vc_lease_drop(&p->arena, &p->store, devices, 0, &who, &p->err),
	                 0);
	assert_true(have_lease(p, GPU));
	assert_int_equal(vc_lease_drop(&p->arena, &p->store, devices, 2, &who, &p->err),
	                 0);
	assert_false(have_lease(p, GPU));
	assert_true(have_lease(p, AUDIO));
	assert_true(have_lease(p, NVME));
	who = domain("b", UUID_B);
	who.holder_pid = 0;
	assert_int_equal(vc_lease_drop(&p->arena, &p->store, devices, 2, &who, &p->err),
	                 0);
	assert_false(have_lease(p, NVME));
}

/* A prepared lease needs its daemon or a QEMU, a started one a QEMU. */
static void test_evidence(void **state)
{
	struct place *p = *state;

	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	remove_process(p, DAEMON_PID);
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);

	write_file(p->libvirt, "b.pid", "200\n");
	add_process(p, 200, 7000, "qemu -name b -uuid " UUID_B);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), -VC_ERR_REFUSED);
	assert_int_equal(confirm(p, "b", UUID_B, GPU), 0);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), -VC_ERR_REFUSED);
	assert_non_null(strstr(p->err.msg, "since it was started"));

	remove_process(p, 200);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
}

static void test_daemon_restarted(void **state)
{
	struct place *p = *state;

	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	remove_process(p, DAEMON_PID);
	write_file(p->proc, "100/stat",
	           "100 (libvirtd) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 5001 1\n");
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);
}

static void test_pid_was_given_again(void **state)
{
	struct place *p = *state;

	write_file(p->libvirt, "a.pid", "200\n");
	add_process(p, 200, 7000, "qemu -name a -uuid " UUID_A);
	assert_int_equal(confirm(p, "a", UUID_A, GPU), 0);
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), -VC_ERR_REFUSED);
	write_file(p->proc, "200/cmdline", "some other program");
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);
}

static void test_started_without_pid_file(void **state)
{
	struct place *p = *state;

	assert_int_equal(confirm(p, "a", UUID_A, GPU), 0);
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);
}

static void test_broken_pid_file_is_no_evidence(void **state)
{
	static const char *const texts[] = { "", "0\n", "-5\n", "12x\n",
		                             "99999999999\n" };
	struct place *p = *state;

	assert_int_equal(confirm(p, "a", UUID_A, GPU), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		write_file(p->libvirt, "a.pid", texts[i]);
		assert_int_equal(take(p, "b", UUID_B, GPU, NULL), -VC_ERR_REFUSED);
	}
}

static void test_other_boot(void **state)
{
	struct place *p = *state;

	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	set_boot(p, "44444444-4444-4444-8444-444444444444\n");
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);
}

#define LEASE(device, uuid, state, holder)                               \
	"{\"device\":\"" device "\",\"uuid\":\"" uuid                    \
	"\",\"domain\":\"a\",\"bootID\":\"" BOOT "\",\"state\":\"" state \
	"\",\"holder\":" holder "}"
#define HOLDER "{\"pid\":1,\"start\":1}"

static void test_unreadable_lease_is_held(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{\"device\":\"" GPU "\"}",
		LEASE(AUDIO, UUID_A, "started", HOLDER),
		LEASE(GPU, "x", "started", HOLDER),
		LEASE(GPU, UUID_A, "running", HOLDER),
		LEASE(GPU, UUID_A, "started", "[]"),
		LEASE(GPU, UUID_A, "started", "{\"pid\":-1,\"start\":1}"),
		LEASE(GPU, UUID_A, "started", "{\"pid\":1}"),
		LEASE(GPU, UUID_A, "started", HOLDER) "{}",
	};
	struct place *p = *state;

	assert_int_equal(take(p, "a", UUID_A, GPU, NVME), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		write_file(p->leases, GPU, texts[i]);
		assert_int_equal(take(p, "a", UUID_A, GPU, NULL), -VC_ERR_REFUSED);
		assert_non_null(strstr(p->err.msg, "run: rm '/tmp/vc-lease-"));
		assert_int_equal(vc_lease_release(&p->arena, &p->store, UUID_A, &p->err),
		                 -VC_ERR_REFUSED);
		assert_true(have_lease(p, GPU));
		assert_false(have_lease(p, NVME));
	}
	write_file(p->leases, GPU, LEASE(GPU, UUID_A, "started", HOLDER));
	assert_int_equal(take(p, "b", UUID_B, GPU, NULL), 0);
}

static void test_symlink_is_not_followed(void **state)
{
	struct place *p = *state;
	char path[256];

	assert_int_equal(take(p, "a", UUID_A, NVME, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/" GPU, p->leases);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), -VC_ERR_REFUSED);
}

static void test_names(void **state)
{
	static const char *const devices[] = {
		"",
		"gpu",
		".",
		"..",
		".-x",
		"-x",
		"pci-0000:65:00.0/..",
		"pci-0000:AB:00.0",
		"mdev-../../etc",
		"vdpa-a b",
		"vdpa-a\nb",
	};
	static const char *const domains[] = { "", "a/b", "../x" };
	struct place *p = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(devices); i++)
		assert_int_equal(take(p, "a", UUID_A, devices[i], NULL), -VC_ERR_INPUT);
	assert_int_equal(take(p, "a", UUID_A, "usb-1:5", "scsi-2:0:1:0"), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(domains); i++)
		assert_int_equal(take(p, domains[i], UUID_A, GPU, NULL), -VC_ERR_INPUT);
	assert_int_equal(take(p, "a", "not a uuid", GPU, NULL), -VC_ERR_INPUT);
}

static void test_directory_of_others_is_refused(void **state)
{
	struct place *p = *state;

	make(p->root, "run");
	make(p->root, "run/leases");
	assert_int_equal(chmod(p->leases, 0777), 0);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), -VC_ERR_REFUSED);
}

static void test_list(void **state)
{
	struct place *p = *state;
	struct vc_leases leases = { .n = 77 };

	assert_int_equal(vc_lease_list(&p->arena, &p->store, &leases, &p->err), 0);
	assert_int_equal(leases.n, 0);
	assert_int_equal(take(p, "b", UUID_B, NVME, MDEV), 0);
	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	assert_int_equal(confirm(p, "a", UUID_A, AUDIO), 0); /* dead at once: no QEMU */
	assert_int_equal(vc_lease_list(&p->arena, &p->store, &leases, &p->err), 0);
	assert_int_equal(leases.n, 3);
	assert_string_equal(leases.v[0].device, MDEV);
	assert_string_equal(leases.v[1].device, GPU);
	assert_string_equal(leases.v[1].domain, "a");
	assert_int_equal(leases.v[1].holder_pid, DAEMON_PID);
	assert_string_equal(leases.v[2].device, NVME);
}

static void add_qemu(const struct place *p, const char *domain_name, int pid,
                     const char *uuid)
{
	char name[32], text[128];

	(void)snprintf(name, sizeof(name), "%s.pid", domain_name);
	(void)snprintf(text, sizeof(text), "%d\n", pid);
	write_file(p->libvirt, name, text);
	(void)snprintf(text, sizeof(text), "qemu -name %s -uuid %s", domain_name, uuid);
	add_process(p, pid, 7000, text);
}

/* What cannot be read keeps its device, and hides no other lease. */
static void test_living(void **state)
{
	struct place *p = *state;
	struct vc_leases leases = { .n = 77 };

	assert_int_equal(vc_lease_living(&p->arena, &p->store, &leases, &p->err), 0);
	assert_int_equal(leases.n, 0);
	assert_int_equal(access(p->leases, F_OK), -1);
	assert_int_equal(take(p, "a", UUID_A, NVME, MDEV), 0);
	assert_int_equal(confirm(p, "b", UUID_B, AUDIO), 0); /* dead at once: no QEMU */
	write_file(p->leases, GPU, "{");
	assert_int_equal(vc_lease_list(&p->arena, &p->store, &leases, &p->err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(vc_lease_living(&p->arena, &p->store, &leases, &p->err), 0);
	assert_int_equal(leases.n, 3);
	assert_string_equal(leases.v[0].device, MDEV);
	assert_null(leases.v[0].problem);
	assert_string_equal(leases.v[1].device, GPU);
	assert_non_null(strstr(leases.v[1].problem, "run: rm '/tmp/vc-lease-"));
	assert_string_equal(leases.v[1].uuid, "");
	assert_string_equal(leases.v[1].domain, "");
	assert_string_equal(leases.v[2].device, NVME);
	assert_string_equal(leases.v[2].domain, "a");
}

static void test_living_refused(void **state)
{
	struct place *p = *state;
	struct vc_leases leases = { .n = 77 };
	struct vc_names notes = { .n = 77 };

	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	assert_int_equal(chmod(p->leases, 0777), 0);
	assert_int_equal(vc_lease_living(&p->arena, &p->store, &leases, &p->err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(chmod(p->leases, 0700), 0);
	remove_file(p->proc, "sys/kernel/random/boot_id");
	assert_true(vc_lease_living(&p->arena, &p->store, &leases, &p->err) < 0);
	assert_true(vc_lease_clean(&p->arena, &p->store, &notes, &p->err) < 0);
	assert_int_equal(leases.n, 77);
	assert_int_equal(notes.n, 77);
	assert_true(have_lease(p, GPU));
}

/* Only evidence ends a lease: boot, daemon, QEMU. */
static void test_clean(void **state)
{
	struct place *p = *state;
	struct vc_names notes = { 0 };

	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 0);
	assert_int_equal(access(p->leases, F_OK), -1);

	assert_int_equal(take(p, "a", UUID_A, GPU, NULL), 0);
	assert_int_equal(take(p, "b", UUID_B, NVME, NULL), 0);
	assert_int_equal(confirm(p, "b", UUID_B, NVME), 0);
	add_qemu(p, "b", 200, UUID_B);
	write_file(p->leases, AUDIO, "[]");
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 0);
	assert_true(have_lease(p, GPU) && have_lease(p, NVME) && have_lease(p, AUDIO));
	assert_int_equal(notes.n, 1);
	assert_non_null(strstr(notes.v[0], "'" AUDIO "' is taken by a lease"));

	remove_process(p, DAEMON_PID);
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 1);
	assert_false(have_lease(p, GPU));
	assert_true(have_lease(p, NVME));
	remove_process(p, 200);
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 1);
	assert_false(have_lease(p, NVME));
	assert_true(have_lease(p, AUDIO));
	assert_int_equal(notes.n, 3);
}

/* A daemon that was restarted, a process number that was given again, another boot. */
static void test_clean_evidence(void **state)
{
	struct place *p = *state;
	struct vc_names notes = { 0 };

	assert_int_equal(take(p, "a", UUID_A, GPU, AUDIO), 0);
	add_qemu(p, "a", 200, UUID_A);
	remove_process(p, DAEMON_PID);
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 0);
	write_file(p->proc, "200/cmdline", "some other program");
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 2);

	write_file(p->proc, "200/cmdline", "qemu -uuid " UUID_A);
	assert_int_equal(confirm(p, "a", UUID_A, GPU), 0);
	write_file(p->libvirt, "a.pid", "nonsense");
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 0);
	set_boot(p, "44444444-4444-4444-8444-444444444444\n");
	assert_int_equal(vc_lease_clean(&p->arena, &p->store, &notes, &p->err), 1);
	assert_false(have_lease(p, GPU));
	assert_int_equal(notes.n, 0);
}

/* Many starts at the same instant: exactly one has both devices. */
static void test_race(void **state)
{
	struct place *p = *state;
	int winners = 0;

	for (int i = 0; i < 16; i++) {
		char uuid[] = UUID_A;

		uuid[0] = "0123456789abcdef"[i];
		uuid[1] = '9';
		if (fork() == 0) {
			struct vc_lease who = domain("a", UUID_A);
			const char *devices[] = { i % 2 ? GPU : AUDIO,
				                  i % 2 ? AUDIO : GPU };

			who.uuid = uuid;
			_exit(vc_lease_take(&p->arena, &p->store, devices, 2, &who,
			                    &p->err) == 0);
		}
	}
	for (int i = 0; i < 16; i++) {
		int status;

		assert_true(wait(&status) > 0);
		winners += WEXITSTATUS(status);
	}
	assert_int_equal(winners, 1);
}

static void test_process(void **state)
{
	static const char *const broken[] = {
		"", "100", "100 (x", "100 (x) ", "100 (x) S 1 2 3\n", "100 (x) Z 1 2\n",
	};
	struct place *p = *state;
	struct vc_process process = { .pid = 77 };

	for (size_t i = 0; i < VC_ARRAY_SIZE(broken); i++) {
		write_file(p->proc, "100/stat", broken[i]);
		assert_int_equal(
			vc_process_read(&p->arena, p->proc, 100, &process, &p->err),
			-VC_ERR_ABSENT);
		assert_int_equal(process.pid, 77);
	}
	add_process(p, 300, 12345, "");
	assert_int_equal(vc_process_read(&p->arena, p->proc, 300, &process, &p->err), 0);
	assert_int_equal(process.start, 12345);
	assert_int_equal(process.parent, 1);
	assert_string_equal(process.comm, "a ) (name");
	assert_int_equal(vc_process_read(&p->arena, "/proc", getpid(), &process, &p->err),
	                 0);
	assert_int_equal(process.parent, getppid());
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_take_all_or_none),
		TEST(test_same_domain_takes_over),
		TEST(test_release),
		TEST(test_drop),
		TEST(test_evidence),
		TEST(test_daemon_restarted),
		TEST(test_pid_was_given_again),
		TEST(test_started_without_pid_file),
		TEST(test_broken_pid_file_is_no_evidence),
		TEST(test_other_boot),
		TEST(test_unreadable_lease_is_held),
		TEST(test_symlink_is_not_followed),
		TEST(test_names),
		TEST(test_directory_of_others_is_refused),
		TEST(test_list),
		TEST(test_living),
		TEST(test_living_refused),
		TEST(test_clean),
		TEST(test_clean_evidence),
		TEST(test_race),
		TEST(test_process),
	};

	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
