#!/usr/bin/env bash
# Makes an image from Debian's packages: the tools of an executor, or a root for tasks.
# usage: image.sh KIND FILE [ARCHITECTURE]
# KIND is one of these:
#   qemu        tools: QEMU with what it needs, on amd64 and arm64
#   xen         tools: xl with what it needs, on amd64
#   cross-arch  tools: emulators for programs of other architectures
#   jvm-17      tools: a Java runtime, with most modules; also jvm-21 and jvm-25
#   jvm-17-all  the same with all modules and fonts
#   jar-17      the same as jvm-17, with an executor for executable JARs, which is no code
#   busybox     a root: one program with many names, which needs no library
#   coreutils   a root: a shell and common programs, which share libraries
# FILE becomes an OCI layout as a tar archive, made by umoci, with one image for that architecture, in
# the words of OCI images: amd64, arm64, arm, 386, riscv64, ppc64le, s390x (default: this node's). It
# is named qemu-tools, and so on; roots are named busybox, or busybox-arm64 if not for this node.
# The packages are those that apt would install here. They stay, and so does the last image of each
# name, in ${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager; the same packages give the same digest.
set -euo pipefail
shopt -s inherit_errexit extglob
umask 022
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=distribution/src/tools/debian.sh
. "$here/debian.sh"

usage() {
  sed -n '2,/^set /s/^# //p' "$here/image.sh" >&2
  exit 2
}

# need PROGRAM:PACKAGE...: ends the script unless they are there.
need() {
  local need
  for need in "$@"; do
    if ! command -v "${need%%:*}" >/dev/null; then
      echo "image.sh: ${need%%:*} is not installed (Debian: ${need#*:})" >&2
      exit 1
    fi
  done
}

if (($# < 2 || $# > 3)) || [[ $2 == -* ]]; then
  usage
fi
kind=$1
case $kind in
  qemu | xen | cross-arch | busybox | coreutils) recipe=$here/$kind ;;
  jvm-* | jar-*) recipe=$here/jvm ;;
  *) usage ;;
esac
need apt-get:apt dpkg-deb:dpkg flock:util-linux readelf:binutils umoci:umoci
own=$(dpkg --print-architecture)
if (($# == 3)); then
  architecture=$3
else
  for architecture in "${!DEBIAN_WORDS[@]}"; do
    [[ ${DEBIAN_WORDS[$architecture]} != "$own" ]] || break
  done
fi
node=${DEBIAN_WORDS[${architecture:-none}]-}
[[ $node ]] || usage
images=${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager
cache=$images/packages
work=$(mktemp -d "$(cd "$(dirname "$2")" && pwd)/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
layout=$work/layout
readonly here kind recipe own architecture node images cache work root layout

# A recipe has two functions: recipe_packages fetches the packages that it needs, recipe_root fills
# $root from them. $node is the architecture of the image, and $own that of this node, in Debian's
# words; $epoch is how old all files will be. It may set how the image is named, which kind it adds
# its layer to, and what else umoci is told of it.
name=$kind-tools
base=
config=()
# shellcheck source=/dev/null
. "$recipe/recipe.sh"

mkdir "$layout" "$root"
if [[ $base ]]; then
  "${BASH_SOURCE[0]}" "$base" "$work/base.tar" "$architecture"
  tar -C "$layout" -xf "$work/base.tar"
fi
recipe_packages
# Of the same packages by the same recipe it would become the same once more.
key=$({
  echo "$kind ${SOURCE_DATE_EPOCH-}"
  cat "$here"/*.sh "$here/guest-init" "$recipe"/* ${base:+"$layout/index.json"}
  (cd "$work" && cat /dev/null "${fetched[@]/%/.packages}")
} | sha256sum)
made=$images/$name-$node-${key:0:16}.oci.tar
if [[ -s $made ]]; then
  cp "$made" "$work/layout.tar"
  mv "$work/layout.tar" "$2"
  exit
fi
for source in "${fetched[@]}"; do
  unpack "$source"
done
# As old as the newest file of the packages, so that the age depends on these alone.
epoch=${SOURCE_DATE_EPOCH:-$(cd "$work" && find "${fetched[@]-layout}" -type f -printf '%T@\n' \
  | sort -rn | sed -n '1s/\..*//p')}
recipe_root

archive=(tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner)
"${archive[@]}" -C "$root" -cf "$work/layer.tar" .
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
image=$layout:$name
{
  if [[ $base ]]; then
    umoci tag --image "$layout:$base-tools" "$name"
    umoci rm --image "$layout:$base-tools"
  else
    rmdir "$layout"
    umoci init --layout "$layout"
    umoci new --image "$image"
  fi
  umoci raw add-layer --image "$image" --history.created "$created" \
    --history.created_by "image.sh $kind" "$work/layer.tar"
  umoci config --image "$image" --no-history --created "$created" --architecture "$architecture" \
    "${config[@]}"
  umoci gc --layout "$layout"
} >&2
"${archive[@]}" -C "$layout" -cf "$work/layout.tar" .
rm -f "$images/$name-$node"-*
cp "$work/layout.tar" "$work/kept.tar"
mv "$work/kept.tar" "$made"
mv "$work/layout.tar" "$2"
