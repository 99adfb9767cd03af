#!/bin/bash
# SPDX-License-Identifier: MIT
# One journey of the daemon under valgrind: printers come, report, are kicked and refused; clients ask. usage: valgrind.sh BUILD
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
BUILD_DIR=$build exec /usr/bin/python3 "$here/valgrind_journey.py"
