#!/bin/sh
# `pulumi` as a sandbox has it on PATH: for the program of the checkout with the settings that also know this machine. The
# three names below are filled in.
set -eu
program=@program@
checkout=@checkout@
settings=@settings@

folder=$PWD
option=
for word; do
  case $option in
  -C | --cwd) folder=$(cd "$word" 2>/dev/null && pwd) || folder= ;;
  esac
  case $word in
  --cwd=*) folder=$(cd "${word#--cwd=}" 2>/dev/null && pwd) || folder= ;;
  esac
  option=$word
done
if [ "$folder" = "$checkout" ] && [ -f "$settings" ]; then
  export PULUMI_OPTION_CONFIG_FILE="$settings"
fi
exec "$program" "$@"
