/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the command line of virt-claim-controller, from which its help and man page
 * are made.
 */
#pragma once

#include "cli/command.h"

extern const struct vc_command vc_command_controller;
