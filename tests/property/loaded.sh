#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# loaded.sh FIXTURES VIRT-CLAIM ON-DEFINE-DOMAIN QEMU-HOOK - what must start quickly
# loads neither libvirt nor libcurl: the dynamic linker's own word for it.
set -u
fixtures=$1 program=$2 define=$3 hook=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
rc=0

# NAME COMMAND...: every library that the process and its children load
loads() {
	name=$1
	shift
	rm -f "$work"/ld.*
	LD_DEBUG=files LD_DEBUG_OUTPUT=$work/ld "$@" >"$work/out" 2>"$work/err"
	status=$?
	cat "$work"/ld.* | sed -n 's/.*file=\([^ ]*\).*;  *generating.*/\1/p' |
		LC_ALL=C sort -u >"$work/loaded"
}

# NAME STATUSES COMMAND...
check() {
	wanted=$2
	name=$1
	shift 2
	loads "$name" "$@"
	case " $wanted " in
	*" $status "*) ;;
	*)
		echo "$name: status $status: $(cat "$work/err")"
		rc=1
		;;
	esac
	if ! grep -q libxml2 "$work/loaded"; then
		echo "$name: not even libxml2 is seen; this test would not see libvirt either"
		rc=1
	fi
	if grep -E 'libvirt|libcurl' "$work/loaded"; then
		echo "$name: loads what it must not"
		rc=1
	fi
	echo "$name: $(wc -l <"$work/loaded") libraries"
}

domain=$fixtures/domains/q35.xml
claims=$fixtures/claims/gpu/metadata.json
vmi='{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
	"metadata": {"name": "render-7", "namespace": "lab"}, "spec": {"domain": {"devices": {}}}}'
check rewrite 0 "$program" rewrite --claims "$claims" "$domain"
check preview "0 4" "$program" preview --claims "$claims" "$domain"
check verify "0 3 4" "$program" verify --claims "$claims" "$domain"
check onDefineDomain 0 "$define" --vmi "$vmi" --domain "$(cat "$domain")"
check 'qemu hook' 0 "$hook" render-7 prepare begin - <"$domain"

loads virsh virsh --version
grep -q libvirt "$work/loaded" || {
	echo "virsh: libvirt is not seen; this test sees nothing"
	rc=1
}
exit $rc
