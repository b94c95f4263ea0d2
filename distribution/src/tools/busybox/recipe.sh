# Debian's busybox, which needs no library, with all its names in /bin: a root for tasks. To be sourced
# by ../image.sh.
# shellcheck shell=bash disable=SC2034,SC2154

name=$kind
[[ $node == "$own" ]] || name+=-$architecture
config=(--config.cmd sh --config.env PATH=/bin --config.stopsignal SIGTERM)
packages=$(source_of_root)
readonly packages

recipe_packages() {
  fetch "$packages" busybox-static
  [[ $packages == "$own" ]] || fetch "$own" busybox-static
}

recipe_root() {
  local applet
  mkdir -p "$root"/{bin,etc,srv/www,tmp,var/lib}
  chmod 1777 "$root/tmp"
  install "$(find "$work/$packages" -path '*bin/busybox')" "$root/bin/busybox"
  # Which names it has, that of this node can tell.
  for applet in $("$(find "$work/$own" -path '*bin/busybox')" --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  printf 'root:x:0:0:root:/:/bin/sh\nwww-data:x:33:33:www-data:/srv/www:/bin/false\n' \
    >"$root/etc/passwd"
  printf 'root:x:0:\nwww-data:x:33:\n' >"$root/etc/group"
}
