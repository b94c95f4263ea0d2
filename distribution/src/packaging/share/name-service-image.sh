#!/usr/bin/env bash
# Makes the image of tasks that serve the names on a network, see nameService in conf/taskd.yaml.
# usage: name-service-image.sh FILE
# It holds the dnsmasq of this machine (Debian: dnsmasq-base), the libraries that it loads, and nothing
# else. FILE becomes an OCI layout as a tar archive, made by umoci, with one image named names.
set -euo pipefail
shopt -s inherit_errexit

if (($# != 1)) || [[ $1 == -* ]]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
for program in dnsmasq umoci ldd; do
  if ! command -v "$program" >/dev/null; then
    echo "name-service-image.sh: $program is not installed (Debian: dnsmasq-base, umoci, libc-bin)" >&2
    exit 1
  fi
done

directory=$(dirname "$1")
work=$(mktemp -d "$directory/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
dnsmasq=$(command -v dnsmasq)
mkdir -p "$work"/root/{etc,names,proc,run,usr/sbin,var/run}
cp "$dnsmasq" "$work/root/usr/sbin/dnsmasq"
while read -r library; do
  mkdir -p "$work/root${library%/*}"
  cp -L "$library" "$work/root$library"
done < <(ldd "$dnsmasq" | grep -o '/[^ ]*')
printf 'root:x:0:0:root:/:/bin/false\n' >"$work/root/etc/passwd"
printf 'root:x:0:\n' >"$work/root/etc/group"
image=$work/layout:names
{
  umoci init --layout "$work/layout"
  umoci new --image "$image"
  umoci insert --image "$image" "$work/root" /
  umoci config --image "$image" --config.entrypoint /usr/sbin/dnsmasq \
    --config.entrypoint --keep-in-foreground --config.entrypoint --conf-file=/names/dnsmasq.conf \
    --config.stopsignal SIGTERM
  umoci gc --layout "$work/layout"
} >&2
tar -C "$work/layout" --owner=0 --group=0 -cf "$work/layout.tar" .
mv "$work/layout.tar" "$1"
