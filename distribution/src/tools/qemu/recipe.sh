# QEMU for virtual machines: both emulators, since a node runs guests of the other architecture too,
# firmware, and what a guest with an OCI image as its root boots. To be sourced by ../image.sh.
#
# Of Debian 12, the image has 60 MB, and 257 MB unpacked, of which 134 MB pad the firmware of arm64.
# shellcheck shell=bash disable=SC2034,SC2154

[[ $architecture == @(amd64|arm64) ]] || usage
need cpio:cpio qemu-img:qemu-utils
config=(
  --config.entrypoint /usr/lib/taskmanager/launch --config.stopsignal SIGTERM
  --config.label org.lfedge.eve.tasks.executor=qemu
  --config.label 'org.lfedge.eve.tasks.title=QEMU for virtual machines'
)

readonly TOOLS=(
  usr/bin/qemu-system-x86_64 usr/bin/qemu-system-aarch64 usr/lib/qemu/virtiofsd usr/bin/swtpm
  usr/bin/socat
)
readonly TOOLS_PACKAGES=(
  qemu-system-x86 qemu-system-arm qemu-system-common qemu-system-data seabios ovmf qemu-efi-aarch64
  swtpm socat
)
# What QEMU loads at run time. The rest is for screens, sound and other machines.
readonly QEMU_MODULES=(accel-tcg-x86_64.so hw-usb-host.so)
readonly QEMU_DATA=(kvmvapic.bin linuxboot.bin linuxboot_dma.bin multiboot_dma.bin pvh.bin)
readonly GUEST_PACKAGES=(busybox-static coreutils)
# Modules of the guest with an OCI image as its root: those that each loads, and those that it loads
# for its interfaces and its disks. ext4 is built in.
readonly BOOT_MODULES=(virtio_pci virtio_console virtiofs pvpanic-pci)
readonly NETWORK_MODULES=(virtio_net)
readonly DISK_MODULES=(virtio_blk isofs vfat nls_cp437 nls_ascii)

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

# make_guest ARCHITECTURE DIRECTORY: the kernel and the initramfs of guests with an OCI image as root.
make_guest() {
  local from=$work/$1 to=$2 initrd=$work/initrd-$1 modules
  modules=$(echo "$from"/lib/modules/*)
  mkdir -p "$to" "$initrd"/{bin,dev,etc,lib,modules,proc,root,run,sbin,share,sys,tmp}
  touch "$initrd"/modules/{boot,network,disk}
  add_modules boot "${BOOT_MODULES[@]}"
  add_modules network "${NETWORK_MODULES[@]}"
  add_modules disk "${DISK_MODULES[@]}"
  add_program "$1" "$initrd" bin/busybox
  ln -s busybox "$initrd/bin/sh"
  add_program "$1" "$initrd" usr/sbin/chroot
  cp "$recipe/guest-init" "$initrd/init"
  chmod 755 "$initrd/init"
  find "$initrd" -exec touch -hd "@$epoch" {} +
  # Not compressed: the guest would take longer to unpack it than QEMU takes to read it.
  (cd "$initrd" && find . -print0 | sort -z \
    | cpio --quiet -0 -o -H newc --reproducible -R 0:0) >"$to/initrd"
  if [[ $1 == arm64 ]]; then
    # The kernel of arm64 does not unpack itself, and QEMU can do that for it.
    gzip -n <"$from"/boot/vmlinuz-* >"$to/vmlinuz"
  else
    cp "$from"/boot/vmlinuz-* "$to/vmlinuz"
  fi
}

recipe_packages() {
  local other=arm64
  [[ $node == amd64 ]] || other=amd64
  fetch "$node" "${TOOLS_PACKAGES[@]}" "${GUEST_PACKAGES[@]}" "linux-image-cloud-$node"
  fetch "$other" "${GUEST_PACKAGES[@]}" "linux-image-cloud-$other"
}

recipe_root() {
  local from=$work/$node program module libraries
  mkdir -p "$root"/{bin,dev,etc,proc,run,sys,tmp,var,usr/lib/ipxe/qemu,usr/lib/taskmanager} \
    "$root"/usr/share/{AAVMF,OVMF,qemu,seabios}
  chmod 1777 "$root/tmp"
  ln -s ../run "$root/var/run"
  add_program "$node" "$root" bin/busybox
  ln -s busybox "$root/bin/sh"
  for program in "${TOOLS[@]}"; do
    add_program "$node" "$root" "$program"
  done
  libraries=$(cd "$from" && echo usr/lib/*-linux-gnu)
  for module in "${QEMU_MODULES[@]}"; do
    if [[ -e $from/$libraries/qemu/$module ]]; then
      add_program "$node" "$root" "$libraries/qemu/$module"
    fi
  done
  cp "${QEMU_DATA[@]/#/$from/usr/share/qemu/}" "$root/usr/share/qemu/"
  # Without a map of keys there is no VNC.
  install -D -m 644 -t "$root/usr/share/qemu/keymaps" "$from/usr/share/qemu/keymaps/en-us"
  cp "$from"/usr/share/seabios/{bios-256k,vgabios-stdvga,vgabios-ramfb}.bin \
    "$root/usr/share/seabios/"
  cp "$from/usr/lib/ipxe/qemu/efi-virtio.rom" "$root/usr/lib/ipxe/qemu/"
  cp "$from"/usr/share/OVMF/OVMF_{CODE,VARS}_4M.fd "$root/usr/share/OVMF/"
  # Without the padding to 64 MiB each that the files for flash have.
  cp "$from/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" "$root/usr/share/AAVMF/"
  qemu-img convert -O qcow2 "$from/usr/share/AAVMF/AAVMF_VARS.fd" \
    "$root/usr/share/AAVMF/AAVMF_VARS.qcow2"
  install "$recipe"/{launch,tell,console} "$root/usr/lib/taskmanager/"
  make_guest amd64 "$root/usr/lib/taskmanager/guest/amd64"
  make_guest arm64 "$root/usr/lib/taskmanager/guest/arm64"
  printf 'root:x:0:0:root:/:/bin/sh\nqemu:x:64055:64055:qemu:/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\nqemu:x:64055:\n' >"$root/etc/group"
}
