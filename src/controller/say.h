/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - tells users what happened to their claims and VMs: a line of the log and an
 * Event, each once.
 */
#pragma once

#include "controller/controller.h"

/**
 * struct vc_saying - what to say
 * @claim:	claim it is about
 * @vm:		VM that is told, too; NULL nobody
 * @level:	of the line; a warning is an Event of type Warning
 * @reason:	of the Event, one word
 * @text:	what happened, without the name of the claim
 * @once:	as in struct vc_event
 */
struct vc_saying {
	const struct vc_known_claim *claim;
	const struct vc_known_vm *vm;
	enum vc_log_level level;
	const char *reason, *text;
	const char *once;
};

/* Says it to everybody. */
void vc_say(struct vc_controller *controller, const struct vc_saying *saying);
/* The same, unless it is what was said about this claim last. */
void vc_say_news(struct vc_controller *controller, struct vc_known_claim *claim,
                 const struct vc_saying *saying);
/* All is well with a claim: what was said is old. */
void vc_say_nothing(struct vc_known_claim *claim);
/* That an object cannot be read: a line, and an Event unless there are very many. */
void vc_say_unreadable(struct vc_controller *controller,
                       const struct vc_kube_resource *resource,
                       const struct vc_kube_object *object, const char *problem);
/* To those who want a claim that somebody else has, a few at a time; whether there are
 * more. */
bool vc_say_losers(struct vc_controller *controller, const struct vc_decision *decision,
                   struct vc_known_claim *claim);
