# Sallyport's own make; nginx's build does the compiling of the module.

NGINX_SRC   ?= /usr/share/nginx/src
CC          ?= cc
CXX         ?= c++
BUILD       := $(CURDIR)/build
MODULE      := $(BUILD)/ngx_http_sallyport_module.so
MODULES_DIR ?= /usr/lib/nginx/modules
VERSION     := $(shell sed -n 's/.*version\[\] = "\(.*\)";/\1/p' src/base/version.hpp)

SOURCES     := $(sort $(wildcard src/*/*.cpp))
HEADERS     := $(sort $(wildcard src/*/*.hpp))
CORE        := $(filter-out src/ngx/%,$(SOURCES))
FORMATTED   := $(SOURCES) $(HEADERS) $(sort $(wildcard t/unit/*.?pp t/fuzz/*.?pp t/bench/*.?pp t/bench/control/*.?pp))

# hiredis has its TLS in a library of its own, from 1.0 on.
HIREDIS     := -lhiredis $(if $(wildcard /usr/include/hiredis/hiredis_ssl.h),-lhiredis_ssl -lssl)

# For code that nginx does not compile: unit tests and fuzz targets.
CXXFLAGS    ?= -O1 -g
OWN_CXXFLAGS := -std=c++20 -Wall -Wextra $(if $(WERROR),-Werror) -iquote src -iquote t/unit -iquote t/fuzz
LIBS        := -lcrypto -lcrypt -ljansson -lsqlite3 -lz $(HIREDIS)

.DEFAULT_GOAL := help
.PHONY: help deps module demo apikey test unit stores t bench fuzz asan tsan valgrind interop tenants chaos cache lint dist install clean

help:
	@echo "make deps      install what building and testing need (Debian; sudo when not root)"
	@echo "make module    build/ngx_http_sallyport_module.so, against the distribution's nginx"
	@echo "               (NGINX_SRC=dir: against any nginx source tree; CC=clang works as well)"
	@echo "make demo      a walk through the main job on a real nginx (ONCE=1: then exit)"
	@echo "make apikey    a key and its entry for auth_api_key_file: ID=billing SUB=billing TENANT=acme ROLES=a,b"
	@echo "make test      everything that must hold: unit tests, t/*.t, recorded fuzz inputs"
	@echo "make unit      the unit tests alone        make t  the tests against nginx (T=t/roles.t)"
	@echo "make asan      unit tests and t/*.t under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "               (ABORT_SECONDS=15: how long clients leave at random)"
	@echo "make tsan      the token stores under ThreadSanitizer"
	@echo "make chaos     workers, master and Redis are killed under a load of refreshes"
	@echo "make valgrind  leaks over 100 reloads and 10,000 requests"
	@echo "make interop   an identity provider and a database that others wrote (npm, PostgreSQL)"
	@echo "make tenants   ten thousand tenants: start, memory, requests, watching"
	@echo "make cache     ten million tokens, a flood of bad ones, ten thousand connections"
	@echo "make fuzz      each fuzz target for FUZZ_SECONDS=60"
	@echo "make bench     every figure of docs/performance.md (PUBLISH=1: written into it)"
	@echo "make lint      clang-format, clang-tidy, dependencies, documentation"
	@echo "make dist      build/sallyport-$(VERSION).tar.gz, from what is committed"
	@echo "make install   copy the module, stripped, to $(MODULES_DIR)"
	@echo "make clean     remove build/"
	@echo "WERROR=1 with any of these: a warning of the compiler is an error, as in .ci/run"

deps:
	t/lib/deps.sh

# --- the module --------------------------------------------------------------------------------

module: $(MODULE)

# Always: what nginx's own make finds to do depends on NGINX_SRC and CC as well.
.PHONY: always
$(MODULE): always
	@t/lib/build-module $(BUILD)/nginx $@ "$(NGINX_SRC)" "$(CC)"

# --- tests -------------------------------------------------------------------------------------

# One flavour of everything that nginx does not compile: plain, asan or tsan.
FLAVOUR     ?= plain
SANITIZE    := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OUT         := $(BUILD)/$(FLAVOUR)
OWN_FLAGS   := $(CXXFLAGS) $(OWN_CXXFLAGS) $(if $(filter asan,$(FLAVOUR)),$(SANITIZE)) \
    $(if $(filter tsan,$(FLAVOUR)),-fsanitize=thread)
CORE_OBJS   := $(CORE:src/%.cpp=$(OUT)/%.o)
UNIT_TESTS  := $(patsubst t/unit/%.cpp,$(OUT)/unit/%,$(sort $(wildcard t/unit/*_test.cpp)))
FUZZERS     := $(patsubst t/fuzz/%_fuzz.cpp,%,$(sort $(wildcard t/fuzz/*_fuzz.cpp)))

$(OUT)/%.o: src/%.cpp $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CXX) $(OWN_FLAGS) -c -o $@ $<

$(OUT)/libcore.a: $(CORE_OBJS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(OUT)/unit/%: t/unit/%.cpp $(wildcard t/unit/*.hpp) $(OUT)/libcore.a
	@mkdir -p $(@D)
	$(CXX) $(OWN_FLAGS) -o $@ $< $(OUT)/libcore.a -lcmocka -lrapidcheck $(LIBS)

$(OUT)/replay/%: t/fuzz/%_fuzz.cpp t/fuzz/replay.cpp $(OUT)/libcore.a
	@mkdir -p $(@D)
	$(CXX) $(OWN_FLAGS) -o $@ $< t/fuzz/replay.cpp $(OUT)/libcore.a $(LIBS)

# Tests of what knows nginx have its headers, as they were configured for the module, and stand in
# for its functions.
NGINX_DIR   := $(BUILD)/$(if $(filter asan,$(FLAVOUR)),asan/)nginx
NGINX_INCS  := $(patsubst %,-isystem $(NGINX_DIR)/source/src/%,core event event/modules event/quic os/unix http \
    http/modules http/v2 http/v3) -isystem $(NGINX_DIR)/objs
NGX_TESTED  := src/ngx/followed_file.cpp src/ngx/file_watch.cpp

$(OUT)/unit/ngx_%: t/unit/ngx_%.cpp $(wildcard t/unit/*.hpp) $(NGX_TESTED) $(HEADERS) $(OUT)/libcore.a | configured
	@mkdir -p $(@D)
	$(CXX) $(OWN_FLAGS) $(NGINX_INCS) -o $@ $< $(NGX_TESTED) $(OUT)/libcore.a -lcmocka $(LIBS)

.PHONY: configured
configured:
	@[ -f $(NGINX_DIR)/objs/ngx_auto_config.h ] || $(MAKE) --no-print-directory \
	    $(if $(filter asan,$(FLAVOUR)),$(ASAN_MODULE),$(MODULE))

STORE_TESTS := $(filter $(OUT)/unit/store_%,$(UNIT_TESTS))

stores: $(STORE_TESTS)
	@for test in $(STORE_TESTS); do echo "# $${test##*/}"; $$test || exit 1; done

unit: $(UNIT_TESTS) $(FUZZERS:%=$(OUT)/replay/%)
	@for test in $(UNIT_TESTS); do echo "# $${test##*/}"; $$test || exit 1; done
	@for f in $(FUZZERS); do $(OUT)/replay/$$f t/fuzz/corpus/$$f/* || exit 1; done

t: $(MODULE)
	MODULE=$(MODULE) t/run $(T)

test:
	@t/lib/deps.sh test
	@$(MAKE) --no-print-directory -j$$(nproc) unit
	@$(MAKE) --no-print-directory t

ASAN_MODULE := $(BUILD)/asan/ngx_http_sallyport_module.so

$(ASAN_MODULE): always
	@t/lib/build-module $(BUILD)/asan/nginx $@ "$(NGINX_SRC)" gcc "$(SANITIZE) -g"

ABORT_SECONDS ?= 15

asan: $(ASAN_MODULE)
	@$(MAKE) --no-print-directory -j$$(nproc) unit FLAVOUR=asan
	SANITIZE=1 MODULE=$(ASAN_MODULE) t/run $(T)
	$(if $(T),,SANITIZE=1 MODULE=$(ASAN_MODULE) SECONDS_LOAD=$(ABORT_SECONDS) t/soak/aborts)

tsan:
	@$(MAKE) --no-print-directory -j$$(nproc) stores FLAVOUR=tsan

chaos: $(MODULE)
	MODULE=$(MODULE) t/soak/chaos

valgrind: $(MODULE)
	MODULE=$(MODULE) t/soak/valgrind

interop:
	@t/lib/deps.sh interop
	@$(MAKE) --no-print-directory module
	MODULE=$(MODULE) t/interop/run
	MODULE=$(MODULE) t/interop/tokens
	MODULE=$(MODULE) t/interop/postgresql

tenants: $(MODULE)
	MODULE=$(MODULE) t/soak/tenants

FUZZ_SECONDS ?= 60

$(BUILD)/fuzz/%: t/fuzz/%_fuzz.cpp $(CORE) $(HEADERS)
	@mkdir -p $(@D)
	clang++ -O1 -g $(OWN_CXXFLAGS) -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $< $(CORE) $(LIBS)

fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%)
	@for f in $(FUZZERS); do \
	    mkdir -p $(BUILD)/fuzz/corpus/$$f; \
	    $(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=20000 -timeout=10 -print_final_stats=1 \
	        -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus/$$f t/fuzz/corpus/$$f \
	        >$(BUILD)/fuzz/$$f.log 2>&1 || { tail -n 40 $(BUILD)/fuzz/$$f.log; exit 1; }; \
	    echo "$$f: $$(grep -o 'number_of_executed_units: *[0-9]*' $(BUILD)/fuzz/$$f.log), nothing found"; \
	done

bench: $(MODULE)
	MODULE=$(MODULE) t/bench/run

cache: $(MODULE)
	MODULE=$(MODULE) t/soak/cache

lint: module
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

# --- releases ----------------------------------------------------------------------------------

dist:
	@t/lib/dist $(VERSION) $(BUILD)/sallyport-$(VERSION).tar.gz

# --- installation ------------------------------------------------------------------------------

install: $(MODULE)
	install -D -s -m 644 $(MODULE) $(DESTDIR)$(MODULES_DIR)/ngx_http_sallyport_module.so

clean:
	rm -rf $(BUILD)
