# Makes the image of the examples from Debian's busybox. To be sourced, after packages.sh.
# shellcheck shell=bash

# static_busybox DIRECTORY: prints the path of a busybox that needs no library. Debian's package is
# only unpacked, below DIRECTORY: installing it would replace the node's own busybox.
static_busybox() {
  local candidate
  for candidate in /bin/busybox /usr/bin/busybox; do
    if [[ -x $candidate ]] && is_static "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  # apt-get may drop its privileges for the download, and can then not write here: harmless.
  (
    cd "$1" || exit
    quiet_apt download busybox-static || { quiet_apt update && quiet_apt download busybox-static; }
    dpkg-deb -x busybox-static_*.deb busybox-static
  )
  find "$1/busybox-static" -type f -path '*/bin/busybox'
}

# is_static FILE: whether an ELF file asks for no program interpreter.
is_static() {
  ! ldd "$1" >/dev/null 2>&1
}

# make_busybox_image FILE: writes an OCI layout as a tar archive, with one image named busybox.
make_busybox_image() {
  local file=$1 work busybox applet image
  work=$(mktemp -d "${file%/*}/.new.XXXXXX")
  busybox=$(static_busybox "$work")
  mkdir -p "$work"/root/{bin,etc,srv/www,tmp,var/lib}
  chmod 1777 "$work/root/tmp"
  cp "$busybox" "$work/root/bin/busybox"
  for applet in $("$busybox" --list); do
    [[ -e $work/root/bin/$applet ]] || ln -s busybox "$work/root/bin/$applet"
  done
  printf 'root:x:0:0:root:/:/bin/sh\nwww-data:x:33:33:www-data:/srv/www:/bin/false\n' \
    >"$work/root/etc/passwd"
  printf 'root:x:0:\nwww-data:x:33:\n' >"$work/root/etc/group"
  image=$work/layout:busybox
  {
    umoci init --layout "$work/layout"
    umoci new --image "$image"
    umoci insert --image "$image" "$work/root" /
    umoci config --image "$image" --config.cmd sh --config.env PATH=/bin \
      --config.stopsignal SIGTERM
    umoci gc --layout "$work/layout"
  } >&2
  tar -C "$work/layout" --owner=0 --group=0 -cf "$work/layout.tar" .
  mv "$work/layout.tar" "$file"
  rm -rf "$work"
}
