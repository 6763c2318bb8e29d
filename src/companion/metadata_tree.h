/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata_tree.h - the metadata files of drivers on a node.
 *
 * [KEP-5304] PLUGINS/DRIVER/dra-device-metadata/NAMESPACE_CLAIM/REQUEST/metadata.json
 */
#pragma once

#include "companion/tree_watch.h"

#define VC_METADATA_DIRECTORY "dra-device-metadata"
#define VC_METADATA_FILE      "metadata.json"

/* Of the directory PLUGINS; source_metadata.c */
extern const struct vc_tree_form vc_metadata_form;
