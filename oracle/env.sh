# Sourced by every script here: where Flink is, and the JVM flags Flink needs on Java 17.
ORACLE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
FLINK_VERSION=2.3.0
CACHE="${HEADWATER_FLINK_CACHE:-$HOME/.cache/headwater-flink}"
export FLINK_HOME="${FLINK_HOME:-$CACHE/flink-$FLINK_VERSION}"
JAVA_BIN="${JAVA_HOME:+$JAVA_HOME/bin/}java"
JAVAC_BIN="${JAVA_HOME:+$JAVA_HOME/bin/}javac"
JAVA_OPENS=()
for p in java.lang java.lang.reflect java.net java.io java.nio java.text java.time java.util \
         java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch; do
  JAVA_OPENS+=("--add-opens=java.base/$p=ALL-UNNAMED")
done

need_home() {
  [ -f "$FLINK_HOME/.complete" ] || { echo "no Flink at FLINK_HOME; run $ORACLE/setup.sh first" >&2; exit 3; }
}
