# What the scripts share: where things lie, and fetching a pinned package. Sourced.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${HEARTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hearth}

say() { printf 'hearth: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# pinned NAME: its requirement in deps.lock, with the hash.
pinned() { grep "^$1==" "$ROOT/deps.lock" || fail "deps.lock does not name $1"; }

# pip_fetch NAME sdist|wheel FOLDER: downloads it through pip, which checks the hash.
pip_fetch() {
    local work backend form=()
    work=$(mktemp -d)
    mkdir -p "$work/scikit_build_core" "$work/setuptools"
    for backend in scikit_build_core/build setuptools/build_meta; do
        touch "$work/$(dirname $backend)/__init__.py"
        cp "$ROOT/scripts/sdist_backend.py" "$work/$backend.py"
    done
    pinned "$1" > "$work/requirements.txt"
    if [ "$2" = sdist ]; then
        form=(--no-binary ':all:' --no-build-isolation --use-pep517)
    else
        form=(--only-binary ':all:')
    fi
    say "fetching $1"
    PYTHONPATH=$work PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_PROGRESS_BAR=off python3 -m pip download \
        --quiet --no-deps --require-hashes "${form[@]}" -r "$work/requirements.txt" -d "$3" \
        > "$work/log" 2>&1 || { cat "$work/log" >&2; rm -rf "$work"
        fail "could not fetch $1: is the package registry reachable? (see above)"; }
    rm -rf "$work"
}

# show_progress NAME: turns ninja's lines into a line that moves (terminal) or one each 10 %.
show_progress() {
    awk -v name="$1" -v terminal="$([ -t 2 ] && echo 1)" '
        /Re-checking globbed/ { next }
        match($0, /^\[ *[0-9]+%\]/) {
            shown = 1
            percent = substr($0, 2) + 0
            if (terminal) printf "\rhearth: %s %3d%%", name, percent > "/dev/stderr"
            else if (percent >= next_line) {
                printf "hearth: %s %3d%%\n", name, percent > "/dev/stderr"
                next_line = percent - percent % 10 + 10
            }
        }
        END { if (terminal && shown) print "" > "/dev/stderr" }'
}
