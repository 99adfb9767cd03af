/* SPDX-License-Identifier: MIT */
/* Answers to commands: result, reason and codes, whatever case and type they come in. */
#include "daemon/model/ack.h"

#include <string.h>
#include <strings.h>

#include "common/util.h"
#include "daemon/model/report.h"

/* bambu.md 5.2 */
#define ERROR_UNSIGNED 0x05024007u
#define ERROR_BAD_HEADER 0x05024009u
#define REASON_UNSIGNED "mqtt message verify failed"

bool ack_code_is_unsigned(uint32_t code)
{
	return code == ERROR_UNSIGNED || code == ERROR_BAD_HEADER;
}

const char *ack_error_text(int64_t error)
{
	/* bambu.md 4.7 */
	switch (error) {
	case -2:
		return "soft filament and a hot chamber do not go together";
	case -4:
		return "the temperature wanted is too low while the AMS is hot";
	default:
		return NULL;
	}
}

/* "success", "SUCCESS", "fail", "failed" are on the record; any other word is no answer. */
static enum ack_verdict verdict_of(const char *result)
{
	if (strcasecmp(result, "success") == 0) {
		return ACK_SUCCESS;
	}
	return strncasecmp(result, "fail", 4) == 0 ? ACK_FAILED : ACK_SILENT;
}

void ack_read(const struct report *r, struct ack *ret)
{
	const struct scan *s = &r->scan;
	char result[16] = "";
	int64_t code = 0;

	memset(ret, 0, sizeof(*ret));
	scan_str(s, scan_get(s, r->body, "result"), result, sizeof(result));
	scan_str(s, scan_get(s, r->body, "reason"), ret->reason, sizeof(ret->reason));
	scan_int(s, scan_get(s, r->body, "err_code"), &code);
	scan_int(s, scan_get(s, r->body, "errno"), &ret->error);
	ret->err_code = code > 0 && code <= UINT32_MAX ? (uint32_t)code : 0;
	ret->is_unsigned =
	    ack_code_is_unsigned(ret->err_code) || strcmp(ret->reason, REASON_UNSIGNED) == 0;
	ret->verdict = verdict_of(result);
	if (ret->is_unsigned || ret->error < 0 ||
	    (ret->verdict == ACK_SILENT && ret->err_code != 0)) {
		ret->verdict = ACK_FAILED;
	}
}
