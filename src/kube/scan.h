/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan.h - cuts a stream of JSON into objects while it arrives.
 *
 * What arrives is a list ({"metadata":...,"items":[...]}) or a stream of watch events
 * ({"type":...,"object":...}), in pieces of any size. Each object is given as a text of
 * its own, with kind and apiVersion in it, which a list leaves out. Memory is that of the
 * largest object, and has a limit; an object beyond it is passed over, with its name.
 *
 * Only the structure is looked at: whoever reads the text finds what else is wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VC_SCAN_MAX_DEPTH 16384U /* more than what an API server lets through */
#define VC_SCAN_WORD_SIZE 4096U
#define VC_SCAN_NAME_SIZE 256U

enum vc_scan_form {
	VC_SCAN_LIST,
	VC_SCAN_EVENTS,
};

/**
 * struct vc_scan_object - one object
 * @text:	JSON, NUL-terminated; NULL it is larger than the limit
 * @len:	length of @text
 * @type:	of the event; "" in a list
 * @namespace, @name, @uid, @resource_version: of its metadata; "" none
 */
struct vc_scan_object {
	char *text;
	size_t len;
	char type[16];
	char namespace[VC_SCAN_NAME_SIZE];
	char name[VC_SCAN_NAME_SIZE];
	char uid[VC_SCAN_NAME_SIZE];
	char resource_version[VC_SCAN_NAME_SIZE];
};

/* Called with each object; its error ends the scan. The object lives until it returns,
 * and its text may be changed. */
typedef int vc_scan_fn(void *arg, struct vc_scan_object *object, struct vc_err *err);

struct vc_scan;

int vc_scan_new(enum vc_scan_form form, const char *kind, const char *api_version,
                size_t max_object, struct vc_scan **ret_scan, struct vc_err *err)
	VC_MUST_CHECK;
void vc_scan_restart(struct vc_scan *scan);
int vc_scan_feed(struct vc_scan *scan, const char *bytes, size_t len, vc_scan_fn *fn,
                 void *arg, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_end(const struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
void vc_scan_free(struct vc_scan *scan);

/* Of the list, once it was there; "" none. */
const char *vc_scan_list_version(const struct vc_scan *scan);
const char *vc_scan_list_continue(const struct vc_scan *scan);
