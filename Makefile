# Sallyport's own make; nginx's build does the compiling of the module.

NGINX_SRC   ?= /usr/share/nginx/src
CC          ?= cc
CXX         ?= c++
BUILD       := $(CURDIR)/build
MODULE      := $(BUILD)/ngx_http_sallyport_module.so
PREFIX_MODULES ?= /usr/lib/nginx/modules

SOURCES     := $(sort $(wildcard src/*/*.cpp))
HEADERS     := $(sort $(wildcard src/*/*.hpp))
CORE        := $(filter-out src/ngx/%,$(SOURCES))
FORMATTED   := $(SOURCES) $(HEADERS) $(sort $(wildcard t/unit/*.?pp t/fuzz/*.?pp t/bench/control/*.?pp))

# For code that nginx does not compile: unit tests and fuzz targets.
CXXFLAGS    ?= -O1 -g
OWN_CXXFLAGS := -std=c++20 -Wall -Wextra -Werror -iquote src -iquote t/unit -iquote t/fuzz
LIBS        := -lcrypto -ljansson

.DEFAULT_GOAL := help
.PHONY: help deps module demo test unit t bench fuzz asan valgrind lint install clean

help:
	@echo "make deps      install what building and testing need (Debian; sudo when not root)"
	@echo "make module    build/ngx_http_sallyport_module.so, against the distribution's nginx"
	@echo "               (NGINX_SRC=dir: against any nginx source tree; CC=clang works as well)"
	@echo "make demo      a walk through the main job on a real nginx (ONCE=1: then exit)"
	@echo "make test      everything that must hold: unit tests, t/*.t, recorded fuzz inputs"
	@echo "make unit      the unit tests alone        make t  the tests against nginx (T=t/roles.t)"
	@echo "make asan      unit tests and t/*.t under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make valgrind  leaks over 100 reloads and 10,000 requests"
	@echo "make fuzz      each fuzz target for SECONDS=60"
	@echo "make bench     throughput beside bare nginx and a control"
	@echo "make lint      clang-format, clang-tidy, dependencies, documentation"
	@echo "make install   copy the module to $(PREFIX_MODULES)"
	@echo "make clean     remove build/"

deps:
	t/lib/deps.sh

# --- the module ------------------------------------------------------------------------------

module: $(MODULE)

$(MODULE): config $(SOURCES) $(HEADERS) t/lib/build-module
	@t/lib/build-module $(BUILD)/nginx $@ "$(NGINX_SRC)" "$(CC)"

install: $(MODULE)
	install -D -m 644 $(MODULE) $(DESTDIR)$(PREFIX_MODULES)/ngx_http_sallyport_module.so

clean:
	rm -rf $(BUILD)
