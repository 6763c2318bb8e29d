/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_device.h - the parts of check.c that look into one element of ours.
 */
#pragma once

#include <stdbool.h>

#include <libxml/tree.h>

#include "model/plan.h"

/* What is wrong with @after as @device of the plan; NULL: nothing. @before is the
 * element that was there, NULL for a new one. A site may alter some children. */
const char *vc_check_device(const struct vc_plan_device *device, xmlNodePtr before,
                            xmlNodePtr after, bool site);

/* Whether @element is the new @controller of the plan, and nothing else. */
bool vc_check_controller(const struct vc_plan_controller *controller,
                         const xmlNode *element) VC_NONNULL;
