/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - what is decided about where the guest sees its devices; by default nothing,
 * and libvirt chooses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/options.h"

enum {
	VC_PLACE_ADDRESSES = 1 << 0, /* each new device gets a guest address */
	VC_PLACE_FUNCTIONS = 1 << 1, /* functions of one host slot share a guest slot */
	VC_PLACE_NUMA = 1 << 2,      /* devices are below the guest's NUMA cells */
};

#define VC_PLACE_WORDS "addresses, functions, numa"

/**
 * struct vc_place_wish - what one source says of placing
 * @said:	whether it says anything
 * @what:	VC_PLACE_ flags
 */
struct vc_place_wish {
	bool said;
	unsigned what;
};

/* The guest address of an alias that has no element now. */
struct vc_remembered {
	char *alias;
	struct vc_guest_address address;
	long line; /* of the domain; 0 new */
};

struct vc_remembereds {
	struct vc_remembered *v;
	size_t n, cap;
};

bool vc_place_parse(const char *word, unsigned *ret_flag) VC_NONNULL;
int vc_place_parse_list(const char *text, char separator, unsigned *ret_what,
                        struct vc_err *err) VC_MUST_CHECK;
const char *vc_place_text(unsigned what);
char *vc_guest_address_text(struct vc_arena *arena,
                            const struct vc_guest_address *address) VC_NONNULL;
