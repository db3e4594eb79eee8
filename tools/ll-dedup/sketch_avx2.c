/* SPDX-License-Identifier: MIT */
#include "ll-dedup/sketch_scan.h"

size_t sketches_next_avx2(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold)
{
	return sketches_scan(s, from, end, how, threshold);
}
