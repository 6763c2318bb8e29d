/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KV] kubevirt.io/api/plugin/v1alpha1: Plugin, DomainHook, CELDomainHook. The condition
 * stands at the hook: its expression is compiled with the Go names of fields for sure,
 * whereas one in the spec is also read by parts of KubeVirt that know the names of JSON.
 */
#include "generate/plugin.h"

#include <string.h>

#include "claim/json_writer.h"
#include "generate/cel.h"
#include "translate/doors.h"

#define TIMEOUT     "10s"
#define NAME_PREFIX "virt-claim."

/**
 * vc_plugin_key() - The annotation that says a part of the address of a device
 * @arena:	holds the key
 * @device:	appended device
 * @part:	"domain", "bus", "slot", "function"; "uuid" of a mediated device
 * @ret_key:	key
 * @err:	the alias is too long for it
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plugin_key(struct vc_arena *arena, const struct vc_plugin_device *device,
                  const char *part, char **ret_key, struct vc_err *err)
{
	size_t len = strlen(device->alias) + 1 + strlen(part);
	char *key;

	if (len > VC_PLUGIN_NAME_MAX)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: '%s.%s' is too long for the name of an annotation, "
		               "which has %d characters at most; choose a shorter alias",
		               device->origin, device->alias, part, VC_PLUGIN_NAME_MAX);
	key = vc_arena_printf(arena, "%s%s.%s",
	                      device->kind == VC_KIND_MDEV ? VC_PLUGIN_MDEV_PREFIX
	                                                   : VC_PLUGIN_PCI_PREFIX,
	                      device->alias, part);
	if (!key)
		return vc_fail_oom(err);
	*ret_key = key;
	return 0;
}

static int take(struct vc_arena *arena, struct vc_buf *buf, char **ret_text,
                struct vc_err *err)
{
	VC_AUTOFREE char *text = NULL;
	size_t len;

	if (vc_buf_take(buf, &text, &len, err) < 0)
		return -(int)err->kind;
	*ret_text = vc_arena_strndup(arena, text, len);
	return *ret_text ? 0 : vc_fail_oom(err);
}

/* For this very VM; a later VM of that name is meant as well. */
static int condition(struct vc_arena *arena, const struct vc_vmi *vmi, char **ret_text,
                     struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)1 << 16);

	vc_buf_puts(&buf, "vmi.Namespace == ");
	vc_cel_string(&buf, vmi->namespace);
	vc_buf_puts(&buf, " && vmi.Name == ");
	vc_cel_string(&buf, vmi->name);
	return take(arena, &buf, ret_text, err);
}

static void write_hook(struct vc_json_writer *w, const char *expression, const char *when)
{
	vc_json_object(w, NULL);
	vc_json_object(w, "cel");
	vc_json_string(w, "expression", expression);
	vc_json_close(w);
	vc_json_string(w, "condition", when);
	vc_json_string(w, "failureStrategy", "Fail");
	vc_json_string(w, "timeout", TIMEOUT);
	vc_json_close(w);
}

/**
 * vc_plugin_write() - The Plugin as a JSON object, which kubectl apply takes
 * @arena:	scratch
 * @plugin:	checked by vc_plugin_check()
 * @name:	metadata.name; NULL: "virt-claim.<namespace>.<name>"
 * @buf:	gets the object
 * @err:	the alias of a device is too long
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plugin_write(struct vc_arena *arena, const struct vc_plugin *plugin,
                    const char *name, struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };
	char *expression = NULL, *when = NULL;

	if (vc_plugin_expression(arena, plugin, &expression, err) < 0 ||
	    condition(arena, &plugin->vmi, &when, err) < 0)
		return -(int)err->kind;
	if (!name)
		name = vc_arena_printf(arena, NAME_PREFIX "%s.%s", plugin->vmi.namespace,
		                       plugin->vmi.name);
	if (!name)
		return vc_fail_oom(err);
	vc_json_object(&w, NULL);
	vc_json_string(&w, "apiVersion", "plugin.kubevirt.io/v1alpha1");
	vc_json_string(&w, "kind", "Plugin");
	vc_json_object(&w, "metadata");
	vc_json_string(&w, "name", name);
	vc_json_close(&w);
	vc_json_object(&w, "spec");
	vc_json_string(&w, "failureStrategy", "Fail");
	vc_json_array(&w, "domainHooks");
	write_hook(&w, expression, when);
	vc_json_close(&w);
	vc_json_close(&w);
	vc_json_close(&w);
	return 0;
}

static int write_part(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_plugin_device *device, const char *part,
                      const char *value, struct vc_err *err)
{
	char *key = NULL;

	if (!value)
		return vc_fail_oom(err);
	if (vc_plugin_key(arena, device, part, &key, err) < 0)
		return -(int)err->kind;
	vc_json_string(w, key, value);
	return 0;
}

static int write_address(struct vc_arena *arena, struct vc_json_writer *w,
                         const struct vc_plugin_device *device, struct vc_err *err)
{
	const struct vc_pci_address *a = &device->host->pci;
	const struct {
		const char *part;
		unsigned value;
	} parts[] = {
		{ "domain", a->domain },
		{ "bus", a->bus },
		{ "slot", a->slot },
		{ "function", a->function },
	};

	if (device->kind == VC_KIND_MDEV)
		return write_part(arena, w, device, "uuid", device->host->mdev_uuid, err);
	for (size_t i = 0; i < VC_ARRAY_SIZE(parts); i++)
		if (write_part(arena, w, device, parts[i].part,
		               vc_arena_printf(arena, "%u", parts[i].value), err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_plugin_addresses_write() - The annotations that the expression reads, as of today
 * @arena:	scratch
 * @plugin:	read with claims, checked by vc_plugin_check()
 * @buf:	gets a merge patch for the VMI, as JSON
 * @err:	there is nothing to say, or an alias is too long
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plugin_addresses_write(struct vc_arena *arena, const struct vc_plugin *plugin,
                              struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };
	size_t n = 0;

	vc_json_object(&w, NULL);
	vc_json_object(&w, "metadata");
	vc_json_object(&w, "annotations");
	for (size_t i = 0; i < plugin->devices.n; i++) {
		const struct vc_plugin_device *device = &plugin->devices.v[i];

		if (!device->appended || !device->host)
			continue;
		n++;
		if (write_address(arena, &w, device, err) < 0)
			return -(int)err->kind;
	}
	vc_json_close(&w);
	vc_json_close(&w);
	vc_json_close(&w);
	if (n > 0)
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"there is no address to say: KubeVirt makes all devices of this VM "
		"itself, and knows where they are");
}
