# What the checks in guests share. To be sourced by them; they define `diagnose`, which prints whatever is
# worth knowing when something went wrong.
# shellcheck shell=bash disable=SC2034
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
# Under emulation, code that the JVM compiles has to be translated once more: it is not worth it for a
# program that lives for a moment.
export TASKCTL_JAVA_OPTIONS=-Xint

payload=$(dirname "${BASH_SOURCE[0]}")
readonly payload
# How long the daemon may take to answer; a JVM under emulation on a busy host takes its time.
readonly ANSWER_SECONDS=120

give_up() {
  trap - EXIT
  echo "went wrong: $*"
  diagnose 2>&1
  echo "GUEST-RESULT: FAIL $*"
  exit 1
}
trap 'give_up "this command failed: $BASH_COMMAND"' EXIT

said() {
  echo "[$(cut -d' ' -f1 /proc/uptime) s] $*"
}

# await SECONDS WHAT COMMAND...: polls until the command succeeds.
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || give_up "not within the time allowed: $what"
    sleep 1
  done
}

# install_package: to the directory $installed, which the unit of systemd names.
install_package() {
  local unit program home
  unit=$(tar -xzOf "$payload/taskmanager.tar.gz" --wildcards '*/systemd/taskd.service')
  # The unit says where the package belongs.
  program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' <<<"$unit")
  home=${program%/bin/taskd}
  [[ -n $home && $home != "$program" ]] ||
    give_up "the ExecStart of the unit is no .../bin/taskd: $program"
  mkdir -p "$home" /etc/taskmanager
  tar -xzf "$payload/taskmanager.tar.gz" -C "$home" --strip-components=1
  cp "$home/conf/taskd.yaml" /etc/taskmanager/taskd.yaml
  ln -s "$home"/bin/{taskd,taskctl} /usr/local/bin/
  PATH=/usr/local/bin:$PATH
  installed=$home
  said "installed to $home"
}

answers() {
  [[ -S /run/taskmanager/taskd.sock ]] && timeout 60 taskctl list
}

start_ticks() {
  # The name of the program, in brackets, may hold anything; after the last bracket come fields 3 on.
  sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20
}

cgroup_of() {
  sed -n 's/^0:://p' "/proc/$1/cgroup"
}
