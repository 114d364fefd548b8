#!/usr/bin/env bash
# A local Flink cluster: JobManager, TaskManager and SQL Gateway, all on 127.0.0.1.
#   cluster.sh start|stop|restart|status|env|sql-client [ARGS]
# Overrides: REST_PORT (8081) GATEWAY_PORT (8083) RPC_PORT (6123) SLOTS (4) TM_MEMORY (3g) JM_MEMORY (1200m) PARALLELISM (1)
# MANAGED_FRACTION (0.1), EXTRA_CONF: further lines for config.yaml, "key: value". Two clusters may run side by side when
# their ports differ; each has its own run folder and pid files.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need_home
REST_PORT="${REST_PORT:-8081}" GATEWAY_PORT="${GATEWAY_PORT:-8083}" RPC_PORT="${RPC_PORT:-6123}"
RUN="$FLINK_HOME/run/$REST_PORT"
export FLINK_CONF_DIR="$RUN/conf" FLINK_PID_DIR="$RUN/pids" FLINK_LOG_DIR="$RUN/log"
export HADOOP_CLASSPATH="" FLINK_ENV_JAVA_OPTS_CLI="${FLINK_ENV_JAVA_OPTS_CLI:-}"
unset HADOOP_CONF_DIR HADOOP_HOME HBASE_CONF_DIR 2>/dev/null || true

configure() {
  mkdir -p "$FLINK_CONF_DIR" "$FLINK_PID_DIR" "$FLINK_LOG_DIR"
  cp "$FLINK_HOME"/conf/*.properties "$FLINK_CONF_DIR/"
  # Its processes leave copies of jars in their temporary folder.
  rm -rf "$RUN/tmp" && mkdir -p "$RUN/tmp"
  # The file is nested YAML with one "port:" per section, told apart by their defaults.
  sed -e "s/port: 6123/port: $RPC_PORT/; s/port: 8081/port: $REST_PORT/; s/port: 8083/port: $GATEWAY_PORT/" \
      -e "s/numberOfTaskSlots: .*/numberOfTaskSlots: ${SLOTS:-4}/; s/size: 3g/size: ${TM_MEMORY:-3g}/; s/size: 1200m/size: ${JM_MEMORY:-1200m}/" \
      -e "s|all: --add|all: -Djava.io.tmpdir=$RUN/tmp --add|" \
      -e "s/fraction: 0.1\$/fraction: ${MANAGED_FRACTION:-0.1}/" \
      -e "s/default: 1\$/default: ${PARALLELISM:-1}/" "$ORACLE/conf/config.yaml" > "$FLINK_CONF_DIR/config.yaml"
  [ -z "${EXTRA_CONF:-}" ] || printf '%s\n' "$EXTRA_CONF" >> "$FLINK_CONF_DIR/config.yaml"
}

http() { python3 -c 'import sys,urllib.request as u;print(u.urlopen(sys.argv[1],timeout=2).read().decode())' "$1" 2>/dev/null; }
slots() { http "http://127.0.0.1:$REST_PORT/overview" | python3 -c 'import json,sys;print(json.load(sys.stdin)["slots-total"])' 2>/dev/null || echo 0; }
gateway() { http "http://127.0.0.1:$GATEWAY_PORT/v3/info" || true; }

pids() { cat "$FLINK_PID_DIR"/*.pid 2>/dev/null | while read -r p; do kill -0 "$p" 2>/dev/null && echo "$p"; done || true; }

status() {
  echo "jobmanager  http://127.0.0.1:$REST_PORT    slots $(slots)"
  echo "sql-gateway http://127.0.0.1:$GATEWAY_PORT/v3  $(gateway)"
  echo "pids        $(pids | tr '\n' ' ')"
  echo "logs        $FLINK_LOG_DIR"
}

start() {
  if [ -n "$(pids)" ]; then echo "already running"; status; return; fi
  configure
  "$FLINK_HOME/bin/jobmanager.sh" start > "$RUN/start.log" 2>&1
  "$FLINK_HOME/bin/taskmanager.sh" start >> "$RUN/start.log" 2>&1
  "$FLINK_HOME/bin/sql-gateway.sh" start >> "$RUN/start.log" 2>&1
  for _ in $(seq 240); do
    if [ "$(slots)" -gt 0 ] && [ -n "$(gateway)" ]; then status; return; fi
    sleep 0.25
  done
  echo "did not come up in time; see $FLINK_LOG_DIR" >&2; status; exit 1
}

stop() {
  for s in sql-gateway taskmanager jobmanager; do "$FLINK_HOME/bin/$s.sh" stop >/dev/null 2>&1 || true; done
  for _ in $(seq 80); do [ -z "$(pids)" ] && break; sleep 0.25; done
  local left; left="$(pids)"
  [ -n "$left" ] && kill -9 $left
  rm -f "$FLINK_PID_DIR"/*.pid
  rm -rf "$RUN/tmp"
  echo "stopped"
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) status; [ "$(slots)" -gt 0 ] && [ -n "$(gateway)" ] ;;
  env) echo "export FLINK_HOME=$FLINK_HOME FLINK_CONF_DIR=$FLINK_CONF_DIR GATEWAY=http://127.0.0.1:$GATEWAY_PORT" ;;
  sql-client) shift; [ -f "$FLINK_CONF_DIR/config.yaml" ] || configure; exec "$FLINK_HOME/bin/sql-client.sh" "$@" ;;
  *) sed -n 2,6p "$0"; exit 3 ;;
esac
