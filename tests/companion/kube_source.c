/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube-source KUBECONFIG [NODE] - the source "kube" of the companion alone, for the tests.
 * Whenever something changed it prints all that the source tells: a line for each object
 * and each trouble, sorted as they come, then "settled" or "open".
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "companion/source.h"

static void print_claim(const struct vc_claim *c)
{
	printf("claim %s/%s %s", c->namespace, c->name, c->uid);
	for (size_t i = 0; i < c->devices.n; i++)
		printf(" %s=%s/%s/%s", c->devices.v[i].request, c->devices.v[i].driver,
		       c->devices.v[i].pool, c->devices.v[i].name);
	for (size_t i = 0; i < c->reserved_for.n; i++)
		printf(" %s:%s", c->reserved_for.v[i].resource,
		       c->reserved_for.v[i].name);
	printf("%s\n", c->deleting ? " deleting" : "");
}

static void print_told(const struct vc_told *told)
{
	const struct vc_facts *f = &told->facts;

	for (size_t i = 0; i < f->claims.n; i++)
		print_claim(&f->claims.v[i]);
	for (size_t i = 0; i < f->slices.n; i++)
		printf("slice %s/%s %zu\n", f->slices.v[i].driver, f->slices.v[i].pool,
		       f->slices.v[i].devices.n);
	for (size_t i = 0; i < f->pods.n; i++)
		printf("pod %s/%s %s\n", f->pods.v[i].namespace, f->pods.v[i].name,
		       f->pods.v[i].uid);
	for (size_t i = 0; i < told->troubles.n; i++)
		printf("trouble %s: %s\n", told->troubles.v[i].subject,
		       told->troubles.v[i].text);
}

static int tell(const struct vc_companion_source *source, void *state, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_told told = { .arena = &arena };

	if (source->collect(state, &told, err) < 0)
		return -(int)err->kind;
	print_told(&told);
	puts(source->settled(state) ? "settled" : "open");
	return fflush(stdout) == 0 ? 0 : vc_fail(err, VC_ERR_SYSTEM, "cannot print");
}

static int follow(const struct vc_companion_source *source, void *state,
                  struct vc_err *err)
{
	struct pollfd pollfd = { .fd = source->fd(state), .events = POLLIN };

	for (;;) {
		bool changed = false;

		if (poll(&pollfd, 1, -1) < 0)
			return vc_fail(err, VC_ERR_SYSTEM, "cannot wait");
		if (source->work(state, &changed, err) < 0 ||
		    (changed && tell(source, state, err) < 0))
			return -(int)err->kind;
	}
}

int main(int argc, char **argv)
{
	const struct vc_companion_source *source = &vc_companion_kube;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config = { .node_name = argc > 2 ? argv[2] : NULL,
		                    .kubeconfig = argc > 1 ? argv[1] : NULL };
	void *state = NULL;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (source->open(&config, &state, &err) == 0)
		(void)follow(source, state, &err);
	source->close(state);
	(void)fprintf(stderr, "kube-source: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
