#!/bin/sh
# SPDX-License-Identifier: MIT
# Sends a mail. usage: mail.sh ADDRESS MSMTPRC. It needs msmtp, which speaks to a mail server: a sendmail that queues
# mail with rights of its own does not work in the sandbox of the service.
set -eu
{
	printf 'To: %s\nSubject: [bambud] %s: %s\n' "$1" "${BAMBU_PRINTER:-bambud}" "$BAMBU_EVENT"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	printf '%s\n' "$BAMBU_TIME" ${BAMBU_JOB:+"job: $BAMBU_JOB"} ${BAMBU_TEXT:+"$BAMBU_TEXT"} ${BAMBU_REASON:+"$BAMBU_REASON"} ''
	cat
} | msmtp --file="$2" -- "$1"
