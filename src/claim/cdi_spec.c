/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format is the tables below; the code after them walks a tree along the tables.
 *
 * As the library does: keys are compared without regard to case, an unknown key fails
 * the file, null and an empty value are the same as no value, and a value that is there
 * may need a newer version of the format than the file declares.
 *
 * Stricter than the library: a number where a string belongs is not turned into one, the
 * same key in two spellings is refused, and so is null in a list (there the library
 * crashes, or makes an empty string of it).
 */
#include "claim/cdi_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANY_SINCE VC_CDI_0_3
#define NOT_KEPT  SIZE_MAX

enum type {
	TEXT,
	INTEGER,
	BOOLEAN,
	TEXTS,    /* list of strings */
	INTEGERS, /* list of integers */
	TEXT_MAP, /* object with strings */
	OBJECT,
	OBJECTS, /* list of objects */
};

enum flags {
	REQUIRED = 1 << 0,  /* absent, null and empty are errors */
	NULL_ONLY = 1 << 1, /* an empty value counts as there */
};

struct shape;

/* One key of an object. */
struct field {
	const char *key;
	enum type type;
	unsigned flags;
	enum vc_cdi_version since;
	bool (*check)(const char *text); /* of TEXT and of each of TEXTS */
	const char *expected;            /* what @check wants, in words */
	int64_t min, max;                /* of INTEGER and INTEGERS; both 0: any */
	const struct shape *shape;       /* of OBJECT and OBJECTS */
	size_t offset;                   /* where TEXT, TEXTS, TEXT_MAP, OBJECT go */
	void *(*push)(struct vc_arena *arena, void *into); /* makes one of OBJECTS */
};

struct reader {
	struct vc_arena *arena;
	enum vc_cdi_version needed; /* the newest feature so far, */
	char *needed_where;         /* and where it is */
	const char *needed_what;
};

/* One kind of object. */
struct shape {
	const char *name;
	const struct field *fields;
	size_t n_fields;
	/* rules over several fields */
	int (*finish)(struct reader *r, const struct vc_node *node, void *into,
	              struct vc_err *err);
};

static int finish_device(struct reader *r, const struct vc_node *node, void *into,
                         struct vc_err *err);
static int finish_edits(struct reader *r, const struct vc_node *node, void *into,
                        struct vc_err *err);
static int finish_spec(struct reader *r, const struct vc_node *node, void *into,
                       struct vc_err *err);

static void *push_node(struct vc_arena *arena, void *into)
{
	return vc_list_push(arena, &((struct vc_cdi_edits *)into)->nodes);
}

static void *push_mount(struct vc_arena *arena, void *into)
{
	return vc_list_push(arena, &((struct vc_cdi_edits *)into)->mounts);
}

static void *push_net_device(struct vc_arena *arena, void *into)
{
	return vc_list_push(arena, &((struct vc_cdi_edits *)into)->net_devices);
}

static void *push_device(struct vc_arena *arena, void *into)
{
	return vc_list_push(arena, &((struct vc_cdi_spec *)into)->devices);
}

/* Nothing of a hook is kept, so there is nothing to fill. */
static void *push_nothing(struct vc_arena *arena VC_UNUSED, void *into)
{
	return into;
}

static bool is_any(const char *text VC_UNUSED)
{
	return true;
}

static bool is_version(const char *text)
{
	enum vc_cdi_version version;

	return vc_cdi_version_parse(text, &version);
}

/* clang-format off */

#define AT(type_, member) offsetof(struct type_, member)
#define TEXT_RULE(rule, words) .check = (rule), .expected = (words)
#define RANGE(lowest, highest) .min = (lowest), .max = (highest)
#define ANY_NUMBER RANGE(0, 0)

static const struct field node_fields[] = {
	{ "path", TEXT, REQUIRED, ANY_SINCE, TEXT_RULE(vc_cdi_is_not_empty, "a path"),
	  .offset = AT(vc_cdi_node, path) },
	{ "hostPath", TEXT, 0, VC_CDI_0_5, TEXT_RULE(is_any, "a path"),
	  .offset = AT(vc_cdi_node, host_path) },
	{ "type", TEXT, 0, ANY_SINCE, TEXT_RULE(vc_cdi_is_node_type, "b, c, u or p"),
	  .offset = NOT_KEPT },
	{ "major", INTEGER, 0, ANY_SINCE, ANY_NUMBER },
	{ "minor", INTEGER, 0, ANY_SINCE, ANY_NUMBER },
	{ "fileMode", INTEGER, 0, ANY_SINCE, RANGE(0, UINT32_MAX) },
	{ "permissions", TEXT, 0, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_permissions, "letters of 'rwm', or 'none'"),
	  .offset = NOT_KEPT },
	{ "uid", INTEGER, 0, ANY_SINCE, RANGE(0, UINT32_MAX) },
	{ "gid", INTEGER, 0, ANY_SINCE, RANGE(0, UINT32_MAX) },
};

static const struct field mount_fields[] = {
	{ "hostPath", TEXT, REQUIRED, ANY_SINCE, TEXT_RULE(vc_cdi_is_not_empty, "a path"),
	  .offset = AT(vc_cdi_mount, host_path) },
	{ "containerPath", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_not_empty, "a path"),
	  .offset = AT(vc_cdi_mount, container_path) },
	{ "options", TEXTS, 0, ANY_SINCE, TEXT_RULE(is_any, "an option"),
	  .offset = NOT_KEPT },
	{ "type", TEXT, 0, VC_CDI_0_4, TEXT_RULE(is_any, "a file system type"),
	  .offset = NOT_KEPT },
};

static const struct field hook_fields[] = {
	{ "hookName", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_hook_name, "prestart, createRuntime, createContainer, "
	            "startContainer, poststart or poststop"),
	  .offset = NOT_KEPT },
	{ "path", TEXT, REQUIRED, ANY_SINCE, TEXT_RULE(vc_cdi_is_not_empty, "a path"),
	  .offset = NOT_KEPT },
	{ "args", TEXTS, 0, ANY_SINCE, TEXT_RULE(is_any, "an argument"),
	  .offset = NOT_KEPT },
	{ "env", TEXTS, 0, ANY_SINCE, TEXT_RULE(vc_cdi_is_env, "NAME=VALUE"),
	  .offset = NOT_KEPT },
	{ "timeout", INTEGER, 0, ANY_SINCE, ANY_NUMBER },
};

/* enableCMT and enableMBM were taken out again in 1.1.0. */
static const struct field rdt_fields[] = {
	{ "closID", TEXT, 0, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_clos_id, "'/', or a name without '/' below 4096 bytes"),
	  .offset = NOT_KEPT },
	{ "l3CacheSchema", TEXT, 0, ANY_SINCE, TEXT_RULE(is_any, "a schema"),
	  .offset = NOT_KEPT },
	{ "memBwSchema", TEXT, 0, ANY_SINCE, TEXT_RULE(is_any, "a schema"),
	  .offset = NOT_KEPT },
	{ "schemata", TEXTS, NULL_ONLY, VC_CDI_1_1, TEXT_RULE(is_any, "a schema"),
	  .offset = NOT_KEPT },
	{ "enableMonitoring", BOOLEAN, 0, VC_CDI_1_1, .offset = NOT_KEPT },
};

static const struct field net_device_fields[] = {
	{ "hostInterfaceName", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_not_empty, "an interface name"),
	  .offset = AT(vc_cdi_net_device, host_interface) },
	{ "name", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_not_empty, "an interface name"),
	  .offset = AT(vc_cdi_net_device, name) },
};

#define SHAPE(name_, fields_, finish_) \
	{ .name = (name_), .fields = (fields_), .n_fields = VC_ARRAY_SIZE(fields_), \
	  .finish = (finish_) }

static const struct shape node_shape = SHAPE("a device node", node_fields, NULL);
static const struct shape mount_shape = SHAPE("a mount", mount_fields, NULL);
static const struct shape hook_shape = SHAPE("a hook", hook_fields, NULL);
static const struct shape rdt_shape = SHAPE("intelRdt", rdt_fields, NULL);
static const struct shape net_device_shape =
	SHAPE("a network device", net_device_fields, NULL);

static const struct field edits_fields[] = {
	{ "env", TEXTS, 0, ANY_SINCE, TEXT_RULE(vc_cdi_is_env, "NAME=VALUE"),
	  .offset = AT(vc_cdi_edits, env) },
	{ "deviceNodes", OBJECTS, 0, ANY_SINCE, .shape = &node_shape, .push = push_node },
	{ "mounts", OBJECTS, 0, ANY_SINCE, .shape = &mount_shape, .push = push_mount },
	{ "hooks", OBJECTS, 0, ANY_SINCE, .shape = &hook_shape, .push = push_nothing },
	{ "netDevices", OBJECTS, 0, VC_CDI_1_1, .shape = &net_device_shape,
	  .push = push_net_device },
	{ "intelRdt", OBJECT, NULL_ONLY, VC_CDI_0_7, .shape = &rdt_shape },
	{ "additionalGids", INTEGERS, 0, VC_CDI_0_7, RANGE(0, UINT32_MAX) },
};

static const struct shape edits_shape =
	SHAPE("containerEdits", edits_fields, finish_edits);

static const struct field device_fields[] = {
	{ "name", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_device_name, "letters and digits, with '_', '-', '.' and ':' "
	            "between them"),
	  .offset = AT(vc_cdi_device, name) },
	{ "annotations", TEXT_MAP, 0, VC_CDI_0_6, .offset = AT(vc_cdi_device, annotations) },
	{ "containerEdits", OBJECT, REQUIRED, ANY_SINCE, .shape = &edits_shape,
	  .offset = AT(vc_cdi_device, edits) },
};

static const struct shape device_shape = SHAPE("a device", device_fields, finish_device);

static const struct field spec_fields[] = {
	{ "cdiVersion", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(is_version, "0.3.0 to 0.8.0, 1.0.0 or 1.1.0"),
	  .offset = NOT_KEPT },
	{ "kind", TEXT, REQUIRED, ANY_SINCE,
	  TEXT_RULE(vc_cdi_is_kind, "VENDOR/CLASS, each of which begins with a letter and has "
	            "letters, digits, '_', '-', '.'"),
	  .offset = AT(vc_cdi_spec, kind) },
	{ "annotations", TEXT_MAP, 0, VC_CDI_0_6, .offset = AT(vc_cdi_spec, annotations) },
	{ "devices", OBJECTS, REQUIRED, ANY_SINCE, .shape = &device_shape,
	  .push = push_device },
	{ "containerEdits", OBJECT, 0, ANY_SINCE, .shape = &edits_shape,
	  .offset = AT(vc_cdi_spec, edits) },
};

static const struct shape spec_shape = SHAPE("a CDI file", spec_fields, finish_spec);

/* clang-format on */

static int read_object(struct reader *r, const struct vc_node *node,
                       const struct shape *shape, void *into, size_t *ret_used,
                       struct vc_err *err);

static void *at_offset(void *into, const struct field *field)
{
	return (char *)into + field->offset;
}

/* Remembers that @what at @node needs @version. */
static int need(struct reader *r, enum vc_cdi_version version, const char *what,
                const struct vc_node *node, struct vc_err *err)
{
	if (version <= r->needed)
		return 0;
	r->needed = version;
	r->needed_what = what;
	r->needed_where = vc_node_where(r->arena, node);
	return r->needed_where ? 0 : vc_fail_oom(err);
}

/* The text of @node, checked; the copy is in the arena. */
static int read_text(struct reader *r, const struct vc_node *node,
                     const struct field *field, char **ret_text, struct vc_err *err)
{
	const char *text = vc_node_text(node);

	if (!text)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "expected a string; put the value in double quotes");
	if (!field->check(text))
		return vc_node_fail(node, err, VC_ERR_INPUT, "'%.128s' is not %s", text,
		                    field->expected);
	*ret_text = vc_arena_strdup(r->arena, text);
	return *ret_text ? 0 : vc_fail_oom(err);
}

static int read_one_text(struct reader *r, const struct vc_node *node,
                         const struct field *field, void *into, struct vc_err *err)
{
	const char *raw = vc_node_text(node);
	char *text = NULL;
	int ret;

	if (raw && raw[0] == '\0' && !(field->flags & REQUIRED))
		return 0;
	ret = read_text(r, node, field, &text, err);
	if (ret == 0 && field->offset != NOT_KEPT)
		memcpy(at_offset(into, field), &text, sizeof(text));
	return ret;
}

static int read_texts(struct reader *r, const struct vc_node *node,
                      const struct field *field, void *into, struct vc_err *err)
{
	struct vc_cdi_texts unkept = { 0 };
	struct vc_cdi_texts *list =
		field->offset == NOT_KEPT ? &unkept : at_offset(into, field);

	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_element(node, i);
		char **slot = vc_list_push(r->arena, list);
		int ret;

		if (!slot)
			return vc_fail_oom(err);
		ret = read_text(r, &child, field, slot, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_text_map(struct reader *r, const struct vc_node *node,
                         const struct field *field, void *into, struct vc_err *err)
{
	static const struct field value = { .check = is_any };
	struct vc_cdi_annotations *map = at_offset(into, field);

	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_nth_member(node, i);
		struct vc_cdi_annotation *slot = vc_list_push(r->arena, map);
		int ret;

		if (slot)
			slot->key = vc_arena_strdup(r->arena, child.key);
		if (!slot || !slot->key)
			return vc_fail_oom(err);
		ret = read_text(r, &child, &value, &slot->value, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_integer(const struct vc_node *node, const struct field *field,
                        struct vc_err *err)
{
	bool any = field->min == field->max;
	int64_t value;

	if (!vc_node_int_value(node, &value))
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected a whole number");
	if (!any && (value < field->min || value > field->max))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "expected a number from %lld to %lld",
		                    (long long)field->min, (long long)field->max);
	return 0;
}

static int read_integers(const struct vc_node *node, const struct field *field,
                         struct vc_err *err)
{
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_element(node, i);
		int ret = read_integer(&child, field, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_objects(struct reader *r, const struct vc_node *node,
                        const struct field *field, void *into, struct vc_err *err)
{
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_element(node, i);
		void *slot = field->push(r->arena, into);
		size_t used;
		int ret;

		if (!slot)
			return vc_fail_oom(err);
		ret = read_object(r, &child, field->shape, slot, &used, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_one_object(struct reader *r, const struct vc_node *node,
                           const struct field *field, void *into, struct vc_err *err)
{
	size_t used = 0;
	int ret = read_object(r, node, field->shape, at_offset(into, field), &used, err);

	if (ret == 0 && used == 0 && (field->flags & REQUIRED))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "a device needs at least one edit");
	return ret;
}

static enum vc_node_type node_type_of(enum type type)
{
	switch (type) {
	case TEXT:
		return VC_NODE_STRING;
	case INTEGER:
		return VC_NODE_INT;
	case BOOLEAN:
		return VC_NODE_BOOL;
	case TEXTS:
	case INTEGERS:
	case OBJECTS:
		return VC_NODE_ARRAY;
	case TEXT_MAP:
	case OBJECT:
		break;
	}
	return VC_NODE_OBJECT;
}

static const char *words_for(enum type type)
{
	switch (type) {
	case TEXT:
		return "a string; put the value in double quotes";
	case INTEGER:
		return "a whole number";
	case BOOLEAN:
		return "true or false";
	case TEXTS:
		return "a list of strings";
	case INTEGERS:
		return "a list of whole numbers";
	case OBJECTS:
		return "a list of objects";
	case TEXT_MAP:
		return "an object with strings";
	case OBJECT:
		break;
	}
	return "an object";
}

/* Whether a value is there in the sense of the library, whose zero values are absent. */
static bool is_used(const struct vc_node *node, const struct field *field)
{
	const char *text = vc_node_text(node);
	int64_t number = 0;
	bool flag = false;

	if (field->flags & NULL_ONLY)
		return true;
	if (text)
		return text[0] != '\0';
	if (vc_node_int_value(node, &number))
		return number != 0;
	if (vc_node_bool_value(node, &flag))
		return flag;
	return vc_node_count(node) > 0;
}

static int read_value(struct reader *r, const struct vc_node *node,
                      const struct field *field, void *into, struct vc_err *err)
{
	switch (field->type) {
	case TEXT:
		return read_one_text(r, node, field, into, err);
	case INTEGER:
		return read_integer(node, field, err);
	case TEXTS:
		return read_texts(r, node, field, into, err);
	case INTEGERS:
		return read_integers(node, field, err);
	case TEXT_MAP:
		return read_text_map(r, node, field, into, err);
	case OBJECT:
		return read_one_object(r, node, field, into, err);
	case OBJECTS:
		return read_objects(r, node, field, into, err);
	case BOOLEAN:
		break;
	}
	return 0;
}

static int fail_unknown(const struct vc_node *node, const struct shape *shape,
                        struct vc_err *err)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < shape->n_fields && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
		                         i > 0 ? ", " : "", shape->fields[i].key);
	return vc_node_fail(node, err, VC_ERR_INPUT,
	                    "unknown field; %s has %s, and runtimes refuse a file with "
	                    "any other",
	                    shape->name, known);
}

/* Where in shape->fields a key is; n_fields when it is not. */
static size_t find_field(const struct shape *shape, const char *key)
{
	size_t i = 0;

	while (i < shape->n_fields && strcasecmp(shape->fields[i].key, key) != 0)
		i++;
	return i;
}

/* One member that is not null; sets *ret_used. */
static int read_member(struct reader *r, const struct vc_node *node,
                       const struct field *field, void *into, bool *ret_used,
                       struct vc_err *err)
{
	bool used = is_used(node, field);
	int ret;

	if (vc_node_type(node) != node_type_of(field->type))
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected %s",
		                    words_for(field->type));
	if (!used && (field->flags & REQUIRED) && field->type != OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "'%s' must not be empty",
		                    field->key);
	ret = read_value(r, node, field, into, err);
	if (ret == 0 && used)
		ret = need(r, field->since, field->key, node, err);
	if (ret == 0)
		*ret_used = used;
	return ret;
}

static int check_required(const struct vc_node *node, const struct shape *shape,
                          unsigned given, struct vc_err *err)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if ((shape->fields[i].flags & REQUIRED) && !(given & 1U << i))
			return vc_node_fail(node, err, VC_ERR_INPUT,
			                    "'%s' is missing; %s needs it",
			                    shape->fields[i].key, shape->name);
	return 0;
}

/* Reads along a table; *ret_used is how many fields have a value. */
static int read_object(struct reader *r, const struct vc_node *node,
                       const struct shape *shape, void *into, size_t *ret_used,
                       struct vc_err *err)
{
	unsigned seen = 0, given = 0;
	size_t n_used = 0;
	int ret;

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected %s: an object",
		                    shape->name);
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_nth_member(node, i);
		size_t at = find_field(shape, child.key);
		bool used = false;

		if (at == shape->n_fields)
			return fail_unknown(&child, shape, err);
		if (seen & 1U << at)
			return vc_node_fail(&child, err, VC_ERR_INPUT,
			                    "'%s' is given twice, in two spellings",
			                    shape->fields[at].key);
		seen |= 1U << at;
		if (vc_node_type(&child) == VC_NODE_NULL)
			continue;
		given |= 1U << at;
		ret = read_member(r, &child, &shape->fields[at], into, &used, err);
		if (ret < 0)
			return ret;
		n_used += used;
	}
	ret = check_required(node, shape, given, err);
	if (ret == 0 && shape->finish)
		ret = shape->finish(r, node, into, err);
	if (ret == 0)
		*ret_used = n_used;
	return ret;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts @names; returns one that is there twice, or NULL. */
static const char *find_repeated(const char **names, size_t n)
{
	if (n > 1)
		qsort(names, n, sizeof(*names), compare_texts);
	for (size_t i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i];
	return NULL;
}

static int finish_edits(struct reader *r, const struct vc_node *node, void *into,
                        struct vc_err *err)
{
	struct vc_cdi_edits *edits = into;
	size_t n = edits->net_devices.n;
	const char **hosts, **names, *twice;

	if (n == 0)
		return 0;
	hosts = vc_arena_alloc(r->arena, n, sizeof(*hosts));
	names = vc_arena_alloc(r->arena, n, sizeof(*names));
	if (!hosts || !names)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		hosts[i] = edits->net_devices.v[i].host_interface;
		names[i] = edits->net_devices.v[i].name;
	}
	twice = find_repeated(hosts, n);
	if (!twice)
		twice = find_repeated(names, n);
	if (twice)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "two netDevices are called '%.128s'", twice);
	return 0;
}

static int finish_device(struct reader *r, const struct vc_node *node, void *into,
                         struct vc_err *err)
{
	struct vc_cdi_device *device = into;

	device->where = vc_node_where(r->arena, node);
	if (!device->where)
		return vc_fail_oom(err);
	if (device->name[0] >= '0' && device->name[0] <= '9')
		return need(r, VC_CDI_0_5, "a device name that begins with a digit", node,
		            err);
	return 0;
}

/* By name, then in the order of the file. */
static int compare_devices(const void *va, const void *vb)
{
	const struct vc_cdi_device *a = *(const struct vc_cdi_device *const *)va;
	const struct vc_cdi_device *b = *(const struct vc_cdi_device *const *)vb;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : (a > b) - (a < b);
}

static int check_unique_devices(struct reader *r, const struct vc_cdi_spec *spec,
                                struct vc_err *err)
{
	const size_t n = spec->devices.n;
	const struct vc_cdi_device **v =
		vc_arena_alloc(r->arena, n, sizeof(struct vc_cdi_device *));

	if (!v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		v[i] = &spec->devices.v[i];
	qsort(v, n, sizeof(struct vc_cdi_device *), compare_devices);
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i - 1]->name, v[i]->name) == 0)
			return vc_fail(
				err, VC_ERR_INPUT,
				"%s: device '%.128s' is already defined by %s; names "
				"must differ",
				v[i]->where, v[i]->name, v[i - 1]->where);
	return 0;
}

static int finish_spec(struct reader *r, const struct vc_node *node, void *into,
                       struct vc_err *err)
{
	struct vc_cdi_spec *spec = into;
	const char *slash = strchr(spec->kind, '/');
	int ret = 0;

	spec->vendor =
		vc_arena_strndup(r->arena, spec->kind, (size_t)(slash - spec->kind));
	spec->class = vc_arena_strdup(r->arena, slash + 1);
	if (!spec->vendor || !spec->class)
		return vc_fail_oom(err);
	for (size_t i = 0; i < spec->devices.n; i++) {
		struct vc_cdi_device *device = &spec->devices.v[i];

		device->qualified =
			vc_arena_printf(r->arena, "%s=%s", spec->kind, device->name);
		if (!device->qualified)
			return vc_fail_oom(err);
	}
	if (strchr(spec->class, '.'))
		ret = need(r, VC_CDI_0_6, "a class with a dot", node, err);
	return ret < 0 ? ret : check_unique_devices(r, spec, err);
}

/* The member whatever its case, when it is a string. */
static const char *text_member(const struct vc_node *node, const char *key,
                               struct vc_node *ret_child)
{
	if (vc_node_type(node) != VC_NODE_OBJECT)
		return NULL;
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node child = vc_node_nth_member(node, i);

		if (strcasecmp(child.key, key) != 0)
			continue;
		*ret_child = child;
		return vc_node_text(&child);
	}
	return NULL;
}

/* First of all, because an unknown version explains every unknown field. */
static int read_version(const struct vc_node *root, enum vc_cdi_version *ret_version,
                        struct vc_err *err)
{
	struct vc_node node = { 0 };
	const char *text = text_member(root, "cdiVersion", &node);

	if (!text || text[0] == '\0' || vc_cdi_version_parse(text, ret_version))
		return 0; /* the table says what is wrong with it */
	return vc_node_fail(&node, err, VC_ERR_INPUT,
	                    "CDI version '%.32s' is not known; expected 0.3.0 to 0.8.0, "
	                    "1.0.0 or 1.1.0",
	                    text);
}

/**
 * vc_cdi_spec_read() - Read and check one CDI file
 * @arena:	holds the result
 * @tree:	its one document
 * @ret_spec:	the file
 * @err:	"FILE: /json/pointer: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_cdi_spec_read(struct vc_arena *arena, const struct vc_tree *tree,
                     struct vc_cdi_spec *ret_spec, struct vc_err *err)
{
	struct vc_node root = vc_tree_root(tree, 0);
	struct reader r = { .arena = arena, .needed = ANY_SINCE };
	struct vc_cdi_spec spec = { 0 };
	size_t used;
	int ret = read_version(&root, &spec.version, err);

	if (ret == 0)
		ret = read_object(&r, &root, &spec_shape, &spec, &used, err);
	if (ret < 0)
		return ret;
	if (vc_tree_documents(tree) != 1)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %zu documents, expected one; runtimes ignore all but "
		               "the first",
		               root.file, vc_tree_documents(tree));
	if (spec.version < r.needed)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: cdiVersion is %s, but '%s' needs %s or newer",
		               r.needed_where, vc_cdi_version_name(spec.version),
		               r.needed_what, vc_cdi_version_name(r.needed));
	spec.file = vc_arena_strdup(arena, root.file);
	if (!spec.file)
		return vc_fail_oom(err);
	*ret_spec = spec;
	return 0;
}
