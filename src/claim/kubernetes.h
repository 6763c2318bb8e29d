/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubernetes.h - ResourceClaim, ResourceSlice and Pod objects, and Lists of them, as
 * `kubectl get -o json|yaml` prints them; resource.k8s.io v1, v1beta2, v1beta1.
 */
#pragma once

#include "claim/tree.h"
#include "model/claim.h"

bool vc_kubernetes_recognise(const struct vc_tree *tree);
int vc_kubernetes_read(struct vc_arena *arena, const struct vc_tree *tree,
                       struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
