#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: fetch.sh DIRECTORY RELEASE...
#
# Unpacks the newest linux-image of these releases of Debian into DIRECTORY/root; nothing is installed. apt works with
# lists of its own, so that the machine's sources stay as they are. What is there already stays: `make clean` fetches anew.
set -euo pipefail
directory=$(realpath -m "$1")
shift
[ ! -e "$directory/version" ] || exit 0

mirror() { apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null | awk '$1 $2 == "DebianDebian" { print $3; exit }'; }

private_apt() { # MIRROR RELEASE...
	local mirror=$1 release
	shift
	mkdir -p "$directory"/apt/lists/partial
	for release; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main"
	done >"$directory/apt/sources.list"
	# Backports are as good as any other here: the highest version is wanted.
	printf 'Package: *\nPin: origin *\nPin-Priority: 500\n' >"$directory/apt/preferences"
	cat >"$directory/apt/apt.conf" <<-END
		Dir::Etc::SourceList "$directory/apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "$directory/apt/preferences";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State::Lists "$directory/apt/lists";
		Dir::Cache::PkgCache "";
		Dir::Cache::SrcPkgCache "";
		APT::Sandbox::User "root";
	END
	export APT_CONFIG=$directory/apt/apt.conf
}

# A newer Debian splits the kernel: linux-base, linux-image, linux-binary, linux-modules.
packages() {
	apt-cache depends --recurse --important linux-image-amd64 | grep -E '^linux-(base|image|binary|modules)-[0-9]' | sort -u
}

found=$(mirror)
[ -n "$found" ] || { apt-get -qq update && found=$(mirror); } || :
[ -n "$found" ] || { echo "# SKIP this machine has no mirror of Debian among its sources"; exit 77; }
private_apt "$found" "$@"
apt-get -qq update || { echo "# SKIP the mirror does not serve $*"; exit 77; }
[ -n "$(packages)" ] || { echo "# SKIP no linux-image-amd64 in $*"; exit 77; }
mkdir -p "$directory/deb" "$directory/root"
# shellcheck disable=SC2046 # a list of words
(cd "$directory/deb" && apt-get -qq download $(packages))
for deb in "$directory"/deb/*.deb; do dpkg -x "$deb" "$directory/root"; done
rm -r "$directory/deb" "$directory/apt"
[ -e "$directory/root/lib/modules" ] || ln -sfn usr/lib "$directory/root/lib"
basename "$directory"/root/lib/modules/* >"$directory/version"
