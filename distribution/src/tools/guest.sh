# The kernel and the initramfs of guests that have an OCI image as their root, for recipes of
# hypervisors. To be sourced by these; $modules_of_guests are lists of modules, by name: those that
# each guest loads, boot, and those that it loads for its interfaces, network, and its disks, disk.
# shellcheck shell=bash disable=SC2034,SC2154

readonly GUEST_PACKAGES=(busybox-static coreutils)

# add_modules LIST MODULE...: copies modules of the guest's kernel, each after those that it depends
# on, and writes their names to a list. A module that is built in, or that the architecture has not,
# is left out.
add_modules() {
  local list=$1 name file depends
  shift
  for name in "$@"; do
    file=$(find "$modules" -name "${name//[-_]/[-_]}.ko")
    if [[ -n $file ]] && ! grep -qxF "${file##*/}" "$initrd"/modules/*; then
      depends=$(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p')
      # shellcheck disable=SC2086 # a list of names
      add_modules "$list" ${depends//,/ }
      cp "$file" "$initrd/modules/"
      echo "${file##*/}" >>"$initrd/modules/$list"
    fi
  done
}

# make_guest ARCHITECTURE DIRECTORY: the kernel and the initramfs.
make_guest() {
  local from=$work/$1 to=$2 initrd=$work/initrd-$1 modules list
  modules=$(echo "$from"/lib/modules/*)
  mkdir -p "$to" "$initrd"/{bin,dev,etc,lib,modules,proc,root,run,sbin,share,sys,tmp}
  touch "$initrd"/modules/{boot,network,disk}
  for list in boot network disk; do
    # shellcheck disable=SC2086 # lists of names
    add_modules "$list" ${modules_of_guests[$list]}
  done
  add_program "$1" "$initrd" bin/busybox
  ln -s busybox "$initrd/bin/sh"
  add_program "$1" "$initrd" usr/sbin/chroot
  cp "$here/guest-init" "$initrd/init"
  chmod 755 "$initrd/init"
  find "$initrd" -exec touch -hd "@$epoch" {} +
  # Not compressed: the guest would take longer to unpack it than the hypervisor takes to read it.
  (cd "$initrd" && find . -print0 | sort -z \
    | cpio --quiet -0 -o -H newc --reproducible -R 0:0) >"$to/initrd"
  if [[ $1 == arm64 ]]; then
    # The kernel of arm64 does not unpack itself, and QEMU can do that for it.
    gzip -n <"$from"/boot/vmlinuz-* >"$to/vmlinuz"
  else
    cp "$from"/boot/vmlinuz-* "$to/vmlinuz"
  fi
}
