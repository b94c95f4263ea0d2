# Files out of Debian's packages, of any architecture, without installing them. To be sourced; $cache
# is a directory that keeps packages, $work one that does not.
#
# A source of packages is an architecture in Debian's words, such as arm64: its packages are those
# that apt would install on a node of that architecture with the sources of this one. Or it is another
# suite of Debian and an architecture, such as trixie/arm64, or that suite alone, without what was
# released for it later: release/trixie/arm64.
# shellcheck shell=bash disable=SC2034,SC2154

# Architectures in the words of OCI images, and in Debian's.
declare -rA DEBIAN_WORDS=(
  [amd64]=amd64 [arm64]=arm64 [arm]=armhf [386]=i386 [riscv64]=riscv64 [ppc64le]=ppc64el
  [s390x]=s390x
)
readonly DEBIAN_KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

# What packages were fetched from.
fetched=()

# source_of SUITE ARCHITECTURE: prints the source of a suite, which is this node's if it has that.
source_of() {
  [[ $1 == "$(. /etc/os-release && echo "${VERSION_CODENAME-}")" ]] || printf '%s/' "$1"
  echo "$2"
}

# source_of_root: prints the source for a root of $node. Those of other architectures, which are for
# examples and tests, come from releases as they once were: of the rest, mirrors may not yet have what
# is signed. Debian 12 does not have all.
source_of_root() {
  case $node in
    "$own") echo "$own" ;;
    riscv64) echo "release/trixie/$node" ;;
    *) echo "release/bookworm/$node" ;;
  esac
}

# sources_of [release/]SUITE: the list of apt for another suite, from where the node has its own Debian.
sources_of() {
  local suite=${1##*/} name uri
  {
    # shellcheck disable=SC2016 # for apt
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' \
      'Created-By: Packages' | sed -n 's/^Debian main //p' | sort -u | grep . || cat <<END
stable http://deb.debian.org/debian
stable-updates http://deb.debian.org/debian
stable-security http://deb.debian.org/debian-security
END
  } | while read -r name uri; do
    [[ $1 != release/* || $name != *-* ]] || continue
    # Of bookworm-security and trixie: trixie-security.
    echo "deb [signed-by=$DEBIAN_KEYS] $uri ${name/#+([^-])/$suite} main"
  done
}

# fetch SOURCE PACKAGE...: downloads packages, and those that they depend on, and writes the names of
# their files to $work/SOURCE.packages. apt gets a state and a cache of its own, so that those of the
# node stay as they are and need not know the architecture; proxies, and keys but for other suites,
# are the node's.
fetch() {
  local source=$1 directory=$cache/$1 settings=$work/$1.conf apt
  shift
  mkdir -p "$directory"/{lists,archives}/partial "$work/$source"
  fetched+=("$source")
  exec 8>"$directory/lock"
  flock 8
  cat >"$settings" <<END
#clear APT::Update;
#clear DPkg;
APT::Architecture "${source##*/}";
APT::Architectures { "${source##*/}"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State "$directory";
Dir::State::status "/dev/null";
Dir::Cache "$directory";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
END
  if [[ $source == */* ]]; then
    cat >>"$settings" <<END
Dir::Etc::SourceList "$directory/sources.list";
Dir::Etc::SourceParts "/dev/null";
END
  fi
  apt=(apt-get -qq -y -c "$settings")
  # The lists of a day serve: reading them anew takes longer than all else that is not made again.
  if [[ -z $(find "$directory/updated" -mtime -1 2>/dev/null) ]]; then
    [[ $source != */* ]] || sources_of "${source%/*}" >"$directory/sources.list"
    "${apt[@]}" update >&2
    "${apt[@]}" autoclean >&2
    touch "$directory/updated"
  fi
  "${apt[@]}" --simulate install "$@" \
    | sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*\[([^ ]+)\].*/\1_\2_\3.deb/p' | sed 's/:/%3a/' \
      >"$work/$source.packages"
  if ! (cd "$directory/archives" && xargs ls <"$work/$source.packages" >/dev/null 2>&1); then
    "${apt[@]}" --download-only install "$@" >&2
  fi
}

# unpack SOURCE: what was fetched, to $work/SOURCE, without documents.
unpack() {
  local package
  while read -r package; do
    dpkg-deb --fsys-tarfile "$cache/$1/archives/$package" \
      | tar -C "$work/$1" -x --exclude='./usr/share/doc/*/*' --exclude=./usr/share/man \
        --exclude=./usr/share/locale --exclude='./usr/share/AAVMF/*.*.fd'
  done <"$work/$1.packages"
}

# add_program SOURCE ROOT PATH: copies a program or a library from $work/SOURCE to a root, and the
# loader and the libraries that it asks for, to places where the loader looks by itself.
add_program() {
  [[ ! -e $2/$3 ]] || return 0
  install -D "$work/$1/$3" "$2/$3"
  add_libraries "$1" "$2" "$2/$3"
}

# add_libraries SOURCE ROOT FILE [DIRECTORY...]: copies what a program or a library asks for, but for
# libraries that are in the directories.
add_libraries() {
  local from=$work/$1 name file directory
  while read -r name; do
    for directory in "${@:4}"; do
      [[ ! -e $directory/$name ]] || continue 2
    done
    for file in "$from"/{,usr/}lib/*-linux-gnu*/{,swtpm/}"${name##*/}"; do
      [[ ! -e $file ]] || break
    done
    case $name in
      /*) install -D "$file" "$2$name" ;;
      ld-linux* | ld64*) ;;
      *) add_program "$1" "$2" "${file#"$from/"}" ;;
    esac
  done < <(readelf -Wld "$3" \
    | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p; s/.*program interpreter: (.*)\]/\1/p')
}
