#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build ramdisk.sh DIRECTORY PROGRAM...
#
# Writes DIRECTORY/ramdisk for the kernel in DIRECTORY/root: `init`, the programs under test as they are, the few tools
# that they call, the libraries that ldd names, and the kernel's modules in the order in which they go in.
set -euo pipefail
directory=$1
shift
here=$(dirname "$0")
tools=(sh bash ip tc ethtool grep sed sysctl mount umount insmod cat uname mkdir rm sleep timeout)
modules=(veth sch_ingress cls_bpf virtio_pci virtio_net e1000)
version=$(cat "$directory/version")
image=$directory/image

put() { # FILE PATH
	install -D -m 755 "$1" "$image/$2"
	{ ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' || :; } | while read -r library; do
		[ -e "$image/$library" ] || install -D "$library" "$image/$library"
	done
}

put_modules() {
	local module file number=100
	depmod -b "$directory/root" "$version"
	for module in "${modules[@]}"; do
		modprobe -d "$directory/root" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		number=$((number + 1))
		case $file in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -dqc "$file" ;;
		*) cat "$file" ;;
		esac >"$image/modules/$number-$(basename "${file%%.ko*}")"
	done
}

rm -rf "$image"
mkdir -p "$image"/{modules,tests,proc,sys,dev,tmp,run,etc}
for tool in "${tools[@]}"; do put "$(command -v "$tool")" "bin/$tool"; done
for program; do put "$program" "tests/$(basename "$program")"; done
put "$O/gatepost" bin/gatepost
install -m 755 "$here/init" "$image/init"
put_modules
(cd "$image" && find . | cpio --quiet -o -H newc) | zstd -q -1 -f -o "$directory/ramdisk"
rm -r "$image"
