/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - what all Kubernetes objects have: names that follow rules, and metadata.
 *
 * [K8S] apimachinery meta/v1 ObjectMeta, OwnerReference.
 */
#pragma once

#include "claim/tree.h"
#include "model/claim.h"

/* A text that has to be of some form, and the form in words. */
struct vc_name_rule {
	bool (*fits)(const char *text);
	const char *what;
};

extern const struct vc_name_rule vc_name_label;
extern const struct vc_name_rule vc_name_subdomain;
extern const struct vc_name_rule vc_name_driver;
extern const struct vc_name_rule vc_name_pool;
extern const struct vc_name_rule vc_name_uid;
extern const struct vc_name_rule vc_name_line;

/* One JSON object on its way into the model: keeps parameter lists short. */
struct vc_object_reader {
	struct vc_arena *arena;
	struct vc_err *err;
};

int vc_object_text(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, enum vc_presence presence,
                   const struct vc_name_rule *rule, char **ret_text) VC_MUST_CHECK;

/* Calls @read with each element of an array; absent and null have none. */
typedef int vc_element_fn(const struct vc_object_reader *reader,
                          const struct vc_node *element, void *data);
int vc_object_each(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, size_t max, vc_element_fn *read, void *data)
	VC_MUST_CHECK;

/**
 * struct vc_object_meta - metadata of an object
 * @namespace:	NULL when the object has none
 * @name:	name
 * @uid:	NULL in an object that no API server has seen
 * @owners:	.resource is the kind
 * @deleting:	whether it has a deletionTimestamp
 */
struct vc_object_meta {
	char *namespace;
	char *name;
	char *uid;
	struct vc_consumers owners;
	bool deleting;
};

int vc_object_meta_read(const struct vc_object_reader *reader,
                        const struct vc_node *object, struct vc_object_meta *ret_meta)
	VC_MUST_CHECK;
int vc_object_annotation(const struct vc_object_reader *reader,
                         const struct vc_node *object, const char *key,
                         struct vc_node *ret_text, bool *ret_found) VC_MUST_CHECK;
