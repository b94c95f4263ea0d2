# The stages of verify that use a clone as its user would. To be sourced, after node.sh; $COPY is
# the clone.
# shellcheck shell=bash disable=SC2154

quickstart_stages() {
  stage quickstart first_run "$COPY"
  stage again second_run "$COPY"
  stage down tidy_down "$COPY"
  stage broken broken_down "$COPY"
}

# expect WHAT COMMAND...: fails with a sentence.
expect() {
  local what=$1
  shift
  if ! "$@"; then
    echo "not so: $what"
    return 1
  fi
  echo "so: $what"
}

# task COPY NAME FILTER: from what taskctl tells of a task.
task() {
  taskctl_of "$1" list -o json | jq -r --arg name "$2" ".[] | select(.name == \$name) | $3"
}

taskctl_of() {
  local clone=$1
  shift
  timeout 60 "$clone/distribution/target/taskmanager/bin/taskctl" --socket "$(socket_of "$clone")" \
    "$@" </dev/null
}

socket_of() {
  sed -n 's/^socket: "\(.*\)"/\1/p' "$1/.taskmanager/taskd.yaml"
}

first_run() {
  local clone=$1 pid limit
  "$clone/quickstart" | tee "$LOGS/quickstart.txt"
  limit=$(task "$clone" web '.memory.limitBytes')
  pid=$(task "$clone" web '.pid')
  expect "web is running" [ "$(task "$clone" web .state)" = RUNNING ]
  expect "its anchor lives" [ -d "/proc/$pid" ]
  expect "it serves what its variable says" [ "$(page_of_web "$pid")" = "Hello from a task." ]
  expect "its limit is what it asked for and the tax" \
    [ "$limit" = "$(task "$clone" web '.memory.askedBytes + .memory.taxBytes')" ]
  expect "the kernel holds it to that" [ "$limit" = "$(memory_limit "$pid")" ]
  expect "hello exited 0" [ "$(task "$clone" hello '.state + " " + (.exitCode | tostring)')" = "STOPPED 0" ]
  expect_machine "$clone"
  expect_jar "$clone"
  expect_foreign "$clone"
  expect "the table shows the anchor" grep -Eq "^web .* $pid " "$LOGS/quickstart.txt"
  echo "say: a fresh clone, built, with $(taskctl_of "$clone" list -o json | jq length) tasks"
}

expect_machine() {
  local pid limit
  pid=$(task "$1" vm .pid)
  limit=$(task "$1" vm '.memory.askedBytes + .memory.taxBytes')
  expect "the anchor of vm is QEMU" grep -q /qemu-system- <<<"$(readlink "/proc/$pid/exe")"
  expect "the table shows it" grep -Eq "^vm +qemu +RUNNING +$pid " "$LOGS/quickstart.txt"
  expect "the kernel holds it to the guest's memory and the tax" \
    [ "$limit" = "$(memory_limit "$pid")" ]
  expect "the guest tells of its own kernel, CPUs and memory" await 120 report_of_guest "$1"
}

expect_jar() {
  local pid
  pid=$(task "$1" jar .pid)
  expect "the anchor of jar is a JVM" grep -q /java <<<"$(readlink "/proc/$pid/exe")"
  expect "the table shows it" grep -Eq "^jar +jvm +RUNNING +$pid " "$LOGS/quickstart.txt"
  expect "it has its arguments, a heap and a CPU" await 60 report_of "$1" jar \
    '^Java 17, heap [34][0-9] MiB, 1 CPUs, PID 1$'
}

# On a node of another architecture the anchor is the program itself.
expect_foreign() {
  local pid
  pid=$(task "$1" arm .pid)
  expect "the table shows arm" grep -Eq "^arm +cross-arch +RUNNING +$pid " "$LOGS/quickstart.txt"
  expect "it is on arm64" await 60 report_of "$1" arm '^I am PID 1 on aarch64$'
}

# report_of CLONE TASK PATTERN: whether it wrote such a line.
report_of() {
  taskctl_of "$1" logs "$2" | grep -E "$3"
}

report_of_guest() {
  taskctl_of "$1" logs vm | grep -E "^kernel [0-9.]+-[0-9]+-cloud-[a-z0-9]+, 2 CPUs, MemTotal: +([89]|1[0-2])[0-9]{4} kB"
}

# Asked from outside of its file system; it may take a moment until the server listens.
page_of_web() {
  local deadline=$((SECONDS + 30))
  # shellcheck disable=SC2016 # for the inner shell
  until nsenter -t "$1" -n bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080 &&
    printf "GET / HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3' 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

memory_limit() {
  local path
  path=$(awk -F: '$2 == "memory" { print $3 }' "/proc/$1/cgroup")
  if [[ -n $path ]]; then
    cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes"
  else
    cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/memory.max"
  fi
}

second_run() {
  local clone=$1 pid machine start seconds
  pid=$(task "$clone" web .pid)
  machine=$(task "$clone" vm .pid)
  taskctl_of "$clone" stop counter
  kill -KILL "$(recorded_process "$clone/.taskmanager/taskd.pid")"
  start=$SECONDS
  "$clone/quickstart"
  seconds=$((SECONDS - start))
  expect "the stopped task runs again" [ "$(task "$clone" counter .state)" = RUNNING ]
  expect "the other task went on, without the daemon" [ "$(task "$clone" web .pid)" = "$pid" ]
  expect "and so did the virtual machine" [ "$(task "$clone" vm .pid)" = "$machine" ]
  echo "say: in $seconds s, with the daemon killed and a task stopped before"
}

tidy_down() {
  expect_no_traces_after "$1" "$1/quickstart" --down
  echo "say: no trace is left"
}

broken_down() {
  local clone=$1 shim
  "$clone/quickstart"
  kill -KILL "$(recorded_process "$clone/.taskmanager/taskd.pid")"
  kill -KILL "$(recorded_process "$(runtime_of "$clone")/containerd/containerd.pid")"
  read -r shim _ < <(shims_of "$(containerd_of "$clone")")
  kill -KILL "$shim"
  expect_no_traces_after "$clone" "$clone/quickstart" --down
  echo "say: no trace is left after daemon, containerd and a shim were killed"
}

runtime_of() {
  dirname "$(socket_of "$1")"
}

containerd_of() {
  echo "$(runtime_of "$1")/containerd/containerd.sock"
}

# expect_no_traces_after COPY COMMAND...: remembers what belongs to the tasks, runs the command,
# and looks for all of it.
expect_no_traces_after() {
  local clone=$1 name runtime namespaces sockets processes
  shift
  name=$(instance_name "$clone")
  runtime=$(runtime_of "$clone")
  processes=$(identities "/$name" "$clone")
  namespaces=$(awk '{ print $1 }' <<<"$processes" | network_namespaces)
  sockets=$(shims_of "$(containerd_of "$clone")" | cut -d' ' -f2)
  expect "there are processes, to be gone later" [ -n "$processes" ]
  expect "there are network namespaces, to be gone later" [ -n "$namespaces" ]
  "$@"
  expect "every process has ended" [ -z "$(still_alive <<<"$processes")" ]
  expect "no process names the clone" [ -z "$(processes_naming "$clone/.taskmanager")" ]
  expect "no network namespace is left" [ -z "$(still_there <<<"$namespaces")" ]
  expect "no socket of a shim is left" [ -z "$(existing <<<"$sockets")" ]
  expect "nothing is mounted" [ -z "$(grep -F -e "$clone" -e "$runtime/" /proc/self/mountinfo)" ]
  expect "no cgroup is left" [ -z "$(find /sys/fs/cgroup -type d -path "*$name*")" ]
  expect "no file is left" [ ! -e "$clone/.taskmanager" ] && expect "nor in /run" [ ! -e "$runtime" ]
}

# identities CGROUP COPY: "PID STARTTIME" of the processes of tasks, and of what runs them.
identities() {
  local pid
  {
    cgroup_processes "$1"
    processes_naming "$2/.taskmanager"
  } | sort -un | while read -r pid; do
    echo "$pid $(start_time "$pid")"
  done
}

still_alive() {
  local pid started
  while read -r pid started; do
    has_ended "$pid" "$started" || echo "$pid"
  done
}

# The network namespaces of the PIDs on standard input, but for the node's own.
network_namespaces() {
  local pid
  while read -r pid; do
    readlink "/proc/$pid/ns/net" || true
  done | sort -u | grep -vFx "$(readlink /proc/self/ns/net)"
}

# Of the namespaces on standard input, those that a process is in, or a mount holds.
still_there() {
  local namespace all
  all=$(readlink /proc/[0-9]*/ns/net 2>/dev/null; awk '{ print $4 }' /proc/self/mountinfo)
  while read -r namespace; do
    ! grep -qFx "$namespace" <<<"$all" || echo "$namespace"
  done
}

existing() {
  local file
  while read -r file; do
    [[ -z $file || ! -e $file ]] || echo "$file"
  done
}
