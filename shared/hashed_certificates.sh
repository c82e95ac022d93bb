#!/bin/sh
# Writes each certificate of a file into a folder, under the hash of its subject, as OpenSSL looks it up there.
#
#   hashed_certificates.sh cacert.pem certificates
set -eu
mkdir -p "$2"
awk -v folder="$2" '/BEGIN CERTIFICATE/ { file = folder "/" ++count ".pem" } file { print > file } /END CERTIFICATE/ { close(file); file = "" }' "$1"
for file in "$2"/*.pem; do
    name=$2/$(openssl x509 -noout -hash -in "$file")
    number=0
    while [ -e "$name.$number" ]; do number=$((number + 1)); done
    mv "$file" "$name.$number"
done
