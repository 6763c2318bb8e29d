/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply.h - do one step, undo it, or ask the machine how far it got.
 *
 * Whatever writes to the kernel runs in a child with a deadline (base/run.h): a driver
 * that hangs in unbind hangs the child. A child that cannot even be killed is left to the
 * kernel, and the step is stuck.
 */
#pragma once

#include "model/step.h"
#include "node/node.h"

enum vc_step_look {
	VC_LOOK_BEFORE,  /* the machine is as if it was never begun */
	VC_LOOK_BETWEEN, /* begun; do or undo it again */
	VC_LOOK_AFTER,   /* done */
	VC_LOOK_GONE,    /* the device is not there any more */
};

/**
 * struct vc_step_kind_ops - one kind of step; apply_vfs.c, apply_vf.c, apply_mdev.c,
 *	apply_driver.c, apply_access.c
 * @act:	to done; safe to repeat from any state in between
 * @undo:	to as it was; safe to repeat, 0 when the device is gone
 * @look:	ask the machine
 *
 * Errors: -VC_ERR_SYSTEM with what the kernel said and what to do; a deadline that is over
 * is -VC_ERR_SYSTEM with .sys ETIMEDOUT.
 */
struct vc_step_kind_ops {
	int (*act)(struct vc_arena *arena, const struct vc_local_node *node,
	           const struct vc_step *step, struct vc_err *err);
	int (*undo)(struct vc_arena *arena, const struct vc_local_node *node,
	            const struct vc_step *step, struct vc_err *err);
	int (*look)(struct vc_arena *arena, const struct vc_local_node *node,
	            const struct vc_step *step, enum vc_step_look *ret_look,
	            struct vc_err *err);
};

extern const struct vc_step_kind_ops vc_step_vfs_ops;
extern const struct vc_step_kind_ops vc_step_vf_ops;
extern const struct vc_step_kind_ops vc_step_mdev_ops;
extern const struct vc_step_kind_ops vc_step_driver_ops;
extern const struct vc_step_kind_ops vc_step_access_ops;

const struct vc_step_kind_ops *vc_step_ops(enum vc_step_kind kind);

/**
 * struct vc_sysfs_write - one write to an attribute, in a child with a deadline
 * @sysfs:	root
 * @path:	below it
 * @text:	what is written, in one write(2)
 * @deadline_ms: from now
 * @run:	directory RUN: the child marks there that it is at work on @device; NULL not
 * @device:	name of the device that changes, "0000:65:00.0", a UUID; a file name
 */
struct vc_sysfs_write {
	const char *sysfs;
	const char *path;
	const char *text;
	unsigned deadline_ms;
	const char *run;
	const char *device;
};

int vc_sysfs_write(struct vc_arena *arena, const struct vc_sysfs_write *write,
                   struct vc_err *err) VC_MUST_CHECK;
/* How long an answer may take when the lock of the node may be held meanwhile: look(), and
 * what plans ask. */
#define VC_LOOK_MS 5000U

/* An attribute behind the lock of a device: whoever has it may hang. */
int vc_sysfs_read_within(struct vc_arena *arena, const char *sysfs, const char *path,
                         unsigned deadline_ms, char **ret_text, struct vc_err *err)
	VC_MUST_CHECK;
/* What a child began that had to be left behind may still happen. So look() and undo()
 * ask this first: -VC_ERR_SYSTEM while such a child is at work on @device. */
int vc_step_idle(const char *run, const char *device, struct vc_err *err) VC_MUST_CHECK;
