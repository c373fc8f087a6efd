#!/bin/sh
# SPDX-License-Identifier: MIT
# Two machines side by side in tmux, and what is typed goes to both: `make qemu-both`, which has
# built them. usage: test/both.sh LEFT RIGHT (architectures)
#
# tmux gets a server and a socket of our own, so this works inside another tmux too. It ends when
# both machines have ended; of one that ended in trouble, the end of its output is printed then, as
# its screen is gone. test/both.conf has the keys and the looks.
set -eu
cd "$(dirname "$0")/.."

run_make() {
    make -s --no-print-directory "ARCH=$1" "$2"
}

# What runs in a pane: one machine, and what is to be done at its end. Whether it was the first to
# end or the last, a mkdir decides. (tmux's own word of a pane's end, pane-died, can come late.)
machine() {
    side=$1 other=$2 status=0
    run_make "$3" qemu || status=$?
    tmux capture-pane -p -J -S - -t "$TMUX_PANE" >"$RESULTS/$side"
    echo "$status" >"$RESULTS/$side.status"
    mkdir "$RESULTS/one-ended" 2>/dev/null || exec tmux kill-session
    tmux set-option -p -t "$TMUX_PANE" @ended ' (ended)' \; set-option -w synchronize-panes off \; \
        select-pane -t "{$other}"
    stty raw -echo
    exec sleep infinity # the screen stays
}

# A machine that ended in trouble has its say, as it would have in `make qemu`.
report() {
    if [ "$(cat "$RESULTS/$1.status")" != 0 ] || grep -q 'kernel panic: ' "$RESULTS/$1"; then
        echo "xv39: the end of $2:"
        grep . "$RESULTS/$1" | tail -n 60
        return 1
    fi
}

if [ "$1" = --in-pane ]; then
    machine "$2" "$3" "$4"
fi

# "0 0" is a terminal that does not know its size.
size=$(stty size) rows=${size% *} columns=${size#* }
if [ "$size" != "0 0" ] && { [ "$columns" -lt 40 ] || [ "$rows" -lt 8 ]; }; then
    echo "xv39: qemu-both needs 40 columns and 8 lines, better 160 and 40" >&2
    exit 1
fi

unset TMUX TMUX_PANE
# The machines start in makes of their own, which have no part in the jobs of an outer one.
MAKEFLAGS=$(printf %s "${MAKEFLAGS-}" | sed 's/ -j[0-9]*//; s/ --jobserver-[^ ]*//')
RESULTS=$(mktemp -d)
export MAKEFLAGS RESULTS
trap 'rm -rf "$RESULTS"' EXIT
trap 'exit 1' HUP INT TERM

left=$(run_make "$1" print-TITLE)
right=$(run_make "$2" print-TITLE)
# -u: the machines write UTF-8, whatever the locale says.
tmux -u -S "$RESULTS/socket" -f test/both.conf \
    new-session "exec sh test/both.sh --in-pane left right '$1'" \; \
    set-option -p @machine "$left" \; \
    split-window -h "exec sh test/both.sh --in-pane right left '$2'" \; \
    set-option -p @machine "$right" \; \
    select-pane -t '{left}'

[ -f "$RESULTS/left.status" ] && [ -f "$RESULTS/right.status" ] || exit 1
status=0
report left "$left" || status=1
report right "$right" || status=1
exit $status
