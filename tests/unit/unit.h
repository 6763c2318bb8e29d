/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h - what cmocka 1.1 needs, in the order in which it needs it. */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include "base/attr.h"
#include "base/err.h"
