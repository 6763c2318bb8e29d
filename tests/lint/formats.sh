#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# formats.sh ROOT - docs/formats.md lists every attribute and CDI annotation of ours that
# the code knows, and no other.
set -u
cd "$1" || exit 2
rc=0

code=$( (
	sed -n 's|^#define VC_ATTR_.*VC_ATTR_DOMAIN "/\([A-Za-z-]*\)".*|\1|p' src/model/attribute.h
	grep -rhoE 'VC_CDI_ANNOTATION\("[a-z-]+"\)' src | sed 's|.*("||; s|")||'
) | LC_ALL=C sort -u)
docs=$(grep -oE '[^A-Za-z.-]virt-claim\.io/[A-Za-z-]+[^A-Za-z-]' docs/formats.md |
	sed 's|.*/||; s|[^A-Za-z-]*$||' | LC_ALL=C sort -u)
for name in $code; do
	echo "$docs" | grep -qxF "$name" && continue
	echo "docs/formats.md does not list virt-claim.io/$name"
	rc=1
done
for name in $docs; do
	echo "$code" | grep -qxF "$name" && continue
	echo "docs/formats.md lists virt-claim.io/$name, which the code does not know"
	rc=1
done
exit $rc
