#!/bin/sh
# Puts the package together: target/taskmanager, and a tarball of it. Run by Maven.
# Arguments: the version, the home of the JDK whose runtime is packed, and "quick" to leave out
# what only makes the programs start faster (archives of classes), manual pages and the tarball.
set -eu
version=$1
jdk=$2
mode=${3:-full}
here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../../target" && pwd)
root=$(cd "$here/../../.." && pwd)
out=$target/taskmanager
# One time stamp for all files, 2026-01-01 as project.build.outputTimestamp: equal sources shall
# give equal packages, and the archives of classes remember the time stamps of the JARs.
stamp=@1767225600

# The modules that the two programs were found to need; everything else stays out. jdk.crypto.ec is
# found by nothing but a handshake: without it there is no TLS with the keys that registries have.
modules=java.base,java.logging,java.net.http,jdk.crypto.ec,jdk.httpserver,jdk.unsupported,jdk.zipfs

make_runtime() {
  key="$("$jdk/bin/java" -XshowSettings:properties -version 2>&1 \
    | sed -n 's/^ *java.vm.v\(endor\|ersion\) = //p' | tr '\n' ' ')$modules"
  if [ -x "$out/runtime/bin/java" ] && [ "$(cat "$target/runtime.key")" = "$key" ]; then
    return
  fi
  rm -rf "$out/runtime"
  mkdir -p "$out"
  "$jdk/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files \
    --no-man-pages --compress=2 --output "$out/runtime"
  # The archive of the JDK's own classes, for when those of the programs cannot be used.
  "$out/runtime/bin/java" -Xshare:dump >/dev/null
  echo "$key" >"$target/runtime.key"
}

# All JARs in one order; the order is a part of what the archives of classes remember.
class_path() {
  for file in "$out/lib"/*.jar; do
    printf '%s%s' "${separator-}" "/proc/self/fd/9/lib/${file##*/}"
    separator=:
  done
}

copy_files() {
  mkdir -p "$out/bin" "$out/lib" "$out/executors" "$out/conf" "$out/systemd" "$out/share/schema" \
    "$out/share/completions" "$out/share/man/man1" "$out/share/man/man8"
  # Removed rather than overwritten: programs that run from here keep what they have open.
  rm -f "$out"/lib/* "$out"/executors/* "$out"/bin/*
  cp "$target"/libraries/*.jar "$target/taskmanager-distribution-$version.jar" "$out/lib/"
  cp "$target"/executors/*.jar "$out/executors/"
  (cd "$out/executors" && sha256sum -- *.jar >SHA256SUMS)
  classpath=$(class_path)
  for program in taskd taskctl; do
    sed "s|@CLASSPATH@|$classpath|" "$here/$program.options" >"$out/lib/$program.options"
    cp "$here/bin/$program" "$out/bin/$program"
  done
  cp "$here"/conf/* "$out/conf/"
  cp "$here"/systemd/* "$out/systemd/"
  cp "$here"/share/* "$out/share/"
  cp "$root/LICENSE" "$out/"
  (cd "$out/share/schema" && "$jdk/bin/jar" xf "$out/lib/taskmanager-core-$version.jar" \
    org/lfedge/eve/tasks/core/config/task-document.schema.json \
    org/lfedge/eve/tasks/core/declarative/seed-json.schema.json \
    org/lfedge/eve/tasks/core/seedprotocol/seed-protocol.schema.json \
    && mv org/lfedge/eve/tasks/core/*/*.schema.json . && rm -r org)
  find "$out/lib" "$out/executors" -exec touch -d "$stamp" {} +
}

make_archives() {
  archives=$target/archives
  key="$(cat "$target/runtime.key") $(cat "$out"/lib/* "$here"/training/* | sha256sum)"
  if [ "$(cat "$archives/key" 2>/dev/null)" != "$key" ]; then
    rm -rf "$archives"
    mkdir "$archives"
    "$here/training/train.sh" "$out" "$jdk" "$archives"
    echo "$key" >"$archives/key"
  fi
  cp "$archives"/*.jsa "$out/lib/"
}

# The help of a command as a manual page: NAME, then the sections of the help as they are.
manual_page() {
  name=$1
  section=$2
  shift 2
  "$@" --help | awk -v name="$name" -v section="$section" -v version="$version" '
    function escaped(line) { gsub(/\\/, "\\e", line); gsub(/-/, "\\-", line); return line }
    NR == 1 {
      printf ".TH \"%s\" %s \"\" \"Taskmanager %s\"\n.SH NAME\n", toupper(name), section, version
      sub(/^[a-z]+ - /, "")
      printf "%s \\- %s\n", escaped(name), escaped($0)
      next
    }
    /^[A-Z][A-Z ]+$/ { printf "%s.SH %s\n.nf\n", (body ? ".fi\n" : ""), $0; body = 1; next }
    body && NF { sub(/^  /, ""); line = escaped($0); if (line ~ /^[.\047]/) line = "\\&" line; print line }
    body && !NF { print "" }
    END { print ".fi" }' >"$out/share/man/man$section/$name.$section"
}

make_documentation() {
  rm -f "$out"/share/man/man*/*
  "$out/bin/taskctl" completion bash >"$out/share/completions/taskctl"
  manual_page taskd 8 "$out/bin/taskd"
  manual_page taskctl 1 "$out/bin/taskctl"
  "$out/bin/taskctl" --help | sed -n '/^COMMANDS$/,/^$/s/^  \([a-z]*\).*/\1/p' \
    | while read -r command; do
      manual_page "taskctl-$command" 1 "$out/bin/taskctl" "$command"
    done
}

make_tarball() {
  architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  tar -C "$target" --sort=name --mtime="$stamp" --owner=0 --group=0 --numeric-owner -cf - taskmanager \
    | gzip -n >"$target/taskmanager-$version-linux-$architecture.tar.gz"
}

make_runtime
copy_files
if [ "$mode" != quick ]; then
  make_archives
  make_documentation
  make_tarball
fi
