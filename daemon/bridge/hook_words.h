/* SPDX-License-Identifier: MIT */
/* A command line cut into words, without a shell: blanks, quotes and backslashes, nothing else. */
#pragma once

#define HOOK_WORDS_MAX 64

/* 'as it is', "with \" and \\", a\ b; nothing is expanded. 0 with an owned NULL-terminated array of
 * at least one word (hook_words_free); -EINVAL with *ret_why (constant). */
int hook_words_split(const char *text, char ***ret, const char **ret_why);
void hook_words_free(char **words); /* NULL is fine */
