#!/usr/bin/env bash
# Makes sure that a Docker engine answers, because `sam local` is only worth testing in real containers.
#
#   engine.sh start    use the engine that is running, else install and start one (root, Debian or Ubuntu)
#   engine.sh stop     end the engine that `start` started, and no other
#   engine.sh status   say what is running; exit 0 when an engine answers
#
# Exits non-zero, with the reason on stderr, when no engine can be had.
set -euo pipefail

# Gone after a reboot, as the engine is, so that a recorded pid is never that of a stranger for long.
state=${AGENTOS_ENGINE_STATE:-/run/agentos-engine}
log=$state/dockerd.log
pidfile=$state/pid
wait_seconds=${AGENTOS_ENGINE_WAIT:-30}

say() { printf 'engine: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# `docker info` exits 0 in some versions though the server gave only an error, so ask for the server's own version.
answers() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# A pid alone may have been given to another process since; with its start time it is unique.
started_at() { cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null || true; }

ours() {
    local pid stamp
    [[ -r $pidfile ]] && read -r pid stamp <"$pidfile" && [[ -n $stamp && $(started_at "$pid") == "$stamp" ]] && printf '%s' "$pid"
}

ended() { [[ ! -e /proc/$1 || $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) == Z ]]; }

end() {
    local pid=$1
    kill "$pid" 2>/dev/null || true
    # It stops its containers first, each with some seconds' grace.
    for ((i = 0; i < 300; i++)); do
        ended "$pid" && return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
}

install_engine() {
    [[ $EUID -eq 0 ]] || die 'no Docker engine answers. Start Docker, or run this as root so that it can install and start one.'
    command -v apt-get >/dev/null || die 'no Docker engine answers, and without apt-get this script cannot install one: start Docker yourself.'
    say 'installing docker.io with apt-get'
    mkdir -p "$state"
    export DEBIAN_FRONTEND=noninteractive
    {
        apt-get update -qq &&
            apt-get install -y -qq --no-install-recommends docker.io iptables &&
            # From Debian 13 on the client is a package of its own, which docker.io only recommends.
            { command -v docker || apt-get install -y -qq --no-install-recommends docker-cli; }
    } >"$state/apt.log" 2>&1 || { tail -n 20 "$state/apt.log" >&2; die "apt-get could not install docker.io, see $state/apt.log"; }
}

# An engine may answer and still be unable to run anything (no usable cgroups, say). docker.io brings one static
# program along, docker-init, and that makes an image without asking any registry.
runs_containers() {
    local init image=agentos-engine-check
    for init in "$(command -v docker-init)" /usr/libexec/docker/docker-init; do [[ -x $init ]] && break; done
    [[ -x $init ]] || return 0
    tar -C "$(dirname "$init")" -ch "$(basename "$init")" | docker import - "$image" >/dev/null &&
        timeout 60 docker run --rm -p 127.0.0.1::9 --memory 64m "$image" /docker-init --version >/dev/null
    local result=$?
    docker image rm -f "$image" >/dev/null 2>&1 || true
    return "$result"
}

# usage: try REASON PATH-PREFIX OPTION…
try() {
    local why=$1 prefix=$2 pid
    shift 2
    say "starting dockerd${*:+ $*} ($why)"
    printf '\n== dockerd %s\n' "$*" >>"$log"
    # A session of its own, so that Ctrl-C in `make sam-local` does not end the engine under its containers.
    PATH=${prefix:+$prefix:}$PATH setsid dockerd "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    for ((i = 0; i < wait_seconds * 5; i++)); do
        if ended "$pid"; then
            wait "$pid" || true
            return 1
        fi
        if answers; then
            if runs_containers >>"$log" 2>&1; then
                printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$pidfile"
                say "dockerd runs, pid $pid, log $log"
                return 0
            fi
            say 'it answers but cannot run a container'
            break
        fi
        sleep 0.2
    done
    end "$pid"
    return 1
}

# Where no cgroups are mounted (a plain chroot, some build machines) dockerd gives up, so mount them as an init would.
mount_cgroups() {
    [[ -n $(ls -A /sys/fs/cgroup 2>/dev/null) ]] && return 0
    mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || say 'no cgroups, and they cannot be mounted'
}

start() {
    if command -v docker >/dev/null && answers; then
        say "using the running engine, version $(docker version --format '{{.Server.Version}}')"
        return 0
    fi
    # Starting an engine here would not help a client that looks elsewhere.
    [[ -z ${DOCKER_HOST:-} || $DOCKER_HOST == unix:///var/run/docker.sock || $DOCKER_HOST == unix:///run/docker.sock ]] ||
        die "DOCKER_HOST is $DOCKER_HOST and does not answer. Start that engine, or unset DOCKER_HOST."
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
        install_engine
        # With systemd the package has started the engine itself; give it a moment before starting a second one.
        for ((i = 0; i < 25; i++)); do
            answers && { say 'using the engine that the package started'; return 0; }
            [[ -d /run/systemd/system ]] || break
            sleep 0.2
        done
    fi
    [[ $EUID -eq 0 ]] || die 'no Docker engine answers, and starting dockerd needs root.'
    mkdir -p "$state"
    exec 9>"$state/lock"
    flock -w 180 9 || die 'another process has been starting an engine for three minutes'
    answers && { say 'using the engine that another process started'; return 0; }
    : >"$log"
    mount_cgroups

    # A kernel without nf_tables fails Debian's default iptables; the older backend may still do. Chosen by PATH for
    # this one process, because update-alternatives would change the machine.
    local legacy=$state/iptables-legacy name
    mkdir -p "$legacy"
    for name in iptables ip6tables; do
        ln -sf "$(command -v "$name-legacy" || echo /usr/sbin/$name-legacy)" "$legacy/$name"
    done

    # From the engine's own defaults to what the most restricted machine allows. Without iptables there is no address
    # translation: containers lose the internet but still reach the host over the bridge, and published ports go
    # through docker-proxy, which is all that `sam local` needs. vfs copies every layer: slow, large, works anywhere.
    local no_filter=(--iptables=false --ip6tables=false --ip-masq=false)
    # 9>&- keeps the lock out of the engine's hands, or it would hold it for life.
    {
        try 'defaults' '' ||
            try 'iptables with its legacy backend' "$legacy" ||
            try 'no overlay file system' '' --storage-driver=vfs ||
            try 'no packet filter' '' "${no_filter[@]}" ||
            try 'neither' '' --storage-driver=vfs "${no_filter[@]}"
    } 9>&- || { grep -iE 'level=(error|fatal)|failed' "$log" | tail -n 8 >&2; die "dockerd does not start on this machine, see $log"; }
}

stop() {
    local pid
    if ! pid=$(ours); then
        say 'nothing to stop: no engine that runs was started by this script'
        return 0
    fi
    end "$pid"
    rm -f "$pidfile"
    say "ended dockerd, pid $pid"
}

status() {
    local pid
    pid=$(ours) && say "dockerd was started by this script, pid $pid, log $log"
    answers || die 'no Docker engine answers'
    docker version --format 'Docker {{.Server.Version}}'
}

case ${1:-} in
start | stop | status) "$1" ;;
*) die 'usage: engine.sh start|stop|status' ;;
esac
