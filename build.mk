# SPDX-License-Identifier: MIT
# How the tree becomes programs: probes, flags, source lists, rules. Included by Makefile.

# DEPS_PREFIX=DIR: libraries built with --prefix=DIR come first; programs remember where they were.
deps_lib := $(if $(DEPS_PREFIX),$(DEPS_PREFIX)/lib $(DEPS_PREFIX)/lib64 $(DEPS_PREFIX)/lib/$(shell uname -m)-linux-gnu)
PKG_CONFIG ?= pkg-config
pkg_config := $(if $(DEPS_PREFIX),PKG_CONFIG_PATH=$(DEPS_PREFIX)/lib/pkgconfig:$(DEPS_PREFIX)/lib64/pkgconfig:$(DEPS_PREFIX)/lib/$(shell uname -m)-linux-gnu/pkgconfig:$${PKG_CONFIG_PATH-}) $(PKG_CONFIG)

show = $(or $(shell $(pkg_config) --modversion $1 2>/dev/null),missing: run make deps)
# $(call probe,NAME,have-test,found text): sets NAME_STATE to a text and HAVE_NAME to 1 or empty; NAME=1 makes absence an error.
define probe
ifeq ($($1),0)
$1_STATE := off (asked for)
else ifneq ($$(shell $2 >/dev/null 2>&1 && echo y),)
$1_STATE := $$(shell $3)
HAVE_$1 := 1
else ifeq ($($1),1)
$$(error $1=1 but it was not found)
else
$1_STATE := not found
endif
endef
header = printf '\043include <$1>\n' | $(CC) $(if $(DEPS_PREFIX),-I$(DEPS_PREFIX)/include) -E -x c - -o /dev/null
$(eval $(call probe,BLAS,$(pkg_config) --exists openblas,$(pkg_config) --modversion openblas))
$(eval $(call probe,ZLIB,$(pkg_config) --exists zlib,$(pkg_config) --modversion zlib))
$(eval $(call probe,LZMA,$(pkg_config) --exists liblzma,$(pkg_config) --modversion liblzma))
$(eval $(call probe,BZIP2,$(call header,bzlib.h),echo found))
$(eval $(call probe,GUMBO,$(pkg_config) --exists gumbo,$(pkg_config) --modversion gumbo))
$(eval $(call probe,UCHARDET,$(pkg_config) --exists uchardet,$(pkg_config) --modversion uchardet))
# Kernels for one instruction set stand in files named after it; everything else runs on any processor.
avx2_flags := -mavx2 -mfma -mbmi -mbmi2 -mpopcnt -mlzcnt
avx512_flags := $(avx2_flags) -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi -mavx512vbmi2
avx512bf16_flags := $(avx512_flags) -mavx512bf16
$(eval $(call probe,AVX,$(CC) $(avx512bf16_flags) -dM -E -x c /dev/null 2>&1 | grep -w __x86_64__,echo AVX2 and AVX-512 chosen at run time))
$(eval $(call probe,CUDA,command -v nvcc,nvcc --version | tail -1))
$(eval $(call probe,MPI,command -v $(or $(MPICC),mpicc),$(or $(MPICC),mpicc) --version | head -1))

packages := libzstd libpcre2-8 json-c libutf8proc $(if $(HAVE_ZLIB),zlib) $(if $(HAVE_LZMA),liblzma) $(if $(HAVE_GUMBO),gumbo) \
	$(if $(HAVE_UCHARDET),uchardet)
defines := $(if $(HAVE_ZLIB),-DHAVE_ZLIB) $(if $(HAVE_LZMA),-DHAVE_LZMA) $(if $(HAVE_BZIP2),-DHAVE_BZIP2) $(if $(HAVE_GUMBO),-DHAVE_GUMBO) \
	$(if $(HAVE_UCHARDET),-DHAVE_UCHARDET) $(if $(HAVE_BLAS),-DHAVE_BLAS) $(if $(HAVE_AVX),-DHAVE_AVX)

warnings := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
	$(if $(DEVELOPER),-Werror)
# A float is computed as a float: gcc for s390x would compute it as a double, which gives other bits.
float := $(if $(filter 1,$(shell echo __FLT_EVAL_METHOD__ | $(CC) -std=c17 -E -P -x c - 2>/dev/null)),-fexcess-precision=fast)
ll_cflags := -std=c17 $(float) -I. -Ilibcommon -Itools $(if $(DEPS_PREFIX),-I$(DEPS_PREFIX)/include) $(shell $(pkg_config) --cflags $(packages) $(if $(HAVE_BLAS),openblas) 2>/dev/null) $(defines) $(warnings) \
	-ffp-contract=off -fno-strict-aliasing -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
ll_libs := $(foreach d,$(deps_lib),-L$d -Wl,-rpath,$d) $(shell $(pkg_config) --libs $(packages) 2>/dev/null) $(if $(HAVE_BZIP2),-lbz2) -ldl -lm
blas_libs := $(if $(HAVE_BLAS),$(shell $(pkg_config) --libs openblas))

isa = $(foreach set,avx2 avx512 avx512bf16,$(if $(findstring _$(set).c,$1),$($(set)_flags)))
sources = $(sort $(filter-out $(if $(HAVE_AVX),,%_avx2.c %_avx512.c %_avx512bf16.c),$(wildcard $1)))

# Models are always optimised hard: they are the hot loops; -O3 changes no bits under -ffp-contract=off.
hot = $(if $(filter kernels/% libcommon/lm/%,$1),-O3 -fno-math-errno -fno-trapping-math)

# What of the flags can change the bits of a model: --version and environment.json say it.
bit_flags := $(strip $(filter-out -g% -W% -pipe -fdiagnostics-% -ffile-prefix-map=% -fdebug-prefix-map=% -fmacro-prefix-map=%,$(CFLAGS)) \
	-ffp-contract=off$(if $(float), $(float))$(if $(SANITIZE), -fsanitize=$(SANITIZE)); kernels and models $(call hot,kernels/x))
build_flags = $(if $(filter libcommon/base/version.c,$1),-DLL_BUILD_FLAGS='"$(subst ",\",$(bit_flags))"')

lib_sources := $(call sources,libcommon/*/*.c kernels/*.c)
tool_names := $(sort $(notdir $(wildcard tools/ll-*)))
unit_sources := $(sort $(wildcard tests/unit/*.c))
lib := $(BUILD)/libll.a
programs := $(tool_names:%=$(BUILD)/bin/%)
unit_tests := $(unit_sources:tests/unit/%.c=$(BUILD)/unit/%)

Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),:,printf '  %-5s %s\n' $1 $2)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ll_cflags) $(CFLAGS) $(call hot,$<) $(call isa,$<) $(call build_flags,$<) -MMD -MP -c -o $@ $<

# Rebuild when the flags change. (Phony, because .SECONDARY below forgives a target that does not exist.)
.PHONY: FORCE
$(BUILD)/flags: FORCE
	@mkdir -p $(@D); flags='$(CC) $(ll_cflags) $(CFLAGS) $(ll_libs) $(blas_libs) $(bit_flags)'; echo "$$flags" | cmp -s - $@ || echo "$$flags" > $@

$(lib): $(lib_sources:%.c=$(BUILD)/obj/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# $(call program,NAME)
define program
$(BUILD)/bin/$1: $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources,tools/$1/*.c)) $(lib) $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pthread -o $$@ $$(filter %.o,$$^) $$(lib) $$(ll_libs) $$(if $$(filter ll-train ll-eval,$1),$$(blas_libs))
endef
$(foreach t,$(tool_names),$(eval $(call program,$t)))

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pthread -o $@ $< $(lib) $(ll_libs) $(blas_libs)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pthread -o $@ $< $(lib) $(ll_libs) $(blas_libs)

# Objects of the unit tests stay.
.SECONDARY:
