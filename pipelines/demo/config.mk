# SPDX-License-Identifier: MIT
# config.mk - every choice of the demo. Change one (here or on the command line of make) and only what depends on it is redone.
PROFILE ?= gopher
DEDUP ?= --minhash=14x8
HOLDOUT ?= 0.08
PRETOKENIZER ?= cl100k
VOCABULARY ?= 4096
PRESET ?= demo
SEQ_LEN ?= 256
BATCH ?= 8
STEPS ?= 600
LR ?= 2e-3
WARMUP ?= 60
SEED ?= 1
CLOZE_ITEMS ?= 400
PROMPT ?= The package
