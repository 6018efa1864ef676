# Sallyport's own make; nginx's build does the compiling of the module.

NGINX_SRC   ?= /usr/share/nginx/src
CC          ?= cc
CXX         ?= c++
BUILD       := $(CURDIR)/build
MODULE      := $(BUILD)/ngx_http_sallyport_module.so
MODULES_DIR ?= /usr/lib/nginx/modules
VERSION     := $(shell sed -n 's/.*version\[\] = "\(.*\)";/\1/p' src/base/version.hpp)

# hiredis has its TLS in a library of its own, from 1.0 on.
HIREDIS     := -lhiredis $(if $(wildcard /usr/include/hiredis/hiredis_ssl.h),-lhiredis_ssl -lssl)

# For code that nginx does not compile: unit tests and fuzz targets. What they test is optimized.
CXXFLAGS    ?= -O0 -g1
OWN_CXXFLAGS := -std=c++20 -Wall -Wextra $(if $(WERROR),-Werror) -iquote src -iquote t/unit -iquote t/fuzz
LIBS        := -lcrypto -lcrypt -ljansson -lsqlite3 -lpcre2-8 -lz $(HIREDIS)

# Where ccache is installed, what was compiled in one clone is not compiled again in another.
ifneq ($(wildcard /usr/lib/ccache),)
    export PATH := /usr/lib/ccache:$(PATH)
    export CCACHE_BASEDIR ?= $(CURDIR)
    export CCACHE_NOHASHDIR ?= 1
endif

.DEFAULT_GOAL := help
.PHONY: help deps module demo apikey test unit t bench fuzz asan asan-t clang tsan valgrind interop tenants chaos cache \
    tidy lint matrix dist deb install clean

help:
	@echo "make deps      install what building and testing need (Debian; sudo when not root)"
	@echo "make module    build/ngx_http_sallyport_module.so, against the distribution's nginx"
	@echo "               (NGINX_SRC=dir: against any nginx source tree; CC=clang works as well)"
	@echo "make demo      a walk through the main features with a real nginx (ONCE=1: then exit)"
	@echo "make apikey    a key and its entry for auth_api_key_file: ID=billing SUB=billing TENANT=acme ROLES=a,b"
	@echo "make test      unit tests, t/*.t, recorded fuzz inputs"
	@echo "make unit      the unit tests alone        make t  the tests against nginx (T=t/roles.t)"
	@echo "make asan      unit tests and t/*.t under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "               (ABORT_SECONDS=15: how long clients disconnect at random)"
	@echo "make clang     clang builds the module, and runs the unit tests under its sanitizers"
	@echo "make tsan      token stores, counters and revocations under ThreadSanitizer"
	@echo "make chaos     refreshes and revocations under load while workers, master and Redis are killed"
	@echo "make valgrind  leaks over 100 reloads and 10,000 requests"
	@echo "make interop   tests with npm's oidc-provider, with clients for DPoP, mutual TLS and AI agents, and with PostgreSQL"
	@echo "make tenants   ten thousand tenants: start, memory, requests, watching"
	@echo "make cache     ten million tokens, a flood of invalid ones, ten thousand connections"
	@echo "make fuzz      each fuzz target for FUZZ_SECONDS=60"
	@echo "make bench     the benchmarks of docs/performance.md (PUBLISH=1: written into it)"
	@echo "make lint      clang-format, clang-tidy, dependencies, documentation"
	@echo "make matrix    all of make test in root file systems of Debian 12, 13 and sid, with gcc and clang;"
	@echo "               the package on 12 and 13 (RELEASES=trixie COMPILERS=gcc: some of them)"
	@echo "               (NGINX_SRC=\"dir dir\": t/*.t on these nginx instead, built from their sources)"
	@echo "make deb       a Debian package for this machine's release, in build/deb/"
	@echo "make dist      build/sallyport-$(VERSION).tar.gz, from the committed files"
	@echo "make install   copy the module, stripped, to $(MODULES_DIR)"
	@echo "make clean     remove build/"
	@echo "WERROR=1 with any of these: compiler warnings are errors, as in .ci/run"

deps:
	t/lib/deps.sh

# --- the module --------------------------------------------------------------------------------

module: $(MODULE)

# Always: what nginx's own make finds to do depends on NGINX_SRC and CC as well.
.PHONY: always
$(MODULE): always
	@t/lib/build-module $(BUILD)/nginx $@ "$(NGINX_SRC)" "$(CC)"

# --- flavours ----------------------------------------------------------------------------------

# Unit tests and fuzz targets link the very objects that the module of their flavour is made of:
# plain, asan (gcc), clang (the same sanitizers, and coverage for fuzzing) or tsan.
FLAVOUR     ?= plain
SANITIZE    := -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

CC_plain    := $(CC)
CXX_plain   := $(CXX)
CC_asan     := gcc
CXX_asan    := g++
FLAGS_asan  := -Og $(SANITIZE)
CC_clang    := clang
CXX_clang   := clang++
FLAGS_clang := -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
CC_tsan     := gcc
CXX_tsan    := g++
FLAGS_tsan  := -O1 -g1 -fsanitize=thread

OUT         := $(BUILD)/$(FLAVOUR)
LINK        := $(CXX_$(FLAVOUR)) $(FLAGS_$(FLAVOUR))
COMPILE     := $(CXX_$(FLAVOUR)) $(FLAGS_$(FLAVOUR)) $(CXXFLAGS) $(OWN_CXXFLAGS)

$(BUILD)/plain/core.a: always
	@t/lib/build-module $(BUILD)/nginx $@ "$(NGINX_SRC)" "$(CC)"

$(BUILD)/%/core.a: always
	@t/lib/build-module $(BUILD)/$*/nginx $@ "$(NGINX_SRC)" "$(CC_$*)" "$(FLAGS_$*)"

$(BUILD)/%/ngx_http_sallyport_module.so: always
	@t/lib/build-module $(BUILD)/$*/nginx $@ "$(NGINX_SRC)" "$(CC_$*)" "$(FLAGS_$*)"

# --- tests -------------------------------------------------------------------------------------

UNIT_TESTS  := $(patsubst t/unit/%.cpp,$(OUT)/unit/%,$(sort $(wildcard t/unit/*_test.cpp)))
THREAD_TESTS := $(filter $(addprefix $(OUT)/unit/,store_% metrics_% auth_replay_% auth_revocation_threads%),\
    $(UNIT_TESTS))
FUZZERS     := $(patsubst t/fuzz/%_fuzz.cpp,%,$(sort $(wildcard t/fuzz/*_fuzz.cpp)))
RUN         := $(MAKE) --no-print-directory -j$$(($$(nproc) + 1)) --output-sync=target

# ccache writes the names of objects as relative ones into dependency files.
NAME_OBJECT = @sed -i '1s|^[^:]*:|$@:|' $(@:.o=.d)

# Objects apart, so that a change of the core links the tests again and compiles none.
$(OUT)/unit/%.o: t/unit/%.cpp
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<
	$(NAME_OBJECT)

$(OUT)/fuzz/%.o: t/fuzz/%.cpp
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<
	$(NAME_OBJECT)

$(OUT)/unit/%: $(OUT)/unit/%.o $(OUT)/core.a
	@$(LINK) -o $@ $^ -lcmocka -lrapidcheck $(LIBS)

# Tests of what knows nginx have its headers, as they were configured for the flavour's module, and
# stand in for its functions.
NGINX_DIR   := $(BUILD)/$(if $(filter plain,$(FLAVOUR)),,$(FLAVOUR)/)nginx
NGINX_INCS  := $(patsubst %,-isystem $(NGINX_DIR)/source/src/%,core event event/modules event/quic os/unix http \
    http/modules http/v2 http/v3) -isystem $(NGINX_DIR)/objs
NGX_TESTED  := $(patsubst %,$(OUT)/ngx/%.o,endpoints/store_queue runtime/event_descriptor runtime/file_watch runtime/waiter \
    sources/fetched_keys sources/versioned_keys sources/watched_file)

$(OUT)/ngx/%.o: src/ngx/%.cpp | $(OUT)/core.a
	@mkdir -p $(@D)
	$(COMPILE) $(NGINX_INCS) -MMD -MP -c -o $@ $<
	$(NAME_OBJECT)

$(OUT)/unit/ngx_%.o: t/unit/ngx_%.cpp | $(OUT)/core.a
	@mkdir -p $(@D)
	$(COMPILE) $(NGINX_INCS) -MMD -MP -c -o $@ $<
	$(NAME_OBJECT)

# An archive, so that each test links only what it calls.
$(OUT)/ngx/tested.a: $(NGX_TESTED)
	@rm -f $@; ar rcsD $@ $^

$(OUT)/unit/ngx_%: $(OUT)/unit/ngx_%.o $(OUT)/ngx/tested.a $(OUT)/core.a
	@$(LINK) -o $@ $^ -lcmocka $(LIBS)

$(OUT)/replay/%: $(OUT)/fuzz/%_fuzz.o $(OUT)/fuzz/replay.o $(OUT)/core.a
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^ $(LIBS)

.PRECIOUS: $(BUILD)/%/core.a $(OUT)/unit/%.o $(OUT)/fuzz/%.o $(OUT)/ngx/%.o
-include $(wildcard $(OUT)/unit/*.d $(OUT)/fuzz/*.d $(OUT)/ngx/*.d)

# Properties are tried less often where the sanitizers make each try slow.
ifneq ($(FLAVOUR),plain)
    export RC_PARAMS ?= max_success=100
endif

.PHONY: $(UNIT_TESTS:%=%.run) $(FUZZERS:%=%.replay)
$(UNIT_TESTS:%=%.run): %.run: %
	@echo "# $(<F)"; $<

$(FUZZERS:%=%.replay): %.replay: $(OUT)/replay/%
	@$< t/fuzz/corpus/$*/*

run-unit: $(UNIT_TESTS:%=%.run) $(FUZZERS:%=%.replay)
run-threads: $(THREAD_TESTS:%=%.run)
.PHONY: run-unit run-threads run-fuzz

unit:
	@$(RUN) run-unit

# "+": make passes the lines of prove on as they come.
t: $(MODULE)
	+MODULE=$(MODULE) t/run $(T)

test:
	@t/lib/deps.sh test
	@$(RUN) run-unit t

ASAN_MODULE := $(BUILD)/asan/ngx_http_sallyport_module.so

asan-t: $(ASAN_MODULE)
	+SANITIZE=1 MODULE=$(ASAN_MODULE) t/run $(T)

ABORT_SECONDS ?= 15

asan: $(ASAN_MODULE)
	@$(RUN) run-unit asan-t FLAVOUR=asan
	$(if $(T),,SANITIZE=1 MODULE=$(ASAN_MODULE) SECONDS_LOAD=$(ABORT_SECONDS) t/soak/aborts)

clang: $(BUILD)/clang/ngx_http_sallyport_module.so
	@$(RUN) run-unit FLAVOUR=clang

tsan:
	@$(RUN) run-threads FLAVOUR=tsan

chaos: $(MODULE)
	MODULE=$(MODULE) t/soak/chaos

valgrind: $(MODULE)
	MODULE=$(MODULE) t/soak/valgrind

interop:
	@t/lib/deps.sh interop
	@$(MAKE) --no-print-directory module
	MODULE=$(MODULE) t/interop/run
	MODULE=$(MODULE) t/interop/tokens
	MODULE=$(MODULE) t/interop/mcp
	MODULE=$(MODULE) t/interop/dpop
	MODULE=$(MODULE) t/interop/mtls
	MODULE=$(MODULE) t/interop/connections
	MODULE=$(MODULE) t/interop/postgresql

tenants: $(MODULE)
	MODULE=$(MODULE) t/soak/tenants

FUZZ_SECONDS ?= 60
FUZZ_RUNS    ?= -1
FUZZ_SEED    ?= 0

$(OUT)/fuzz/%: $(OUT)/fuzz/%_fuzz.o $(OUT)/core.a
	@$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

.PHONY: $(FUZZERS:%=%.fuzz)
$(FUZZERS:%=%.fuzz): %.fuzz: $(OUT)/fuzz/%
	@mkdir -p $(OUT)/fuzz/corpus/$*
	@$< -max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -seed=$(FUZZ_SEED) \
	    -max_len=20000 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(OUT)/fuzz/ $(OUT)/fuzz/corpus/$* t/fuzz/corpus/$* \
	    >$<.log 2>&1 || { tail -n 40 $<.log; exit 1; }
	@echo "$*: $$(grep -o 'number_of_executed_units: *[0-9]*' $<.log), nothing found"

run-fuzz: $(FUZZERS:%=%.fuzz)

fuzz:
	@$(RUN) run-fuzz FLAVOUR=clang

bench: $(MODULE)
	MODULE=$(MODULE) t/bench/run

cache: $(MODULE)
	MODULE=$(MODULE) t/soak/cache

TIDY_SOURCE := $(BUILD)/nginx/source/src

tidy: $(MODULE)
	@t/lib/tidy $(BUILD)/tidy -std=c++20 -iquote src -isystem $(BUILD)/nginx/objs $(addprefix -isystem $(TIDY_SOURCE)/, \
	    core event event/modules os/unix http http/modules http/v2)

lint:
	t/lib/lint

demo:
	@t/lib/deps.sh demo
	@$(MAKE) --no-print-directory module
	@MODULE=$(MODULE) t/demo/run

# An entry for auth_api_key_file, and its key.
ID     ?=
SUB    ?= $(ID)
TENANT ?=
ROLES  ?=

apikey:
	@t/demo/apikey '$(ID)' '$(SUB)' '$(TENANT)' '$(ROLES)'

# --- other machines, releases ------------------------------------------------------------------

RELEASES  ?= bookworm trixie sid
COMPILERS ?= gcc clang

matrix:
ifeq ($(origin NGINX_SRC),file)
	t/matrix/releases "$(RELEASES)" "$(COMPILERS)"
else
	t/matrix/sources $(NGINX_SRC)
endif

deb:
	@t/lib/deps.sh package
	@t/lib/deb $(VERSION) $(BUILD)/deb

dist:
	@t/lib/dist $(VERSION) $(BUILD)/sallyport-$(VERSION).tar.gz

# --- installation ------------------------------------------------------------------------------

install: $(MODULE)
	install -D -s -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/ngx_http_sallyport_module.so

clean:
	rm -rf $(BUILD)
