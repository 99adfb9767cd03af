#!/bin/bash
# SPDX-License-Identifier: MIT
# The judgement of Prometheus' own tool on the rules for alerts, and on the metrics of a farm in every mood. usage: promtool.sh BUILD
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
promtool check rules "$here/../../conf/bambud.rules.yml"
promtool test rules "$here/../fixtures/metrics/rules_test.yml"
BUILD_DIR=$build exec /usr/bin/python3 "$here/promtool_check.py"
