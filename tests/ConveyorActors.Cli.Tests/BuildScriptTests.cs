using System.Diagnostics;
using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests;

/// <summary>build.sh on small solutions of its own, away from this repository and from every package source.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BuildScriptTests : IDisposable
{
    const string MissingPackage = "ConveyorActors.NoSuchPackage";

    readonly string root = Directory.CreateTempSubdirectory("conveyor-build-").FullName;

    public BuildScriptTests()
    {
        File.Copy(Path.Combine(RepositoryRoot(), "build.sh"), Path.Combine(root, "build.sh"));
        Directory.CreateDirectory(Path.Combine(root, "no-packages"));
        Write(
            "nuget.config",
            """<configuration><packageSources><clear /><add key="none" value="no-packages" /></packageSources></configuration>"""
        );
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [UnixFact]
    public async Task Projects_whose_packages_no_source_has_are_left_out_loudly_and_the_rest_is_built()
    {
        AddProject("Good");
        AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        AddProject("LeansOnBad", """<ProjectReference Include="../Bad/Bad.csproj" />""");
        WriteSolution();

        var restore = await Run("restore");
        Assert.True(restore.ExitCode == 0, restore.Output);
        Assert.Contains(
            $"LEFT OUT: src/Bad/Bad.csproj: NU1101 Unable to find package {MissingPackage}.",
            restore.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("LEFT OUT: src/LeansOnBad/LeansOnBad.csproj: NU1101", restore.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("LEFT OUT: src/Good", restore.Output, StringComparison.Ordinal);

        var build = await Run("build");
        Assert.True(build.ExitCode == 0, build.Output);
        Assert.Contains("LEFT OUT: src/Bad/Bad.csproj", build.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(root, "src/Good/bin/Release/net10.0/Good.dll")), build.Output);
    }

    [UnixFact]
    public async Task A_compile_error_is_an_error_and_nothing_is_called_left_out()
    {
        AddProject("Broken", code: "class Broken { int Number = \"no number\"; }");
        WriteSolution();

        var build = await Run("build");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("error CS0029", build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("LEFT OUT", build.Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_warning_fails_the_build()
    {
        AddProject("Careless", code: "#warning careless");
        WriteSolution();

        var build = await Run("build");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("error CS1030", build.Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_project_file_that_cannot_be_read_is_an_error_even_when_another_lacks_a_package()
    {
        AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        AddProject("Torn", "<ItemGroup>");
        WriteSolution();

        var restore = await Run("restore");

        Assert.NotEqual(0, restore.ExitCode);
        Assert.Contains("Torn.csproj", restore.Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_solution_of_which_nothing_restores_is_an_error()
    {
        AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        WriteSolution();

        var restore = await Run("restore");

        Assert.Equal(1, restore.ExitCode);
        Assert.Contains("no project of ConveyorActors.sln can be restored", restore.Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task The_totals_of_all_test_projects_are_the_last_line()
    {
        StandIn(exitCode: 0, (Total: 10, Executed: 8, Passed: 8), (Total: 5, Executed: 5, Passed: 5));

        var test = await Run("test");

        Assert.True(test.ExitCode == 0, test.Output);
        Assert.Equal("13 passed, 0 failed, 2 skipped", test.LastLine);
    }

    [UnixFact]
    public async Task A_failed_test_fails_the_run_whatever_the_runner_says()
    {
        StandIn(exitCode: 0, (Total: 10, Executed: 9, Passed: 8), (Total: 5, Executed: 5, Passed: 5));

        var test = await Run("test");

        Assert.Equal(1, test.ExitCode);
        Assert.Equal("13 passed, 1 failed, 1 skipped", test.LastLine);
    }

    [UnixFact]
    public async Task A_crashed_test_host_counts_as_a_failure()
    {
        StandIn(exitCode: 1, (Total: 10, Executed: 10, Passed: 10));

        var test = await Run("test");

        Assert.Equal(1, test.ExitCode);
        Assert.Contains("a test host crashed", test.Output, StringComparison.Ordinal);
        Assert.Equal("10 passed, 1 failed, 0 skipped", test.LastLine);
    }

    [UnixFact]
    public async Task A_run_without_any_test_is_a_failure()
    {
        StandIn(exitCode: 0);

        var test = await Run("test");

        Assert.Equal(1, test.ExitCode);
        Assert.Contains("no test ran", test.Output, StringComparison.Ordinal);
        Assert.Equal("0 passed, 0 failed, 0 skipped", test.LastLine);
    }

    [UnixFact]
    public async Task Arguments_after_test_go_to_the_test_runner()
    {
        StandIn(exitCode: 0, (Total: 1, Executed: 1, Passed: 1));

        await Run("test", "--filter", "Name~two words");

        Assert.Contains(
            "[--filter][Name~two words]",
            File.ReadAllText(Path.Combine(root, "calls")),
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task Packages_are_made_of_what_restores_and_what_is_left_out_is_named()
    {
        AddProject("Good");
        AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        WriteSolution();

        var pack = await Run("pack");

        Assert.True(pack.ExitCode == 0, pack.Output);
        Assert.Contains("LEFT OUT: src/Bad/Bad.csproj", pack.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["Good.1.0.0.nupkg"],
            Directory.GetFiles(Path.Combine(root, "artifacts", "packages")).Select(Path.GetFileName)
        );
        Assert.Equal("Good.1.0.0.nupkg", pack.LastLine);
    }

    [UnixFact]
    public async Task Programs_are_published_for_each_kind_of_machine_and_a_kind_without_a_runtime_is_left_out()
    {
        PublishingStandIn();

        var publish = await Run("publish");

        Assert.True(publish.ExitCode == 0, publish.Output);
        Assert.Equal(
            "linux-arm64/conveyor linux-arm64/conveyor-node linux-x64/conveyor linux-x64/conveyor-node osx-arm64/conveyor osx-arm64/conveyor-node",
            string.Join(
                ' ',
                publish.Output.Split('\n').Where(line => line.Contains("/conveyor") && !line.Contains(' '))
            )
        );
        foreach (var name in new[] { "conveyor", "conveyor-node" })
            Assert.Contains(
                $"LEFT OUT: {name} for win-x64: NU1101: Unable to find package Microsoft.NETCore.App.Runtime.win-x64.",
                publish.Output,
                StringComparison.Ordinal
            );
    }

    [UnixFact]
    public async Task Programs_are_published_for_the_kinds_of_machines_that_are_given_with_their_runtime()
    {
        PublishingStandIn();

        var publish = await Run("publish", "linux-arm64");

        Assert.Equal("linux-arm64/conveyor-node", publish.LastLine);
        var calls = File.ReadAllText(Path.Combine(root, "calls")).TrimEnd('\n').Split('\n');
        Assert.Equal(2, calls.Length);
        Assert.All(
            calls,
            call => Assert.Contains("[-r][linux-arm64][--self-contained][true]", call, StringComparison.Ordinal)
        );
    }

    [UnixFact]
    public async Task Publishing_what_no_source_has_a_runtime_for_fails()
    {
        PublishingStandIn();

        var publish = await Run("publish", "win-x64");

        Assert.Equal((1, "build.sh: no program could be published."), (publish.ExitCode, publish.LastLine));
    }

    [UnixFact]
    public async Task An_unknown_verb_is_answered_with_the_usage_and_exit_code_2()
    {
        var answer = await Run("destroy");

        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("no verb 'destroy'", answer.Output, StringComparison.Ordinal);
        Assert.Contains("usage: ./build.sh VERB", answer.Output, StringComparison.Ordinal);
    }

    void AddProject(string name, string items = "", string code = "")
    {
        Write(
            $"src/{name}/{name}.csproj",
            $"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>{items}</ItemGroup></Project>"""
        );
        Write($"src/{name}/{name}.cs", code);
    }

    void WriteSolution()
    {
        var names = Directory.GetDirectories(Path.Combine(root, "src")).Select(Path.GetFileName).Order().ToList();
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
    /// ends as told.
    /// </summary>
    void StandIn(int exitCode, params (int Total, int Executed, int Passed)[] projects)
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

    /// <summary>Puts a stand-in for dotnet first on the path that publishes, and finds no runtime for win-x64.</summary>
    void PublishingStandIn() =>
        WriteProgram(
            "path/dotnet",
            """
            #!/bin/sh
            printf '[%s]' "$@" >> calls
            echo >> calls
            case "$*" in *win-x64*)
                echo "$2 : error NU1101: Unable to find package Microsoft.NETCore.App.Runtime.win-x64. [$2]"
                exit 1
            esac
            while [ "$1" != -o ]; do shift; done
            mkdir -p "$2"
            """
        );

    void WriteProgram(string path, string text)
    {
        Write(path, text);
        File.SetUnixFileMode(
            Path.Combine(root, path),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
    }

    async Task<Answer> Run(params string[] arguments)
    {
        // Called from another directory on purpose, and with both outputs in one, as CI keeps them.
        var start = new ProcessStartInfo(
            "bash",
            ["-c", "exec bash \"$0\" \"$@\" 2>&1 < /dev/null", Path.Combine(root, "build.sh"), .. arguments]
        )
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
        start.Environment["PATH"] = Path.Combine(root, "path") + ":" + start.Environment["PATH"];

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, output);
    }

    void Write(string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "build.sh")))
            folder =
                folder.Parent ?? throw new InvalidOperationException($"No build.sh above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }

    sealed record Answer(int ExitCode, string Output)
    {
        public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
    }

    /// <summary>build.sh is for Unix; Windows has build.ps1.</summary>
    sealed class UnixFactAttribute : FactAttribute
    {
        public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "build.sh is not for Windows." : null;
    }
}
