/* SPDX-License-Identifier: MIT */
/* A command line cut into words, without a shell: blanks, quotes and backslashes, nothing else. */
#include "daemon/bridge/hook_words.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word from *pos on, into to, which has room for all of the rest. NULL, or why not. */
static const char *take_word(const char **pos, char *to)
{
	const char *s = *pos;
	char quote = '\0';

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (quote ? *s == quote : *s == '\'' || *s == '"') {
			quote = quote ? '\0' : *s;
		} else if (*s == '\\' && quote != '\'') {
			if (!*++s) {
				return "it ends with a backslash";
			}
			*to++ = *s;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	*pos = s;
	return quote ? "a quote is not closed" : NULL;
}

int hook_words_split(const char *text, char ***ret, const char **ret_why)
{
	char **words = xcalloc(HOOK_WORDS_MAX + 1, sizeof(*words));
	const char *why = NULL;
	size_t n = 0;

	for (text += strspn(text, " \t"); *text && !why; text += strspn(text, " \t")) {
		if (n == HOOK_WORDS_MAX) {
			why = "it has more than 64 words";
			break;
		}
		words[n] = xcalloc(1, strlen(text) + 1);
		why = take_word(&text, words[n++]);
	}
	why = n == 0 ? "it is empty" : why;
	if (why) {
		hook_words_free(words);
		*ret_why = why;
		return -EINVAL;
	}
	*ret = words;
	return 0;
}

void hook_words_free(char **words)
{
	for (char **w = words; w && *w; w++) {
		free(*w);
	}
	free(words);
}
