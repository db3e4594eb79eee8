/* SPDX-License-Identifier: MIT */
/* where_tree.h - a filter expression as parsed: shared by where_parse.c and where.c. */
#ifndef LL_WHERE_TREE_H
#define LL_WHERE_TREE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "doc/where.h"

#define WHERE_FIELDS_MAX 64 /* JSON members that one expression may name */
#define WHERE_DEPTH_MAX 200
#define WHERE_TERMS_MAX 2000

enum where_op {
	WHERE_OR,
	WHERE_AND,
	WHERE_NOT, /* conditions */
	WHERE_EQ,
	WHERE_NE,
	WHERE_LT,
	WHERE_LE,
	WHERE_GT,
	WHERE_GE,    /* a against b */
	WHERE_MATCH, /* a against regex */
	WHERE_IN,    /* a in list or in lines */
	WHERE_HAS,   /* a */
	WHERE_ID,
	WHERE_SOURCE,
	WHERE_TEXT_BYTES,
	WHERE_TAG,
	WHERE_FIELD,
	WHERE_LITERAL,
};

enum where_type { WHERE_NULL, WHERE_BOOL, WHERE_INT, WHERE_FLOAT, WHERE_STRING, WHERE_OTHER };

struct where_value {
	enum where_type type;
	bool truth;
	int64_t integer;
	double real;
	struct ll_str string;
};

struct where_node {
	enum where_op op;
	struct where_node *a, *b;
	struct where_node *next;  /* of all nodes */
	char *name;		  /* TAG: its name; LITERAL: the bytes of a string */
	size_t field;		  /* FIELD: which */
	struct where_value value; /* LITERAL */
	pcre2_code *regex;
	struct where_node **list; /* IN (...): literals */
	size_t list_len, list_cap;
	struct ll_buf file;  /* IN @FILE */
	struct ll_str *line; /* of it, sorted */
	size_t lines, lines_cap;
	uint64_t claimed; /* of --memory */
};

struct ll_where {
	struct where_node *root, *all;
	char *field[WHERE_FIELDS_MAX];
	size_t fields;
	struct ll_buf identity; /* the expression, hashes of files in place of their names */
};

int where_line_order(const void *a, const void *b); /* of struct ll_str, as bytes */

#endif
