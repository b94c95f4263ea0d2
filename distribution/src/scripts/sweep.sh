# Removes what killed tests left on the node. To be sourced, after node.sh.
# shellcheck shell=bash

# processes_naming TEXT: PIDs of processes with it somewhere on their command lines, but for this
# shell and what it descends from.
processes_naming() {
  local file pid mine
  mine=" $(ancestors "$BASHPID") "
  while read -r file; do
    pid=${file#/proc/}
    pid=${pid%/cmdline}
    [[ $mine == *" $pid "* ]] || is_zombie "$pid" || echo "$pid"
  done < <(grep -lsFf <(printf '%s\n' "$1") /proc/[0-9]*/cmdline)
}

ancestors() {
  local pid=$1
  while ((pid > 1)); do
    echo "$pid"
    pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
  done | tr '\n' ' '
}

# task_cgroup PID: the cgroup of the task that a shim looks after. It bears the task's name, which
# tells it from that of a runc at work, which is in the cgroup of whoever started the tests.
task_cgroup() {
  local arguments id child path
  mapfile -d '' -t arguments <"/proc/$1/cmdline" 2>/dev/null || return 0
  id=$(value_after -id "${arguments[@]}")
  for child in $(children_of "$1"); do
    path=$(awk -F: '$2 ~ /(^|,)memory(,|$)/ || $1 == "0" && $3 != "/" { print $3; exit }' \
      "/proc/$child/cgroup" 2>/dev/null) || continue
    if [[ -n $id && ${path##*/} == "$id" ]]; then
      echo "$path"
      return
    fi
  done
}

# sweep DIRECTORY: ends daemons, containerds and tasks that were started with files in it, and
# removes it.
sweep() {
  local directory=$1 pid cgroup shims=() others=() cgroups=() count=0
  # First: a daemon starts its containerd again.
  for pid in $(processes_naming "$directory/"); do
    if ! program_of "$pid" | grep -q containerd; then
      end_process "$pid" 5
      count=$((count + 1))
    fi
  done
  for pid in $(processes_naming "$directory/"); do
    if program_of "$pid" | grep -q containerd-shim; then
      shims+=("$pid")
    else
      others+=("$pid")
    fi
  done
  for pid in "${others[@]}"; do
    end_process "$pid" 5
    count=$((count + 1))
  done
  for pid in "${shims[@]}"; do
    cgroups+=("$(task_cgroup "$pid")")
    remove_shim_socket "$pid"
    kill -KILL "$pid" 2>/dev/null || true
    count=$((count + 1))
  done
  for cgroup in "${cgroups[@]}"; do
    if [[ -n $cgroup ]]; then
      kill_cgroup "$cgroup"
      remove_cgroup "$cgroup"
      remove_if_empty "${cgroup%/*}"
    fi
  done
  remove_unmounted "$directory"
  ((count == 0)) && echo "say: none" || echo "say: ended $count processes of an earlier run"
}

# program_of PID: what was started, nothing if it has ended.
program_of() {
  tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | head -n 1
}

# remove_if_empty CGROUP
remove_if_empty() {
  local directory
  [[ -n $1 ]] || return 0
  while read -r directory; do
    rmdir "$directory" 2>/dev/null || true
  done < <(cgroup_directories "$1")
}

remove_shim_socket() {
  local arguments address
  mapfile -d '' -t arguments <"/proc/$1/cmdline" 2>/dev/null || return 0
  address=$(value_after -address "${arguments[@]}")
  rm -f "$(shim_socket "$address" "$(value_after -namespace "${arguments[@]}")" \
    "$(value_after -id "${arguments[@]}")")"
}
