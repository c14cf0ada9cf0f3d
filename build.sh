#!/usr/bin/env bash
# Restores, builds, tests and runs ConveyorActors. `./build.sh help` lists the verbs. build.ps1 is the same for PowerShell.
set -euo pipefail

caller=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"

solution=ConveyorActors.sln
program=src/ConveyorActors.Cli/ConveyorActors.Cli.csproj
published=artifacts/conveyor
packages=artifacts/packages
self_contained=artifacts/publish
node=src/ConveyorActors.Node/ConveyorActors.Node.csproj
filter=artifacts/restorable.slnf
left_out=artifacts/left-out.txt
results=artifacts/test-results
coverage=artifacts/coverage

# The package, or the version asked for, is in no source. Any other restore error is an error here too.
not_found='NU1100|NU1101|NU1102|NU1103|NU1603'

# Nothing stays behind in memory, and the output is the same on every machine.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export MSBUILDTERMINALLOGGER=off DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

usage() {
    cat <<'END'
usage: ./build.sh VERB [ARGUMENTS]

  restore   fetch the packages; projects whose packages no source has are left out, loudly
  build     restore, then build everything in Release; a warning is an error. The program is then artifacts/conveyor/conveyor: a native one where
            there is a linker (gcc or clang; Visual C++ on Windows), else one that needs the .NET runtime
  test      build, then run all tests; the last line is "N passed, N failed, N skipped"
            (--all: nothing is only sampled; takes an hour. Other arguments go to `dotnet test`: ./build.sh test --filter BuildScript)
  coverage  build, run the tests and print how many lines of each project they ran; takes the arguments of test. It fails for nothing but
            a build that fails: tests fail where measuring slows them down
  mutate    change the code of admission, leasing and settling by Stryker in hundreds of ways and show the changes that no test notices (see CONTRIBUTING.md)
            (arguments go to Stryker: ./build.sh mutate --mutate Admission/PoolLimits.cs)
  run       build and start the program: without arguments `conveyor demo`, else `conveyor ARGUMENTS`
            (./build.sh run run --source access.log --stage 'slim=cut -f1,3')
  bench     build and start `conveyor bench ARGUMENTS`
  cluster   build and start `conveyor-node demo ARGUMENTS`: three nodes, a producer and a consumer as processes of this machine; one node is killed,
            and nothing acknowledged as persisted is lost (--journal postgres:CONNECTION: on PostgreSQL instead of SQLite)
  pack      build, then make the NuGet packages of all libraries and of the program as a .NET tool, in artifacts/packages
  publish   make the programs conveyor and conveyor-node for machines without the .NET runtime, in artifacts/publish/KIND/NAME
            (for linux-x64, linux-arm64, win-x64 and osx-arm64, or for those that are given: ./build.sh publish linux-arm64)
  docs      build, then make a site of the documents and the reference of all libraries with docfx, in artifacts/docs; a link to nothing is an error
  help      this text
END
}

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

need_dotnet() {
    command -v dotnet >/dev/null || fail "dotnet is not on PATH. Install the .NET SDK that global.json names, then try again."
}

say_left_out() {
    [ -s "$left_out" ] || return 0
    echo
    echo "##############################################################################"
    echo "## NOT EVERYTHING IS HERE:"
    sed 's/^/## LEFT OUT: /' "$left_out"
    echo "##############################################################################"
    echo
}

# Restores the solution; if packages are missing, the largest part of it that restores. Sets $target to what there is.
restore() {
    local log=artifacts/restore.log
    target=$solution
    mkdir -p artifacts
    rm -f "$filter" "$left_out"
    if dotnet restore "$solution" 2>&1 | tee "$log"; then return 0; fi

    # One line for each project that lacks a package: its path from here, and the first reason.
    # A project that refers to such a project lacks the same package, so NuGet names it too.
    sed -nE "s/^ *(.*proj) : error ($not_found): (.*)/\1|\2 \3/p" "$log" |
        sed -E 's/ \[[^]]*\]$//; s/(\.) .*/\1/' |
        awk -F'|' -v root="$root/" '!seen[$1]++ { if (index($0, root) == 1) $0 = substr($0, length(root) + 1); sub(/\|/, ": "); print }' > "$left_out"
    [ -s "$left_out" ] || fail "restore failed, and not because a package is missing (see above)."

    local remaining
    remaining=$(dotnet sln "$solution" list | tr -d '\r' | tr '\\' '/' | grep 'proj$' |
        awk 'NR == FNR { sub(/: NU.*/, ""); out[$0]; next } !($0 in out)' "$left_out" -)
    if [ -z "$remaining" ]; then
        say_left_out
        fail "no project of $solution can be restored."
    fi
    {
        echo "{ \"solution\": { \"path\": \"../$solution\", \"projects\": ["
        echo "$remaining" | sed 's/.*/  "&",/; $ s/,$//'
        echo "] } }"
    } > "$filter"
    target=$filter

    # Whatever else was wrong is still wrong in the rest, and stops it here.
    dotnet restore "$target" || fail "restore failed, and not only because packages are missing (see above)."
    say_left_out
}

# Fails when a file is not laid out as CSharpier does it. Tools that no source has are named; without CSharpier, the layout is not checked, loudly.
check_layout() {
    local log=artifacts/tools.log reason
    [ -f .config/dotnet-tools.json ] || return 0
    if ! dotnet tool restore > "$log" 2>&1; then
        reason=$(grep -v 'was restored' "$log" | grep -m 1 . | sed 's/ in NuGet feeds .*//' || true)
        if ! dotnet csharpier --version > /dev/null 2>&1; then
            echo "the layout of the code is not checked: ${reason:-dotnet tool restore failed}" >> "$left_out"
            return 0
        fi
        echo "a tool of .config/dotnet-tools.json: ${reason:-dotnet tool restore failed}" >> "$left_out"
    fi
    dotnet csharpier check . || fail "the code is not laid out as CSharpier does it (see above). Run: dotnet csharpier format ."
}

build() {
    restore
    check_layout
    # A vulnerability published today is shown and does not break the build (see Directory.Build.props). One compiler serves all projects where
    # there are many, and ends with the build.
    local compiler=conveyor-$$ status=0 shared=()
    [ "$(grep -c '^Project(' "$solution")" -lt 10 ] || shared=(-p:UseSharedCompilation=true "-p:SharedCompilationId=$compiler")
    dotnet build "$target" -c Release --no-restore -warnaserror '-warnnotaserror:NU1901;NU1902;NU1903;NU1904' ${shared[@]+"${shared[@]}"} || status=$?
    ! command -v pkill >/dev/null || pkill -f -- "-pipename:$compiler\$" || true
    [ "$status" -eq 0 ] || return "$status"
    [ ! -f "$program" ] || publish_program
}

# Publishes a program compiled ahead of time, for a quick start; where no source has the compiler for that, as it is, loudly.
publish() { # PROJECT FOLDER [ARGUMENTS of dotnet publish]
    local log=artifacts/publish.log reason project=$1 folder=$2
    shift 2
    mkdir -p artifacts
    if dotnet publish "$project" -c Release -v quiet --nologo -o "$folder" "$@" 2>&1 | tee "$log"; then return 0; fi
    reason=$(sed -nE "s/.* error (($not_found): .*Crossgen2[^ ]*).*/\1/p" "$log" | head -n 1)
    [ -n "$reason" ] || return 1
    echo "$project: is not compiled ahead of time and starts slowly: $reason" >> "$left_out"
    dotnet publish "$project" -c Release -v quiet --nologo -p:PublishReadyToRun=false -o "$folder" "$@" 2>&1 | tee "$log"
}

# Publishes the program as a native one, which needs no runtime and starts at once. Returns 1, loudly, where it cannot be made: no source has what it is made
# of, or this machine has no linker or too little memory.
publish_native() { # WHAT-THE-OTHER-PROGRAM-IS-LIKE FOLDER [ARGUMENTS of dotnet publish]
    local log=artifacts/publish.log reason instead=$1 folder=$2
    shift 2
    mkdir -p artifacts
    if dotnet publish "$program" -c Release -v quiet --nologo -p:ConveyorNative=true -o "$folder" "$@" 2>&1 | tee "$log"; then return 0; fi
    reason=$(sed -nE "s/.* error (($not_found): [^[]*).*/\1/p
        s/.* error ?: ((Platform linker|Requested linker|Symbol stripping tool) .*not found[^.]*)\..*/\1/p
        s/.* error MSB3073: The command \"+[^\"]*(gcc|clang|link\.exe)\" .*/the linker \1 failed (see above)/p
        s/.* error MSB3073: .* exited with code 137\..*/its compiler was killed, as for want of memory/p" "$log" | head -n 1)
    [ -n "$reason" ] || fail "conveyor could not be published (see above)."
    echo "conveyor as a native program: $instead and starts more slowly: $reason" >> "$left_out"
    return 1
}

# The program as users have it, for this machine. A folder whose files are the same stays: the program may be running. With `as before`, a program that was
# not native is not tried as a native one: an attempt that fails makes the compiler do everything again.
publish_program() { # [as before]
    local made=$published.new
    rm -rf "$made"
    if [ "$*" = 'as before' ] && [ -f "$published/conveyor.dll" ]; then
        echo "conveyor as a native program, as before: ./build.sh build tries it again and says why not" >> "$left_out"
        publish "$program" "$made" || fail "conveyor could not be published (see above)."
    else
        publish_native 'it needs the .NET runtime' "$made" || publish "$program" "$made" || fail "conveyor could not be published (see above)."
    fi
    if diff -rq "$made" "$published" > /dev/null 2>&1; then
        rm -rf "$made"
        return 0
    fi
    rm -rf "$published"
    mv "$made" "$published"
}

# Both programs for machines without the .NET runtime: they include it, or are native. A native program is only made for this kind of machine; each other
# kind needs a package with its runtime.
publish_self_contained() {
    local rid project name reason kind made=0
    kind=$(dotnet msbuild "$program" -getProperty:NETCoreSdkPortableRuntimeIdentifier | tr -d '\r') || fail "the kind of this machine could not be read: $kind"
    [ $# -gt 0 ] || set -- linux-x64 linux-arm64 win-x64 osx-arm64
    rm -rf "$self_contained" "$left_out"
    for rid in "$@"; do
        for project in "$program" "$node"; do
            name=$([ "$project" = "$program" ] && echo conveyor || echo conveyor-node)
            echo "Publishing $name for $rid ..."
            # Built in a folder of its own: what `build` has built stays as it is.
            if [ "$project,$rid" = "$program,$kind" ] && publish_native 'it includes the .NET runtime' "$self_contained/$rid/$name" -r "$rid" --artifacts-path "$root/artifacts/publish-build"; then
                made=$((made + 1))
                continue
            fi
            if publish "$project" "$self_contained/$rid/$name" -r "$rid" --self-contained true --artifacts-path "$root/artifacts/publish-build"; then
                made=$((made + 1))
                continue
            fi
            reason=$(sed -nE "s/.* error (($not_found): [^[]*).*/\1/p" artifacts/publish.log | head -n 1)
            [ -n "$reason" ] || fail "$name could not be published for $rid (see above)."
            echo "$name for $rid: $reason" >> "$left_out"
            rm -rf "${self_contained:?}/$rid/$name"
        done
    done
    say_left_out
    [ "$made" -gt 0 ] || fail "no program could be published."
    (cd "$self_contained" && ls -d -- */*)
}

run_tests() {
    if [ "${1-}" = --all ]; then
        export CONVEYOR_TEST_ALL=1
        shift
    fi
    passed=0 failed=0 skipped=0
    trap 'echo "$passed passed, $failed failed, $skipped skipped"' EXIT
    build

    if [ -f "$program" ]; then export CONVEYOR_PROGRAM=$root/$published/conveyor; fi

    # Two projects at a time: much of what tests do is wait. Test hosts and the processes they start are short-lived: what it costs to profile code
    # for its optimization is not earned back in them. A test that hangs is named and ends the run.
    export DOTNET_TieredPGO=0
    local status=0
    rm -rf "$results"
    mkdir -p "$results"
    dotnet test "$target" -c Release --no-build -m:2 --logger trx --results-directory "$results" \
        --blame-hang-timeout 10m --blame-hang-dump-type none "$@" || status=$?
    read -r passed failed skipped <<< "$(find "$results" -name '*.trx' -exec cat {} + |
        sed -nE 's/.*<Counters total="([0-9]+)" executed="([0-9]+)" passed="([0-9]+)".*/\1 \2 \3/p' |
        awk '{ p += $3; f += $2 - $3; s += $1 - $2 } END { print p + 0, f + 0, s + 0 }')"

    say_left_out
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
        fail "the run ended with $status although no test failed: a test host crashed or could not start (see above). Counted as one failure."
    fi
    [ "$failed" -eq 0 ] || fail "$failed failed (see above)."
    [ "$passed" -gt 0 ] || fail "no test ran."
}

# A line that tests of several projects ran counts once. The reports are in artifacts/coverage, for tools that show them.
measure_coverage() {
    build
    if [ -f "$program" ]; then export CONVEYOR_PROGRAM=$root/$published/conveyor; fi
    rm -rf "$coverage"
    mkdir -p "$coverage"
    dotnet test "$target" -c Release --no-build -m:2 --collect 'XPlat Code Coverage' --settings tests/coverage.runsettings \
        --results-directory "$coverage" --blame-hang-timeout 10m --blame-hang-dump-type none "$@" ||
        echo "Tests failed while coverage was measured (see above)."
    say_left_out
    find "$coverage" -name coverage.cobertura.xml -exec cat {} + | awk '
        function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : "" }
        /<package / { project = attribute("name") }
        /<class /   { type = attribute("name") }
        /<line /    { line = project "|" type "|" attribute("number")
                      if (!(line in hit)) { hit[line] = 0; lines[project]++ }
                      if (attribute("hits") > 0 && !hit[line]) { hit[line] = 1; ran[project]++ } }
        END { for (project in lines) printf "%-32s %5.1f %% of %d lines\n", project, 100 * ran[project] / lines[project], lines[project] }' |
        LC_ALL=C sort | tee "$coverage/summary.txt"
    [ -s "$coverage/summary.txt" ] || fail "no coverage was measured."
}

# tests/mutation.json names the files, and the quick tests that run on each change. The same seeds and short random runs each time make the score
# comparable.
mutate() {
    restore
    dotnet tool restore > artifacts/tools.log 2>&1 || true
    dotnet stryker --help > /dev/null 2>&1 || fail "Stryker, a tool of .config/dotnet-tools.json, could not be restored."
    cd tests/ConveyorActors.Buffers.Tests
    export CONVEYOR_SEQUENCES=100 CONVEYOR_SEED=1 CONVEYOR_LEASE_SEED=1 CONVEYOR_POOL_SEED=1
    dotnet stryker --config-file ../mutation.json --output "$root/artifacts/mutation" --skip-version-check "$@" || fail "Stryker failed (see above)."
}

# From what `build` has built. Versions come from the git tags.
pack() {
    build
    rm -rf "$packages"
    dotnet pack "$target" -c Release --no-build -o "$packages" || fail "the packages could not be made (see above)."
    say_left_out
    ls "$packages"
}

# From what `build` has built: the reference is made of the libraries and their XML documentation.
make_docs() {
    build
    dotnet docfx --version > /dev/null 2>&1 || fail "docfx, a tool of .config/dotnet-tools.json, could not be restored."
    rm -rf artifacts/docs artifacts/docs-reference
    dotnet docfx packaging/docfx.json --warningsAsErrors || fail "the documentation could not be made (see above)."
    say_left_out
    echo "artifacts/docs/index.html"
}

# The build speaks on standard error: standard output belongs to the program, and so does the caller's directory.
start_program() {
    echo "Building conveyor$([ -d "$published" ] || echo ', which takes some minutes the first time') ..." >&2
    rm -f "$left_out"
    publish_program as before >&2
    [ ! -s "$left_out" ] || sed 's/^/LEFT OUT: /' "$left_out" >&2
    cd "$caller"
    [ ! -f "$root/$published/conveyor.dll" ] || exec dotnet "$root/$published/conveyor.dll" "$@"
    exec "$root/$published/conveyor" "$@"
}

# The library as programs have it that use it, compiled by the runtime; with --run, the program as users have it.
start_bench() {
    local path
    case " $* " in *' --run '*) start_program bench "$@" ;; esac
    echo "Building conveyor ..." >&2
    path=$(dotnet build "$program" -c Release -t:Build -getProperty:TargetPath) || fail "conveyor could not be built."
    cd "$caller"
    exec dotnet "$path" bench "$@"
}

start_cluster() {
    local path
    echo "Building conveyor-node ..." >&2
    path=$(dotnet build "$node" -c Release -t:Build -getProperty:TargetPath) || fail "conveyor-node could not be built."
    cd "$caller"
    exec dotnet "$path" demo "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
    restore) need_dotnet; restore ;;
    build)   need_dotnet; build; say_left_out ;;
    test)    need_dotnet; run_tests "$@" ;;
    coverage) need_dotnet; measure_coverage "$@" ;;
    mutate)  need_dotnet; mutate "$@" ;;
    run)     need_dotnet; [ $# -gt 0 ] || set -- demo; start_program "$@" ;;
    bench)   need_dotnet; start_bench "$@" ;;
    cluster) need_dotnet; start_cluster "$@" ;;
    pack)    need_dotnet; pack ;;
    publish) need_dotnet; publish_self_contained "$@" ;;
    docs)    need_dotnet; make_docs ;;
    help|-h|--help) usage ;;
    *)       [ -z "$verb" ] || echo "build.sh: no verb '$verb'" >&2
             usage >&2
             exit 2 ;;
esac
