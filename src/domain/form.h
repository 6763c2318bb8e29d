/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * form.h - which element of libvirt a device of each kind is.
 */
#pragma once

#include "model/host_side.h"

/**
 * struct vc_form - the element of a kind
 * @element:	its name
 * @type:	its type attribute; NULL: none is known
 * @children:	what it may have that we write or keep, in the order in which libvirt
 *		prints it; NULL ends them
 */
struct vc_form {
	const char *element;
	const char *type;
	const char *const *children;
};

const struct vc_form *vc_form(enum vc_kind kind);
