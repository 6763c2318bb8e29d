/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] resource/v1 types.go: QualifiedName, DeviceAttribute. The limits here are more
 * generous than the API's, because files are written without the API server's checks.
 */
#include "claim/attributes.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

#define ATTRIBUTES_MAX 256
#define VALUES_MAX     256
#define TEXT_MAX       4096
#define NAME_ID_MAX    63

/* The forms of a value; the second half is the list forms (DRAListTypeAttributes). */
static const struct form {
	const char *key;
	enum vc_attribute_type type;
	bool list;
} forms[] = {
	{ "string", VC_ATTRIBUTE_STRING, false },
	{ "int", VC_ATTRIBUTE_INT, false },
	{ "bool", VC_ATTRIBUTE_BOOL, false },
	{ "version", VC_ATTRIBUTE_VERSION, false },
	{ "strings", VC_ATTRIBUTE_STRING, true },
	{ "ints", VC_ATTRIBUTE_INT, true },
	{ "bools", VC_ATTRIBUTE_BOOL, true },
	{ "versions", VC_ATTRIBUTE_VERSION, true },
};

/* Names */

static bool is_identifier(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "0123456789_-.");

	return len > 0 && len <= NAME_ID_MAX && text[len] == '\0';
}

static char *to_lower(struct vc_arena *arena, const char *text, size_t len)
{
	char *copy = vc_arena_strndup(arena, text, len);

	for (char *p = copy; p && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static int check_domain(struct vc_arena *arena, const struct vc_node *node, size_t len,
                        struct vc_err *err)
{
	const char *domain = to_lower(arena, node->key, len);

	if (!domain)
		return vc_fail_oom(err);
	if (!vc_is_dns_subdomain(domain))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "'%.64s' is not a domain name", domain);
	return 0;
}

static bool is_domain(const char *key, const char *slash, const char *driver)
{
	size_t len = (size_t)(slash - key);

	return driver && strlen(driver) == len && strncasecmp(key, driver, len) == 0;
}

/* [DRA] a name without a domain is the driver's; drivers are spelled in either case. */
static int qualify(struct vc_arena *arena, const struct vc_node *node, const char *driver,
                   char **ret_name, struct vc_err *err)
{
	const char *slash = strchr(node->key, '/');
	char *name;

	if (!is_identifier(slash ? slash + 1 : node->key))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "expected an attribute name like 'name' or "
		                    "'domain/name'");
	if (!slash && !driver)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "an attribute name without a domain needs a driver");
	if (slash && check_domain(arena, node, (size_t)(slash - node->key), err) < 0)
		return -(int)err->kind;
	if (!slash)
		name = vc_arena_printf(arena, "%s/%s", driver, node->key);
	else if (is_domain(node->key, slash, driver))
		name = vc_arena_printf(arena, "%s%s", driver, slash);
	else
		name = vc_arena_strdup(arena, node->key);
	if (!name)
		return vc_fail_oom(err);
	*ret_name = name;
	return 0;
}

/* Values */

static bool has_value(const struct vc_node *attribute, const struct form *form,
                      struct vc_node *ret_value)
{
	return vc_node_member(attribute, form->key, ret_value) &&
	       vc_node_type(ret_value) != VC_NODE_NULL;
}

/* Allocates room for @n values of the attribute's type. */
static int allocate_values(struct vc_arena *arena, struct vc_attribute *a, size_t n,
                           struct vc_err *err)
{
	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		a->ints = vc_arena_alloc(arena, n, sizeof(*a->ints));
		break;
	case VC_ATTRIBUTE_BOOL:
		a->bools = vc_arena_alloc(arena, n, sizeof(*a->bools));
		break;
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		a->strings = vc_arena_alloc(arena, n, sizeof(*a->strings));
		break;
	}
	if (!a->ints)
		return vc_fail_oom(err);
	a->n = n;
	return 0;
}

static int read_text(struct vc_arena *arena, const struct vc_node *value, char **ret_text,
                     struct vc_err *err)
{
	const char *text = vc_node_text(value);

	if (!text)
		return vc_node_fail(value, err, VC_ERR_INPUT, "expected a string");
	if (strlen(text) > TEXT_MAX)
		return vc_node_fail(value, err, VC_ERR_INPUT, "more than %d characters",
		                    TEXT_MAX);
	*ret_text = vc_arena_strdup(arena, text);
	return *ret_text ? 0 : vc_fail_oom(err);
}

static int read_value(struct vc_arena *arena, const struct vc_node *value,
                      struct vc_attribute *a, size_t i, struct vc_err *err)
{
	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		if (!vc_node_int_value(value, &a->ints[i]))
			return vc_node_fail(value, err, VC_ERR_INPUT,
			                    "expected an integer");
		return 0;
	case VC_ATTRIBUTE_BOOL:
		if (!vc_node_bool_value(value, &a->bools[i]))
			return vc_node_fail(value, err, VC_ERR_INPUT,
			                    "expected true or false");
		return 0;
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		break;
	}
	return read_text(arena, value, &a->strings[i], err);
}

static int read_list(struct vc_arena *arena, const struct vc_node *list,
                     struct vc_attribute *a, struct vc_err *err)
{
	size_t n = vc_node_count(list);
	int r;

	if (vc_node_type(list) != VC_NODE_ARRAY)
		return vc_node_fail(list, err, VC_ERR_INPUT, "expected an array");
	if (n > VALUES_MAX)
		return vc_node_fail(list, err, VC_ERR_INPUT, "more than %d values",
		                    VALUES_MAX);
	r = allocate_values(arena, a, n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct vc_node element = vc_node_element(list, i);

		r = read_value(arena, &element, a, i, err);
	}
	return r;
}

/* Exactly one form is set. *ret_known is false when none is that we know. */
static int read_attribute(struct vc_arena *arena, const struct vc_node *node,
                          struct vc_attribute *a, bool *ret_known, struct vc_err *err)
{
	const struct form *form = NULL;
	struct vc_node value, v;
	int r;

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "expected an object like {\"string\": \"...\"}");
	for (size_t i = 0; i < VC_ARRAY_SIZE(forms); i++) {
		if (!has_value(node, &forms[i], &v))
			continue;
		if (form)
			return vc_node_fail(node, err, VC_ERR_INPUT,
			                    "has both '%s' and '%s'; expected one value",
			                    form->key, forms[i].key);
		form = &forms[i];
		value = v;
	}
	*ret_known = form != NULL;
	if (!form)
		return 0;
	a->type = form->type;
	a->list = form->list;
	if (form->list)
		return read_list(arena, &value, a, err);
	r = allocate_values(arena, a, 1, err);
	return r < 0 ? r : read_value(arena, &value, a, 0, err);
}

static int add_attribute(struct vc_arena *arena, const struct vc_node *node,
                         const char *driver, struct vc_attributes *attributes,
                         struct vc_err *err)
{
	struct vc_attribute a = { 0 }, *slot;
	bool known = false;
	int r = qualify(arena, node, driver, &a.name, err);

	if (r == 0)
		r = read_attribute(arena, node, &a, &known, err);
	if (r < 0 || !known)
		return r;
	if (vc_attributes_find(attributes, a.name))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "attribute '%s' is there twice, once without its "
		                    "domain",
		                    a.name);
	slot = vc_list_push(arena, attributes);
	if (!slot)
		return vc_fail_oom(err);
	*slot = a;
	return 0;
}

/**
 * vc_attributes_read() - Read {"name": {"string": "..."}, ...}
 * @arena:	holds the attributes
 * @object:	node of the object; null stands for no attributes
 * @driver:	domain of names that have none; NULL: such names are refused
 * @attributes:	list to add to; on failure some may have been added
 * @err:	what is wrong, with the pointer
 *
 * A value in none of the forms that we know is left out: the API may grow another form.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_attributes_read(struct vc_arena *arena, const struct vc_node *object,
                       const char *driver, struct vc_attributes *attributes,
                       struct vc_err *err)
{
	size_t n = vc_node_count(object);
	int r = 0;

	if (vc_node_type(object) == VC_NODE_NULL)
		return 0;
	if (vc_node_type(object) != VC_NODE_OBJECT)
		return vc_node_fail(object, err, VC_ERR_INPUT, "expected an object");
	if (n > ATTRIBUTES_MAX)
		return vc_node_fail(object, err, VC_ERR_INPUT, "more than %d attributes",
		                    ATTRIBUTES_MAX);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct vc_node node = vc_node_nth_member(object, i);

		r = add_attribute(arena, &node, driver, attributes, err);
	}
	return r;
}
