#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# layers.sh ROOT - which directory may include which, and which file which library.
# Static libraries do not enforce layers: an upward call links all the same.
set -u
cd "$1" || exit 2
rc=0

allowed() {
	case $1 in
	base) echo base ;;
	model) echo base model ;;
	claim) echo base model claim ;;
	host) echo base model host ;;
	kube) echo base model claim kube ;;
	pin) echo base model claim kube pin ;;
	controller) echo base model claim kube pin cli controller ;;
	domain) echo base model domain ;;
	store) echo base model claim store ;;
	virt) echo base virt ;;
	node) echo base model claim host store translate node ;;
	companion) echo base model claim host store translate node kube companion ;;
	claimd) echo base model claim host store translate node companion cli claimd ;;
	hook) echo base model claim host domain store translate hook ;;
	manage) echo base model claim host domain store translate virt hook manage ;;
	translate) echo base model claim host domain translate ;;
	generate) echo base model claim host domain translate generate ;;
	cli) echo base model claim host domain kube pin store translate virt hook node manage generate companion cli ;;
	hooks) echo base hook ;;
	esac
}

# FILE LAYER
check_layer() {
	ok=$(allowed "$2")
	if [ -z "$ok" ]; then
		echo "$1: unknown layer '$2'"
		return 1
	fi
	bad=0
	# shellcheck disable=SC2013 # these are words
	for inc in $(sed -n 's,^#[[:space:]]*include "\([a-z_]*\)/.*,\1,p' "$1"); do
		case " $ok " in
		*" $inc "*) ;;
		*)
			echo "$1: '$2' may not include '$inc/'"
			bad=1
			;;
		esac
	done
	return $bad
}

# PATTERN of an include, then the only places where it may be
check_library() {
	pattern=$1
	shift
	find src hooks -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
		for place; do
			# shellcheck disable=SC2254 # a pattern it is
			case $file in $place) continue 2 ;; esac
		done
		grep -nE "^#[[:space:]]*include <($pattern)" "$file" | sed "s,^,$file:,"
	done | grep . && return 1
	return 0
}

for file in $(find src hooks -name '*.[ch]' | LC_ALL=C sort); do
	case $file in
	src/*/*) layer=${file#src/} layer=${layer%%/*} ;;
	*) layer=${file%%/*} ;;
	esac
	check_layer "$file" "$layer" || rc=1
done
check_library json-c src/claim/tree.c src/claim/yaml.c || rc=1
check_library 'yaml\.h' src/claim/yaml.c || rc=1
check_library 'libxml/|libxslt/|libexslt/' 'src/domain/*' || rc=1
check_library libvirt/ 'src/virt/*' || rc=1
check_library pci/ src/host/pci_module.c || rc=1
check_library curl/ src/kube/http_module.c || rc=1
[ $rc = 0 ] || echo "layers: see 'Layers' in docs/design.md"
exit $rc
