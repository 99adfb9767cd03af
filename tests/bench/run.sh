#!/bin/bash
# SPDX-License-Identifier: MIT
# Every figure beside its limit, against a baseline of the same minute. usage: run.sh BUILD   (a release build)
set -u
build=$(cd "$1" && pwd) || exit 1
here=$(cd "$(dirname "$0")" && pwd)
failed=0
for program in bench_decode bench_render; do
	"$build/tests/bench/$program" || failed=1
done
BUILD_DIR=$build /usr/bin/python3 "$here/bench_farm.py" || failed=1
BUILD_DIR=$build /usr/bin/python3 "$here/bench_cloud.py" || failed=1
BUILD_DIR=$build /usr/bin/python3 "$here/bench_command.py" || failed=1
BUILD_DIR=$build /usr/bin/python3 "$here/bench_files.py" || failed=1
BUILD_DIR=$build /usr/bin/python3 "$here/bench_camera.py" || failed=1
BUILD_DIR=$build /usr/bin/python3 "$here/bench_cameras.py" || failed=1
exit $failed
