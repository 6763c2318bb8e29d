/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manage.h - the translator put to work on the domains of a libvirt, by hand.
 *
 * Each function asks libvirt for a domain, translates it, and has libvirt carry the
 * result out. Nothing of libvirt is linked here: see virt/virt.h, where every call has a
 * deadline.
 *
 * A stored definition is replaced only when it is still what was translated. When
 * somebody edited it meanwhile, everything is done again with the new one, a few times.
 */
#pragma once

#include <stdbool.h>

#include "base/file.h"
#include "translate/config.h"
#include "translate/translate.h"
#include "virt/virt.h"

/**
 * struct vc_manage - what holds for every domain of one command
 * @uri:	connection; NULL: libvirt's default
 * @input:	options; without .claims, .sysfs, .site or .target_libvirt it is the
 *		configuration's, or the connection's. No domain
 * @config:	configuration
 * @timeout_ms:	how long libvirt may take for a start or to attach a device, and a guest
 *		to let one go
 */
struct vc_manage {
	const char *uri;
	struct vc_translate_input input;
	struct vc_config config;
	unsigned timeout_ms;
};

/**
 * struct vc_manage_report - what was done, for a person
 * @lines:	one for each device, "vm7: ua-gpu: ..."
 * @notes:	warnings
 */
struct vc_manage_report {
	struct vc_names lines;
	struct vc_names notes;
};

/* Where attach and detach do their work. */
struct vc_manage_scope {
	bool live;   /* the guest that runs */
	bool config; /* the stored definition; neither: both, as far as they are there */
};

/**
 * struct vc_detach - what to detach, beside the .input.aliases of struct vc_manage
 * @scope:	where
 * @claims, @n_claims: "[NAMESPACE/]NAME": every device of that claim
 */
struct vc_detach {
	struct vc_manage_scope scope;
	const char *const *claims;
	size_t n_claims;
};

enum vc_sync_state {
	VC_SYNC_NO_CLAIMS,
	VC_SYNC_CURRENT,
	VC_SYNC_WOULD_CHANGE,
	VC_SYNC_CHANGED,
};

/**
 * struct vc_sync - what a sync did to one domain
 * @state:	of its definition
 * @active:	it runs: the change takes effect when it is started again
 * @started:	it was to be started with the host, and has been now
 * @name:	of the domain
 * @plan:	what changed
 */
struct vc_sync {
	enum vc_sync_state state;
	bool active, started;
	char *name;
	struct vc_plan plan;
};

struct vc_sync_options {
	bool dry_run;
	bool autostart; /* start what libvirt was to start with the host, and does not run */
};

int vc_manage_start(struct vc_arena *arena, const struct vc_manage *manage,
                    const char *name, bool paused, struct vc_manage_report *report,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_manage_attach(struct vc_arena *arena, const struct vc_manage *manage,
                     const char *name, const struct vc_manage_scope *scope,
                     struct vc_manage_report *report, struct vc_err *err) VC_MUST_CHECK;
int vc_manage_detach(struct vc_arena *arena, const struct vc_manage *manage,
                     const char *name, const struct vc_detach *what,
                     struct vc_manage_report *report, struct vc_err *err) VC_MUST_CHECK;
int vc_manage_sync(struct vc_arena *arena, const struct vc_manage *manage,
                   const char *name, const struct vc_sync_options *options,
                   struct vc_sync *ret_sync, struct vc_err *err) VC_MUST_CHECK;
