# Boots a guest of ours under QEMU's TCG, has it run a check, and tells what that found. To be sourced,
# after packages.sh, by the scripts that do this; $here is this directory, $name the script's name,
# $target a directory of its own. They define:
#   payload DIRECTORY   puts what the check needs into the second disk of the guest, the check as "check"
#   machine DIRECTORY   adds to qemu=() what this guest boots from, out of its image
# shellcheck shell=bash disable=SC2034,SC2154

readonly GUEST_NEEDS=(
  qemu-system-x86_64:qemu-system-x86
  mmdebstrap:mmdebstrap
  mke2fs:e2fsprogs
  /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
)
readonly deadline_seconds=${GUEST_DEADLINE_SECONDS:-600}
readonly run=$target/run
qemu=()
process=

cannot() {
  echo "$name: $*" >&2
  exit 2
}

# require_host: whether there can be a guest at all, and nobody else has one.
require_host() {
  [[ $(uname -m) == x86_64 ]] || cannot "needs an amd64 host for its amd64 guest, not $(uname -m)"
  ((EUID == 0)) || cannot "needs root, to make the guest's root file system"
  echo "$name: packages: $(install_missing "${GUEST_NEEDS[@]}")"
  mkdir -p "$target"
  exec {lock}<"$target"
  flock -n "$lock" || cannot "another run of it works in $target; wait for its end"
  trap finish EXIT
  trap 'exit 130' INT TERM
}

# tarball [NAME]: the package to try.
tarball() {
  local found
  if (($# == 1)); then
    found=("$1")
  else
    mapfile -t found < <(compgen -G "$here/../../target/taskmanager-*-linux-*.tar.gz")
    ((${#found[@]} == 1)) || cannot "there are ${#found[@]} files" \
      "distribution/target/taskmanager-*-linux-*.tar.gz, and one is needed; build the distribution, or" \
      "name a tarball"
  fi
  [[ -s ${found[0]} ]] || cannot "${found[0]} is not there, or empty"
  echo "${found[0]}"
}

finish() {
  if [[ -n $process ]]; then
    kill "$process" 2>/dev/null || true
    wait "$process" || true
  fi
  rm -rf "$run/payload" "$run/payload.img"
}

# boot MEMORY_MIB IMAGE: runs the guest to its end, and tells what it found.
boot() {
  local status=0 result started=$SECONDS
  rm -rf "$run"
  mkdir -p "$run/payload"
  payload "$run/payload"
  cp "$here/in-guest.sh" "$run/payload/"
  truncate -s "$(($(du -sm "$run/payload" | cut -f1) + 16))M" "$run/payload.img"
  mke2fs -q -t ext4 -O ^has_journal -L payload -d "$run/payload" "$run/payload.img"
  machine "$2"
  echo "$name: booting the guest, at most $deadline_seconds s; logs in $run"
  # The first serial port is the console; the second one is the check's own, so that no message of the
  # kernel falls into its lines. The disk of the image is never written to: what the guest writes goes
  # to a file without a name in TMPDIR. A signal to 'timeout' is passed on to qemu.
  TMPDIR=$run timeout --kill-after=10 "$deadline_seconds" nice -n 10 \
    qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -smp 2 -m "$1" \
    -nodefaults -display none -no-reboot -nic none -device virtio-rng-pci \
    -serial "file:$run/console.log" -serial "file:$run/check.log" "${qemu[@]}" \
    -drive "file=$2/root.img,format=raw,if=virtio,snapshot=on" \
    -drive "file=$run/payload.img,format=raw,if=virtio,readonly=on" \
    >"$run/qemu.log" 2>&1 {lock}<&- &
  process=$!
  wait "$process" || status=$?
  process=

  touch "$run/console.log" "$run/check.log"
  sed -i 's/\r$//' "$run/console.log" "$run/check.log"
  result=$(sed -n 's/^GUEST-RESULT: //p' "$run/check.log" | tail -n 1)
  if [[ $result == PASS ]]; then
    cat "$run/check.log"
    echo "$name: passed in $((SECONDS - started)) s"
    return
  fi
  local log
  for log in qemu console check; do
    echo "--- $log.log"
    cat "$run/$log.log"
  done >&2
  if [[ -n $result ]]; then
    result=${result#FAIL }
  elif ((status == 124 || status == 137)); then
    result="the guest said nothing within $deadline_seconds s"
  else
    result="the guest ended without a result, qemu with $status"
  fi
  echo "$name: FAILED: $result" >&2
  exit 1
}
