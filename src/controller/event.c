/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [K8S] core/v1 Event; events of this form have no eventTime. */
#include "controller/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "claim/json_writer.h"

#define COMPONENT   "virt-claim-controller"
#define BODY_MAX    ((size_t)16 << 10)
#define MESSAGE_MAX 1000 /* [K8S] 1024 bytes */
#define NAME_MAX_   230  /* and a hash: 253 */
#define FNV_BASIS   UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME   UINT64_C(0x100000001b3)

/**
 * vc_event_hash() - Tell texts apart
 * @hash:	of the texts before it; 0 there are none
 * @text:	one more; NULL is another than ""
 *
 * Return: FNV-1a
 */
uint64_t vc_event_hash(uint64_t hash, const char *text)
{
	hash = hash ? hash : FNV_BASIS;
	for (const char *p = text; p && *p; p++)
		hash = (hash ^ (unsigned char)*p) * FNV_PRIME;
	return (hash ^ (text ? 0x100U : 0x200U)) * FNV_PRIME;
}

static void write_object(struct vc_json_writer *w, const struct vc_event *event,
                         const char *version)
{
	char api_version[64];

	(void)snprintf(api_version, sizeof(api_version), "%s/%s", event->resource->group,
	               version);
	vc_json_object(w, "involvedObject");
	vc_json_string(w, "apiVersion", api_version);
	vc_json_string(w, "kind", event->resource->kind);
	vc_json_string(w, "namespace", event->namespace);
	vc_json_string(w, "name", event->name);
	vc_json_string_if(w, "uid", event->uid);
	vc_json_close(w);
}

static void write_name(struct vc_json_writer *w, const struct vc_event *event)
{
	uint64_t hash = vc_event_hash(0, event->uid);
	char name[NAME_MAX_ + 32];

	hash = vc_event_hash(hash, event->reason);
	hash = vc_event_hash(hash, event->message);
	hash = vc_event_hash(hash, event->once);
	(void)snprintf(name, sizeof(name), "%.*s.%016" PRIx64, NAME_MAX_, event->name,
	               hash);
	vc_json_object(w, "metadata");
	vc_json_string(w, "name", name);
	vc_json_string(w, "namespace", event->namespace);
	vc_json_close(w);
}

static void write_event(struct vc_json_writer *w, const struct vc_event *event,
                        const char *version)
{
	time_t now = time(NULL);
	char when[32] = "", message[MESSAGE_MAX + 1];
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)snprintf(message, sizeof(message), "%s", event->message);
	vc_json_object(w, NULL);
	vc_json_string(w, "apiVersion", "v1");
	vc_json_string(w, "kind", "Event");
	write_name(w, event);
	write_object(w, event, version);
	vc_json_string(w, "reason", event->reason);
	vc_json_string(w, "message", message);
	vc_json_string(w, "type", event->warning ? "Warning" : "Normal");
	vc_json_object(w, "source");
	vc_json_string(w, "component", COMPONENT);
	vc_json_close(w);
	vc_json_string(w, "reportingComponent", COMPONENT);
	vc_json_string(w, "firstTimestamp", when);
	vc_json_string(w, "lastTimestamp", when);
	vc_json_int(w, "count", 1);
	vc_json_close(w);
}

/**
 * vc_event_send() - Say what happened to an object
 * @kube:	client
 * @event:	what
 * @err:	why it was not heard
 *
 * Return: 0 (also when it was said before), -VC_ERR_REMOTE or another kind of
 * vc_kube_create()
 */
int vc_event_send(struct vc_kube *kube, const struct vc_event *event, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(BODY_MAX);
	struct vc_json_writer w = { .buf = &buf, .compact = true };
	struct vc_kube_write write = { .kube = kube, .arena = &arena };
	const struct vc_kube_target target = { .resource = &vc_kube_events,
		                               .namespace = event->namespace };
	const char *version = event->resource->version;

	if (!version && vc_kube_discover(kube, &version, err) < 0)
		return -(int)err->kind;
	write_event(&w, event, version);
	if (buf.failed)
		return vc_fail_oom(err);
	write.text = (struct vc_kube_text){ buf.data, buf.len };
	if (vc_kube_create(&write, &target, NULL, err) < 0 &&
	    vc_kube_last(kube)->reason != VC_KUBE_ALREADY_EXISTS)
		return -(int)err->kind;
	return 0;
}
