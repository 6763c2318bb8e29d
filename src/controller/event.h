/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - Events: what users see below 'kubectl describe'.
 *
 * The name of an Event is made of what it says. Who says the same again, after a restart
 * too, is told that it exists: so each thing is said once as long as the cluster keeps
 * Events (an hour, usually).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kube/api.h"

/**
 * struct vc_event - what happened to an object
 * @resource:	claims or VMs
 * @namespace, @name, @uid: object
 * @warning:	something is wrong
 * @reason:	one word: "Pinned"
 * @message:	for people
 * @once:	what makes it another event than one of the same words; NULL nothing
 */
struct vc_event {
	const struct vc_kube_resource *resource;
	const char *namespace, *name, *uid;
	bool warning;
	const char *reason, *message;
	const char *once;
};

int vc_event_send(struct vc_kube *kube, const struct vc_event *event, struct vc_err *err)
	VC_MUST_CHECK;
/* Of texts; continues @hash, which begins with 0. */
uint64_t vc_event_hash(uint64_t hash, const char *text);
