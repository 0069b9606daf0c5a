# Every target works in a fresh clone: the first makes the environment. Windows users: see CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
STAMP := $(VENV)/.installed
export PATH := $(BIN):$(PATH)
export PYTHONHASHSEED := 0

.PHONY: help system pango report review test test-slow test-ci check dvc bench bench-masking bench-quality bench-quality-quick bench-evidence bench-proposals bench-sides bench-review bench-waves bench-encoder bench-speed bench-speed-quick compare-statistics screenshots clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

report: pango  ## install, run the pipeline on the sample survey, say where the reports are
	@themebook check
	dvc repro
	@echo "internal report: $(CURDIR)/reports/internal/themes.html  (codes and figures: report.xlsx beside it)"
	@echo "public report:   $(CURDIR)/reports/public/themes.html    (report.pdf, report.docx and figures.xlsx beside it)"

review: $(STAMP)  ## open the review page on what the last run made (REVIEWER=name: who decides)
	@themebook review $(if $(REVIEWER),--reviewer $(REVIEWER))

# What the PDF and the tests need beside Python: installed where that may be done, named in one line where it may not.
# Debian's names; PDF: pango, tests in a browser: chromium, the Word document opened: LibreOffice, pictures: poppler.
NEEDED = chromium:chromium libreoffice-writer-nogui:soffice poppler-utils:pdftoppm
pango: $(STAMP)
	@python -c "import weasyprint" >/dev/null 2>&1 || $(call fetch,libpangoft2-1.0-0 fonts-liberation)

system: pango
	@for each in $(NEEDED); do command -v $${each#*:} >/dev/null || $(call fetch,$${each%%:*}); done

define fetch
{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >/dev/null; } \
  || echo "This machine lacks $(1), which could not be installed here: apt-get install $(1)"
endef

# Two tests run at a time; were each to start as many threads as there are cores, they would wait for each other.
test test-slow test-ci: export OMP_NUM_THREADS := 1

test: system  ## all tests but the slow ones; installs chromium, LibreOffice and poppler where it may
	pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not slow"

test-slow: system  ## whole runs on the real surveys
	pytest -n 2 --dist loadscope --no-loadscope-reorder -m slow

# All slow tests take longer than CI may: a real survey whole, the walks of the reviewer
# and of the report's text with their runs, kills, a release, barriers of the page in every scheme and size.
test-ci: system  ## the slow tests that CI has time for
	pytest -n 2 --dist loadscope --no-loadscope-reorder -m slow -k "(test_real and spack_survey) or every_act_holds or hundred_kills or release_survives or test_report_walk or no_barrier_in_any or test_shards"

check: $(STAMP)  ## style, types, import direction, dvc.yaml as generated
	ruff check pipeline tests benchmarks
	ruff format --check pipeline tests benchmarks
	mypy
	lint-imports
	@python -m pipeline.project.graph && git diff --exit-code --stat dvc.yaml

dvc: $(STAMP)  ## write dvc.yaml anew after a stage's imports changed
	python -m pipeline.project.graph

bench: bench-masking bench-quality bench-evidence bench-proposals bench-sides bench-review bench-waves bench-encoder  ## every benchmark

bench-masking: $(STAMP)  ## masking of personal data on the real surveys
	python benchmarks/masking/run.py

bench-quality: $(STAMP)  ## coding, candidates and quotes beside their peers, about an hour (DATA=folder: another survey)
	python benchmarks/quality/run.py $(DATA)

bench-quality-quick: $(STAMP)  ## the same with few draws and peers
	python benchmarks/quality/run.py $(DATA) --quick

bench-evidence: $(STAMP)  ## shares and their intervals over 3,000 draws of gold: coverage, width, bias, about 20 minutes (DATA=folder)
	python benchmarks/evidence/run.py $(DATA)

bench-waves: $(STAMP)  ## what is new: codes taken out and found again, false alarms, about 20 minutes (DATA=folder)
	python benchmarks/waves/run.py $(DATA)

bench-proposals: $(STAMP)  ## units that propose something, against 300 read ones, beside two peers, a minute (DATA=folder of surveys)
	python benchmarks/proposals/run.py $(DATA)

bench-sides: $(STAMP)  ## answers that read like the other side of their rating, against 200 read ones, two minutes (DATA=folder)
	python benchmarks/sides/run.py $(DATA)

bench-speed: $(STAMP)  ## seconds and memory of every stage at 270 to 1,000,000 answers, beside BERTopic, hours (ARGS="--sizes 270,5000")
	python benchmarks/speed/run.py $(ARGS)

bench-speed-quick: $(STAMP)  ## the same at 270 and 5,000 answers, under five minutes
	python benchmarks/speed/run.py --quick $(ARGS)

bench-review: $(STAMP)  ## keys and words of coding a question by keyboard, in Chromium; after make report (DATA=folder: another project)
	python benchmarks/review/keys.py $(DATA)

bench-encoder: $(STAMP)  ## the encoder beside sentence-transformers: rate, likeness, share of the peak, ten minutes (DATA=folder of surveys, QUICK=1)
	python benchmarks/encoder/run.py $(DATA) $(if $(QUICK),--quick)

# Expected values for the tests; a stranger's packages would disturb ours, so each environment is thrown away.
compare-statistics: $(STAMP)  ## every statistic beside independent implementations, to 1e-6 (installs them aside, two minutes)
	python benchmarks/statistics/run.py

screenshots: system  ## pictures of the sample's report for the README; after make report
	python benchmarks/report/screenshots.py

clean:  ## remove the environment and everything the pipeline made
	rm -rf $(VENV) data/responses data/units data/embeddings data/candidates data/coded models/coder reports/internal reports/public
