#!/usr/bin/env bash
# Makes the tools image for virtual machines: QEMU with what it needs, from Debian's packages.
# usage: qemu-image.sh FILE [amd64|arm64]
# FILE becomes an OCI layout as a tar archive, made by umoci, with one image named qemu-tools, for
# nodes of that architecture (default: this one's). Nothing of the image is run while it is made.
# The packages are those that apt would install here. They stay in
# ${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager/packages; the same packages give the same digest.
#
# Of Debian 12, the image has 60 MB, and 257 MB unpacked, of which 134 MB pad the firmware of arm64.
set -euo pipefail
shopt -s inherit_errexit
umask 022
export LC_ALL=C

if (($# < 1 || $# > 2)) || [[ $1 == -* ]] || [[ ! ${2-amd64} =~ ^(amd64|arm64)$ ]]; then
  sed -n '2,7s/^# //p' "$0" >&2
  exit 2
fi
for need in apt-get:apt dpkg-deb:dpkg flock:util-linux readelf:binutils cpio:cpio \
  qemu-img:qemu-utils umoci:umoci; do
  if ! command -v "${need%%:*}" >/dev/null; then
    echo "qemu-image.sh: ${need%%:*} is not installed (Debian: ${need#*:})" >&2
    exit 1
  fi
done
node=${2:-$(dpkg --print-architecture)}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager/packages
work=$(mktemp -d "$(dirname "$1")/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
readonly node here cache work

# Both emulators, since a node runs guests of the other architecture too.
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

# fetch ARCHITECTURE PACKAGE...: downloads packages, and those that they depend on, and writes the
# names of their files to $work/ARCHITECTURE.packages. apt gets a state and a cache of its own, so that those of
# the node stay as they are and need not know the architecture; sources, keys and proxies are the
# node's.
fetch() {
  local architecture=$1 directory=$cache/$1
  shift
  mkdir -p "$directory"/{lists,archives}/partial "$work/$architecture"
  exec 8>"$directory/lock"
  flock 8
  cat >"$work/$architecture.conf" <<END
#clear APT::Update;
#clear DPkg;
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State "$directory";
Dir::State::status "/dev/null";
Dir::Cache "$directory";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
END
  local apt=(apt-get -qq -y -c "$work/$architecture.conf")
  # The lists of a day serve: reading them anew takes longer than all else that is not made again.
  if [[ -z $(find "$directory/updated" -mtime -1 2>/dev/null) ]]; then
    "${apt[@]}" update >&2
    "${apt[@]}" autoclean >&2
    touch "$directory/updated"
  fi
  "${apt[@]}" --simulate install "$@" \
    | sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*\[([^ ]+)\].*/\1_\2_\3.deb/p' | sed 's/:/%3a/' \
      >"$work/$architecture.packages"
  if ! (cd "$directory/archives" && xargs ls <"$work/$architecture.packages" >/dev/null 2>&1); then
    "${apt[@]}" --download-only install "$@" >&2
  fi
}

# unpack ARCHITECTURE: what was fetched, to $work/ARCHITECTURE, without documents.
unpack() {
  local architecture=$1 directory=$cache/$1 package
  while read -r package; do
    dpkg-deb --fsys-tarfile "$directory/archives/$package" \
      | tar -C "$work/$architecture" -x --exclude='./usr/share/doc/*/*' --exclude=./usr/share/man \
        --exclude=./usr/share/locale --exclude='./usr/share/AAVMF/*.*.fd'
  done <"$work/$architecture.packages"
}

# add_program ARCHITECTURE ROOT PATH: copies a program or a library from $work/ARCHITECTURE to a root,
# and the loader and the libraries that it asks for, to places where the loader looks by itself.
add_program() {
  local from=$work/$1 to=$2 path=$3 name file
  [[ ! -e $to/$path ]] || return 0
  install -D "$from/$path" "$to/$path"
  while read -r name; do
    for file in "$from"/{,usr/}lib/*-linux-gnu/{,swtpm/}"${name##*/}"; do
      [[ ! -e $file ]] || break
    done
    case $name in
      /*) install -D "$file" "$to$name" ;;
      ld-linux*) ;;
      *) add_program "$1" "$to" "${file#"$from/"}" ;;
    esac
  done < <(readelf -Wld "$from/$path" \
    | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p; s/.*program interpreter: (.*)\]/\1/p')
}

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
  cp "$here/qemu/guest-init" "$initrd/init"
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

other=arm64
[[ $node == amd64 ]] || other=amd64
fetch "$node" "${TOOLS_PACKAGES[@]}" "${GUEST_PACKAGES[@]}" \
  "linux-image-cloud-$node"
fetch "$other" "${GUEST_PACKAGES[@]}" "linux-image-cloud-$other"
# Of the same packages by the same recipe it would become the same once more.
key=$(cat "$0" "$here"/qemu/* "$work"/*.packages - <<<"${SOURCE_DATE_EPOCH-}" | sha256sum)
made=${cache%/*}/qemu-tools-$node-${key:0:16}.oci.tar
if [[ -s $made ]]; then
  cp "$made" "$work/layout.tar"
  mv "$work/layout.tar" "$1"
  exit
fi
unpack "$node"
unpack "$other"
# All files are as old as the newest file of the packages, so that their age depends on these alone.
epoch=${SOURCE_DATE_EPOCH:-$(find "$work/$node" "$work/$other" -type f -printf '%T@\n' \
  | sort -rn | sed -n '1s/\..*//p')}

from=$work/$node root=$work/root
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
install "$here"/qemu/{launch,tell,console} "$root/usr/lib/taskmanager/"
make_guest amd64 "$root/usr/lib/taskmanager/guest/amd64"
make_guest arm64 "$root/usr/lib/taskmanager/guest/arm64"
printf 'root:x:0:0:root:/:/bin/sh\nqemu:x:64055:64055:qemu:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nqemu:x:64055:\n' >"$root/etc/group"

archive=(tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner)
"${archive[@]}" -C "$root" -cf "$work/layer.tar" .
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
image=$work/layout:qemu-tools
history=(--history.created "$created" --history.created_by qemu-image.sh)
{
  umoci init --layout "$work/layout"
  umoci new --image "$image"
  umoci raw add-layer --image "$image" "${history[@]}" "$work/layer.tar"
  umoci config --image "$image" --no-history --created "$created" --architecture "$node" \
    --config.entrypoint /usr/lib/taskmanager/launch --config.stopsignal SIGTERM \
    --config.label org.lfedge.eve.tasks.executor=qemu \
    --config.label 'org.lfedge.eve.tasks.title=QEMU for virtual machines'
  umoci gc --layout "$work/layout"
} >&2
"${archive[@]}" -C "$work/layout" -cf "$work/layout.tar" .
rm -f "${cache%/*}/qemu-tools-$node"-*
cp "$work/layout.tar" "$work/kept.tar"
mv "$work/kept.tar" "$made"
mv "$work/layout.tar" "$1"
