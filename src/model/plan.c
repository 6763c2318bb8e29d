/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/plan.h"

/**
 * vc_plan_action_name() - The name of an action, as in tables and in plan XML
 * @action:	action
 *
 * Return: a static string
 */
const char *vc_plan_action_name(enum vc_plan_action action)
{
	switch (action) {
	case VC_PLAN_KEEP:
		return "keep";
	case VC_PLAN_ADD:
		return "add";
	case VC_PLAN_CHANGE:
		return "change";
	case VC_PLAN_REMOVE:
		return "remove";
	case VC_PLAN_ADOPT:
		return "adopt";
	case VC_PLAN_UNBIND:
		return "unbind";
	}
	return "keep";
}
