# A shell and common programs with the libraries that they share: a root for tasks. To be sourced by
# ../image.sh.
# shellcheck shell=bash disable=SC2034,SC2154

name=$kind
[[ $node == "$own" ]] || name+=-$architecture
config=(--config.cmd sh --config.env PATH=/usr/bin:/bin --config.stopsignal SIGTERM)
packages=$(source_of_root)
readonly packages
readonly PROGRAMS=(
  dash cat chmod cp date dd env expr false head id ln ls mkdir mv nproc printf pwd readlink rm
  seq sha256sum sleep sort stat tail tee touch tr true uname wc
)

recipe_packages() {
  fetch "$packages" dash coreutils
}

recipe_root() {
  local program path
  mkdir -p "$root"/{bin,etc,tmp,usr/bin}
  chmod 1777 "$root/tmp"
  for program in "${PROGRAMS[@]}"; do
    path=$(cd "$work/$packages" && find . -path "*bin/$program" -printf '%P\n')
    add_program "$packages" "$root" "$path"
  done
  ln -s "$(cd "$root" && find . -name dash -printf '/%P\n')" "$root/bin/sh"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
}
