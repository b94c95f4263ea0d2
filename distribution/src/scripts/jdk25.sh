# Maven on JDK 25. To be sourced, after packages.sh.
# shellcheck shell=bash

# A Debian that has one, for nodes that have none. In a directory of its own: installed beside an
# older Debian, its JDK would upgrade the C library of the node.
readonly JDK_25_ROOT=${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager/debian-with-jdk-25

# jdk_25_home: where a JDK 25 of the node lies; nothing if it has none.
jdk_25_home() {
  local candidate
  for candidate in /usr/lib/jvm/*/; do
    if [[ $("$candidate/bin/javac" -version 2>/dev/null) == "javac 25"* ]]; then
      echo "${candidate%/}"
      return
    fi
  done
}

# maven_on_jdk_25 DIRECTORY ARGUMENT...: runs Maven in it.
maven_on_jdk_25() {
  local directory=$1 home
  shift
  home=$(jdk_25_home)
  if [[ -n $home ]]; then
    (cd "$directory" && JAVA_HOME=$home PATH=$home/bin:$PATH mvn "$@")
    return
  fi
  make_jdk_25_root
  # The mounts are in a namespace of their own, and end with it.
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -euc '
    root=$1 directory=$2
    shift 2
    mkdir -p "$root$directory" "$root/root/.m2" "$HOME/.m2"
    mount --bind "$directory" "$root$directory"
    mount --bind "$HOME/.m2" "$root/root/.m2"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    HOME=/root chroot "$root" bash -euc "cd \"\$1\" && shift && exec mvn \"\$@\"" bash \
      "$directory" "$@"' bash "$JDK_25_ROOT" "$directory" "$@"
}

make_jdk_25_root() {
  local packages need
  [[ ! -e $JDK_25_ROOT/.complete ]] || return 0
  install_missing mmdebstrap:mmdebstrap
  packages=openjdk-25-jdk-headless,maven,ca-certificates
  for need in "${RUN_NEEDS[@]}" "${TEST_NEEDS[@]}"; do
    packages+=,${need#*:}
  done
  rm -rf --one-file-system "$JDK_25_ROOT"
  mkdir -p "$JDK_25_ROOT"
  mmdebstrap --variant=apt --include="$packages" trixie "$JDK_25_ROOT"
  # Maven pulls in an older JDK, which Debian makes the default.
  rm -f "$JDK_25_ROOT/usr/lib/jvm/default-java"
  ln -s "java-25-openjdk-$(dpkg --print-architecture)" "$JDK_25_ROOT/usr/lib/jvm/default-java"
  touch "$JDK_25_ROOT/.complete"
}
