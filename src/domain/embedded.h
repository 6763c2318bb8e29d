/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embedded.h - the stylesheets and grammars of xslt/ and schemas/, compiled in.
 *
 * The table is generated at build time (cmake/embed.cmake) and ends with a NULL name.
 */
#pragma once

#include <stddef.h>

/* One file: "virt-claim:pci.xsl" and its bytes. */
struct vc_embedded {
	const char *name;
	const unsigned char *data;
	size_t len;
};

extern const struct vc_embedded vc_embedded[];

const struct vc_embedded *vc_embedded_find(const char *name);
