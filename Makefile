# A plain front for Meson: `make help`.
BUILD  ?= build
ARGS   ?=
export PATH := $(PATH):/usr/sbin:/sbin

help:
	@echo 'make run     install what is missing, build, and start the portal with demo data'
	@echo 'make test    install what is missing, build, and run every test'
	@echo 'make check   build and run the quick tests: style and units'
	@echo 'make build   compile into build/'
	@echo 'make asan    compile into build-asan/, with the address and undefined-behaviour sanitizers'
	@echo 'make bench   measure, beside other programs in the same run'
	@echo 'make rows    which acceptance rows the last full `make test` proved'
	@echo 'make fuzz    fuzz every target (SECONDS=60 each)'
	@echo 'make editors fetch the optional editors bpmn-js and dmn-js into var/editors'
	@echo 'make ui      build the styles, scripts and fonts of ui/dist anew'
	@echo 'make clean   remove what was built'

run: setup-build build
	@./$(BUILD)/diwan demo cases --if-new --pack=packs/bahrain $(ARGS)
	./$(BUILD)/diwan serve --demo --pack=packs/bahrain $(ARGS)

build: configured
	ninja -C $(BUILD) diwan

asan: configured-asan
	ninja -C build-asan

test: setup-test tests-built
	@tools/run_tests $(ARGS)

check: configured
	ninja -C $(BUILD) all tests
	@tools/run_tests style unit

tests-built: configured configured-asan
	ninja -C $(BUILD) all tests
	ninja -C build-asan all tests

setup-build:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh build test

setup-bench:
	@tools/setup.sh build bench

# Meson finds the sources when it configures: again when files came or went.
define configure
	@mkdir -p $(1) && find src tests/unit tests/bench -name '*.c' | sort >$(1)/.sources.new && \
	if ! [ -f $(1)/build.ninja ]; then meson setup $(1) $(2) >$(1)/.meson || { cat $(1)/.meson; exit 1; }; \
	elif ! cmp -s $(1)/.sources.new $(1)/.sources; then \
		meson setup --reconfigure $(1) >$(1)/.meson || { cat $(1)/.meson; exit 1; }; fi && \
	mv $(1)/.sources.new $(1)/.sources
endef

configured:
	$(call configure,$(BUILD),-Dbuildtype=debugoptimized)

configured-asan:
	$(call configure,build-asan,-Dwerror=false -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address$(comma)undefined)

comma := ,

rows:
	@tools/rows

bench: setup-bench build
	@tests/bench/run.sh $(ARGS)

fuzz:
	@for t in tests/fuzz/fuzz_*.c; do n=$${t##*/fuzz_}; tests/fuzz/run.sh $${n%.c} $(or $(SECONDS),60) || exit 1; done

ui:
	cd ui/build && npm ci --no-audit --no-fund && npm run build

editors:
	@tools/editors.sh

clean:
	rm -rf $(BUILD) build-asan build-fuzz

.PHONY: configured configured-asan help run build asan test check tests-built setup-build setup-test setup-bench rows bench fuzz editors ui clean
