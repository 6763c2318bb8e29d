/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/match.h"

#include <string.h>
#include <strings.h>

#include "base/parse.h"

#define CONDITIONS_MAX 16U

/* docs/devices.md lists where they come from. */
const struct vc_match_key vc_match_keys[] = {
	{ "acpiPath", VC_ATTRIBUTE_STRING },
	{ "availableInstances", VC_ATTRIBUTE_INT },
	{ "class", VC_ATTRIBUTE_STRING },
	{ "classCode", VC_ATTRIBUTE_STRING },
	{ "controller", VC_ATTRIBUTE_STRING },
	{ "deviceID", VC_ATTRIBUTE_STRING },
	{ "driver", VC_ATTRIBUTE_STRING },
	{ "dsn", VC_ATTRIBUTE_STRING },
	{ "interface", VC_ATTRIBUTE_STRING },
	{ "interfaceClasses", VC_ATTRIBUTE_STRING },
	{ "iommuGroup", VC_ATTRIBUTE_INT },
	{ "kind", VC_ATTRIBUTE_STRING },
	{ "mac", VC_ATTRIBUTE_STRING },
	{ "mdevModel", VC_ATTRIBUTE_STRING },
	{ "mdevParent", VC_ATTRIBUTE_STRING },
	{ "mdevType", VC_ATTRIBUTE_STRING },
	{ "mdevUUID", VC_ATTRIBUTE_STRING },
	{ "numVFs", VC_ATTRIBUTE_INT },
	{ "numaNode", VC_ATTRIBUTE_INT },
	{ "pciAddress", VC_ATTRIBUTE_STRING },
	{ "pciBusID", VC_ATTRIBUTE_STRING },
	{ "pcieRoot", VC_ATTRIBUTE_STRING },
	{ "pfAddress", VC_ATTRIBUTE_STRING },
	{ "physicalSlot", VC_ATTRIBUTE_STRING },
	{ "product", VC_ATTRIBUTE_STRING },
	{ "resetMethods", VC_ATTRIBUTE_STRING },
	{ "serial", VC_ATTRIBUTE_STRING },
	{ "slotPath", VC_ATTRIBUTE_STRING },
	{ "sriov", VC_ATTRIBUTE_STRING },
	{ "subsystemDeviceID", VC_ATTRIBUTE_STRING },
	{ "subsystemVendorID", VC_ATTRIBUTE_STRING },
	{ "totalVFs", VC_ATTRIBUTE_INT },
	{ "unverified", VC_ATTRIBUTE_BOOL },
	{ "usbBus", VC_ATTRIBUTE_INT },
	{ "usbPort", VC_ATTRIBUTE_STRING },
	{ "vendor", VC_ATTRIBUTE_STRING },
	{ "vendorID", VC_ATTRIBUTE_STRING },
	{ "vfIndex", VC_ATTRIBUTE_INT },
	{ "vfioDriver", VC_ATTRIBUTE_STRING },
};
const size_t vc_n_match_keys = VC_ARRAY_SIZE(vc_match_keys);

static const char *const domains[] = { VC_ATTR_DOMAIN "/", "resource.kubernetes.io/" };

static const char *without_domain(const char *name)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(domains); i++)
		if (vc_parse_literal(&name, domains[i]))
			break;
	return name;
}

static const struct vc_match_key *find_key(const char *name)
{
	const char *id = without_domain(name);

	for (size_t i = 0; i < vc_n_match_keys; i++)
		if (strcmp(vc_match_keys[i].name, id) == 0)
			return &vc_match_keys[i];
	return NULL;
}

/* One condition up to a comma, without its backslashes; NULL: no memory. */
static char *cut_condition(struct vc_arena *arena, const char **cursor)
{
	char *text = vc_arena_strdup(arena, *cursor);
	const char *from = *cursor;
	char *to = text;

	if (!text)
		return NULL;
	while (*from != '\0' && *from != ',') {
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from++;
	}
	*to = '\0';
	*cursor = from + (*from == ',');
	return text;
}

static int check_value(const struct vc_condition *c, struct vc_err *err)
{
	uint64_t number;

	switch (c->key->type) {
	case VC_ATTRIBUTE_INT:
		if (vc_parse_number(c->value, INT64_MAX, &number))
			return 0;
		return vc_fail(err, VC_ERR_USAGE, "%s=%.64s: expected a number",
		               c->key->name, c->value);
	case VC_ATTRIBUTE_BOOL:
		if (strcmp(c->value, "true") == 0 || strcmp(c->value, "false") == 0)
			return 0;
		return vc_fail(err, VC_ERR_USAGE, "%s=%.64s: expected 'true' or 'false'",
		               c->key->name, c->value);
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		break;
	}
	if (strcmp(c->key->name, "class") == 0 && !vc_class_known(c->value))
		return vc_fail(
			err, VC_ERR_USAGE,
			"class=%.64s: is no class; expected a word like 'network', "
			"'nvme' or 'display', or 2, 4 or 6 hex digits",
			c->value);
	return 0;
}

/* @text is "KEY=VALUE". */
static int read_condition(char *text, struct vc_condition *c, const char **ret_unknown,
                          struct vc_err *err)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text || equals[1] == '\0')
		return vc_fail(err, VC_ERR_USAGE,
		               "'%.128s' is no condition; expected KEY=VALUE", text);
	*equals = '\0';
	c->value = equals + 1;
	c->key = find_key(text);
	if (c->key)
		return check_value(c, err);
	if (ret_unknown)
		*ret_unknown = text;
	return vc_fail(err, VC_ERR_USAGE,
	               "no device has an attribute '%.64s'; 'virt-claim devices --json' "
	               "shows those that there are",
	               text);
}

/**
 * vc_match_parse() - Read conditions
 * @arena:	holds them
 * @text:	"KEY=VALUE[,KEY=VALUE...]"
 * @ret_conditions: at least one
 * @ret_unknown: on failure the name that was not known, if that was the reason; NULL
 *		allowed
 * @err:	what was expected
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_match_parse(struct vc_arena *arena, const char *text,
                   struct vc_conditions *ret_conditions, const char **ret_unknown,
                   struct vc_err *err)
{
	struct vc_conditions conditions = { 0 };

	do {
		struct vc_condition *slot = vc_list_push(arena, &conditions);
		char *one = cut_condition(arena, &text);

		if (!slot || !one)
			return vc_fail_oom(err);
		if (conditions.n > CONDITIONS_MAX)
			return vc_fail(err, VC_ERR_USAGE, "more than %u conditions",
			               CONDITIONS_MAX);
		if (read_condition(one, slot, ret_unknown, err) < 0)
			return -(int)err->kind;
	} while (*text != '\0');
	*ret_conditions = conditions;
	return 0;
}

static bool value_fits(const struct vc_condition *c, const struct vc_attribute *a)
{
	uint64_t number;

	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		return vc_parse_number(c->value, INT64_MAX, &number) &&
		       a->ints[0] == (int64_t)number;
	case VC_ATTRIBUTE_BOOL:
		return a->bools[0] == (strcmp(c->value, "true") == 0);
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		break;
	}
	return strcasecmp(a->strings[0], c->value) == 0;
}

/**
 * vc_condition_fits() - Whether a device fulfils a condition
 * @condition:	condition
 * @device:	device
 * @attributes:	its attributes
 *
 * Return: whether it does; one without the attribute does not
 */
bool vc_condition_fits(const struct vc_condition *condition,
                       const struct vc_host_device *device,
                       const struct vc_attributes *attributes)
{
	if (strcmp(condition->key->name, "class") == 0)
		return vc_class_matches(device, condition->value);
	for (size_t i = 0; i < attributes->n; i++) {
		const struct vc_attribute *a = &attributes->v[i];

		if (strcmp(without_domain(a->name), condition->key->name) == 0)
			return value_fits(condition, a);
	}
	return false;
}
