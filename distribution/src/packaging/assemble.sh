#!/bin/sh
# Puts the package together: target/taskmanager, and a tarball of it. Run by Maven.
# Arguments: the version, and the home of the JDK whose runtime is packed.
set -eu
version=$1
jdk=$2
here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../../target" && pwd)
root=$(cd "$here/../../.." && pwd)
out=$target/taskmanager
jar=taskmanager-distribution-$version.jar
# One time stamp for all files: the archives of classes remember those of the JARs, and equal
# sources shall give equal packages. 2026-01-01, as project.build.outputTimestamp.
stamp=202601010000.00

# The modules that the two programs were found to need; everything else stays out.
modules=java.base,java.logging,jdk.unsupported,jdk.zipfs

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
  # The archive of the JDK's own classes, on which those of the programs build.
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
  mkdir -p "$out/bin" "$out/lib" "$out/executors" "$out/conf" "$out/systemd" \
    "$out/share/schema" "$out/share/completions" "$out/share/man/man1" "$out/share/man/man8"
  rm -f "$out"/lib/* "$out"/executors/*
  cp "$target"/libraries/*.jar "$target/$jar" "$out/lib/"
  cp "$target"/executors/*.jar "$out/executors/"
  (cd "$out/executors" && sha256sum -- *.jar >SHA256SUMS)
  classpath=$(class_path)
  for program in taskd taskctl; do
    sed "s|@CLASSPATH@|$classpath|" "$here/$program.options" >"$out/lib/$program.options"
    rm -f "$out/bin/$program"
    cp "$here/bin/$program" "$out/bin/$program"
  done
  cp "$here"/conf/* "$out/conf/"
  cp "$here"/systemd/* "$out/systemd/"
  cp "$root/LICENSE" "$out/"
  (cd "$out/share/schema" && "$jdk/bin/jar" xf "$out/lib/taskmanager-core-$version.jar" \
    org/lfedge/eve/tasks/core/config/task-document.schema.json \
    && mv org/lfedge/eve/tasks/core/config/task-document.schema.json . && rm -r org)
  find "$out/lib" "$out/executors" -exec touch -t "$stamp" {} +
}

make_runtime
copy_files
