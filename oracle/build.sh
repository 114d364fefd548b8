#!/usr/bin/env bash
# Compiles the Java sources against FLINK_HOME and prints the folder of the classes. The folder carries a hash of the
# sources, so checkouts with different sources can run side by side; --force compiles anyway.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need_home
SRC="$ORACLE/src"
stamp="$( (echo "$FLINK_HOME"; cd "$SRC"; find . -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum | cut -c1-16)"
OUT="$CACHE/oracle-classes/$stamp"
if [ "${1:-}" = "--force" ] || [ ! -d "$OUT" ]; then
  new="$OUT.$$"
  rm -rf "$new"; mkdir -p "$new"
  "$JAVAC_BIN" -nowarn -proc:none -Xlint:none --release 17 -d "$new" -cp "$FLINK_HOME/lib/*" $(find "$SRC" -name '*.java') 2> "$new.log" ||
    { cat "$new.log" >&2; rm -rf "$new" "$new.log"; exit 3; }
  cp -r "$SRC/META-INF" "$new/"
  rm -rf "$OUT" "$new.log"
  mv -T "$new" "$OUT" 2>/dev/null || rm -rf "$new" # another build came first
fi
echo "$OUT"
