#!/bin/sh
# SPDX-License-Identifier: MIT
# Tells a Telegram chat. usage: telegram.sh CHAT_ID; the token of the bot is the credential telegram.
set -eu
text="${BAMBU_PRINTER:-bambud}: $BAMBU_EVENT${BAMBU_JOB:+: $BAMBU_JOB}${BAMBU_TEXT:+: $BAMBU_TEXT}"
token=$(cat "$CREDENTIALS_DIRECTORY/telegram")
# The token goes by standard input: arguments can be seen by everybody.
printf 'url = "https://api.telegram.org/bot%s/sendMessage"\n' "$token" |
	curl -q --config - --fail --silent --show-error --max-time 20 --output /dev/null \
		--data-urlencode "chat_id=$1" --data-urlencode "text=$text"
