/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/say.h"

#include <stdio.h>
#include <string.h>

#include "controller/event.h"

#define TEXT_SIZE      1600
#define NAMESPACE_SIZE 64
#define KEY_SIZE       512
#define LOSERS_AT_ONCE 8U
#define UNREADABLE_MAX 20U /* Events for a list: what is wrong with more is not theirs */

static const char *name_of(const char *key)
{
	return strchr(key, '/') + 1;
}

static void send_event(struct vc_controller *c, struct vc_event event, const char *key)
{
	struct vc_err err = VC_ERR_INIT;
	char namespace[NAMESPACE_SIZE];

	if (c->options->dry_run)
		return;
	(void)snprintf(namespace, sizeof(namespace), "%.*s", (int)strcspn(key, "/"), key);
	event.namespace = namespace;
	event.name = name_of(key);
	if (vc_event_send(c->kube, &event, &err) == 0) {
		c->mute = false;
		return;
	}
	if (!c->mute)
		vc_log(&c->log, VC_LOG_WARNING, "cannot write Events: %s", err.msg);
	c->mute = true;
}

/**
 * vc_say() - Tell users
 * @c:		controller
 * @saying:	what
 */
void vc_say(struct vc_controller *c, const struct vc_saying *saying)
{
	struct vc_event event = {
		.resource = &vc_kube_claims,
		.warning = saying->level <= VC_LOG_WARNING,
		.reason = saying->reason,
		.message = saying->text,
		.once = saying->once,
	};
	char text[TEXT_SIZE];

	vc_log(&c->log, saying->level, "%s: %s", saying->claim->key, saying->text);
	if (saying->claim->facts) {
		event.uid = vc_claim_uid(saying->claim);
		send_event(c, event, saying->claim->key);
	}
	if (!saying->vm || !saying->vm->facts)
		return;
	(void)snprintf(text, sizeof(text), "claim '%s': %s", name_of(saying->claim->key),
	               saying->text);
	event.resource = &vc_kube_vms;
	event.uid = vc_vm_uid(saying->vm);
	event.message = text;
	send_event(c, event, saying->vm->key);
}

/**
 * vc_say_news() - Tell users, unless they know
 * @c:		controller
 * @claim:	claim
 * @saying:	what
 */
void vc_say_news(struct vc_controller *c, struct vc_known_claim *claim,
                 const struct vc_saying *saying)
{
	uint64_t told = vc_event_hash(vc_event_hash(0, saying->reason), saying->text);

	if (told == claim->told)
		return;
	claim->told = told;
	vc_say(c, saying);
}

/**
 * vc_say_nothing() - What was said about a claim does not hold any more
 * @claim:	claim
 */
void vc_say_nothing(struct vc_known_claim *claim)
{
	claim->told = 0;
}

/* Whether this was said a moment ago; from now on it was. */
static bool is_repetition(struct vc_controller *c, const char *key, const char *problem)
{
	uint64_t hash = vc_event_hash(vc_event_hash(0, key), problem);

	for (size_t i = 0; i < VC_UNREADABLE_KEPT; i++)
		if (c->unreadable[i] == hash)
			return true;
	c->unreadable[c->next_unreadable] = hash;
	c->next_unreadable = (c->next_unreadable + 1) % VC_UNREADABLE_KEPT;
	return false;
}

/**
 * vc_say_unreadable() - Tell users that an object cannot be read
 * @c:		controller; .n_unreadable counts those of a list
 * @resource:	claims or VMs
 * @object:	object, with its names
 * @problem:	what is wrong with it
 */
void vc_say_unreadable(struct vc_controller *c, const struct vc_kube_resource *resource,
                       const struct vc_kube_object *object, const char *problem)
{
	char text[TEXT_SIZE], key[KEY_SIZE];
	const struct vc_event event = { .resource = resource,
		                        .uid = object->uid,
		                        .warning = true,
		                        .reason = "CannotBeRead",
		                        .message = text };

	(void)snprintf(key, sizeof(key), "%s/%s", object->namespace, object->name);
	if (is_repetition(c, key, problem))
		return;
	(void)snprintf(text, sizeof(text), "what it says is not heeded: %s", problem);
	vc_log(&c->log, VC_LOG_WARNING, "%s cannot be read, and is as it was: %s", key,
	       problem);
	if (*object->uid && c->n_unreadable++ < UNREADABLE_MAX)
		send_event(c, event, key);
}

/**
 * vc_say_losers() - Tell VMs that want a claim who has it
 * @c:		controller
 * @decision:	of the claim
 * @claim:	claim
 *
 * Return: whether there are more, who are told with the next call
 */
bool vc_say_losers(struct vc_controller *c, const struct vc_decision *decision,
                   struct vc_known_claim *claim)
{
	unsigned n = 0;

	for (struct vc_tie *t = claim->ties; t; t = t->of_claim.next) {
		char text[TEXT_SIZE];
		struct vc_event event = { .resource = &vc_kube_vms,
			                  .warning = true,
			                  .reason = "ClaimTaken",
			                  .message = text };
		uint64_t told = vc_event_hash(0, decision->uid);

		if (!vc_is_loser(decision, t) || t->told == told)
			continue;
		if (n++ == LOSERS_AT_ONCE)
			return true;
		t->told = told;
		(void)snprintf(text, sizeof(text),
		               "claim '%s' belongs to virtual machine '%s'; it is "
		               "pinned to '%s' when that one lets go of it",
		               name_of(claim->key), name_of(decision->vm->key),
		               name_of(t->vm->key));
		vc_log(&c->log, VC_LOG_WARNING, "%s: %s", t->vm->key, text);
		event.uid = vc_vm_uid(t->vm);
		send_event(c, event, t->vm->key);
	}
	return false;
}
