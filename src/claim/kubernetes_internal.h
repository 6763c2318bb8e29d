/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubernetes_internal.h - one reader for each kind of object; kubernetes.c picks it.
 *
 * All take an object whose kind and apiVersion were looked at, and add to the facts.
 */
#pragma once

#include "claim/kubernetes.h"
#include "claim/object.h"

int vc_resource_claim_read(const struct vc_object_reader *reader,
                           const struct vc_node *object, struct vc_facts *facts)
	VC_MUST_CHECK;
int vc_resource_slice_read(const struct vc_object_reader *reader,
                           const struct vc_node *object, struct vc_facts *facts)
	VC_MUST_CHECK;
int vc_pod_read(const struct vc_object_reader *reader, const struct vc_node *object,
                struct vc_facts *facts) VC_MUST_CHECK;
