/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cleanup.h - release on scope exit.
 *
 * A variable with one of these attributes has an initialiser in its declaration,
 * always, so that any return may run the release.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define VC_CLEANUP(fn) __attribute__((cleanup(fn)))

static inline void vc_freep(void *p)
{
	free(*(void **)p);
}

/* Once: on Linux the descriptor is gone even when close() reports EINTR. */
static inline void vc_closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define VC_AUTOFREE  VC_CLEANUP(vc_freep)
#define VC_AUTOCLOSE VC_CLEANUP(vc_closep)

/* The value of *fd; the variable no longer owns it. */
static inline int vc_steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* The value of *p; the variable no longer owns it. */
#define vc_steal(p)                                \
	__extension__({                            \
		__typeof__(p) vc_p_ = (p);         \
		__typeof__(*vc_p_) vc_v_ = *vc_p_; \
		*vc_p_ = NULL;                     \
		vc_v_;                             \
	})
