# Restores, builds, tests and runs ConveyorActors, as build.sh does. `./build.ps1 help` lists the verbs.
# For Windows PowerShell 5.1 and PowerShell 7. No param block, so that every argument reaches the program as it was written.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

# Of `-File build.ps1 run -v:x`, $args has '-v' and 'x'; of a command line in a session, '-v:' and 'x'. Programs get '-v:x', as it was written.
$written = @($args)
$commandLine = [Environment]::GetCommandLineArgs()
$place = -1
for ($i = 1; $i -lt $commandLine.Count -and $place -lt 0; $i++) { if ((Split-Path -Leaf $commandLine[$i]) -eq 'build.ps1') { $place = $i } }
if (-not $MyInvocation.Line -and $place -gt 0) { $written = @($commandLine | Select-Object -Skip ($place + 1)) }
else {
    $written = @()
    foreach ($argument in $args) {
        if ($written.Count -gt 0 -and $written[-1] -match '^-[^-:].*:$') { $written[-1] += $argument } else { $written += $argument }
    }
}

$caller = (Get-Location).ProviderPath
$root = $PSScriptRoot
$solution = 'ConveyorActors.sln'
$program = 'src/ConveyorActors.Cli/ConveyorActors.Cli.csproj'
$published = 'artifacts/conveyor'
$packages = 'artifacts/packages'
$selfContained = 'artifacts/publish'
$node = 'src/ConveyorActors.Node/ConveyorActors.Node.csproj'
$filter = 'artifacts/restorable.slnf'
$results = 'artifacts/test-results'
$coverage = 'artifacts/coverage'

# The package, or the version asked for, is in no source. Any other restore error is an error here too.
$notFound = 'NU1100|NU1101|NU1102|NU1103|NU1603'

# Nothing stays behind in memory, and the output is the same on every machine.
$env:MSBUILDDISABLENODEREUSE = '1'
$env:DOTNET_CLI_USE_MSBUILD_SERVER = '0'
$env:UseSharedCompilation = 'false'
$env:MSBUILDTERMINALLOGGER = 'off'
$env:DOTNET_CLI_UI_LANGUAGE = 'en'
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'

$script:target = $solution
$script:leftOut = @()

function Get-Usage {
    return @'
usage: ./build.ps1 VERB [ARGUMENTS]

  restore   fetch the packages; projects whose packages no source has are left out, loudly
  build     restore, then build everything in Release; a warning is an error. The program is then artifacts/conveyor/conveyor: a native one where
            there is a linker (gcc or clang; Visual C++ on Windows), else one that needs the .NET runtime
  test      build, then run all tests; the last line is "N passed, N failed, N skipped"
            (--all: nothing is only sampled; takes an hour. Other arguments go to `dotnet test`: ./build.ps1 test --filter BuildScript)
  coverage  build, run the tests and print how many lines of each project they ran; takes the arguments of test. It fails for nothing but
            a build that fails: tests fail where measuring slows them down
  mutate    change the code of admission, leasing and settling by Stryker in hundreds of ways and show the changes that no test notices (see CONTRIBUTING.md)
            (arguments go to Stryker: ./build.ps1 mutate --mutate Admission/PoolLimits.cs)
  run       build and start the program: without arguments `conveyor demo`, else `conveyor ARGUMENTS`
            (./build.ps1 run run --source access.log --stage 'slim=cut -f1,3')
  bench     build and start `conveyor bench ARGUMENTS`
  cluster   build and start `conveyor-node demo ARGUMENTS`: three nodes, a producer and a consumer as processes of this machine; one node is killed,
            and nothing acknowledged as persisted is lost (--journal postgres:CONNECTION: on PostgreSQL instead of SQLite)
  pack      build, then make the NuGet packages of all libraries and of the program as a .NET tool, in artifacts/packages
  publish   make the programs conveyor and conveyor-node for machines without the .NET runtime, in artifacts/publish/KIND/NAME
            (for linux-x64, linux-arm64, win-x64 and osx-arm64, or for those that are given: ./build.ps1 publish linux-arm64)
  docs      build, then make a site of the documents and the reference of all libraries with docfx, in artifacts/docs; a link to nothing is an error
  help      this text
'@
}

# Starts a program in the current directory with the arguments as they are, and returns its exit code: PowerShell itself expands a * in them,
# and versions before 7.3 lose quotes.
function Start-Executable($path, $arguments) {
    $quoted = foreach ($argument in $arguments) {
        if ($argument -match '^[^\s"]+$') { $argument } else { '"' + ($argument -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"' }
    }
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $path
    $start.Arguments = $quoted -join ' '
    $start.WorkingDirectory = (Get-Location).ProviderPath
    $start.UseShellExecute = $false
    $process = [System.Diagnostics.Process]::Start($start)
    $process.WaitForExit()
    return $process.ExitCode
}

function Start-Dotnet($arguments) {
    return Start-Executable (Get-Command dotnet -CommandType Application | Select-Object -First 1).Source $arguments
}

function Show-LeftOut {
    if ($script:leftOut.Count -eq 0) { return }
    Write-Host ''
    Write-Host '##############################################################################'
    Write-Host '## NOT EVERYTHING IS HERE:'
    foreach ($line in $script:leftOut) { Write-Host "## LEFT OUT: $line" }
    Write-Host '##############################################################################'
    Write-Host ''
}

# Restores the solution; if packages are missing, the largest part of it that restores. Sets $target to what there is.
function Invoke-Restore {
    $script:target = $solution
    $script:leftOut = @()
    New-Item -ItemType Directory -Force artifacts | Out-Null
    if (Test-Path $filter) { Remove-Item $filter }

    $log = @()
    & dotnet restore $solution | ForEach-Object { Write-Host $_; $log += $_ }
    if ($LASTEXITCODE -eq 0) { return }

    # The first reason of each project that lacks a package.
    # A project that refers to such a project lacks the same package, so NuGet names it too.
    $reasons = @{}
    foreach ($line in $log) {
        if ($line -match "^\s*(.*proj) : error ($notFound): (.*)$") {
            $project = $Matches[1].Replace('\', '/')
            $reason = $Matches[2] + ' ' + ($Matches[3] -replace ' \[[^\]]*\]$', '' -replace '\. .*$', '.')
            $prefix = $root.Replace('\', '/') + '/'
            if ($project.StartsWith($prefix, [StringComparison]::OrdinalIgnoreCase)) { $project = $project.Substring($prefix.Length) }
            if (-not $reasons.ContainsKey($project)) {
                $reasons[$project] = $reason
                $script:leftOut += "${project}: $reason"
            }
        }
    }
    if ($reasons.Count -eq 0) { throw 'restore failed, and not because a package is missing (see above).' }

    $projects = @(& dotnet sln $solution list | Where-Object { $_ -match 'proj\s*$' } | ForEach-Object { $_.Trim().Replace('\', '/') })
    $remaining = @($projects | Where-Object { -not $reasons.ContainsKey($_) })
    if ($remaining.Count -eq 0) {
        Show-LeftOut
        throw "no project of $solution can be restored."
    }
    $quoted = ($remaining | ForEach-Object { '"' + $_ + '"' }) -join ', '
    $json = '{ "solution": { "path": "../' + $solution + '", "projects": [ ' + $quoted + ' ] } }'
    [IO.File]::WriteAllText((Join-Path $root $filter), $json)
    $script:target = $filter

    # Whatever else was wrong is still wrong in the rest, and stops it here.
    & dotnet restore $script:target | Out-Host
    if ($LASTEXITCODE -ne 0) { throw 'restore failed, and not only because packages are missing (see above).' }
    Show-LeftOut
}

# Fails when a file is not laid out as CSharpier does it. Tools that no source has are named; without CSharpier, the layout is not checked, loudly.
function Test-Layout {
    if (-not (Test-Path .config/dotnet-tools.json)) { return }
    $log = & { $ErrorActionPreference = 'Continue'; & dotnet tool restore 2>&1 | ForEach-Object { "$_" } }
    if ($LASTEXITCODE -ne 0) {
        $reason = $log | Where-Object { $_ -and $_ -notmatch 'was restored' } | ForEach-Object { $_ -replace ' in NuGet feeds .*' } | Select-Object -First 1
        if (-not $reason) { $reason = 'dotnet tool restore failed' }
        & { $ErrorActionPreference = 'Continue'; & dotnet csharpier --version 2>&1 | Out-Null }
        if ($LASTEXITCODE -ne 0) {
            $script:leftOut += "the layout of the code is not checked: $reason"
            return
        }
        $script:leftOut += "a tool of .config/dotnet-tools.json: $reason"
    }
    & dotnet csharpier check . | Out-Host
    if ($LASTEXITCODE -ne 0) { throw 'the code is not laid out as CSharpier does it (see above). Run: dotnet csharpier format .' }
}

function Invoke-Build {
    Invoke-Restore
    Test-Layout
    # A vulnerability published today is shown and does not break the build (see Directory.Build.props).
    # One compiler serves all projects where there are many, and ends with the build.
    $compiler = "conveyor-$PID"
    $shared = if ((Select-String -Path $solution -Pattern '^Project\(').Count -ge 10) { @('-p:UseSharedCompilation=true', "-p:SharedCompilationId=$compiler") } else { @() }
    & dotnet build $script:target -c Release --no-restore -warnaserror '-warnnotaserror:NU1901;NU1902;NU1903;NU1904' @shared | Out-Host
    $status = $LASTEXITCODE
    Get-Process | Where-Object { $_.CommandLine -like "*-pipename:$compiler" } | Stop-Process -Force -ErrorAction Ignore
    if ($status -ne 0) { throw 'the build failed (see above).' }
    if (Test-Path $program) { Publish-Program $false }
}

# Publishes a program compiled ahead of time, for a quick start; where no source has the compiler for that, as it is, loudly.
# Returns the log when it cannot be published.
function Publish-Project($project, $folder, $arguments) {
    $log = @()
    & dotnet publish $project -c Release -v quiet --nologo -o $folder @arguments | ForEach-Object { [Console]::Error.WriteLine($_); $log += $_ }
    if ($LASTEXITCODE -eq 0) { return @() }
    $reason = $log | Where-Object { $_ -match " error (($notFound): .*Crossgen2[^ ]*)" } | ForEach-Object { $Matches[1] } | Select-Object -First 1
    if (-not $reason) { return @($log) + 'failed' }
    $script:leftOut += "${project}: is not compiled ahead of time and starts slowly: $reason"
    $log = @()
    & dotnet publish $project -c Release -v quiet --nologo '-p:PublishReadyToRun=false' -o $folder @arguments | ForEach-Object { [Console]::Error.WriteLine($_); $log += $_ }
    if ($LASTEXITCODE -ne 0) { return @($log) + 'failed' }
    return @()
}

# Publishes the program as a native one, which needs no runtime and starts at once. Returns false, loudly, where it cannot be made: no source has what it is
# made of, or this machine has no linker or too little memory. $instead says what the other program is like.
function Publish-Native($instead, $folder, $arguments) {
    $log = @()
    & dotnet publish $program -c Release -v quiet --nologo '-p:ConveyorNative=true' -o $folder @arguments | ForEach-Object { [Console]::Error.WriteLine($_); $log += $_ }
    if ($LASTEXITCODE -eq 0) { return $true }
    $reason = $log | ForEach-Object {
        if ($_ -match " error (($notFound): [^\[]*)") { $Matches[1] }
        elseif ($_ -match ' error ?: ((Platform linker|Requested linker|Symbol stripping tool) .*not found[^.]*)\.') { $Matches[1] }
        elseif ($_ -match ' error MSB3073: The command "+[^"]*(gcc|clang|link\.exe)" ') { "the linker $($Matches[1]) failed (see above)" }
        elseif ($_ -match ' error MSB3073: .* exited with code 137\.') { 'its compiler was killed, as for want of memory' }
    } | Select-Object -First 1
    if (-not $reason) { throw 'conveyor could not be published (see above).' }
    $script:leftOut += "conveyor as a native program: $instead and starts more slowly: $reason"
    return $false
}

# The names of a folder's files, with their checksums.
function Get-Contents($folder) {
    if (-not (Test-Path $folder)) { return '' }
    $at = (Resolve-Path $folder).ProviderPath.Length
    return (@(Get-ChildItem $folder -Recurse -File | ForEach-Object { "$($_.FullName.Substring($at)) $((Get-FileHash -LiteralPath $_.FullName).Hash)" } | Sort-Object) -join "`n")
}

# The program as users have it, for this machine. A folder whose files are the same stays: the program may be running. With $asBefore, a program that was not
# native is not tried as a native one: an attempt that fails makes the compiler do everything again.
function Publish-Program($asBefore) {
    $made = "$published.new"
    if (Test-Path $made) { Remove-Item -Recurse -Force $made }
    $isNative = $false
    if ($asBefore -and (Test-Path (Join-Path $published 'conveyor.dll'))) {
        $script:leftOut += 'conveyor as a native program, as before: ./build.ps1 build tries it again and says why not'
    }
    else { $isNative = Publish-Native 'it needs the .NET runtime' $made @() }
    if (-not $isNative) {
        if (@(Publish-Project $program $made @()).Count -gt 0) { throw 'conveyor could not be published (see above).' }
    }
    if ((Get-Contents $made) -eq (Get-Contents $published)) {
        Remove-Item -Recurse -Force $made
        return
    }
    if (Test-Path $published) { Remove-Item -Recurse -Force $published }
    Move-Item $made $published
}

# The path of the published program, as the system starts it.
function Get-PublishedProgram {
    $path = Join-Path $root (Join-Path $published 'conveyor')
    if (Test-Path "$path.exe") { return "$path.exe" }
    return $path
}

# Both programs for machines without the .NET runtime: they include it, or are native. A native program is only made for this kind of machine; each other
# kind needs a package with its runtime.
function Publish-SelfContained($kinds) {
    $kinds = @($kinds)
    if ($kinds.Count -eq 0) { $kinds = @('linux-x64', 'linux-arm64', 'win-x64', 'osx-arm64') }
    if (Test-Path $selfContained) { Remove-Item -Recurse -Force $selfContained }
    $made = @()
    $thisKind = "$(& dotnet msbuild $program '-getProperty:NETCoreSdkPortableRuntimeIdentifier')".Trim()
    if ($LASTEXITCODE -ne 0) { throw "the kind of this machine could not be read: $thisKind" }
    foreach ($kind in $kinds) {
        foreach ($project in @($program, $node)) {
            $name = if ($project -eq $program) { 'conveyor' } else { 'conveyor-node' }
            Write-Host "Publishing $name for $kind ..."
            $folder = "$selfContained/$kind/$name"
            # Built in a folder of its own: what `build` has built stays as it is.
            $apart = @('-r', $kind, '--artifacts-path', (Join-Path $root 'artifacts/publish-build'))
            if ($project -eq $program -and $kind -eq $thisKind -and (Publish-Native 'it includes the .NET runtime' $folder $apart)) {
                $made += "$kind/$name"
                continue
            }
            $log = @(Publish-Project $project $folder ($apart + @('--self-contained', 'true')))
            if ($log.Count -eq 0) {
                $made += "$kind/$name"
                continue
            }
            $reason = $log | Where-Object { $_ -match " error (($notFound): [^\[]*)" } | ForEach-Object { $Matches[1] } | Select-Object -First 1
            if (-not $reason) { throw "$name could not be published for $kind (see above)." }
            $script:leftOut += "$name for ${kind}: $reason"
            if (Test-Path $folder) { Remove-Item -Recurse -Force $folder }
        }
    }
    Show-LeftOut
    if ($made.Count -eq 0) { throw 'no program could be published.' }
    foreach ($line in ($made | Sort-Object)) { Write-Host $line }
}

function Invoke-Tests($arguments) {
    $arguments = @($arguments)
    if ($arguments.Count -gt 0 -and $arguments[0] -eq '--all') {
        $env:CONVEYOR_TEST_ALL = '1'
        $arguments = @($arguments | Select-Object -Skip 1)
    }
    $passed = 0; $failed = 0; $skipped = 0
    try {
        Invoke-Build

        if (Test-Path $program) { $env:CONVEYOR_PROGRAM = Get-PublishedProgram }

        # Two projects at a time: much of what tests do is wait. Test hosts and the processes they start are short-lived: what it costs to profile code
        # for its optimization is not earned back in them. A test that hangs is named and ends the run.
        $env:DOTNET_TieredPGO = '0'
        if (Test-Path $results) { Remove-Item -Recurse -Force $results }
        New-Item -ItemType Directory -Force $results | Out-Null
        $fixed = @('test', $script:target, '-c', 'Release', '--no-build', '-m:2', '--logger', 'trx', '--results-directory', $results,
            '--blame-hang-timeout', '10m', '--blame-hang-dump-type', 'none')
        $status = Start-Dotnet ($fixed + $arguments)
        foreach ($file in @(Get-ChildItem $results -Recurse -Filter *.trx)) {
            $document = New-Object System.Xml.XmlDocument
            $document.Load($file.FullName)
            $counters = $document.TestRun.ResultSummary.Counters
            $passed += [int]$counters.passed
            $failed += [int]$counters.executed - [int]$counters.passed
            $skipped += [int]$counters.total - [int]$counters.executed
        }

        Show-LeftOut
        if ($status -ne 0 -and $failed -eq 0) {
            $failed = 1
            throw "the run ended with $status although no test failed: a test host crashed or could not start (see above). Counted as one failure."
        }
        if ($failed -gt 0) { throw "$failed failed (see above)." }
        if ($passed -eq 0) { throw 'no test ran.' }
    }
    catch {
        # Said here, so that the totals stay the last line.
        Write-Host "build.ps1: $($_.Exception.Message)"
        $script:exitCode = 1
    }
    finally {
        Write-Host "$passed passed, $failed failed, $skipped skipped"
    }
}

# A line that tests of several projects ran counts once. The reports are in artifacts/coverage, for tools that show them.
function Measure-Coverage($arguments) {
    Invoke-Build
    if (Test-Path $program) { $env:CONVEYOR_PROGRAM = Get-PublishedProgram }
    if (Test-Path $coverage) { Remove-Item -Recurse -Force $coverage }
    New-Item -ItemType Directory -Force $coverage | Out-Null
    $fixed = @('test', $script:target, '-c', 'Release', '--no-build', '-m:2', '--collect', 'XPlat Code Coverage', '--settings', 'tests/coverage.runsettings',
        '--results-directory', $coverage, '--blame-hang-timeout', '10m', '--blame-hang-dump-type', 'none')
    if ((Start-Dotnet ($fixed + @($arguments))) -ne 0) { Write-Host 'Tests failed while coverage was measured (see above).' }
    Show-LeftOut
    $hit = @{}
    foreach ($file in @(Get-ChildItem $coverage -Recurse -Filter coverage.cobertura.xml)) {
        $document = New-Object System.Xml.XmlDocument
        $document.XmlResolver = $null
        $document.Load($file.FullName)
        foreach ($line in $document.SelectNodes('//package//class//line')) {
            $type = $line.SelectSingleNode('ancestor::class').GetAttribute('name')
            $project = $line.SelectSingleNode('ancestor::package').GetAttribute('name')
            if (-not $hit.ContainsKey($project)) { $hit[$project] = @{} }
            $key = "$type|" + $line.GetAttribute('number')
            $hit[$project][$key] = $hit[$project][$key] -or [int]$line.GetAttribute('hits') -gt 0
        }
    }
    if ($hit.Count -eq 0) { throw 'no coverage was measured.' }
    foreach ($project in ($hit.Keys | Sort-Object -CaseSensitive)) {
        $ran = @($hit[$project].Values | Where-Object { $_ }).Count
        $share = [string]::Format([cultureinfo]::InvariantCulture, '{0,5:F1}', 100 * $ran / $hit[$project].Count)
        $line = $project.PadRight(32) + " $share % of $($hit[$project].Count) lines"
        Write-Host $line
        Add-Content "$coverage/summary.txt" $line
    }
}

# tests/mutation.json names the files, and the quick tests that run on each change. The same seeds and short random runs each time make the score
# comparable.
function Invoke-Mutation($arguments) {
    Invoke-Restore
    & { $ErrorActionPreference = 'Continue'; & dotnet tool restore 2>&1 | Out-Null; & dotnet stryker --help 2>&1 | Out-Null }
    if ($LASTEXITCODE -ne 0) { throw 'Stryker, a tool of .config/dotnet-tools.json, could not be restored.' }
    Set-Location -LiteralPath 'tests/ConveyorActors.Buffers.Tests'
    $env:CONVEYOR_SEQUENCES = '100'
    $env:CONVEYOR_SEED = $env:CONVEYOR_LEASE_SEED = $env:CONVEYOR_POOL_SEED = '1'
    $fixed = @('stryker', '--config-file', '../mutation.json', '--output', (Join-Path $root 'artifacts/mutation'), '--skip-version-check')
    if ((Start-Dotnet ($fixed + @($arguments))) -ne 0) { throw 'Stryker failed (see above).' }
}

# From what `build` has built. Versions come from the git tags.
function Invoke-Pack {
    Invoke-Build
    if (Test-Path $packages) { Remove-Item -Recurse -Force $packages }
    & dotnet pack $script:target -c Release --no-build -o $packages | Out-Host
    if ($LASTEXITCODE -ne 0) { throw 'the packages could not be made (see above).' }
    Show-LeftOut
    foreach ($file in @(Get-ChildItem $packages)) { Write-Host $file.Name }
}

# From what `build` has built: the reference is made of the libraries and their XML documentation.
function Invoke-Docs {
    Invoke-Build
    & { $ErrorActionPreference = 'Continue'; & dotnet docfx --version 2>&1 | Out-Null }
    if ($LASTEXITCODE -ne 0) { throw 'docfx, a tool of .config/dotnet-tools.json, could not be restored.' }
    foreach ($folder in @('artifacts/docs', 'artifacts/docs-reference')) { if (Test-Path $folder) { Remove-Item -Recurse -Force $folder } }
    & dotnet docfx packaging/docfx.json --warningsAsErrors | Out-Host
    if ($LASTEXITCODE -ne 0) { throw 'the documentation could not be made (see above).' }
    Show-LeftOut
    Write-Host 'artifacts/docs/index.html'
}

# The program gets the caller's directory and, at the end of the build, the screen.
function Start-Program($arguments) {
    $hint = if (Test-Path $published) { '' } else { ', which takes some minutes the first time' }
    [Console]::Error.WriteLine("Building conveyor$hint ...")
    $script:leftOut = @()
    Publish-Program $true
    foreach ($line in $script:leftOut) { [Console]::Error.WriteLine("LEFT OUT: $line") }
    $path = Join-Path $root (Join-Path $published 'conveyor.dll')
    Set-Location -LiteralPath $caller
    if (Test-Path $path) { $script:exitCode = Start-Dotnet (@($path) + @($arguments)) }
    else { $script:exitCode = Start-Executable (Get-PublishedProgram) $arguments }
}

# The library as programs have it that use it, compiled by the runtime; with --run, the program as users have it.
function Start-Bench($arguments) {
    if (@($arguments) -contains '--run') {
        Start-Program (@('bench') + @($arguments))
        return
    }
    [Console]::Error.WriteLine('Building conveyor ...')
    $path = & dotnet build $program -c Release '-t:Build' '-getProperty:TargetPath'
    if ($LASTEXITCODE -ne 0) { throw 'conveyor could not be built.' }
    Set-Location -LiteralPath $caller
    $script:exitCode = Start-Dotnet (@($path, 'bench') + @($arguments))
}

function Start-Cluster($arguments) {
    [Console]::Error.WriteLine('Building conveyor-node ...')
    $path = & dotnet build $node -c Release '-t:Build' '-getProperty:TargetPath'
    if ($LASTEXITCODE -ne 0) { throw 'conveyor-node could not be built.' }
    Set-Location -LiteralPath $caller
    $script:exitCode = Start-Dotnet (@($path, 'demo') + @($arguments))
}

$verb = ''
if ($written.Count -gt 0) { $verb = [string]$written[0] }
$rest = @($written | Select-Object -Skip 1)

$script:exitCode = 0
Set-Location -LiteralPath $root
try {
    if (@('restore', 'build', 'test', 'coverage', 'mutate', 'run', 'bench', 'cluster', 'pack', 'publish', 'docs') -contains $verb -and -not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
        throw 'dotnet is not on PATH. Install the .NET SDK that global.json names, then try again.'
    }
    switch ($verb) {
        'restore' { Invoke-Restore }
        'build' { Invoke-Build; Show-LeftOut }
        'test' { Invoke-Tests $rest }
        'coverage' { Measure-Coverage $rest }
        'mutate' { Invoke-Mutation $rest }
        'run' { if ($rest.Count -eq 0) { $rest = @('demo') }; Start-Program $rest }
        'bench' { Start-Bench $rest }
        'cluster' { Start-Cluster $rest }
        'pack' { Invoke-Pack }
        'publish' { Publish-SelfContained $rest }
        'docs' { Invoke-Docs }
        { @('help', '-h', '--help') -contains $_ } { Write-Host (Get-Usage) }
        default {
            if ($verb -ne '') { [Console]::Error.WriteLine("build.ps1: no verb '$verb'") }
            [Console]::Error.WriteLine((Get-Usage))
            $script:exitCode = 2
        }
    }
}
catch {
    [Console]::Error.WriteLine("build.ps1: $($_.Exception.Message)")
    $script:exitCode = 1
}
finally {
    Set-Location -LiteralPath $caller
}
exit $script:exitCode
