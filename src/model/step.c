/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/step.h"

char *vc_step_text(struct vc_arena *arena VC_UNUSED, const struct vc_step *step VC_UNUSED)
{
	return NULL;
}

const char *vc_step_state_name(enum vc_step_state state VC_UNUSED)
{
	return NULL;
}

const char *vc_step_kind_name(enum vc_step_kind kind VC_UNUSED)
{
	return NULL;
}
