/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The deciding half of qemu_hook.h.
 *
 * A start is right when the plan of a rewrite with today's claims changes no device.
 * Differences of the metadata alone (a UID that was not recorded yet) do not keep a
 * domain from starting.
 *
 * [LV] domain_conf.c, ABI check of a rewritten domain: number, order, mode, type and guest
 * address of host devices must stay; the host side may change.
 */
#include <string.h>

#include "base/buf.h"
#include "domain/document.h"
#include "hook/qemu_hook.h"

#define COMPLAINTS_SHOWN 3
#define TEXT_MAX         ((size_t)64 << 10)

static const struct {
	const char *operation, *suboperation;
	enum vc_qemu_step step;
} steps[] = {
	{ "prepare", "begin", VC_QEMU_VERIFY },
	{ "started", "begin", VC_QEMU_CONFIRM },
	{ "reconnect", "begin", VC_QEMU_CONFIRM },
	{ "release", "end", VC_QEMU_RELEASE },
	{ "migrate", "begin", VC_QEMU_REWRITE },
	{ "restore", "begin", VC_QEMU_REWRITE },
};

/**
 * vc_qemu_step() - What an operation of libvirt's means to us
 * @operation:	second argument of the hook
 * @suboperation: third argument
 *
 * Return: the step; VC_QEMU_NOTHING for what we do not know
 */
enum vc_qemu_step vc_qemu_step(const char *operation, const char *suboperation)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(steps); i++)
		if (strcmp(steps[i].operation, operation) == 0 &&
		    strcmp(steps[i].suboperation, suboperation) == 0)
			return steps[i].step;
	return VC_QEMU_NOTHING;
}

static bool contains(const char *xml, size_t len, const char *text)
{
	return memmem(xml, len, text, strlen(text));
}

static bool ends_with_domain(const char *xml, size_t len)
{
	static const char end[] = "</domain>";

	while (len > 0 && strchr(" \t\r\n", xml[len - 1]))
		len--;
	return len >= sizeof(end) - 1 &&
	       memcmp(xml + len - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

/**
 * vc_qemu_cannot_claim() - Whether a look at the bytes shows that there are no claims
 * @xml:	domain as libvirt printed it
 * @len:	its length
 *
 * Most domains never heard of us, and their starts should not pay for us. Only a whole
 * document counts, in whose bytes the name of our namespace cannot hide: not in UTF-16,
 * not behind a DOCTYPE or a character reference.
 *
 * Return: true when no parser would find our metadata in it; false: parse it
 */
bool vc_qemu_cannot_claim(const char *xml, size_t len)
{
	return len > 0 && xml[0] == '<' && ends_with_domain(xml, len) &&
	       !memchr(xml, '\0', len) && !contains(xml, len, VC_DOMAIN_NS) &&
	       !contains(xml, len, "&#") && !contains(xml, len, "<!DOCTYPE") &&
	       !contains(xml, len, "encoding=");
}

static const struct vc_hostdev *hostdev_of(const struct vc_domain *domain,
                                           const char *alias)
{
	for (size_t i = 0; i < domain->hostdevs.n; i++) {
		const char *has = domain->hostdevs.v[i].alias;

		if (has && strcmp(has, alias) == 0)
			return &domain->hostdevs.v[i];
	}
	return NULL;
}

/**
 * vc_qemu_leases() - The devices that a domain has through claims
 * @arena:	holds the names
 * @domain:	domain, read from the XML that libvirt gave
 * @ret_devices: names for the lease store, in the order of the metadata
 * @err:	out of memory
 *
 * What the domain has is what its XML says, whatever claims say by now.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_qemu_leases(struct vc_arena *arena, const struct vc_domain *domain,
                   struct vc_names *ret_devices, struct vc_err *err)
{
	struct vc_names devices = { 0 };

	for (size_t i = 0; i < domain->records.n; i++) {
		const char *alias = domain->records.v[i].binding.alias;
		const struct vc_hostdev *hostdev = hostdev_of(domain, alias);
		char **slot;

		if (!hostdev || !vc_host_side_known(&hostdev->host))
			continue;
		slot = vc_list_push(arena, &devices);
		if (slot)
			*slot = vc_host_side_key(arena, &hostdev->host);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	*ret_devices = devices;
	return 0;
}

static void describe_claim(struct vc_buf *buf, const struct vc_plan_device *device)
{
	const char *claim = device->claim ? device->claim : device->pod_claim;

	if (device->namespace)
		vc_buf_printf(buf, "%s/", device->namespace);
	vc_buf_puts(buf, claim ? claim : device->uid ? device->uid : "?");
	if (device->request)
		vc_buf_printf(buf, ":%s", device->request);
	if (device->index > 1)
		vc_buf_printf(buf, "#%u", device->index);
}

static const char *side(const char *text)
{
	return text ? text : "nothing";
}

/* "ua-gpu has 0000:65:00.0, claim lab/vm7-dev:gpu is now 0000:66:00.0" */
static void describe_change(struct vc_buf *buf, const struct vc_plan_device *device)
{
	switch (device->action) {
	case VC_PLAN_CHANGE:
		vc_buf_printf(buf, "%s has %s, claim ", device->alias,
		              side(device->from));
		describe_claim(buf, device);
		if (device->from && device->to && strcmp(device->from, device->to) == 0)
			vc_buf_puts(buf, " wants it written differently");
		else
			vc_buf_printf(buf, " is now %s", side(device->to));
		return;
	case VC_PLAN_ADD:
	case VC_PLAN_ADOPT:
		vc_buf_printf(buf, "%s is missing, claim ", device->alias);
		describe_claim(buf, device);
		vc_buf_printf(buf, " is %s", side(device->to));
		return;
	case VC_PLAN_REMOVE:
	case VC_PLAN_UNBIND:
		vc_buf_printf(buf, "%s has %s, claim ", device->alias,
		              side(device->from));
		describe_claim(buf, device);
		vc_buf_puts(buf, " no longer has such a device");
		return;
	case VC_PLAN_KEEP:
		return;
	}
}

/* A kept device that sysfs does not have. [LV] virhostdev.c: libvirt itself overlooks a
 * managed PCI device that is not there. */
static bool is_gone(const struct vc_translation *t, const struct vc_plan_device *device)
{
	if (device->action != VC_PLAN_KEEP || !t->have_host)
		return false;
	return device->at > 0 && vc_host_side_known(&device->host) &&
	       !vc_host_facts_has(&t->host, &device->host);
}

/**
 * vc_qemu_judge_start() - May a domain start with the devices that it has?
 * @translation: of the XML that libvirt gave, with today's claims
 * @remedy:	command that puts it right
 * @err:	every reason, and @remedy
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_qemu_judge_start(const struct vc_translation *translation, const char *remedy,
                        struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	size_t n = 0, n_gone = 0;

	for (size_t i = 0; i < translation->plan.devices.n; i++) {
		const struct vc_plan_device *device = &translation->plan.devices.v[i];
		bool gone = is_gone(translation, device);

		if (device->action == VC_PLAN_KEEP && !gone)
			continue;
		n_gone += gone;
		if (n++ >= COMPLAINTS_SHOWN)
			continue;
		if (n > 1)
			vc_buf_puts(&buf, "; ");
		if (gone)
			vc_buf_printf(&buf, "%s has %s, which this machine does not have",
			              device->alias, side(device->from));
		else
			describe_change(&buf, device);
	}
	if (n == 0)
		return 0;
	if (n > COMPLAINTS_SHOWN)
		vc_buf_printf(&buf, "; and %zu more", n - COMPLAINTS_SHOWN);
	if (buf.failed || !buf.data)
		return vc_fail_oom(err);
	if (n == n_gone)
		return vc_fail(err, VC_ERR_REFUSED, "%s", buf.data);
	return vc_fail(err, VC_ERR_REFUSED, "%s; run: %s", buf.data, remedy);
}

static const struct vc_hostdev *element_of(const struct vc_domain *domain,
                                           const struct vc_plan_device *device)
{
	for (size_t i = 0; i < domain->hostdevs.n; i++)
		if (domain->hostdevs.v[i].at == device->at)
			return &domain->hostdevs.v[i];
	return NULL;
}

/* [LV] the ABI check compares types, and MAC addresses too. */
static bool same_for_guest(const struct vc_domain *domain,
                           const struct vc_plan_device *device)
{
	const struct vc_hostdev *h = element_of(domain, device);

	return h && h->host.kind == device->host.kind &&
	       (!device->mac ||
	        (h->options.mac && strcasecmp(h->options.mac, device->mac) == 0));
}

/**
 * vc_qemu_judge_rewrite() - Would libvirt accept this rewrite of a guest that has state?
 * @translation: of the XML that libvirt gave
 * @err:	which device is in the way
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_qemu_judge_rewrite(const struct vc_translation *translation, struct vc_err *err)
{
	for (size_t i = 0; i < translation->plan.devices.n; i++) {
		const struct vc_plan_device *device = &translation->plan.devices.v[i];

		if (device->action == VC_PLAN_KEEP)
			continue;
		if (device->action == VC_PLAN_CHANGE &&
		    same_for_guest(&translation->domain, device))
			continue;
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: a guest that keeps its state cannot %s a host "
			"device; %s",
			device->alias, vc_plan_action_name(device->action),
			device->action == VC_PLAN_CHANGE
				? "give the claim a device of the same type, with "
				  "the same MAC address"
				: "give the claim as many devices as the domain has");
	}
	return 0;
}

/* As a word for sh. */
static void add_word(struct vc_buf *buf, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=:,./@%";

	if (*text && !text[strspn(text, plain)]) {
		vc_buf_puts(buf, text);
		return;
	}
	vc_buf_puts(buf, "'");
	for (; *text; text++)
		vc_buf_puts(buf, *text == '\'' ? "'\\''" : (char[]){ *text, '\0' });
	vc_buf_puts(buf, "'");
}

/**
 * vc_qemu_remedy() - The command that puts a stale domain right
 * @arena:	holds it
 * @domain:	name of the domain
 * @system:	the system's daemon, not the user's
 * @ret_command: one line for sh
 * @err:	out of memory
 *
 * It reads the configuration that the hook reads.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_qemu_remedy(struct vc_arena *arena, const char *domain, bool system,
                   char **ret_command, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	char *command;

	vc_buf_printf(&buf, "virt-claim sync --connect %s%s",
	              system ? "qemu:///system" : "qemu:///session",
	              *domain == '-' ? " -- " : " ");
	add_word(&buf, domain);
	command = buf.failed ? NULL : vc_arena_strdup(arena, buf.data);
	if (!command)
		return vc_fail_oom(err);
	*ret_command = command;
	return 0;
}
