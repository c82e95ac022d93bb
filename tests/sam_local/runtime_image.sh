#!/usr/bin/env bash
# Makes a stand-in for AWS's Python 3.13 Lambda image where no image registry can be reached (air-gapped build
# machines, CI): Debian's Python from the machine's own Debian mirror, AWS's runtime client from PyPI.
#
#   runtime_image.sh             make sure that the image is there: in the engine, else from the cache, else built
#   runtime_image.sh --rebuild   build anew, to take in Debian's updates
#
# Prints the image's name, for `sam local … --skip-pull-image --invoke-image NAME`. Needs a Docker engine
# (engine.sh start); building also needs root, Debian or Ubuntu, and uv.
#
#   AGENTOS_DEBIAN_MIRROR   a mirror that has Debian 13, where apt's configuration names none
set -euo pipefail

name=agentos-lambda-python:3.13-local
suite=trixie # Debian 13, the release whose Python is 3.13
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/agentos

say() { printf 'runtime image: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

case $(uname -m) in
x86_64) arch=amd64 platform=x86_64-manylinux_2_28 ;;
aarch64 | arm64) arch=arm64 platform=aarch64-manylinux_2_28 ;;
*) die "Lambda has no $(uname -m)" ;;
esac

# Everything that decides the content, save what Debian updates meanwhile.
recipe=$( (echo "$arch" && cd "$here" && cat runtime_image.sh runtime/bootstrap runtime/bootstrap.py runtime/requirements.txt) | sha256sum | cut -c 1-16)
saved=$cache/lambda-python-3.13-$arch-$recipe.tar.gz

# Two tests may ask for the image at once: the second one waits, and finds it made.
if command -v flock >/dev/null; then
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
fi

current() { [[ $(docker image inspect -f '{{index .Config.Labels "agentos.recipe"}}' "$name" 2>/dev/null) == "$recipe" ]]; }

# apt reads its one-line and its deb822 sources and tells the result in one form, without touching the network.
# The security archive carries no complete release, so it is no mirror to install from.
mirrors() {
    [[ -z ${AGENTOS_DEBIAN_MIRROR:-} ]] || { echo "$AGENTOS_DEBIAN_MIRROR"; return; }
    local uri file
    apt-get --print-uris update | sed -nE "s#^'(.*)/dists/[^']*/?InRelease'.*#\1#p" | grep -v -e -security | awk '!seen[$0]++' |
        while read -r uri; do
            case $uri in
            # A list of mirrors in a file, as cloud images have it.
            mirror+file:*) file=${uri#mirror+file:} && awk '!/^#/ && NF {print $1}' "${file/#\/\///}" ;;
            *) echo "${uri#copy:}" ;;
            esac
        done
}

# apt's own downloader, so that its proxy, its certificates and its credentials are used.
has_suite() { /usr/lib/apt/apt-helper -qq download-file "${1%/}/dists/$suite/InRelease" "$work/InRelease" >/dev/null 2>&1; }

# debootstrap downloads with wget, which knows nothing of apt's settings: hand them over.
as_apt_does() {
    local value scheme
    for scheme in http https; do
        value=$(apt-config shell v "Acquire::$scheme::Proxy" | sed -E "s/^v='(.*)'$/\1/")
        if [[ $value == DIRECT ]]; then unset "${scheme}_proxy"; elif [[ -n $value ]]; then export "${scheme}_proxy=$value"; fi
    done
    value=$(apt-config shell v Acquire::https::CAInfo | sed -E "s/^v='(.*)'$/\1/")
    if [[ -n $value ]]; then
        { cat "${WGETRC:-$HOME/.wgetrc}" 2>/dev/null || true; echo "ca_certificate = $value"; } >"$work/wgetrc"
        export WGETRC=$work/wgetrc
    fi
}

# A good build is a minute of chatter: show it only when it fails.
quietly() { "$@" >"$work/log" 2>&1 || { tail -n 25 "$work/log" >&2; die "failed: $1"; }; }

install_runtime() {
    local common=(--target "$1/var/runtime" --python-version 3.13 --only-binary :all: --require-hashes -r "$here/runtime/requirements.txt")
    if command -v uv >/dev/null; then
        quietly uv pip install --python-platform "$platform" "${common[@]}"
    else
        # pip takes a platform at its word, so name the older ones that its wheels may carry instead.
        local tag tags=()
        for tag in 2_28 2_27 2_17 2_5; do tags+=(--platform "manylinux_${tag}_${platform%%-*}"); done
        quietly python3 -m pip install --no-compile --implementation cp "${tags[@]}" "${common[@]}"
    fi
}

build() {
    [[ $EUID -eq 0 ]] || die 'building needs root (debootstrap). Where a registry can be reached, leave --invoke-image out instead.'
    command -v apt-get >/dev/null || die 'building needs Debian or Ubuntu'
    local mirror='' candidate root=$work/root
    for candidate in $(mirrors); do
        has_suite "$candidate" && mirror=$candidate && break
    done
    [[ -n $mirror ]] || die "none of apt's mirrors has Debian's $suite: set AGENTOS_DEBIAN_MIRROR"
    if ! command -v debootstrap >/dev/null; then
        say 'installing debootstrap with apt-get'
        export DEBIAN_FRONTEND=noninteractive
        quietly apt-get update
        quietly apt-get install -y --no-install-recommends debootstrap wget
    fi

    say "building $name, recipe $recipe: a minute or two"
    as_apt_does
    quietly debootstrap --arch="$arch" --variant=minbase --include=python3,ca-certificates "$suite" "$root" "$mirror"
    mkdir -p "$root"/var/{runtime,task,lang/bin} "$root/opt"
    install_runtime "$root"
    install -m 755 "$here/runtime/bootstrap" "$root/var/runtime/bootstrap"
    install -m 644 "$here/runtime/bootstrap.py" "$root/var/runtime/bootstrap.py"
    # Where wrappers and SAM's debug mode look for the interpreter.
    ln -s /usr/bin/python3.13 "$root/var/lang/bin/python3.13"
    ln -s python3.13 "$root/var/lang/bin/python3"
    ln -s python3.13 "$root/var/lang/bin/python"
    # Every container starts from these files anew: without the compiled form each cold start would compile boto3.
    quietly chroot "$root" python3.13 -m compileall -q -j 0 /var/runtime

    # The sources name the build machine's mirror, and the rest is of no use in a container.
    rm -rf "$root"/etc/apt/sources.list* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* \
        "$root"/usr/share/{doc,man,info,locale}/* "$root"/etc/{hostname,resolv.conf}
    tar -C "$root" --numeric-owner -c . | docker import --platform "linux/$arch" "${config[@]}" - "$name" >/dev/null
}

# As in the managed image. PYTHONPATH is left to bootstrap.py, see there. SAM replaces the entrypoint with its own
# emulator, which finds /var/runtime/bootstrap; ours serves a plain `docker run` beside a runtime API.
config=()
for line in \
    "LABEL agentos.recipe=$recipe" \
    'ENV LANG=en_US.UTF-8' \
    'ENV TZ=:/etc/localtime' \
    'ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin' \
    'ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib' \
    'ENV LAMBDA_TASK_ROOT=/var/task' \
    'ENV LAMBDA_RUNTIME_DIR=/var/runtime' \
    'WORKDIR /var/task' \
    'ENTRYPOINT ["/var/runtime/bootstrap"]'; do
    config+=(--change "$line")
done

docker version >/dev/null 2>&1 || die 'no Docker engine answers: run engine.sh start first'
[[ ${1:-} == '' || ${1:-} == --rebuild ]] || die 'usage: runtime_image.sh [--rebuild]'
mkdir -p "$cache"
# Not under /tmp, which may be mounted without leave to run programs or to make devices.
work=$(mktemp -d "$cache/build.XXXXXX")
# An interrupted debootstrap leaves the machine's own /proc and /sys mounted in the tree that is removed here.
trap 'umount -l "$work"/root/{proc,sys} 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

if [[ ${1:-} != --rebuild ]] && current; then
    say "$name is there"
    echo "$name"
    exit
fi
# SAM lays its emulator over the image once, and never looks again whether what is below has changed.
# By name: an image that others were built on cannot be removed, but it can lose its name.
docker image ls --format '{{.Repository}}:{{.Tag}}' --filter "reference=${name%%:*}:*rapid-*" | xargs -r docker image rm >/dev/null

if [[ ${1:-} != --rebuild && -f $saved ]] && docker load -q -i "$saved" >/dev/null && current; then
    say "$name loaded from $saved"
else
    build
    # Written aside first: half a file must never look like a saved image. Older recipes are of no use any more.
    docker save "$name" | gzip -1 >"$saved.$$"
    rm -f "$cache"/lambda-python-3.13-"$arch"-*.tar.gz
    mv "$saved.$$" "$saved"
    say "$name built, saved as $saved"
fi
echo "$name"
