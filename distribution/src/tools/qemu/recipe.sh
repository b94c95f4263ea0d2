# QEMU for virtual machines: both emulators, since a node runs guests of the other architecture too,
# firmware, and what a guest with an OCI image as its root boots. To be sourced by ../image.sh.
#
# Of Debian 12, the image has 60 MB, and 257 MB unpacked, of which 134 MB pad the firmware of arm64.
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source=distribution/src/tools/guest.sh
. "$here/guest.sh"
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
# ext4 is built in.
declare -rA modules_of_guests=(
  [boot]='virtio_pci virtio_console virtiofs pvpanic-pci' [network]=virtio_net
  [disk]='virtio_blk isofs vfat nls_cp437 nls_ascii'
)

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
