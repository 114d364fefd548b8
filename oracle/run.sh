# Sourced: compiles if needed and becomes the oracle's JVM with the arguments given.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need_home
classes="$("$ORACLE/build.sh")"
lib=""
# Only what SQL itself needs; connectors stay out so that the JVM starts fast.
for j in flink-dist flink-table-api-java-uber flink-table-planner-loader flink-table-runtime flink-cep flink-json flink-csv flink-connector-files flink-sql-avro-2 log4j-api log4j-core log4j-slf4j-impl; do
  for f in "$FLINK_HOME/lib/$j"*.jar; do lib="$lib:$f"; done
done
# Flink leaves a copy of its planner behind, 46 MB a run: each process has a folder for it, and clears those of the dead.
scratch="$FLINK_HOME/run/scratch"
mkdir -p "$scratch/$$"
for old in "$scratch"/*; do kill -0 "${old##*/}" 2>/dev/null || rm -rf "$old"; done
# Our classes come first: three of them stand in front of classes of Flink.
exec "$JAVA_BIN" -Djava.io.tmpdir="$scratch/$$" -Xmx"${ORACLE_HEAP:-3g}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Dlog4j2.level=OFF -Dlog4j.configurationFile="$ORACLE/conf/log4j-oracle.properties" \
  "${JAVA_OPENS[@]}" -cp "$classes$lib" headwater.oracle.Main "$@"
