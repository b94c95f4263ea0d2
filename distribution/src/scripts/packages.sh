# What the scripts need from Debian. To be sourced.
# shellcheck shell=bash disable=SC2034

# A program or file, and the package that brings it. What is there already is left alone, whoever
# installed it.
readonly RUN_NEEDS=(
  containerd:containerd
  containerd-shim-runc-v2:containerd
  runc:runc
  flock:util-linux
  unshare:util-linux
  setsid:util-linux
  nsenter:util-linux
  curl:curl
  bash:bash
  mount:mount
  losetup:mount
  mkfs.ext4:e2fsprogs
  qemu-img:qemu-utils
  xorrisofs:xorriso
  ip:iproute2
  nft:nftables
  iptables:iptables
  /usr/lib/cni/bridge:containernetworking-plugins
  /usr/bin/tini-static:tini
  umoci:umoci
  jq:jq
  readelf:binutils
  cpio:cpio
)

# For the tests, besides.
readonly TEST_NEEDS=(
  skopeo:skopeo
  docker-registry:docker-registry
  openssl:openssl
  shellcheck:shellcheck
  faketime:faketime
  dnsmasq:dnsmasq-base
  perl:perl-base
  python3:python3
  /bin/busybox:busybox-static
  /usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema/config-schema.json:golang-github-opencontainers-specs-dev
)

# Needed and not installed by us: which JDK and which Maven is the user's choice.
readonly BUILD_NEEDS=(
  javac:openjdk-17-jdk-headless
  jlink:openjdk-17-jdk-headless
  mvn:maven
)

# have NAME: whether a program is in the PATH, or a file exists.
have() {
  case $1 in
    /*) [[ -e $1 ]] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# missing_packages NEED...: the packages of what is not there, one a line.
missing_packages() {
  local need
  for need in "$@"; do
    have "${need%%:*}" || echo "${need#*:}"
  done | sort -u
}

# quiet_apt ARGUMENT...: apt-get without questions; what it says goes to standard error.
quiet_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null >&2
}

# install_packages PACKAGE...: refreshes the lists only if it does not work without.
install_packages() {
  if ! have apt-get; then
    echo "there is no apt-get to install these packages with, install them yourself: $*" >&2
    return 1
  fi
  quiet_apt install -y --no-install-recommends "$@" || {
    quiet_apt update && quiet_apt install -y --no-install-recommends "$@"
  }
}

# install_missing NEED...: says what it installed.
install_missing() {
  local packages
  mapfile -t packages < <(missing_packages "$@")
  if ((${#packages[@]} == 0)); then
    echo "nothing missing"
  else
    install_packages "${packages[@]}"
    echo "installed ${packages[*]}"
  fi
}

# require_build_tools: whether JDK and Maven are there and new enough.
require_build_tools() {
  local missing version
  mapfile -t missing < <(missing_packages "${BUILD_NEEDS[@]}")
  if ((${#missing[@]} > 0)); then
    echo "a JDK from 17 on and Maven are needed: apt-get install ${missing[*]}" >&2
    return 1
  fi
  version=$(javac -version 2>&1 | sed -E 's/^javac ([0-9]+).*/\1/')
  if [[ ! $version =~ ^[0-9]+$ ]] || ((version < 17)); then
    echo "a JDK from 17 on is needed, and javac says it is ${version}" >&2
    return 1
  fi
}
