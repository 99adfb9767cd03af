#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the fuzz targets with libFuzzer and runs each for a while. usage: run.sh [SECONDS [TARGET...]]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$root/build-fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
if [ $# -eq 0 ]; then
	for file in "$root"/tests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_}
		set -- "$@" "${name%.c}"
	done
fi

if [ ! -f "$build/build.ninja" ]; then
	CC=clang meson setup "$build" "$root" -Dfuzz=true -Dtests=enabled -Dbuildtype=debugoptimized \
		-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
fi
for name in "$@"; do
	ninja -C "$build" "tests/fuzz/fuzz_$name"
done
for name in "$@"; do
	# What it finds beyond the written corpus stays in the build folder, crashes too.
	mkdir -p "$build/found/$name"
	"$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=20000 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$build/found/$name-" \
		"$build/found/$name" "$root/tests/fuzz/corpus/$name"
done
