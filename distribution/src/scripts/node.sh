# Finds and removes what a daemon, its containerd and its tasks leave on the node, when they cannot
# do it themselves any more. To be sourced.
# shellcheck shell=bash

# Where the sockets of shims lie, whatever containerd's own directories are.
readonly SHIM_SOCKETS=/run/containerd/s

# instance_name DIRECTORY: names what a clone in this directory has on the node outside of it. Two
# clones share nothing.
instance_name() {
  echo "taskmanager-$(printf '%s' "$1" | sha256sum | cut -c1-8)"
}

# start_time PID: in clock ticks since boot; nothing if there is no such process. The second field
# of the file, the program's name, may hold spaces and parentheses.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  cut -d' ' -f20 <<<"$stat"
}

# recorded_process FILE: the PID from a file with "PID STARTTIME", if that very process still lives.
recorded_process() {
  local pid started
  [[ -s $1 ]] && read -r pid started <"$1" || return 0
  [[ $(start_time "$pid") != "$started" ]] || is_zombie "$pid" || echo "$pid"
}

is_zombie() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  [[ ${stat##*) } == Z* ]]
}

# children_of PID: PIDs, one a line.
children_of() {
  cat /proc/"$1"/task/*/children 2>/dev/null | tr -s ' ' '\n' | sed '/^$/d'
}

# await SECONDS COMMAND...: runs it until it succeeds; fails when the time is over.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# has_ended PID STARTTIME
has_ended() {
  [[ $(start_time "$1") != "$2" ]] || is_zombie "$1"
}

# end_process PID SECONDS: SIGTERM, and SIGKILL after the time.
end_process() {
  local started
  started=$(start_time "$1")
  [[ -n $started ]] || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  await "$2" has_ended "$1" "$started" && return
  kill -KILL "$1" 2>/dev/null || return 0
  await 10 has_ended "$1" "$started"
}

# processes_with ARGUMENT: PIDs of processes that have exactly this among their arguments. grep gets
# it from a file, not to find itself.
processes_with() {
  local file
  while read -r file; do
    file=${file#/proc/}
    [[ ${file%/cmdline} == "$$" ]] || is_zombie "${file%/cmdline}" || echo "${file%/cmdline}"
  done < <(grep -lszFxf <(printf '%s\n' "$1") /proc/[0-9]*/cmdline)
}

# shims_of SOCKET: "PID SOCKET-FILE" of each shim of the containerd that serves there. The name of a
# shim's socket is a digest of that address, the namespace and the id.
shims_of() {
  local pid arguments namespace id
  for pid in $(processes_with "$1"); do
    mapfile -d '' -t arguments <"/proc/$pid/cmdline" 2>/dev/null || continue
    [[ ${arguments[0]:-} == *containerd-shim* ]] || continue
    namespace=$(value_after -namespace "${arguments[@]}")
    id=$(value_after -id "${arguments[@]}")
    echo "$pid $(shim_socket "$1" "$namespace" "$id")"
  done
}

# shim_socket ADDRESS NAMESPACE ID
shim_socket() {
  echo "$SHIM_SOCKETS/$(printf '%s' "$1/$2/$3" | sha256sum | cut -d' ' -f1)"
}

# value_after NAME ARGUMENT...
value_after() {
  local name=$1
  shift
  while (($# > 1)); do
    [[ $1 != "$name" ]] || {
      echo "$2"
      return
    }
    shift
  done
}

# mounts_below DIRECTORY: mount points at or below it, the last one mounted first.
mounts_below() {
  local point
  while read -r _ _ _ _ point _; do
    point=$(printf '%b' "$point")
    if [[ $point == "$1" || $point == "$1"/* ]]; then
      printf '%s\n' "$point"
    fi
  done </proc/self/mountinfo | tac
}

# remove_unmounted DIRECTORY: removes it with all that is in it, unless something is still mounted
# there: that may be a directory of a user, which a task had.
remove_unmounted() {
  local left
  unmount_below "$1"
  left=$(mounts_below "$1")
  if [[ -n $left ]]; then
    echo "$1 is not removed: these are still mounted in it: $left" >&2
    return 1
  fi
  rm -rf "$1"
}

unmount_below() {
  local point
  while read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point" || true
  done < <(mounts_below "$1")
}

# cgroup_directories PATH: where a cgroup lies, in each hierarchy that has it.
cgroup_directories() {
  local root
  while read -r root; do
    [[ ! -d $root$1 ]] || echo "$root$1"
  done < <(awk '/ - cgroup2? / { print $5 }' /proc/self/mountinfo | sort -u)
}

# cgroup_processes PATH: PIDs in a cgroup and below.
cgroup_processes() {
  local directory
  while read -r directory; do
    find "$directory" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done < <(cgroup_directories "$1") | sort -un
}

# kill_cgroup PATH: kills what is in it until nothing is, as it may fork meanwhile.
kill_cgroup() {
  await 20 cgroup_is_killed "$1"
}

cgroup_is_killed() {
  local processes
  mapfile -t processes < <(cgroup_processes "$1")
  ((${#processes[@]} > 0)) || return 0
  kill -KILL "${processes[@]}" 2>/dev/null || true
  return 1
}

# remove_cgroup PATH: with all below it; they must be empty. The kernel may still be taking leave
# of the last process.
remove_cgroup() {
  await 10 cgroup_is_removed "$1"
}

cgroup_is_removed() {
  local directory
  while read -r directory; do
    find "$directory" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done < <(cgroup_directories "$1")
  [[ -z $(cgroup_directories "$1") ]]
}
