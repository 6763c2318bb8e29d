/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cdi_spec.h - one [CDI] file, checked in full; what concerns virtual machines is kept.
 */
#pragma once

#include "claim/cdi_rules.h"
#include "claim/tree.h"

struct vc_cdi_texts {
	char **v;
	size_t n, cap;
};

struct vc_cdi_annotation {
	char *key;
	char *value;
};

struct vc_cdi_annotations {
	struct vc_cdi_annotation *v;
	size_t n, cap;
};

/* A device node; @host_path is NULL when it is the same as @path, in the container. */
struct vc_cdi_node {
	char *path;
	char *host_path;
};

struct vc_cdi_mount {
	char *host_path;
	char *container_path;
};

struct vc_cdi_net_device {
	char *host_interface;
	char *name;
};

/* What is done to a container that gets a device; hooks, groups, rdt are not kept. */
struct vc_cdi_edits {
	struct vc_cdi_texts env;
	struct {
		struct vc_cdi_node *v;
		size_t n, cap;
	} nodes;
	struct {
		struct vc_cdi_mount *v;
		size_t n, cap;
	} mounts;
	struct {
		struct vc_cdi_net_device *v;
		size_t n, cap;
	} net_devices;
};

/**
 * struct vc_cdi_device - one device of a file
 * @name:	name, unique in the file
 * @qualified:	"vendor/class=name"
 * @annotations: annotations
 * @edits:	edits
 * @where:	"FILE: /devices/N"
 * @dropped:	another file has a device of this name that wins, or both lose
 */
struct vc_cdi_device {
	char *name;
	char *qualified;
	struct vc_cdi_annotations annotations;
	struct vc_cdi_edits edits;
	char *where;
	bool dropped;
};

/**
 * struct vc_cdi_spec - one file
 * @file:	its name for messages
 * @version:	cdiVersion
 * @kind:	"vendor/class"
 * @vendor:	part of @kind
 * @class:	part of @kind
 * @annotations: annotations
 * @devices:	at least one
 */
struct vc_cdi_spec {
	char *file;
	enum vc_cdi_version version;
	char *kind;
	char *vendor;
	char *class;
	struct vc_cdi_annotations annotations;
	struct {
		struct vc_cdi_device *v;
		size_t n, cap;
	} devices;
	struct vc_cdi_edits edits;
};

int vc_cdi_spec_read(struct vc_arena *arena, const struct vc_tree *tree,
                     struct vc_cdi_spec *ret_spec, struct vc_err *err) VC_MUST_CHECK;
