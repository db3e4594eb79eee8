# SPDX-License-Identifier: MIT
# lltools. `make help` lists what can be asked for.
# Everything is built under build/PROFILE/, so that compilers and sanitizers need no clean in between.

PREFIX ?= /usr/local
DESTDIR ?=
CC := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
CFLAGS ?= -O2 -g
SANITIZE ?=
CUDA ?= auto
MPI ?= auto
BLAS ?= auto
GUMBO ?= auto
UCHARDET ?= auto
AVX ?= auto
ZLIB ?= auto
BZIP2 ?= auto
LZMA ?= auto
V ?= 0

comma := ,
profile := $(notdir $(firstword $(CC)))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))
BUILD ?= build/$(profile)

VERSION := $(shell sed -n 's/^\#define LL_VERSION "\(.*\)"/\1/p' libcommon/base/base.h)

include build.mk

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all built help config deps demo check check-long check-deps check-headers check-man check-interop check-gpu bench bench-gpu \
	install uninstall installcheck dist clean distclean

all: $(programs) ## build all programs into build/PROFILE/bin
	$(if $(filter build/%,$(BUILD)),@ln -sfn $(notdir $(BUILD)) build/latest)

help: ## list the targets and the variables
	@echo "Targets:"; sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r t what; do printf '  %-14s %s\n' "$$t" "$$what"; done
	@echo "Variables: PREFIX DESTDIR CC CFLAGS SANITIZE=address,undefined|thread CUDA MPI BLAS GUMBO UCHARDET ZLIB BZIP2 LZMA AVX=auto|0|1 DEPS_PREFIX V=1"

config: ## show what was found on this machine
	@printf '%-10s %s\n' compiler "$$($(CC) --version | head -1)" flags "$(CFLAGS)" profile "$(profile)" \
	  zstd "$(call show,libzstd)" xxhash "$(call show,libxxhash)" pcre2 "$(call show,libpcre2-8)" json-c "$(call show,json-c)" \
	  utf8proc "$(call show,libutf8proc)" blas "$(BLAS_STATE)" zlib "$(ZLIB_STATE)" bzip2 "$(BZIP2_STATE)" lzma "$(LZMA_STATE)" \
	  gumbo "$(GUMBO_STATE)" uchardet "$(UCHARDET_STATE)" avx "$(AVX_STATE)" cuda "$(CUDA_STATE)" mpi "$(MPI_STATE)"

deps: ## install or list what is missing to build, test and run the demo
	@sh pipelines/deps.sh

# Built by a make of its own, so that what deps installed is found; in parallel unless told otherwise.
build_after_deps = @$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

demo: deps ## real text to a trained and evaluated model (CORPUS="files" for your own)
	$(build_after_deps) all
	@$(MAKE) --no-print-directory -f pipelines/demo/Makefile BIN=$(abspath $(BUILD)/bin) $(if $(CORPUS),CORPUS="$(CORPUS)")

built: all $(unit_tests)

check: deps check-deps ## build and run the tests (about five minutes)
	$(build_after_deps) built
	@BIN=$(abspath $(BUILD)/bin) UNIT=$(abspath $(BUILD)/unit) SANITIZE="$(SANITIZE)" tests/run

check-long: deps check-deps ## the longer tests too
	$(build_after_deps) built
	@BIN=$(abspath $(BUILD)/bin) UNIT=$(abspath $(BUILD)/unit) SANITIZE="$(SANITIZE)" tests/run --long

check-deps: ## prove that includes run one way
	@sh tests/check-deps.sh

check-interop: all $(BUILD)/unit/checkpoint_test $(BUILD)/unit/bpe_pretokenize_test ## compare with PyTorch, transformers and tokenizers from PyPI (in a virtual environment)
	@BIN=$(abspath $(BUILD)/bin) sh tests/interop/run.sh

bench: all $(BUILD)/bench/roofs $(BUILD)/bench/encode ## throughput of every stage beside the machine's own limits
	@BIN=$(abspath $(BUILD)/bin) UNIT=$(abspath $(BUILD)/unit) sh tests/bench/run.sh

install: all ## install programs, man pages and completions under PREFIX
	@BIN=$(BUILD)/bin PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" sh pipelines/install.sh install

uninstall: ## remove what install put there
	@BIN=$(BUILD)/bin PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" sh pipelines/install.sh uninstall

installcheck: all ## install into a scratch directory, try it, uninstall, see that nothing is left
	@BIN=$(BUILD)/bin sh tests/installcheck.sh

dist: ## a source archive of HEAD
	git archive --format=tar.gz --prefix=lltools-$(VERSION)/ -o lltools-$(VERSION).tar.gz HEAD

clean: ## remove this profile's build
	rm -rf $(BUILD)

distclean: ## remove all builds and demo output
	rm -rf build lltools-*.tar.gz
