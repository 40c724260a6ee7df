#!/bin/sh
# setup.sh GROUP...: installs what is missing of the groups of tools/packages.txt
# (build, test, bench, cluster), and the npm packages of tests/browser or tests/bench. Changes
# nothing, and says nothing, when all is there.
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }

wanted() { # the packages of the groups, less those whose command is there
	for group; do
		awk -v g="$group" '$1 == g { print $2, $3 }' tools/packages.txt
	done | while read -r package command; do
		[ -n "$command" ] && command -v "$command" >/dev/null 2>&1 || echo "$package"
	done
}

missing_of() {
	for package; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			echo "$package"
	done
}

give_up() { # WHY
	echo "setup: $1" >&2
	echo "setup: install these yourself (Debian's names), then run the command again:" >&2
	echo "  $missing" >&2
	exit 1
}

packages=$(wanted "$@")
if command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	missing=$(missing_of $packages | tr '\n' ' ')
	if [ -n "$missing" ]; then
		as=
		if [ "$(id -u)" != 0 ]; then
			command -v sudo >/dev/null 2>&1 || give_up "packages are missing, and this is not root and has no sudo"
			as=sudo
		fi
		echo "setup: installing with apt-get: $missing"
		log=$(mktemp)
		# shellcheck disable=SC2086
		DEBIAN_FRONTEND=noninteractive $as apt-get -q -o DPkg::Lock::Timeout=600 update >"$log" 2>&1 &&
			DEBIAN_FRONTEND=noninteractive $as apt-get -q -y -o DPkg::Lock::Timeout=600 \
				install --no-install-recommends $missing >>"$log" 2>&1 || {
			tail -n 20 "$log" >&2
			rm -f "$log"
			give_up "apt-get could not install them (its last words are above)"
		}
		rm -f "$log"
	fi
else
	echo "setup: no dpkg here: taking it that these are installed: $(echo $packages)" >&2
fi

node_packages() { # FOLDER: what its lock file names, if that is not what stands there
	[ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
	echo "setup: fetching the packages of $1"
	(cd "$1" && npm ci --ignore-scripts --silent --no-audit --no-fund) || {
		echo "setup: npm ci failed in $1: are the packages of the npm registry reachable?" >&2
		exit 1
	}
	touch "$1/node_modules/.package-lock.json"
}

for group; do
	case $group in
	test) node_packages tests/browser ;;
	bench) node_packages tests/bench ;;
	esac
done
