# A Java runtime of Debian's OpenJDK in /opt/java, with a shell. To be sourced by ../image.sh.
#
# jvm-VERSION has the modules of Java SE and those that programs for servers use besides;
# jvm-VERSION-all has every module, and fonts. jar-VERSION is jvm-VERSION with an executor of its own,
# which is the file seed.json.
#
# jlink, of the same packages, runs on this node. So does the runtime, if the image is for this node's
# architecture, to make the archive of its classes that it starts faster with.
#
# jvm-17 has 45 MB, and 120 MB unpacked; jvm-17-all 74 MB and 190 MB. Compressed by jlink, the classes
# would take 40 MB less on the node, and the image would have 8 MB more and start more slowly.
# shellcheck shell=bash disable=SC2034,SC2154

# Which suite of Debian has which version.
declare -rA JAVA_SUITES=([17]=bookworm [21]=trixie [25]=trixie)
# Frameworks need java.desktop, of which java.beans is a part.
readonly JAVA_MODULES=(
  java.se jdk.charsets jdk.crypto.ec jdk.httpserver jdk.jcmd jdk.jfr jdk.management
  jdk.management.agent jdk.naming.dns jdk.net jdk.unsupported jdk.zipfs
)
# Of java.desktop, what is for screens and sound cards, and for fonts.
readonly JAVA_SCREENS=(libawt_xawt.so libjawt.so libsplashscreen.so libjsound.so)
readonly JAVA_FONTS=libfontmanager.so

[[ $kind =~ ^(jvm|jar)-([0-9]+)(-all)?$ && $kind != jar-*-all ]] || usage
readonly form=${BASH_REMATCH[1]} java=${BASH_REMATCH[2]} all=${BASH_REMATCH[3]}
[[ ${JAVA_SUITES[$java]-} ]] || usage
packages=$(source_of "${JAVA_SUITES[$java]}" "$node")
builder=$(source_of "${JAVA_SUITES[$java]}" "$own")
readonly packages builder
[[ $form == jvm ]] || base=jvm-$java
need unshare:util-linux setarch:util-linux taskset:util-linux jq:jq

recipe_packages() {
  [[ $form == jvm ]] || return 0
  local needed=("openjdk-$java-jdk-headless" busybox-static libc-bin)
  if [[ $all ]]; then
    needed+=(libfreetype6 libharfbuzz0b libfontconfig1 fonts-dejavu-core)
  fi
  fetch "$packages" "${needed[@]}"
  [[ $builder == "$packages" ]] || fetch "$builder" "openjdk-$java-jdk-headless"
}

# What a directory and a program after it are entered by, as if it were the root, with the /proc by
# which the program finds its libraries. Mounts and processes end with it.
enter=(unshare --mount --pid --fork --kill-child --mount-proc)
((EUID == 0)) || enter+=(--map-root-user)
enter+=(--root)

# link_runtime: makes $root/opt/java by the JDK for this node of the modules for the image's.
link_runtime() {
  local jdk=usr/lib/jvm/java-$java-openjdk directory modules
  # From Debian 13 on these are links, which another package brings.
  for directory in lib lib64; do
    [[ -e $work/$builder/$directory || ! -e $work/$builder/usr/$directory ]] \
      || ln -s "usr/$directory" "$work/$builder/$directory"
  done
  mv "$work/$packages/$jdk-$node/jmods" "$work/$builder/jmods"
  modules=${JAVA_MODULES[*]}
  [[ ! $all ]] || modules=ALL-MODULE-PATH
  mkdir "$work/$builder/proc"
  "${enter[@]}" "$work/$builder" "/$jdk-$own/bin/jlink" --module-path /jmods \
    --add-modules "${modules// /,}" --no-header-files --no-man-pages --output /linked >&2
  mv "$work/$builder/linked" "$root/opt/java"
  rm -f "${JAVA_SCREENS[@]/#/$root/opt/java/lib/}"
  [[ $all ]] || rm "$root/opt/java/lib/$JAVA_FONTS"
}

# add_java_libraries: what programs and libraries of the runtime ask for.
add_java_libraries() {
  local file runtime=$root/opt/java
  while read -r file; do
    add_libraries "$packages" "$root" "$file" "$runtime"/lib{,/server}
  done < <(find "$runtime" -name '*.so' -o -path '*/bin/*' -type f)
}

# dump_classes: adds the archive of the JDK's own classes. The JVM makes the same one again if its
# threads take turns, nothing is compiled meanwhile, addresses are not random, and objects need no
# hash; 17 does so only nearly always, so what came out twice is taken. With G1, whose archive has
# objects too, and serves the other collectors as well; the heap is that of the JDK's own build.
dump_classes() {
  local archive=$root/opt/java/lib/server/classes.jsa cpus digest seen=
  local options=(-Xint -Xrs -Xms128M -Xmx128M -XX:+UseG1GC -XX:-UsePerfData
    -XX:+UnlockExperimentalVMOptions -XX:hashCode=2)
  find "$root" -exec touch -hd "@$epoch" {} +
  cpus=$(taskset -cp $$)
  cpus=${cpus##* }
  for _ in {1..6}; do
    setarch -R taskset -c "${cpus%%[,-]*}" "${enter[@]}" "$root" \
      /opt/java/bin/java -Xshare:dump "${options[@]}" >&2
    digest=$(sha256sum <"$archive")
    [[ $seen != *$digest* ]] || return 0
    seen+=$digest
  done
}

# add_fonts: one family, and what finds it.
add_fonts() {
  local from=$work/$packages libraries
  libraries=$(cd "$from" && echo usr/lib/*-linux-gnu*)
  add_program "$packages" "$root" "$libraries/libfontconfig.so.1"
  mkdir -p "$root"/{etc,usr/share}/fonts
  # Roots are read-only.
  sed 's|/var/cache/fontconfig|/tmp/fontconfig|' "$from/etc/fonts/fonts.conf" \
    >"$root/etc/fonts/fonts.conf"
  cp -r "$from/usr/share/fonts/truetype" "$root/usr/share/fonts/"
}

add_runtime() {
  local from=$work/$packages file
  mkdir -p "$root"/{bin,dev,etc,opt,proc,run,sys,tmp,usr/lib/{locale,taskmanager}}
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  install "$(find "$from" -path '*bin/busybox')" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  # Without it no file can have a name beyond ASCII.
  cp -r "$from/usr/lib/locale/C.utf8" "$root/usr/lib/locale/"
  link_runtime
  add_java_libraries
  [[ ! $all ]] || add_fonts
  [[ $node != "$own" ]] || dump_classes
  for file in "$recipe"/*; do
    [[ $file == *.@(sh|json) ]] || install "$file" "$root/usr/lib/taskmanager/"
  done
}

recipe_root() {
  local title="Java $java${all:+, all modules}" label=org.lfedge.eve.tasks.executor
  config=(--config.env LANG=C.UTF-8 --config.label "org.lfedge.eve.tasks.java=$java")
  if [[ $form == jar ]]; then
    title+=' for executable JARs'
    install -m 644 "$recipe/seed.json" "$root/"
    config+=(--config.label "$label.form=declarative" --config.label "$label.path=/seed.json"
      --config.label "$label.spi=$(jq -r .spi "$recipe/seed.json")")
  else
    add_runtime
  fi
  config+=(--config.label "$label=$form" --config.label "org.lfedge.eve.tasks.title=$title")
}
