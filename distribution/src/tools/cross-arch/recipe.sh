# Emulators for programs of other architectures, which need no library; nothing else is in the image.
# To be sourced by ../image.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Architectures in the words of OCI images, in the order of the label, and in QEMU's.
readonly EMULATED=(amd64 arm64 arm 386 riscv64 ppc64le s390x)
declare -rA QEMU_WORDS=(
  [amd64]=x86_64 [arm64]=aarch64 [arm]=arm [386]=i386 [riscv64]=riscv64 [ppc64le]=ppc64le
  [s390x]=s390x
)

recipe_packages() {
  fetch "$node" qemu-user-static
}

recipe_root() {
  local word emulator emulators='' directory=usr/lib/taskmanager/emulators
  mkdir -p "$root/$directory"
  for word in "${EMULATED[@]}"; do
    [[ $word != "$architecture" ]] || continue
    emulator=$work/$node/usr/bin/qemu-${QEMU_WORDS[$word]}
    # Of Debian 13 it is static under the other name.
    [[ ! -e $emulator-static ]] || emulator=$emulator-static
    install "$emulator" "$root/$directory/$word"
    if readelf -Wl "$emulator" | grep -q 'program interpreter'; then
      echo "image.sh: ${emulator##*/} of Debian needs libraries" >&2
      return 1
    fi
    emulators+=",$word=/$directory/$word"
  done
  config=(
    --config.label org.lfedge.eve.tasks.executor=cross-arch
    --config.label 'org.lfedge.eve.tasks.title=QEMU for programs of other architectures'
    --config.label "org.lfedge.eve.tasks.emulators=${emulators#,}"
  )
}
