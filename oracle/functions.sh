#!/usr/bin/env bash
# functions.sh [--config k=v] [--columns "a INT" --row '[1]'] [EXPR...]   evaluate scalar expressions (else one per line of stdin)
set -- functions "$@"
. "$(dirname "${BASH_SOURCE[0]}")/run.sh"
