/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - the names of resource.k8s.io that are no plain DNS names.
 */
#pragma once

#include <stdbool.h>

bool vc_is_driver_name(const char *text);
bool vc_is_pool_name(const char *text);
bool vc_is_uid(const char *text);
bool vc_is_one_line(const char *text);
