# The part of verify that runs domains on Xen. To be sourced by it.
# shellcheck shell=bash disable=SC2153,SC2154

# What passed last, by the digest of all that it was made of.
readonly XEN_PASSED=distribution/src/guest/xen-passed
readonly XEN_CONFIGS=30
# What it takes, if nothing of it is there yet, on two CPUs.
readonly XEN_SECONDS=1300

# xen_digest: of the executor, its image, and the guests that it is tried in.
xen_digest() {
  (
    cd "$ROOT" || exit
    find plugins/xen-tools/pom.xml plugins/xen-tools/src spi/src/main/java/org/lfedge/eve/tasks/spi/guest \
      distribution/src/tools/{xen,guest.sh,guest-init,image.sh,debian.sh} distribution/src/guest \
      -type f ! -path "$XEN_PASSED" -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
  )
}

# xen_has_passed: whether nothing of it has changed since.
xen_has_passed() {
  [[ -s $ROOT/$XEN_PASSED && $(cat "$ROOT/$XEN_PASSED") == "$(xen_digest)" ]]
}

# xen_is_due: whether something has changed, and there is time to try it.
xen_is_due() {
  ! xen_has_passed && ((LIMIT_SECONDS - SECONDS > XEN_SECONDS))
}

# xen_domains: boots Xen, and runs domains there; needs the package, which it builds if it is not there.
xen_domains() {
  local digest build=(-B -ntp "-DargLine=-Djava.io.tmpdir=$SCRATCH/tests" -Dspotless.check.skip=true
    -Djavac.checks=-Xlint:all)
  digest=$(xen_digest)
  cd "$COPY" || return
  if ! compgen -G "distribution/target/taskmanager-*-linux-*.tar.gz" >/dev/null; then
    mvn "${build[@]}" -DskipTests -DskipITs -pl distribution -am package
  fi
  mvn "${build[@]}" -pl plugins/xen-tools -am -Dsurefire.failIfNoSpecifiedTests=false \
    -Dtest=ConfigsForXlTest "-Dxen.configs=$SCRATCH/xen-configs" "-Dxen.configs.count=$XEN_CONFIGS" test
  distribution/src/guest/xen-guest "$SCRATCH/xen-configs"
  if [[ -w $ROOT/${XEN_PASSED%/*} ]]; then
    echo "$digest" >"$ROOT/$XEN_PASSED"
  fi
  echo "say: domains on Xen, from a kernel, an image and a disk; xl reads $XEN_CONFIGS generated configurations"
}
