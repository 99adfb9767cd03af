#!/bin/bash
# SPDX-License-Identifier: MIT
# The whole test run, from a bare Debian 12: installs, builds with sanitizers, runs every suite, ends with `N passed, N failed`.
# usage: tests/check.sh [--long]      --long adds links over minutes, a day of losses, the suite in the sandbox, valgrind, libFuzzer, benchmarks
set -u
cd "$(dirname "$0")/.." || exit 1
long=no
for word in "$@"; do
	case $word in
	--long) long=yes ;;
	*) echo "usage: tests/check.sh [--long]" >&2; exit 2 ;;
	esac
done
packages() { awk -v want="$1" '$1 == want { $1 = ""; print }' tests/packages; }
passed=0 failed=0 skipped=0
finish() {
	[ -z "${log:-}" ] || rm -f "$log"
	if [ "$skipped" -gt 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}
die() { echo "check.sh: $*" >&2; failed=$((failed + 1)); finish; }
log=$(mktemp)

# shellcheck disable=SC2046 -- words are meant to split
tests/install.sh $(packages build) $(packages check) || die "packages are missing"
if [ $long = yes ]; then
	# shellcheck disable=SC2046
	tests/install.sh $(packages long) || die "packages are missing"
fi

# A build folder is made anew when it belongs to another source folder or setup.
configure() { # FOLDER OPTIONS...
	local folder=$1
	shift
	if [ -d "$folder" ]; then
		meson setup --reconfigure "$folder" "$@" >"$log" 2>&1 && return
		rm -rf "$folder"
	fi
	meson setup "$folder" "$@" >"$log" 2>&1 || { tail -30 "$log"; return 1; }
}
compile() {
	ninja -C "$1" >"$log" 2>&1 && ! grep -q 'warning:' "$log" && return
	grep -E 'error|warning|FAILED' -A4 "$log" | head -60
	return 1
}
# Runs suites of a build folder and adds their counts.
run_suites() { # FOLDER MESON-TEST-WORDS...
	local folder=$1 ok fail
	shift
	# Most of them wait for a clock: more than there are processors run at once.
	meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes $(($(nproc) * 2)) "$@" >"$log" 2>&1
	grep -vE '^(ninja: |$)' "$log" | tail -150
	ok=$(awk '/^Ok:/ { n += $2 } END { print n + 0 }' "$log")
	fail=$(awk '/^(Fail|Timeout|Unexpected Pass):/ { n += $2 } END { print n + 0 }' "$log")
	[ $((ok + fail)) -gt 0 ] || fail=1
	skipped=$((skipped + $(awk '/^Skipped:/ { n += $2 } END { print n + 0 }' "$log")))
	grep -hoE "skipped ['\"].*" "$folder/meson-logs/testlog.txt" 2>/dev/null | sort -u
	passed=$((passed + ok)) failed=$((failed + fail))
}
one() { # NAME COMMAND...: a check that is one command
	local name=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok   $name"
		passed=$((passed + 1))
	else
		tail -40 "$log"
		echo "FAIL $name"
		failed=$((failed + 1))
	fi
}

configure build-check -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dtests=enabled ||
	die "meson setup failed"
compile build-check || die "the build failed or warned"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
run_suites build-check

if [ $long = yes ]; then
	configure build-release -Dbuildtype=release -Dtests=enabled || die "meson setup failed"
	compile build-release || die "the release build failed or warned"
	one format sh -c 'git ls-files "*.c" "*.h" | xargs clang-format-14 --dry-run --Werror'
	one valgrind tests/e2e/valgrind.sh build-release
	one links env BUILD_DIR=build-release PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/e2e/long_links.py
	one kills env BUILD_DIR=build-release PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/e2e/store_kills.py
	one verify env BUILD_DIR=build-release PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/e2e/verify.py
	one soak env BUILD_DIR=build-release PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/e2e/soak.py
	one unit env BUILD_DIR=build-release PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/e2e/under_unit.py
	one promtool tests/e2e/promtool.sh build-release
	one fuzz tests/fuzz/run.sh 30
	one benchmarks tests/bench/run.sh build-release
	cat "$log"
fi
finish
