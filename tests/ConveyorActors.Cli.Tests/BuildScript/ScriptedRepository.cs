using System.Diagnostics;
using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>
/// A folder with both build scripts, without any package source, for projects and for stand-ins for dotnet.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class ScriptedRepository : IDisposable
{
    public ScriptedRepository()
    {
        foreach (var script in new[] { "build.sh", "build.ps1" })
            File.Copy(Path.Combine(PowerShellTool.RepositoryRoot, script), Path.Combine(Root, script));
        Directory.CreateDirectory(Path.Combine(Root, "no-packages"));
        Write("ConveyorActors.sln", "");
        Write(
            "nuget.config",
            """<configuration><packageSources><clear /><add key="none" value="no-packages" /></packageSources></configuration>"""
        );
    }

    /// <summary>Gets the folder's path.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("conveyor-build-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public void DeletePublishedProgram()
    {
        var folder = Path.Combine(Root, "artifacts", "conveyor");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    public void AddProject(string name, string items = "", string code = "")
    {
        Write(
            $"src/{name}/{name}.csproj",
            $"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>{items}</ItemGroup></Project>"""
        );
        Write($"src/{name}/{name}.cs", code);
    }

    public void WriteSolution()
    {
        var names = Directory.GetDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).Order().ToList();
        var ids = names.ToDictionary(name => name!, _ => Guid.NewGuid().ToString("B").ToUpperInvariant());
        Write(
            "ConveyorActors.sln",
            $"""
            Microsoft Visual Studio Solution File, Format Version 12.00
            {string.Join(
                '\n',
                ids.Select(p =>
                    $$"""Project("{9A19103F-16F7-4668-BE54-9A1E7A4F7556}") = "{{p.Key}}", "src\{{p.Key}}\{{p.Key}}.csproj", "{{p.Value}}"{{'\n'}}EndProject"""
                )
            )}
            Global
            GlobalSection(SolutionConfigurationPlatforms) = preSolution
            Release|Any CPU = Release|Any CPU
            EndGlobalSection
            GlobalSection(ProjectConfigurationPlatforms) = postSolution
            {string.Join(
                '\n',
                ids.Values.Select(id =>
                    $"{id}.Release|Any CPU.ActiveCfg = Release|Any CPU\n{id}.Release|Any CPU.Build.0 = Release|Any CPU"
                )
            )}
            EndGlobalSection
            EndGlobal

            """
        );
    }

    /// <summary>
    /// Puts a stand-in for dotnet first on the path: it notes its arguments, and as `dotnet test` leaves results and
    /// ends with the given exit code.
    /// </summary>
    public void StandIn(int exitCode, params (int Total, int Executed, int Passed)[] projects)
    {
        for (var i = 0; i < projects.Length; i++)
            Write(
                $"results/{i}.trx",
                $"""
                <?xml version="1.0" encoding="utf-8"?>
                <TestRun><ResultSummary outcome="Completed">
                  <Counters total="{projects[i].Total}" executed="{projects[i].Executed}" passed="{projects[
                    i
                ].Passed}" failed="0" error="0" />
                  <Output><StdOut>&lt;Counters total="100" executed="100" passed="100"</StdOut></Output>
                </ResultSummary></TestRun>
                """
            );
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            printf '[%s]' "$@" >> calls
            [ "$1" = test ] || exit 0
            cp results/*.trx artifacts/test-results/ 2>/dev/null
            exit {exitCode}
            """
        );
    }

    /// <summary>Puts a stand-in for dotnet first on the path that publishes, on linux-x64, and finds no runtime for win-x64.</summary>
    public void PublishingStandIn(bool canBeNative = true) =>
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            if [ "$1" = msbuild ]; then echo linux-x64; exit; fi
            printf '[%s]' "$@" >> calls
            echo >> calls
            case "$*" in
                *win-x64*)
                    echo "$2 : error NU1101: Unable to find package Microsoft.NETCore.App.Runtime.win-x64. [$2]"
                    exit 1 ;;
                *ConveyorNative*) {(
                canBeNative ? "" : "echo \"x(1,5): error : Platform linker ('gcc') not found in PATH. [$2]\"; exit 1"
            )} ;;
            esac
            while [ "$1" != -o ]; do shift; done
            mkdir -p "$2"
            """
        );

    /// <summary>
    /// Puts a stand-in for dotnet first on the path: no source has PowerShell, and <paramref name="csharpier"/> says whether one has CSharpier.
    /// </summary>
    public void ToolsStandIn(bool csharpier)
    {
        Write(".config/dotnet-tools.json", "{}");
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            printf '[%s]' "$@" >> calls
            case "$1 $2" in
                "tool restore") echo "Tool 'csharpier' was restored."
                    echo "Version 7.6.9 of package powershell is not found in NuGet feeds none." >&2
                    exit 1 ;;
                "csharpier --version") exit {(csharpier ? 0 : 1)} ;;
            esac
            """
        );
    }

    /// <summary>Puts a stand-in for dotnet first on the path; its docfx ends with the given exit code.</summary>
    public void DocfxStandIn(int exitCode) =>
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            printf '[%s]' "$@" >> calls
            [ "$1 $2" != "docfx packaging/docfx.json" ] || exit {exitCode}
            """
        );

    /// <summary>
    /// Puts a stand-in for dotnet first on the path that publishes a program, which prints its directory, its arguments
    /// and its input, and ends with 7. The program is native, or dotnet says why not and is the one that starts it.
    /// </summary>
    public void ProgramStandIn(string? whyNotNative = null)
    {
        const string Program = """
            pwd; printf '[%s]' "$@"; echo; cat; exit 7
            """;
        WriteProgram("program", $"#!/bin/sh\n{Program}\n");
        Write("why-not", whyNotNative + "\n");
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            case $1 in *conveyor.dll|*built.dll) echo "${"{1##*/}"}"; shift; {Program} ;; esac
            case "$1 $*" in
                *ConveyorNative=true*) {(whyNotNative is null ? "" : "cat why-not; exit 1")} ;;
                "build "*) echo built.dll; exit ;;
            esac
            while [ "$1" != -o ]; do shift; done
            mkdir -p "$2"
            cp program "$2/{(whyNotNative is null ? "conveyor" : "conveyor.dll")}"
            """
        );
    }

    /// <summary>
    /// Puts a stand-in for dotnet first on the path that, as `dotnet test`, leaves two reports of coverage and fails.
    /// </summary>
    public void CoverageStandIn(params (string Project, int Line, int Hits)[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
            Write(
                $"reports/{i}/coverage.cobertura.xml",
                $"""
                <?xml version="1.0" encoding="utf-8"?>
                <coverage><packages>
                  <package name="{lines[i].Project}" line-rate="0">
                    <classes><class name="A" filename="A.cs"><lines>
                      <line number="{lines[i].Line}" hits="{lines[i].Hits}" branch="False" />
                    </lines></class></classes>
                  </package>
                </packages></coverage>

                """
            );
        WriteProgram(
            "path/dotnet",
            """
            #!/bin/sh
            printf '[%s]' "$@" >> calls
            [ "$1" = test ] || exit 0
            cp -R reports/* artifacts/coverage/ 2>/dev/null
            exit 1
            """
        );
    }

    /// <summary>
    /// Puts a stand-in for dotnet first on the path that, as Stryker, prints its directory and its arguments, and ends
    /// with an exit code.
    /// </summary>
    public void StrykerStandIn(int exitCode)
    {
        Directory.CreateDirectory(Path.Combine(Root, "tests", "ConveyorActors.Buffers.Tests"));
        WriteProgram(
            "path/dotnet",
            $"""
            #!/bin/sh
            case "$1 $2" in
                "stryker --help") ;;
                stryker*) basename "$PWD"; printf '[%s]' "$@"; echo; exit {exitCode} ;;
            esac
            """
        );
    }

    void WriteProgram(string path, string text)
    {
        Write(path, text);
        File.SetUnixFileMode(
            Path.Combine(Root, path),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
    }

    /// <summary>Runs a script from another directory, with both outputs in one, as CI keeps them.</summary>
    public Task<ScriptResult> RunAsync(string script, params string[] arguments) =>
        RunAsync(script, "2>&1 < /dev/null", arguments);

    /// <summary>Runs a script from another directory, and returns what it writes to standard output only.</summary>
    public Task<ScriptResult> RunForOutputAsync(string script, string input, params string[] arguments)
    {
        Write("input", input);
        return RunAsync(script, $"2> /dev/null < '{Path.Combine(Root, "input")}'", arguments);
    }

    async Task<ScriptResult> RunAsync(string script, string redirection, string[] arguments)
    {
        var path = Path.Combine(Root, script);
        string[] command = script == "build.sh" ? ["bash", path] : [.. PowerShellTool.Command, path];
        var start = new ProcessStartInfo("bash", ["-c", $"exec \"$@\" {redirection}", "bash", .. command, .. arguments])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
        };
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase))
                .ToList()
        )
            start.Environment.Remove(name); // what the outer build tells its children is not meant for this one
        start.Environment["PATH"] = Path.Combine(Root, "path") + ":" + start.Environment["PATH"];
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, output);
    }

    void Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}

/// <summary>How a script ended.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">What it wrote.</param>
sealed record ScriptResult(int ExitCode, string Output)
{
    /// <summary>Gets the last line.</summary>
    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
}
