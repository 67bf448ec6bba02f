#!/bin/sh
# The engineers' door to Google Cloud: ./deploy.sh [doctor|cost|teardown] [options] PROJECT
# Needs gcloud and Python 3.11 or later, and nothing else of Python's.
set -eu
root=$(CDPATH='' cd -P "$(dirname "$0")" && pwd -P)
for python in python3.12 python3.13 python3.11 python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        cd "$root"
        PYTHONPATH="$root" exec "$python" -P -m deploy "$@"
    fi
done
echo "deploy.sh needs Python 3.11 or later on PATH: https://www.python.org/downloads/" >&2
exit 1
