#!/bin/bash
# SPDX-License-Identifier: MIT
# From nothing to a farm on the screen: installs, builds a release, starts simulated printers with their cloud and bambud as the
# present user, shows them with bambuctl, signs in, takes a picture, and keeps running until Ctrl-C. usage: tests/demo.sh [--once]      --once ends by itself
set -u
cd "$(dirname "$0")/.." || exit 1
once=no
for word in "$@"; do
	case $word in
	--once) once=yes ;;
	*) echo "usage: tests/demo.sh [--once]" >&2; exit 2 ;;
	esac
done
packages() { awk -v want="$1" '$1 == want { $1 = ""; print }' tests/packages; }
fail() { echo "demo.sh: $*" >&2; exit 1; }

# shellcheck disable=SC2046 -- words are meant to split
tests/install.sh $(packages build) $(packages demo) $(packages check) || fail "packages are missing"
log=$(mktemp)
echo "building a release in build-demo ..."
{ [ -d build-demo ] || meson setup build-demo -Dbuildtype=release -Dtests=enabled; } >"$log" 2>&1 &&
	ninja -C build-demo daemon/bambud ctl/bambuctl ctl/inspect/bambu-inspect daemon/video/bambud-video ctl/show/bambu-show \
		tests/sim/bambu-sim >>"$log" 2>&1 ||
	{ tail -30 "$log"; rm -f "$log"; fail "the build failed"; }
rm -f "$log"

dir=$(mktemp -d "${TMPDIR:-/tmp}/bambud-demo.XXXXXX")
sim='' daemon=''
cleanup() {
	trap - EXIT INT TERM
	for pid in $daemon $sim; do kill "$pid" 2>/dev/null; done
	for pid in $daemon $sim; do wait "$pid" 2>/dev/null; done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'echo; exit 0' INT TERM

# The next line of a process that matches, or failure when the process ends or 20 s pass.
await() { # FILE PATTERN PID
	timeout 20 tail -n +1 -f --pid="$3" "$1" 2>/dev/null | grep -q -m1 -- "$2"
}
: >"$dir/sim.log"
: >"$dir/bambud.log"
build-demo/tests/sim/bambu-sim --dir "$dir" --farm demo --cloud --camera always --port-base 0 --config-out "$dir/bambud.conf" \
	--control "$dir/sim.sock" >"$dir/sim.log" 2>&1 &
sim=$!
await "$dir/sim.log" '^ready' $sim || { cat "$dir/sim.log" >&2; fail "the simulator did not start"; }
cat "$dir/cloud.conf" >>"$dir/bambud.conf"
build-demo/daemon/bambud --config "$dir/bambud.conf" >"$dir/bambud.log" 2>&1 &
daemon=$!
await "$dir/bambud.log" 'serves' $daemon || { cat "$dir/bambud.log" >&2; fail "bambud did not start"; }

export BAMBUD_SOCKET=$dir/run/control.sock
ctl=build-demo/ctl/bambuctl
# Settled: no printer is still connecting, and every one that is online has told its state.
settled() {
	$ctl list --json=short | jq -e '[.printers[] | select(.link.state == "connecting"
		or (.link.state == "online" and .print.state == "unknown"))] | length == 0' >/dev/null
}
for _ in $(seq 100); do
	settled && break
	read -r -t 0.1 <> <(:) || true
done
settled || fail "the printers did not settle within 10 s"

show() { printf '\n$ bambuctl %s\n' "$*"; $ctl "$@"; }
show list
first=$($ctl list --json=short | jq -r '[.printers[] | select(.print.state == "printing")][0].name')
show status "$first"
show ams "$first"
show hms @problem
printf '\n$ bambuctl login --email maker@example.org\n'
echo 'correct horse' | $ctl login --email maker@example.org || fail "signing in to the simulated cloud failed"
# The stranger's certificate is refused in the local network: the cloud stands in for it.
for _ in $(seq 100); do
	[ "$($ctl get stranger link.plane)" = cloud ] && break
	read -r -t 0.1 <> <(:) || true
done
show status stranger
show account devices
show camera rack2-03
show snapshot rack2-03 "$dir/rack2-03.jpg" || fail "no picture came"
if [ $once = yes ]; then
	exit 0
fi
cat <<TEXT

Eight simulated printers and bambud are running. In another terminal:

  export BAMBUD_SOCKET=$BAMBUD_SOCKET
  $PWD/$ctl                       every printer
  $PWD/$ctl status $first         one printer
  $PWD/$ctl events -f             what happens
  $PWD/build-demo/tests/sim/bambu-sim ctl $dir/sim.sock fault all mute on
                                  make trouble (bambu-sim --help)

The daemon's log: $dir/bambud.log.  Ctrl-C ends everything.
TEXT
wait $daemon
fail "bambud ended: $(tail -3 "$dir/bambud.log")"
