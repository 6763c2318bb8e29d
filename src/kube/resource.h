/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resource.h - the kinds of objects that we ask for, and where they are.
 *
 * [K8S] api-concepts: /api/v1/... for the core group, /apis/GROUP/VERSION/... for the
 * others; namespaces/NS/ for what is in one.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/**
 * struct vc_kube_resource - a kind of object
 * @group:	"" the core group
 * @version:	NULL: the newest that the server has, of those that we read
 * @plural:	as in URLs
 * @kind:	as in objects
 * @namespaced:	whether its objects are in namespaces
 */
struct vc_kube_resource {
	const char *group, *version, *plural, *kind;
	bool namespaced;
};

extern const struct vc_kube_resource vc_kube_claims;
extern const struct vc_kube_resource vc_kube_slices;
extern const struct vc_kube_resource vc_kube_classes;
extern const struct vc_kube_resource vc_kube_pods;
extern const struct vc_kube_resource vc_kube_nodes;
extern const struct vc_kube_resource vc_kube_namespaces;
extern const struct vc_kube_resource vc_kube_events;
extern const struct vc_kube_resource vc_kube_leases;
extern const struct vc_kube_resource vc_kube_vms;
extern const struct vc_kube_resource vc_kube_vmis;

/**
 * struct vc_kube_target - one object, or all of a kind
 * @namespace:	NULL: of all namespaces, or the kind has none
 * @name:	NULL: all of them
 * @subresource: "status"; NULL the object itself
 */
struct vc_kube_target {
	const struct vc_kube_resource *resource;
	const char *namespace, *name, *subresource;
};

char *vc_kube_path(struct vc_arena *arena, const struct vc_kube_target *target,
                   const char *version, struct vc_err *err) VC_MUST_CHECK;
char *vc_kube_escape(struct vc_arena *arena, const char *text) VC_MUST_CHECK;
