# make demo: environment, weights, one night over the bundled calls, the month closed, results shown.
# make test: the same environment, every check and every test.
PYTHON ?= python3
BIN := .venv/bin
DEMO := demo
STORE := sqlite:///$(DEMO)/callqa.db

.PHONY: demo test check format classifier weights browser clean

demo: weights
	@mkdir -p $(DEMO)
	$(BIN)/callqa run --recordings tests/calls --cdr tests/calls/cdr.csv --store $(STORE) || test $$? -eq 1
	$(BIN)/callqa month 2025-03 --store $(STORE) --feeds tests/feeds/2025-03 --out $(DEMO)/2025-03.xlsx
	$(BIN)/callqa month 2025-03 --store $(STORE) --feeds tests/feeds/2025-03 --standard table2 \
		--out $(DEMO)/2025-03-table2.xlsx
	@test -f $(DEMO)/accounts || { \
		add() { echo "$$4 $$1 $$5" && echo demo-password | $(BIN)/callqa user add $$1 --name $$2 --post $$3 $$6 $$7 \
			--password-stdin --store $(STORE) >/dev/null; }; \
		{ add chen 陈主管 qa_lead 质检主管 "全部通话，终审，签字" && add wang 王芳 qa 质检员 "复核，一审" && \
		add sun 孙丽 team_lead 班组长 "家政二组" --team 家政二组 && add lei 王磊 agent 坐席 "本人通话，申诉" --agent 1003 && \
		add admin 管理员 admin 管理员 "账号，审计"; } > $(DEMO)/accounts || { rm -f $(DEMO)/accounts; exit 1; }; }
	@echo
	@echo "复核台 / The review desk, with this night in it:"
	@echo "  .venv/bin/callqa review --store $(STORE)      http://127.0.0.1:8765"
	@echo "  账号 / accounts (密码 / password: demo-password)"
	@sed 's/^/    /' $(DEMO)/accounts
	@echo
	@echo "接下来可以试试 / Try next (first: export PATH=$$PWD/$(BIN):\$$PATH):"
	@echo "  callqa show D04 --store $(STORE)"
	@echo "  callqa export evaluations --store $(STORE) --out $(DEMO)/evaluations.jsonl"
	@echo "  callqa eval --truth tests/calls --store $(STORE)"
	@echo "  callqa rescore --scorecard kf01 --store $(STORE)"
	@echo "  callqa standard check kf03"
	@echo "  callqa month 2025-03 --standard table2 --against table1 --store $(STORE)"

test: check weights browser
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

classifier: .venv/installed
	$(BIN)/python -m models.classifiers.bundling

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

weights: .venv/installed
	$(BIN)/callqa models fetch --profile cpu

# The tests of the review desk drive a real browser. Without one, and without the right to install one, they are
# skipped, and say so.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		echo "Installing Chromium and a Chinese font for the browser tests ..." && apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; } || \
		echo "!! Chromium is not here and cannot be installed: the browser tests will be skipped."

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned packages into .venv (a few minutes, about 7 GB, most of it torch) ..."
	@$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable ".[dev,notebooks]"
	@touch $@

clean:
	rm -rf .venv $(DEMO) build *.egg-info
