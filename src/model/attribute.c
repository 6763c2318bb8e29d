/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/attribute.h"

#include <string.h>

/**
 * vc_attributes_find() - Look an attribute up
 * @attributes:	list
 * @name:	qualified name
 *
 * Return: the attribute, or NULL
 */
const struct vc_attribute *vc_attributes_find(const struct vc_attributes *attributes,
                                              const char *name)
{
	for (size_t i = 0; i < attributes->n; i++)
		if (strcmp(attributes->v[i].name, name) == 0)
			return &attributes->v[i];
	return NULL;
}

/**
 * vc_attributes_string() - The value of a scalar string attribute
 * @attributes:	list
 * @name:	qualified name
 *
 * Return: the value, or NULL when there is no such attribute of type string
 */
const char *vc_attributes_string(const struct vc_attributes *attributes, const char *name)
{
	const struct vc_attribute *a = vc_attributes_find(attributes, name);

	return a && a->type == VC_ATTRIBUTE_STRING && !a->list ? a->strings[0] : NULL;
}

/**
 * vc_attributes_int() - The value of an int attribute, the first one of a list
 * @attributes:	list
 * @name:	qualified name
 * @ret_value:	value, when there is one
 *
 * [KEP-6072] the physical NUMA node stands first in the list form.
 *
 * Return: whether there is one
 */
bool vc_attributes_int(const struct vc_attributes *attributes, const char *name,
                       int64_t *ret_value)
{
	const struct vc_attribute *a = vc_attributes_find(attributes, name);

	if (!a || a->type != VC_ATTRIBUTE_INT || a->n == 0)
		return false;
	*ret_value = a->ints[0];
	return true;
}

static bool value_equal(const struct vc_attribute *a, const struct vc_attribute *b,
                        size_t i)
{
	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		return a->ints[i] == b->ints[i];
	case VC_ATTRIBUTE_BOOL:
		return a->bools[i] == b->bools[i];
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		break;
	}
	return strcmp(a->strings[i], b->strings[i]) == 0;
}

/**
 * vc_attribute_equal() - Whether two attributes have the same type and values
 * @a:		attribute
 * @b:		attribute; names are not compared
 *
 * Return: whether they are equal
 */
bool vc_attribute_equal(const struct vc_attribute *a, const struct vc_attribute *b)
{
	if (a->type != b->type || a->list != b->list || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!value_equal(a, b, i))
			return false;
	return true;
}
