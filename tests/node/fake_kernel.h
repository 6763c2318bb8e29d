/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kernel.h - a kernel for the machines of make-machine, preloaded into programs.
 *
 * $FAKE_KERNEL is the machine. What a program writes to files below its sys/ is answered
 * as Linux answers it, before write(2) returns; README.md says what is there. Everything
 * that it knows is in files below kernel/, so any number of processes see one machine:
 *
 *   lock                        flock: held while the machine is changed
 *   faults, log                 see fake_faults.c
 *   no-watches                  see fake_watch.c
 *   functions/ADDRESS/lock      flock: the device lock, held for the whole of a write
 *   functions/ADDRESS/driver    driver that takes the function by itself; empty none
 *   functions/ADDRESS/with/     what that driver makes in the function's directory, while
 *                               it does not have it; names has the names of all that
 *   functions/ADDRESS/links     "LINK TARGET": links that it makes elsewhere in sysfs
 *   functions/ADDRESS/vf-driver driver of VFs, of a PF
 *   removed/ADDRESS/            functions that were removed, and path: where they were
 *
 * Locks are taken in the order device, machine; nobody waits for anything with the second.
 * Functions return 0 or -errno.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define VC_FAKE_PATH            1024
#define VC_FAKE_TEXT            4096

#define VC_FAKE_FMT(fmt, first) __attribute__((format(printf, fmt, first)))

/* A write to an attribute. */
struct vc_fake_write {
	const char *path;        /* from the root of sysfs, no links in it */
	const char *name;        /* its last component */
	char dir[VC_FAKE_PATH];  /* the others */
	char text[VC_FAKE_TEXT]; /* up to its newline */
	char function[32];       /* address of the function that it is about; "" none */
};

/* fake_kernel.c */
extern __thread bool vc_fake_inside; /* what this thread does is the kernel's doing */
const char *vc_fake_root(void);      /* NULL: there is no machine */

/* What is opened by @path from @dir; false: it cannot be told. */
bool vc_fake_absolute(char ret_path[VC_FAKE_PATH], int dir, const char *path);
bool vc_fake_path_of(int fd, char ret_path[VC_FAKE_PATH]);

/* fake_inject.c */
void vc_fake_inject_begin(void);
/* Before a call that changes @path; @other: where it came from, NULL. false: it fails, with
 * errno. It may be the last thing that the process does. */
bool vc_fake_enter(const char *name, const char *path, const char *other);
/* What is opened for reading counts below run/ and var/ only: "look". */
bool vc_fake_enter_open(const char *path, int flags);
void vc_fake_leave_call(bool changed);

/* fake_files.c: paths are printf formats, from the root of the machine. */
bool vc_fake_exists(const char *fmt, ...) VC_FAKE_FMT(1, 2);
int vc_fake_put(const char *text, const char *fmt, ...) VC_FAKE_FMT(2, 3);
int vc_fake_append(const char *text, const char *fmt, ...) VC_FAKE_FMT(2, 3);
/* Up to the first newline; "" when there is no such file. */
void vc_fake_get(char text[VC_FAKE_TEXT], const char *fmt, ...) VC_FAKE_FMT(2, 3);
long vc_fake_number(const char *fmt, ...) VC_FAKE_FMT(1, 2);
int vc_fake_directory(const char *fmt, ...) VC_FAKE_FMT(1, 2);
void vc_fake_remove(const char *fmt, ...) VC_FAKE_FMT(1, 2); /* with all that is in it */
int vc_fake_rename(const char *from, const char *to);
/* All of it, as long as it fits. */
void vc_fake_get_all(char text[VC_FAKE_TEXT], const char *fmt, ...) VC_FAKE_FMT(2, 3);
/* Both from the root of sysfs. */
int vc_fake_link(const char *at, const char *to);
int vc_fake_link_raw(const char *at, const char *target);
int vc_fake_write_only(const char *fmt, ...) VC_FAKE_FMT(1, 2);
unsigned vc_fake_hex(char digit);
void vc_fake_unlink(const char *fmt, ...) VC_FAKE_FMT(1, 2);
/* What a link leads to, from the root of sysfs; false: no link. */
bool vc_fake_follow(char ret_path[VC_FAKE_PATH], const char *fmt, ...) VC_FAKE_FMT(2, 3);
const char *vc_fake_last(const char *path);
int vc_fake_copy(const char *from, const char *to);
int vc_fake_node(const char *fmt, ...) VC_FAKE_FMT(1, 2);
/* The smallest N for which there is no DIRECTORY/PREFIX<N>. */
unsigned vc_fake_free_number(const char *directory, const char *prefix);
/* Calls @fn with each name. */
int vc_fake_each(const char *directory, int (*fn)(const char *name, void *arg),
                 void *arg);
int vc_fake_lock(const char *fmt, ...) VC_FAKE_FMT(1, 2); /* a descriptor or -errno */
void vc_fake_unlock(int fd);

/* fake_faults.c */
enum vc_fake_verdict {
	VC_FAKE_GO_ON,
	VC_FAKE_IGNORE, /* say yes, do nothing */
	VC_FAKE_VANISH, /* the device is pulled out meanwhile */
};
/* May wait, or not return. -errno, or what to do. */
int vc_fake_fault(const struct vc_fake_write *write);
void vc_fake_log(const struct vc_fake_write *write, int r);
/* Whether a process waits in the kernel and cannot be killed. */
bool vc_fake_is_stuck(pid_t pid);
bool vc_fake_has_stuck(pid_t group);

/* fake_driver.c */
int vc_fake_bind(const struct vc_fake_write *write);
int vc_fake_unbind(const struct vc_fake_write *write);
int vc_fake_override(const struct vc_fake_write *write);
int vc_fake_probe(const struct vc_fake_write *write);
int vc_fake_attach(const char *address);
int vc_fake_detach(const char *address);
/* Whether a function, by its directory, has the driver that takes it by itself. */
bool vc_fake_natural(const char *at);

/* fake_device.c: functions and other devices that come and go */
int vc_fake_numvfs(const struct vc_fake_write *write);
int vc_fake_switch(const struct vc_fake_write *write);
int vc_fake_pull(const struct vc_fake_write *write);
int vc_fake_rescan(const struct vc_fake_write *write);
int vc_fake_vanish(const char *address);
int vc_fake_remove_vfs(const char *pf);
int vc_fake_join(const char *at);
void vc_fake_leave(const char *at);

/* fake_uevent.c */
struct msghdr;
int vc_fake_uevent_socket(int type);
void vc_fake_uevent(const char *action, const char *at, const char *subsystem);
void vc_fake_uevent_sender(struct msghdr *message);

/* fake_mdev.c */
int vc_fake_mdev_create(const struct vc_fake_write *write);
int vc_fake_mdev_remove(const struct vc_fake_write *write);
