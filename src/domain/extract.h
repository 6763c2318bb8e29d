/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extract.h - single elements of a domain, as texts for libvirt.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* The device with that alias; *ret_element is NULL when there is none. */
int vc_extract_device(struct vc_arena *arena, const char *xml, size_t len,
                      const char *alias, char **ret_element, struct vc_err *err)
	VC_MUST_CHECK;
/* The controller of that type and index; *ret_element is NULL when there is none. */
int vc_extract_controller(struct vc_arena *arena, const char *xml, size_t len,
                          const char *type, unsigned index, char **ret_element,
                          struct vc_err *err) VC_MUST_CHECK;
/* Our metadata without its namespace; *ret_element is NULL when there is none. */
int vc_extract_metadata(struct vc_arena *arena, const char *xml, size_t len,
                        char **ret_element, struct vc_err *err) VC_MUST_CHECK;
