#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh ROOT BUILD - what `cmake --install` lays out is complete and works from there.
set -u
root=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
rc=0

complain() {
	echo "$*"
	rc=1
}

DESTDIR=$work cmake --install "$build" >"$work/log" 2>&1 || {
	cat "$work/log"
	exit 1
}
(cd "$work" && find usr -type f -o -type l | LC_ALL=C sort)

program=$work/usr/bin/virt-claim
[ -x "$program" ] || complain "no program was installed"
cd "$root/tests/fixtures" || exit 2

# It runs from there, with nothing of the source tree.
(cd "$work" && "$program" --version) || complain "the installed program does not run"
"$program" rewrite --claims claims/gpu/metadata.json domains/q35.xml >"$work/out.xml" ||
	complain "the installed program does not rewrite"
grep -q "bus='0x65'\|bus=\"0x65\"" "$work/out.xml" || complain "the rewritten domain lacks its device"
"$program" devices --sysfs sysfs/lab 2>&1 | grep -q '^0000:65:00.0 ' ||
	complain "the installed program does not find the module that uses libpci"

[ -x "$work/usr/bin/onDefineDomain" ] || complain "no KubeVirt hook was installed"
[ -x "$work/usr/bin/virt-claim-qemu-hook" ] || complain "no libvirt hook was installed"
# A build has one place, the one that AppArmor lets libvirt run programs in.
mkdir -p "$work/etc/apparmor.d" && touch "$work/etc/apparmor.d/usr.sbin.libvirtd"
"$program" hook install --root "$work" || complain "the installed hook cannot be registered"

"$work/usr/sbin/virt-claimd" --version || complain "the installed daemon does not run"
"$work/usr/sbin/virt-claim-controller" --version || complain "the installed controller does not run"
[ -n "$(find "$work/usr/share/doc" -name virt-claim.yaml)" ] || complain "no sample configuration"

# check_unit NAME PROGRAM - systemd understands it, and it runs what was installed.
check_unit() {
	unit=$(find "$work" -name "$1" -type f)
	[ -n "$unit" ] || complain "$1 was not installed"
	grep -q "^ExecStart=/.*/$2" "$unit" || complain "$1 runs something else"
	command -v systemd-analyze >/dev/null || return
	mkdir -p "$work/units"
	sed "s,^ExecStart=.*/\(s*bin/\),ExecStart=$work/usr/\1," "$unit" >"$work/units/$1"
	systemd-analyze verify --man=no "$work/units/$1" >"$work/unit.log" 2>&1 ||
		complain "systemd: $(cat "$work/unit.log")"
	! grep virt-claim "$work/unit.log" || complain "systemd complains about $1"
}
check_unit virt-claimd.service 'sbin/virt-claimd$'
check_unit virt-claim-sync.service 'bin/virt-claim sync '
# How much a break-in could do, see docs/daemon.md.
if command -v systemd-analyze >/dev/null; then
	systemd-analyze security --offline=yes --threshold=35 "$work/units/virt-claimd.service" \
		>"$work/security.log" 2>&1 || complain "$(tail -n 1 "$work/security.log")"
	tail -n 1 "$work/security.log"
fi

# Man pages: one for the program and one for each command, without a complaint of man.
pages=$(find "$work" -name '*.[1-8]' -o -name '*.[1-8].gz')
for command in '' -rewrite -preview -verify -show -convert -adopt -unbind -start -attach -detach -sync; do
	echo "$pages" | grep -q "/virt-claim$command\.1" || complain "no man page virt-claim$command(1)"
done
for program in virt-claimd virt-claim-controller; do
	echo "$pages" | grep -q "/$program\.8" || complain "no man page $program(8)"
done
for page in $pages; do
	man --warnings -E UTF-8 -l "$page" 2>"$work/warnings" >"$work/page" || complain "man fails on $page"
	[ ! -s "$work/warnings" ] || complain "$(basename "$page"): $(cat "$work/warnings")"
	[ -s "$work/page" ] || complain "$(basename "$page") is empty"
done

# Completion, as bash-completion would load it.
completion=$(find "$work/usr/share/bash-completion" -type f 2>/dev/null)
[ -n "$completion" ] || complain "no bash completion was installed"
offered=$(PATH=$work/usr/bin:$PATH bash -c '
	source /usr/share/bash-completion/bash_completion 2>/dev/null
	source "$1" || exit 1
	function=$(complete -p virt-claim | sed "s/.*-F \([^ ]*\).*/\1/")
	COMP_WORDS=(virt-claim re) COMP_CWORD=1 COMP_LINE="virt-claim re" COMP_POINT=13
	"$function" virt-claim re virt-claim
	echo "${COMPREPLY[@]}"' bash "$completion" 2>&1)
case $offered in
*rewrite*) ;;
*) complain "completing 'virt-claim re' offers '$offered', not rewrite" ;;
esac

# Nothing of the tree it was built in, but for debug information.
grep -rlIF "$root" "$work/usr" | grep . && complain "these files name the build tree"
find "$work/usr" -type f -exec sh -c 'readelf -d "$1" 2>/dev/null | grep -F "$2"' sh {} "$root" \; |
	grep . && complain "a run path leads to the build tree"
exit $rc
