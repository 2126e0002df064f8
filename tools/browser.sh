#!/bin/sh
# Finds the Chromium that tests/browser drives, or installs one: from the system's packages where
# that is allowed, else by Playwright.
set -eu

found() {
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		if command -v "$name" >/dev/null 2>&1; then return 0; fi
	done
	python - <<-'END' 2>/dev/null
	import os, sys
	from playwright.sync_api import sync_playwright
	with sync_playwright() as playwright:
	    sys.exit(not os.path.exists(playwright.chromium.executable_path))
	END
}

if found; then exit 0; fi
echo "no Chromium found; installing one for the tests of the page ..." >&2

if command -v apt-get >/dev/null 2>&1; then
	root=""
	if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
	if [ -z "$root" ] || $root true 2>/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		{ $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } \
			>/dev/null 2>&1 || true
	fi
fi
if found; then exit 0; fi

playwright install chromium >/dev/null 2>&1 || true
if found; then exit 0; fi

echo "The tests of the page need Chromium, and none could be installed: put chromium (or google-chrome)" >&2
echo "on PATH, or run 'playwright install chromium', and call make again." >&2
exit 2
