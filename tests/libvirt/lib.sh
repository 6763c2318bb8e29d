# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh - a libvirtd of the test's own, on a host that pretends to have the devices of
# tests/fixtures/sysfs/lab. Sourced inside the sandbox; nothing here reaches the real host.
# shellcheck shell=sh

# SOURCE, BUILD: trees; WORK: scratch directory; LEASES, CLAIMS: of virt-claim; EMULATOR:
# of new domains
LEASES=/run/virt-claim/leases
CLAIMS=/run/virt-claim/claims
DAEMON=

# The trees may lie where other users cannot go, and some tests are run as one.
mkdir "$WORK/source" "$WORK/build"
mount --bind "$SOURCE" "$WORK/source"
mount --bind "$BUILD" "$WORK/build"
SOURCE=$WORK/source BUILD=$WORK/build
EMULATOR=$SOURCE/tests/libvirt/emulator

export LC_ALL=C
export PATH="$BUILD/src/cli:$BUILD/hooks:$PATH"

fail() {
	echo "--- libvirtd.log"
	tail -n 15 "$WORK/libvirtd.log" 2>/dev/null
	echo "FAILED: $*"
	exit 1
}

# A byte at an offset of a file.
poke() { # FILE OFFSET OCTAL
	# shellcheck disable=SC2059 # the octet is the format
	printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# A 256 byte configuration space: [PCI] vendor, device, header type 0, and the capability
# of PCI Express, without which devices are plugged into conventional slots
config_space() { # DEVICE_DIRECTORY
	vendor=$(($(cat "$1/vendor")))
	device=$(($(cat "$1/device")))
	octets=
	for value in $((vendor & 255)) $((vendor >> 8)) $((device & 255)) $((device >> 8)); do
		octets="$octets\\$(printf '%03o' "$value")"
	done
	# shellcheck disable=SC2059 # the octets are the format
	printf "$octets" >"$1/config"
	truncate -s 256 "$1/config"
	poke "$1/config" 6 020   # has capabilities
	poke "$1/config" 52 100  # at 0x40
	poke "$1/config" 64 020  # PCI Express
	poke "$1/config" 66 002  # version 2, an endpoint
	: >"$1/resource"
}

prepare_sysfs() {
	mkdir -p "$WORK/kernel"
	mount -t sysfs none "$WORK/kernel"
	cp -a "$SOURCE/tests/fixtures/sysfs/lab" "$WORK/sys"
	for device in "$WORK"/sys/bus/pci/devices/*; do
		config_space "$device"
	done
	mkdir -p "$WORK/sys/devices/system" "$WORK/sys/fs/cgroup"
	mount --bind "$WORK/kernel/devices/system" "$WORK/sys/devices/system"
	# Without cgroups libvirt sets no limits, which containers do not allow.
	umount -R -l /sys
	mount --rbind "$WORK/sys" /sys
	for group in /sys/kernel/iommu_groups/*; do
		: >"/dev/vfio/${group##*/}"
	done
}

# Makes other devices indistinguishable from one, as three NVMe disks of a kind are.
identical() { # ADDRESS OTHER...
	like=/sys/bus/pci/devices/$1
	shift
	for address; do
		for file in vendor device class config; do
			cat "$like/$file" >"/sys/bus/pci/devices/$address/$file"
		done
	done
}

prepare_files() {
	cp -a /etc "$WORK/etc"
	mount --bind "$WORK/etc" /etc
	rm -rf /etc/libvirt /etc/virt-claim /etc/apparmor.d
	mkdir -p /etc/libvirt/hooks/qemu.d /etc/virt-claim "$CLAIMS"
	for directory in lib cache log; do
		mkdir -p "$WORK/var-$directory"
		mount --bind "$WORK/var-$directory" "/var/$directory/libvirt"
	done
	cat >/etc/libvirt/libvirtd.conf <<-END
		auth_unix_rw = "none"
		auth_unix_ro = "none"
		log_outputs = "3:file:$WORK/libvirtd.log"
	END
	cat >/etc/libvirt/qemu.conf <<-END
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		security_driver = "none"
		stdio_handler = "file"
		namespaces = []
		cgroup_controllers = []
	END
}

install_hook() {
	virt-claim hook install --program "$BUILD/hooks/virt-claim-qemu-hook" \
		>>"$WORK/install.out" || fail "cannot install the hook"
}

# Waits until a command succeeds.
wait_for() { # COMMAND...
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	fail "no success within 10 s: $*"
}

system() { # virsh COMMAND...
	virsh -q -c qemu:///system "$@"
}

# A user without rights, and the daemon of that user.
session() { # virsh COMMAND...
	as_user virsh -q -c qemu:///session "$@"
}

as_user() {
	HOME=$WORK/user XDG_RUNTIME_DIR=$WORK/user \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

start_daemon() {
	libvirtd >>"$WORK/libvirtd.out" 2>&1 &
	DAEMON=$!
	wait_for system version
}

# The daemon's death, not its shutdown: guests stay.
kill_daemon() {
	kill -9 "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	DAEMON=
}

# A claim "lab/NAME" whose request "gpu" is the device at ADDRESS.
claim() { # NAME ADDRESS
	directory=$CLAIMS/lab/$1/gpu
	mkdir -p "$directory"
	cat >"$directory/gpu.example.com-metadata.json" <<-END
		{"apiVersion": "metadata.resource.k8s.io/v1alpha1", "kind": "DeviceMetadata",
		 "metadata": {"name": "$1", "namespace": "lab", "generation": 1,
		  "uid": "5d1f0c52-0000-4000-8000-$(printf '%s' "$1" | cksum | cut -c1-6)000000"},
		 "requests": [{"name": "gpu", "devices": [{"name": "gpu-0", "pool": "node1",
		  "driver": "gpu.example.com", "attributes": {
		   "resource.kubernetes.io/pciBusID": {"string": "$2"}}}]}]}
	END
}

# A domain that needs no disk, no KVM and no network. It has a memory limit, because with
# a host device libvirt else asks for more locked memory than we may have.
plain_domain() { # NAME
	cat >"$WORK/$1.xml" <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <memory unit='MiB'>64</memory>
		  <memtune><hard_limit unit='KiB'>1024</hard_limit></memtune>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices><emulator>$EMULATOR</emulator></devices>
		</domain>
	END
}

# The same with the device of lab/CLAIM:gpu, as `virt-claim rewrite` writes it.
domain() { # NAME CLAIM
	plain_domain "$1"
	virt-claim rewrite --claims "$CLAIMS" --sysfs /sys --bind "gpu=lab/$2:gpu" \
		"$WORK/$1.xml" >"$WORK/$1.bound.xml" || fail "cannot bind $1"
	system define --validate "$WORK/$1.bound.xml" || fail "cannot define $1"
}

lease() { # DEVICE KEY
	sed -n "s/.*\"$2\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" "$LEASES/$1"
}

is_running() { # DOMAIN
	[ "$(system domstate "$1")" = running ]
}

expect() { # TEXT in the last output
	case $OUT in
	*"$1"*) ;;
	*) fail "expected '$1' in: $OUT" ;;
	esac
}

# Runs a command that must fail; its output is in $OUT.
refused() {
	OUT=$("$@" 2>&1) && fail "should have failed: $*"
	return 0
}
