/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xslt.h - run the stylesheets.
 *
 * A stylesheet sees the domain and document('virt-claim:plan'), nothing else: it reads
 * no file and no network, writes nothing, and is stopped when it does not end.
 */
#pragma once

#include <stdbool.h>

#include <libxml/tree.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/host_side.h"

/* Names under which stylesheets know the plan and the sheets of xslt/. */
#define VC_XSLT_PREFIX "virt-claim:"
#define VC_XSLT_PLAN   VC_XSLT_PREFIX "plan"

/**
 * struct vc_xslt_job - one transformation
 * @domain:	document to rewrite; borrowed
 * @plan:	plan as XML; taken over, also on failure
 * @kinds:	which kinds occur, for only their sheets are compiled
 * @site:	path of a site stylesheet; NULL none
 */
struct vc_xslt_job {
	xmlDocPtr domain;
	xmlDocPtr plan;
	bool kinds[VC_KINDS];
	const char *site;
};

int vc_xslt_run(struct vc_arena *arena, const struct vc_xslt_job *job,
                xmlDocPtr *ret_result, struct vc_err *err) VC_MUST_CHECK;
