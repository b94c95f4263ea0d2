# Xen's xl for domains, with the device model that gives them disks, directories and screens, and what
# a domain with an OCI image as its root boots. To be sourced by ../image.sh. The node has the
# hypervisor, xenstored and xenconsoled; of the programs here, xl belongs to one version of Xen.
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source=distribution/src/tools/guest.sh
. "$here/guest.sh"
[[ $architecture == amd64 ]] || usage
need cpio:cpio
config=(
  --config.entrypoint /usr/lib/taskmanager/launch --config.stopsignal SIGTERM
  --config.label org.lfedge.eve.tasks.executor=xen
  --config.label 'org.lfedge.eve.tasks.title=Xen: xl for domains'
  --config.label org.lfedge.eve.tasks.xen.version=4.17
)

readonly TOOLS_PACKAGES=(
  xen-utils-4.17 xen-utils-common xenstore-utils qemu-system-xen qemu-system-data seabios ipxe-qemu grub-xen-host
)
readonly XEN=usr/lib/xen-4.17
readonly QEMU=usr/libexec/xen-qemu-system-i386
declare -rA modules_of_guests=(
  [boot]='xen-platform-pci 9pnet_xen 9p' [network]=xen-netfront
  [disk]='xen-blkfront ext4 isofs vfat nls_cp437 nls_ascii'
)

recipe_packages() {
  fetch "$node" "${TOOLS_PACKAGES[@]}" "${GUEST_PACKAGES[@]}" linux-image-amd64
}

recipe_root() {
  local from=$work/$node
  mkdir -p "$root"/{bin,dev,etc/xen/scripts,proc,run,share,sys,tmp,var/lib,var/log} \
    "$root"/usr/{lib/taskmanager,lib/grub-xen,share/qemu,share/seabios,libexec} "$root/$XEN"/{bin,boot}
  chmod 1777 "$root/tmp"
  ln -s ../run "$root/var/run"
  ln -s ../run/lock "$root/var/lock"
  # What xl keeps lives as long as the anchor; what the device model says is for the time after.
  ln -s ../../run/xen/lib "$root/var/lib/xen"
  ln -s ../../run/task "$root/var/log/xen"
  add_program "$node" "$root" bin/busybox
  ln -s busybox "$root/bin/sh"
  add_program "$node" "$root" "$XEN/bin/xl"
  add_program "$node" "$root" "$QEMU"
  # One program with many names.
  add_program "$node" "$root" usr/bin/xenstore
  add_program "$node" "$root" usr/bin/tail
  cp "$from/$XEN/boot/hvmloader" "$root/$XEN/boot/"
  cp "$from"/usr/share/seabios/{bios-256k,vgabios-stdvga}.bin "$root/usr/share/seabios/"
  cp "$from"/usr/share/qemu/{kvmvapic,linuxboot,linuxboot_dma}.bin "$root/usr/share/qemu/"
  # A PC has an Intel card beside that of Xen.
  install -D -m 644 -t "$root/usr/lib/ipxe/qemu" "$from/usr/lib/ipxe/qemu/efi-e1000.rom"
  # Without a map of keys there is no VNC.
  install -D -m 644 -t "$root/usr/share/qemu/keymaps" "$from/usr/share/qemu/keymaps/en-us"
  cp "$from"/usr/lib/grub-xen/grub-{x86_64-xen,i386-xen_pvh}.bin "$root/usr/lib/grub-xen/"
  # The node's memory is not xl's to move, and what it makes is only for one domain.
  printf '%s\n' 'autoballoon="off"' >"$root/etc/xen/xl.conf"
  install "$recipe"/{launch,stop,cleanup,console} "$root/usr/lib/taskmanager/"
  install "$recipe/xenconsole" "$root/$XEN/bin/"
  install "$recipe/vif-task" "$root/etc/xen/scripts/"
  make_guest amd64 "$root/usr/lib/taskmanager/guest"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
}
