#!/usr/bin/env bash
# slt.sh [--update] [--mode straight|checkpoint|restart] [--json OUT] [--timeout S] [--quiet] FILE_OR_DIR...   judges .slt files by Flink
[ $# -gt 0 ] || { sed -n 2p "$0"; exit 3; }
. "$(dirname "${BASH_SOURCE[0]}")/run.sh"
