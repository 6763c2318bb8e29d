# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh - for scenarios, in the lab machine, as root. Sourced by the runner's commands and by a
# person at the prompt (lab_help lists what is here).
# shellcheck shell=bash

export LC_ALL=C LIBVIRT_DEFAULT_URI=qemu:///system
LAYOUT=$(sed -n 's/.*lab\.layout=\([a-z]*\).*/\1/p' /proc/cmdline)
BASE=/var/lib/lab/base-$LAYOUT # survives power cuts
GUESTS=/var/lib/lab/guests
CLAIMS=/run/virt-claim/claims
LEASES=/run/virt-claim/leases
OUT=
START=${EPOCHREALTIME/./}
PATIENCE=${PATIENCE:-1} # multiplies the deadlines

lab_help() {
	sed -n 's/^\([a-z_]*\)() { # \(.*\)/\1 \2/p' /lab/lib.sh
	echo "devices:"
	cat "$BASE/names"
}

#
# Verdicts
#

note() { # TEXT... - with the seconds since the scenario began
	local now=$EPOCHREALTIME tenths
	tenths=$(((10#${now/./} - START) / 100000))
	printf '%4d.%d %s\n' $((tenths / 10)) $((tenths % 10)) "$*"
}

fail() { # MESSAGE... - the scenario has failed
	note "FAILED: $*"
	exit 1
}

skip() { # REASON... - this machine cannot show it
	echo "$*"
	exit 91
}

needs() { # COMMAND... - of virt-claim; without them the scenario counts as not landed
	local command
	for command; do
		case $command in
		virt-claimd) command -v virt-claimd >/dev/null && continue ;;
		*) virt-claim help "$command" >/dev/null 2>&1 && continue ;;
		esac
		echo "'$command' does not exist yet"
		exit 90
	done
}

check() { # COMMAND... - must succeed
	OUT=$("$@" 2>&1) && { note "ok: $*"; return; }
	fail "status $? of: $*
$OUT"
}

refused() { # STATUS COMMAND... - must fail with that status (any: *); the words are in $OUT
	local status=$1 got
	shift
	OUT=$("$@" 2>&1) && fail "should have been refused: $*
$OUT"
	got=$?
	# shellcheck disable=SC2053 # a pattern
	[[ $got == $status ]] || fail "status $got instead of $status of: $*
$OUT"
	note "refused ($got): $*"
	echo "${OUT//$'\n'/$'\n'  | }" | sed '1s/^/  | /'
}

expect() { # TEXT... - each is in $OUT
	local text
	for text; do
		[[ $OUT == *"$text"* ]] || fail "expected '$text' in: $OUT"
	done
}

unexpected() { # TEXT... - none is in $OUT
	local text
	for text; do
		[[ $OUT != *"$text"* ]] || fail "did not expect '$text' in: $OUT"
	done
}

same() { # WHAT IS WANTED - two texts are equal
	[[ $2 == "$3" ]] || fail "$1 is '$2' instead of '$3'"
	note "ok: $1 is $2"
}

wait_for() { # SECONDS COMMAND... - until the command succeeds
	local deadline=$((SECONDS + $1 * PATIENCE))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || fail "not in time: $*"
		sleep 0.2
	done
}

timed() { # STEP COMMAND... - must succeed; its time appears in the table
	local step=$1 start=$EPOCHREALTIME end
	shift
	OUT=$("$@" 2>&1) || fail "status $? of: $*
$OUT"
	end=$EPOCHREALTIME
	echo "$step $(((10#${end/./}) - (10#${start/./})))" >>/lab/timings
	note "ok: $*"
}

#
# The machine
#

address() { # NAME - PCI address of LAB0001, old1, board0, igb, own, ... when the machine was booted
	local found
	found=$(sed -n "s/^$1 //p" "$BASE/names")
	[ -n "$found" ] || fail "no device '$1' in this machine"
	echo "$found"
}

driver() { # ADDRESS - its driver now, or nothing
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] ||
		basename "$(readlink "/sys/bus/pci/devices/$1/driver")"
}

is_on() { # ADDRESS DRIVER
	[ "$(driver "$1")" = "$2" ]
}

bind() { # ADDRESS DRIVER - by hand, with driver_override; "" gives it back to its own
	local device=/sys/bus/pci/devices/$1
	[ -z "$2" ] || [ -d "/sys/bus/pci/drivers/$2" ] || modprobe "$2"
	echo "$2" >"$device/driver_override"
	[ ! -e "$device/driver" ] || echo "$1" >"$device/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ -z "$2" ] || [ "$(driver "$1")" = "$2" ] || fail "$1 is not bound to $2"
}

disk_of() { # ADDRESS|PORT-PATH - block device of an NVMe or USB stick that the host has
	local path name
	for path in /sys/block/*; do
		case $(readlink -f "$path") in
		*"/$1/"*)
			# nvme0c0n1 is a path to nvme0n1, and has no node
			name=$(sed -E 's/c[0-9]+n/n/' <<<"${path##*/}")
			[ -b "/dev/$name" ] && echo "/dev/$name"
			return
			;;
		esac
	done
	return 1
}

sector() { # BLOCK-DEVICE TEXT - a boot sector that prints DISK TEXT, and what the guest sees
	{
		head -c 416 /usr/share/lab/boot-sector
		printf '%s' "$2" | dd bs=94 conv=sync status=none | tr ' ' '\0'
		tail -c 2 /usr/share/lab/boot-sector
	} | dd of="$1" bs=512 iflag=fullblock conv=notrunc,fsync status=none
}

sectors() { # a boot sector with its own serial on every NVMe and stick
	local name
	for name in LAB0001 LAB0002 LAB0003; do
		wait_for 10 disk_of "$(address $name)"
		sector "$(disk_of "$(address $name)")" "$name"
	done
	for name in USB0001 USB0002; do
		wait_for 20 test -e "$(usb_path $name)"
		wait_for 10 disk_of "$(basename "$(usb_path $name)")"
		sector "$(disk_of "$(basename "$(usb_path $name)")")" "$name"
	done
}

usb_path() { # SERIAL - sysfs directory of a USB device
	local file
	for file in /sys/bus/usb/devices/*/serial; do
		if [ "$(<"$file")" = "$1" ]; then
			echo "${file%/serial}"
			return
		fi
	done
	return 1
}

checksum() { # BLOCK-DEVICE - of all its data
	sha256sum "$1" | cut -d' ' -f1
}

host() { # WORDS... - ask the host side of the lab; see _asked in run
	local answer
	exec 4<>/dev/virtio-ports/lab.host
	echo "$*" >&4
	read -r -t 100 answer <&4 || answer="error no answer"
	exec 4>&-
	[ "$answer" = ok ] || fail "host $*: $answer"
}

power_cut() { # [LAYOUT] - the phase ends here; the next one runs after the next boot
	echo "power cut"
	host cut "${1-standard}"
	sleep 100
}

restart() { # [LAYOUT] - the same, after everything has been written to the disk
	echo "restart"
	sync
	host cut "${1-standard}"
	sleep 100
}

#
# Claims by hand: what "virt-claim prepare" leaves, without it
#

claim_files() { # NAME REQUEST DEVICE ATTRIBUTES-JSON... - of claim lab/NAME; one device each
	local directory=$CLAIMS/lab/$1/$2 devices number=0 attributes
	local name=$1 request=$2 device=$3
	devices=""
	shift 3
	for attributes; do
		devices+="${devices:+, }{\"name\": \"$device-$number\", \"pool\": \"lab\",
			\"driver\": \"lab.example.com\", \"attributes\": $attributes}"
		number=$((number + 1))
	done
	mkdir -p "$directory"
	cat >"$directory/lab.example.com-metadata.json" <<-END
		{"apiVersion": "metadata.resource.k8s.io/v1alpha1", "kind": "DeviceMetadata",
		 "metadata": {"name": "$name", "namespace": "lab", "generation": 1,
		  "uid": "7f3a0000-0000-4000-8000-$(printf '%s' "$name" | cksum | cut -c1-6)000000"},
		 "requests": [{"name": "$request", "devices": [$devices]}]}
	END
}

pci_claim() { # NAME REQUEST ADDRESS... - claim lab/NAME of PCI functions
	local name=$1 request=$2 address list=()
	shift 2
	for address; do
		list+=("{\"resource.kubernetes.io/pciBusID\": {\"string\": \"$address\"}}")
	done
	claim_files "$name" "$request" device "${list[@]}"
}

#
# Guests
#

into() { # FILE COMMAND... - its output goes there
	"${@:2}" >"$1"
}

guest() { # NAME [XML-OF-DEVICES [XML-OF-DOMAIN]] - defines a guest that boots whatever it is given
	local usb="<controller type='usb' model='none'/>"
	[[ ${2-} != *"type='usb'"* ]] || usb=
	mkdir -p "$GUESTS"
	cat >"$GUESTS/$1.xml" <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <memory unit='MiB'>32</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <features><acpi/></features>
		  ${3-}
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    $usb
		    <controller type='pci' model='pcie-root'/>
		    <controller type='pci' model='pcie-root-port'/>
		    <controller type='pci' model='pcie-root-port'/>
		    <controller type='pci' model='pcie-root-port'/>
		    <controller type='pci' model='pcie-root-port'/>
		    ${2-}
		    <serial type='file'><source path='$GUESTS/$1.serial'/></serial>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	virsh -q define --validate "$GUESTS/$1.xml" || fail "cannot define guest $1"
}

linux_guest() { # NAME [XML-OF-DOMAIN] - a guest that boots Linux, says what it sees, and goes off
	mkdir -p "$GUESTS"
	cat >"$GUESTS/$1.xml" <<-END
		<domain type='kvm'>
		  <name>$1</name>
		  <memory unit='MiB'>128</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type>
		    <kernel>/usr/share/lab/vmlinux</kernel><initrd>/usr/share/lab/guest.initrd</initrd>
		    <cmdline>console=ttyS0 quiet nokaslr mitigations=off tsc=reliable panic=-1</cmdline></os>
		  <features><acpi/></features>
		  ${2-}
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <serial type='file'><source path='$GUESTS/$1.serial'/></serial>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	virsh -q define --validate "$GUESTS/$1.xml" || fail "cannot define guest $1"
}

disk_xml() { # NAME - a disk image that prints DISK NAME, for guests whose claims are no disks
	mkdir -p "$GUESTS"
	truncate -s 1M "$GUESTS/$1.img"
	sector "$GUESTS/$1.img" "$1"
	echo "<disk type='file' device='disk'><driver name='qemu' type='raw'/>
		<source file='$GUESTS/$1.img'/><target dev='vda' bus='virtio'/><boot order='9'/></disk>"
}

bound() { # NAME OPTION... - rewrites the stored definition, with these options
	local name=$1
	shift
	# libvirt wrote how to boot, in the way that excludes the order of devices.
	virsh -q dumpxml --inactive --security-info "$name" | sed "/<boot dev='hd'\/>/d" \
		>"$GUESTS/$name.before.xml"
	timed rewrite into "$GUESTS/$name.bound.xml" virt-claim rewrite --claims "$CLAIMS" \
		--sysfs /sys "$@" "$GUESTS/$name.before.xml"
	check virsh -q define --validate "$GUESTS/$name.bound.xml"
}

disk_guest() { # NAME CLAIM:REQUEST - a guest that boots a claimed disk; its alias is ua-disk
	guest "$1"
	bound "$1" --bind "disk=$2" --option disk.bootOrder=1
}

said() { # NAME [SECONDS] - what the guest's system printed on its serial port, once it is complete
	wait_for "${2-60}" grep -aq '^END' "$GUESTS/$1.serial"
	tr -d '\r' <"$GUESTS/$1.serial" | sed -n '/^DISK /,$p'
}

said_linux() { # NAME - the same of a Linux guest
	wait_for 150 grep -aq '^END' "$GUESTS/$1.serial"
	tr -d '\r' <"$GUESTS/$1.serial" | grep -aE '^(PCI|NET|NODE) '
}

boots() { # NAME DISK [SECONDS] - that guest runs from that disk
	local text
	text=$(said "$1" "${3-60}") || fail "guest $1 did not boot: $text"
	same "the disk of guest $1" "$(sed -n 's/^DISK //p' <<<"$text")" "$2"
}

functions_in() { # NAME [VENDOR:DEVICE] - PCI functions that the guest saw last, one a line: BDF
	local id=${2-}
	# The last complete list
	tr -d '\r' <"$GUESTS/$1.serial" | awk '/^END/ { list = this; this = "" }
		/^PCI / { this = this $2 " " $3 "\n" } END { printf "%s", list }' |
		sed -n "s/^\(....\) ${id#*:}${id%:*}.*/\1/p"
}

sees() { # NAME VENDOR:DEVICE COUNT - of such functions, from inside the guest
	local deadline=$((SECONDS + 10 * PATIENCE))
	until [ "$(functions_in "$1" "$2" | wc -l)" = "$3" ] || [ "$SECONDS" -ge "$deadline" ]; do
		sleep 0.2
	done
	same "functions $2 in guest $1" "$(functions_in "$1" "$2" | wc -l)" "$3"
}

qmp() { # NAME COMMAND [ARGUMENTS-JSON] - of the nested QEMU; the answer's "return"
	virsh -q qemu-monitor-command "$1" \
		"{\"execute\": \"$2\", \"arguments\": ${3-"{}"}}" | jq .return
}

has_host() { # NAME ADDRESS - its QEMU has that host device open
	local pid
	pid=$(<"/run/libvirt/qemu/$1.pid") || return 1
	grep -q -- "\"host\":\"$2\"" <(tr '\0' '\n' <"/proc/$pid/cmdline") ||
		qmp "$1" qom-list '{"path": "/machine/peripheral"}' | grep -q "$2"
}

group_open() { # NAME ADDRESS - its QEMU holds the IOMMU group of that device
	local pid group
	pid=$(<"/run/libvirt/qemu/$1.pid") || return 1
	group=$(basename "$(readlink "/sys/bus/pci/devices/$2/iommu_group")")
	find "/proc/$pid/fd" -lname "/dev/vfio/$group" | grep -q .
}

running() { # NAME
	[ "$(virsh -q domstate "$1")" = running ]
}

hook() { # installs the qemu hook, and lets libvirtd see it
	check virt-claim hook install
	check systemctl reload libvirtd
}

leases() { # DOMAIN - how many leases it has
	local file count=0
	for file in "$LEASES"/*; do
		[ -f "$file" ] && grep -q "\"$1\"" "$file" && count=$((count + 1))
	done
	echo "$count"
}

#
# Between scenarios
#

# Once a boot.
lab_booted() {
	[ ! -e /run/lab-booted ] || return 0
	if [ -e "$BASE/state" ]; then
		lab_own_nic
	else
		lab_remember
	fi
	: >/run/lab-booted
}

# What devices are called here, and what the machine is like when nobody uses anything.
lab_remember() {
	local file device mac
	wait_for 60 virsh -q version
	mkdir -p "$BASE"
	{
		for file in /sys/class/nvme/*/serial; do
			[ ! -e "$file" ] || echo "$(tr -d ' ' <"$file")" \
				"$(basename "$(readlink "${file%/serial}/device")")"
		done
		for file in /sys/class/net/*/address; do
			device=${file%/address}/device
			[ -e "$device" ] || continue
			mac=$(<"$file")
			case ${mac##*:} in
			00) echo "own $(basename "$(readlink "$device")")" ;;
			01) echo "old1 $(basename "$(readlink "$device")")" ;;
			02) echo "old2 $(basename "$(readlink "$device")")" ;;
			03) echo "board0 $(basename "$(readlink "$device")")" ;;
			04) echo "board1 $(basename "$(readlink "$device")")" ;;
			10) echo "igb $(basename "$(readlink "$device")")" ;;
			99) echo "extra $(basename "$(readlink "$device")")" ;;
			esac
		done
	} | sort >"$BASE/names"
	ip link set lo up
	lab_own_nic
	for device in /sys/bus/pci/devices/*; do
		echo "${device##*/} $(driver "${device##*/}")"
	done >"$BASE/drivers"
	lab_state >"$BASE/state"
}

# The machine's own NIC is in use: it has an address and a route.
lab_own_nic() {
	local nic
	nic=$(ls "/sys/bus/pci/devices/$(address own)/net")
	ip addr replace 10.0.2.15/24 dev "$nic"
	ip link set "$nic" up
	ip route replace default via 10.0.2.2
}

# Everything that a scenario could leave behind.
lab_state() {
	local device name
	for device in /sys/bus/pci/devices/*; do
		name=${device##*/}
		echo "pci $name $(driver "$name") override $(<"$device/driver_override")"
		[ ! -e "$device/sriov_numvfs" ] || echo "vfs $name $(<"$device/sriov_numvfs")"
	done
	for device in /sys/bus/mdev/devices/* /sys/bus/usb/devices/*-*; do
		[ ! -e "$device" ] || echo "device ${device#/sys/bus/}"
	done
	virsh -q list --all --name | sed '/^$/d; s/^/domain /'
	find /run/virt-claim /var/lib/virt-claim /var/run/cdi /etc/libvirt/hooks /etc/virt-claim \
		/etc/libvirt/qemu/autostart /var/lib/libvirt/qemu/save -type f,l 2>/dev/null |
		grep -vE '/\.?lock$|/busy/|\.pid$' | sort
	lsmod | grep -oE '^(lab_hang|mtty|mdpy) '
	systemctl is-active libvirtd.service virt-claimd.service | paste -sd' '
	return 0
}

lab_compare() {
	diff <(cat "$BASE/state") <(lab_state) | sed -n 's/^</missing:/p; s/^>/new:/p' >/tmp/left
	cat /tmp/left
	[ ! -s /tmp/left ]
}

# By force, whatever state a scenario is in. What it had to clean itself is its own matter.
lab_clean() {
	local domain address want device file
	[ ! -e /sys/module/lab_hang ] || echo N >/sys/module/lab_hang/parameters/hold
	for domain in $(virsh -q list --all --name); do
		virsh -q destroy "$domain" 2>/dev/null
		virsh -q undefine --managed-save --nvram "$domain" 2>/dev/null ||
			virsh -q undefine "$domain"
	done
	if virt-claim help unprepare >/dev/null 2>&1; then
		for file in /var/lib/virt-claim/claims/*/*.json; do
			[ -e "$file" ] || continue
			file=${file#/var/lib/virt-claim/claims/}
			virt-claim unprepare "${file%.json}" 2>/dev/null
			virt-claim delete "${file%.json}" 2>/dev/null
		done
	fi
	rm -rf "${CLAIMS:?}"/* "${LEASES:?}"/* /etc/virt-claim/virt-claim.yaml "$GUESTS"
	rm -f /etc/libvirt/hooks/qemu.d/virt-claim
	while read -r address want; do
		device=/sys/bus/pci/devices/$address
		[ -e "$device" ] || { echo 1 >/sys/bus/pci/rescan; sleep 1; }
		[ -n "$(<"$device/driver_override")" ] && [ "$(<"$device/driver_override")" != "(null)" ] &&
			echo >"$device/driver_override"
		[ "$(driver "$address")" = "$want" ] && continue
		[ ! -e "$device/driver" ] || echo "$address" >"$device/driver/unbind"
		[ -z "$want" ] || echo "$address" >"/sys/bus/pci/drivers/$want/bind"
	done <"$BASE/drivers"
	for device in lab_hang mtty mdpy; do
		[ ! -e "/sys/module/$device" ] || rmmod "$device"
	done
}

# One phase of a scenario. The runner calls it; a person may, too.
lab_run() { # NAME PHASE
	lab_booted
	STATE=/lab/state/$1 # of this scenario; survives power cuts
	mkdir -p "$STATE"
	cd / || exit
	# shellcheck source=/dev/null
	. "/lab/scenarios/$1"
	trap lab_ended EXIT
	"phase_$2"
	exit 0
}

lab_ended() {
	local status=$?
	trap - EXIT
	# Whoever looks at a device that is not let go waits for it.
	[ ! -e /sys/module/lab_hang ] || echo N >/sys/module/lab_hang/parameters/hold
	case $status in
	0 | 90 | 91) ;;
	*) lab_collect /lab/kept ;;
	esac
	lab_clean >/lab/output/clean.log 2>&1
	exit "$status"
}

lab_collect() { # DIRECTORY - what is worth keeping when something failed
	mkdir -p "$1"
	cp -r /var/log/libvirt "$GUESTS" "$1/" 2>/dev/null
	cp /lab/output/clean.log "$1/" 2>/dev/null
	journalctl --no-pager -q -n 400 >"$1/journal" 2>&1
	lab_state >"$1/state" 2>&1
	lspci -Dnnk >"$1/lspci" 2>&1
	dmesg | tail -n 200 >"$1/dmesg"
	find /run/virt-claim /var/lib/virt-claim -type f 2>/dev/null | while read -r file; do
		printf '=== %s\n' "$file"
		cat "$file"
	done >"$1/virt-claim-state"
}
