#!/bin/sh
# SPDX-License-Identifier: MIT
# Tells an ntfy server. usage: ntfy.sh URL, as in https://ntfy.sh/TOPIC; a token in the credential ntfy is sent along.
set -eu
text="$BAMBU_EVENT${BAMBU_JOB:+: $BAMBU_JOB}${BAMBU_TEXT:+: $BAMBU_TEXT}"
case $BAMBU_EVENT in
*.failed | *.raised | *.runout | *.offline) priority=high ;;
*) priority=default ;;
esac
token=
if [ -r "${CREDENTIALS_DIRECTORY:-}/ntfy" ]; then
	token=$(cat "$CREDENTIALS_DIRECTORY/ntfy")
fi
# The token goes by standard input: arguments can be seen by everybody.
printf '%s' "${token:+header = \"Authorization: Bearer $token\"}" |
	curl -q --config - --fail --silent --show-error --max-time 20 --output /dev/null \
		--header "Title: ${BAMBU_PRINTER:-bambud}" --header "Priority: $priority" --data-raw "$text" -- "$1"
