#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shell.sh ROOT - shellcheck over every script.
# SC1091 off: a file that is sourced under a variable path is checked on its own.
set -u
cd "$1" || exit 2
scripts=$(find . \( -path ./build -o -path ./.git \) -prune -o -type f -print |
	LC_ALL=C sort | while read -r file; do
	head -n 1 "$file" | grep -aqE '^#! ?/(usr/)?bin/(env )?(ba)?sh' && echo "$file"
done)
# shellcheck disable=SC2086 # a list of files
shellcheck -e SC1091 $scripts
