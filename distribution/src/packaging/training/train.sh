#!/bin/sh
# Makes taskd.jsa and taskctl.jsa for a package: archives of the classes that the programs load in
# a short rehearsal, which the JVM then maps instead of loading them from JARs.
# Arguments: the package, the home of a JDK of the same version as its runtime, and the directory
# to put the archives in.
set -eu
# In a mount namespace of its own: the daemon makes mounts when it starts.
if [ -z "${REHEARSAL_APART-}" ]; then
  REHEARSAL_APART=1
  export REHEARSAL_APART
  if [ "$(id -u)" = 0 ]; then
    exec unshare --mount "$0" "$@"
  fi
  exec unshare --user --map-root-user --mount "$0" "$@"
fi
package=$1
jdk=$2
archives=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=
finish() {
  for pid in $pids; do
    kill "$pid" 2>/dev/null || true
  done
  wait
  umount "$work/run/netns" "$work/run/volumes" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

await() {
  tries=0
  until [ -S "$1" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ]; then
      echo "nothing serves $1" >&2
      cat "$work/log" >&2
      exit 1
    fi
    sleep 0.1
  done
}

dump() {
  classpath=$(sed -n 's/^-cp //p' "$package/lib/$1.options")
  # Repeated lines are classes that several runs loaded. Newer JDKs number them, each run anew; what
  # has a source is of a class loader of its own and cannot go without its number.
  cat "$work/$1".*.list | sed '/ source: /d; s/ id: [0-9]*$//' | awk '!seen[$0]++' >"$work/$1.list"
  "$package/runtime/bin/java" -Xshare:dump -Xlog:disable -Xlog:all=error:stderr \
    "-XX:SharedClassListFile=$work/$1.list" "-XX:SharedArchiveFile=$archives/$1.jsa" \
    -cp "$classpath" 9<"$package" >"$work/dump.log" 2>&1 || {
    cat "$work/dump.log" >&2
    exit 1
  }
}

export TASKMANAGER_SOCKET="$work/run/taskd.sock"
"$jdk/bin/java" -cp "$package/lib/*" "$here/SilentContainerd.java" "$work/containerd.sock" \
  >"$work/log" 2>&1 &
pids="$pids $!"
cat >"$work/taskd.yaml" <<YAML
stateDirectory: $work/state
runtimeDirectory: $work/run
containerd: {mode: external, socket: $work/containerd.sock}
policy: {directories: [$work]}
YAML
mkdir -p "$work/root/bin"
cat >"$work/task.yaml" <<YAML
name: rehearsal
root: {directory: root}
command: [/bin/true]
env: {KEY: value}
resources: {memory: 32MiB, cpus: 0.5}
YAML
sed 's/directory: root/image: absent/' "$work/task.yaml" >"$work/absent-image.yaml"
await "$work/containerd.sock"
TASKD_JAVA_OPTIONS="-XX:DumpLoadedClassList=$work/taskd.1.list" \
  "$package/bin/taskd" --config "$work/taskd.yaml" 2>>"$work/log" &
daemon=$!
pids="$pids $daemon"
await "$TASKMANAGER_SOCKET"
run=0
while read -r line; do
  run=$((run + 1))
  # Some of these fail, as nothing may be made on the machine that builds: what counts is what
  # they load.
  # shellcheck disable=SC2086 # words of a command line
  TASKCTL_JAVA_OPTIONS="-XX:DumpLoadedClassList=$work/taskctl.$run.list" \
    "$package/bin/taskctl" $line >>"$work/log" 2>&1 || true
done <<COMMANDS
version
list
list -o json
inspect rehearsal
render $work/task.yaml
run $work/absent-image.yaml
apply --dry-run $work/task.yaml
COMMANDS
kill "$daemon"
wait "$daemon" || true
dump taskd
dump taskctl
