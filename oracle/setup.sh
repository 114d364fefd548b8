#!/usr/bin/env bash
# Assembles FLINK_HOME from the Python wheels of Flink plus the jars in pom.xml. Safe to run again; --force rebuilds.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
[ "${1:-}" = "--force" ] && rm -rf "$FLINK_HOME"
stamp="$(cat "$ORACLE/pom.xml" "$ORACLE/conf/config.yaml" "$ORACLE/setup.sh" | sha256sum | cut -c1-16)"
if [ "$(cat "$FLINK_HOME/.complete" 2>/dev/null)" = "$stamp" ]; then echo "$FLINK_HOME is up to date"; exit 0; fi

rm -f "$FLINK_HOME/.complete"
mkdir -p "$CACHE/wheels" "$FLINK_HOME"
# apache-flink-libraries holds the jars, apache-flink the start scripts and conf files. Neither is installed.
for w in apache-flink-libraries apache-flink; do
  ls "$CACHE/wheels/${w//-/_}-$FLINK_VERSION"-*.whl >/dev/null 2>&1 ||
    python3 -m pip download -q --no-deps --only-binary :all: -d "$CACHE/wheels" "$w==$FLINK_VERSION"
done
python3 - "$CACHE/wheels" "$FLINK_HOME" "$FLINK_VERSION" <<'PY'
import glob, os, sys, zipfile
wheels, home, version = sys.argv[1:]
for name in ("apache_flink_libraries", "apache_flink"):
    with zipfile.ZipFile(glob.glob(f"{wheels}/{name}-{version}-*.whl")[0]) as z:
        for i in z.infolist():
            top, _, rest = i.filename.partition("/")
            if top == "pyflink" and rest.split("/")[0] in ("lib", "opt", "bin", "plugins", "conf", "licenses") and not i.is_dir() and not rest.endswith((".py", ".bat")):
                p = os.path.join(home, rest)
                os.makedirs(os.path.dirname(p), exist_ok=True)
                if os.path.exists(p) and os.path.getsize(p) == i.file_size and p.endswith(".jar"):
                    continue
                with z.open(i) as f, open(p, "wb") as o:
                    while b := f.read(1 << 20):
                        o.write(b)
                if rest.startswith("bin/") and not rest.endswith(".jar"):
                    os.chmod(p, 0o755)
PY
mvn -B -q -f "$ORACLE/pom.xml" package -Dout="$FLINK_HOME"
mkdir -p "$FLINK_HOME/log" "$FLINK_HOME/run"
cp "$ORACLE/conf/config.yaml" "$FLINK_HOME/conf/config.yaml"
echo "$stamp" > "$FLINK_HOME/.complete"
echo "$FLINK_HOME ready: $(ls "$FLINK_HOME/lib" | wc -l) jars in lib, $(ls "$FLINK_HOME/opt" | wc -l) in opt"
