using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>build.sh and build.ps1 on small solutions of its own, away from this repository and from every package source.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BuildScriptTests : IDisposable
{
    const string MissingPackage = "ConveyorActors.NoSuchPackage";

    readonly ScriptedRepository repository = new();

    public void Dispose() => repository.Dispose();

    [Theory, BuildSh, BuildPs1]
    public async Task Projects_with_unavailable_packages_are_reported_as_left_out(string script)
    {
        repository.AddProject("Good");
        repository.AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        repository.AddProject("LeansOnBad", """<ProjectReference Include="../Bad/Bad.csproj" />""");
        repository.WriteSolution();

        var restore = await repository.RunAsync(script, "restore");
        Assert.True(restore.ExitCode == 0, restore.Output);
        Assert.Contains(
            $"LEFT OUT: src/Bad/Bad.csproj: NU1101 Unable to find package {MissingPackage}.",
            restore.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("LEFT OUT: src/LeansOnBad/LeansOnBad.csproj: NU1101", restore.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("LEFT OUT: src/Good", restore.Output, StringComparison.Ordinal);

        var build = await repository.RunAsync(script, "build");
        Assert.True(build.ExitCode == 0, build.Output);
        Assert.Contains("LEFT OUT: src/Bad/Bad.csproj", build.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(repository.Root, "src/Good/bin/Release/net10.0/Good.dll")), build.Output);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_compile_error_fails_the_build_and_no_project_is_reported_as_left_out(string script)
    {
        repository.AddProject("Broken", code: "class Broken { int Number = \"no number\"; }");
        repository.WriteSolution();

        var build = await repository.RunAsync(script, "build");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("error CS0029", build.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("LEFT OUT", build.Output, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_warning_fails_the_build(string script)
    {
        repository.AddProject("Careless", code: "#warning careless");
        repository.WriteSolution();

        var build = await repository.RunAsync(script, "build");

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("error CS1030", build.Output, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_project_file_that_cannot_be_read_is_an_error_even_when_another_lacks_a_package(string script)
    {
        repository.AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        repository.AddProject("Torn", "<ItemGroup>");
        repository.WriteSolution();

        var restore = await repository.RunAsync(script, "restore");

        Assert.NotEqual(0, restore.ExitCode);
        Assert.Contains("Torn.csproj", restore.Output, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_solution_in_which_no_project_restores_is_an_error(string script)
    {
        repository.AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        repository.WriteSolution();

        var restore = await repository.RunAsync(script, "restore");

        Assert.Equal(1, restore.ExitCode);
        Assert.Contains("no project of ConveyorActors.sln can be restored", restore.Output, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_totals_of_all_test_projects_are_the_last_line(string script)
    {
        repository.StandIn(exitCode: 0, (Total: 10, Executed: 8, Passed: 8), (Total: 5, Executed: 5, Passed: 5));

        var test = await repository.RunAsync(script, "test");

        Assert.True(test.ExitCode == 0, test.Output);
        Assert.Equal("13 passed, 0 failed, 2 skipped", test.LastLine);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_failed_test_fails_the_run_even_if_the_runner_exits_with_0(string script)
    {
        repository.StandIn(exitCode: 0, (Total: 10, Executed: 9, Passed: 8), (Total: 5, Executed: 5, Passed: 5));

        var test = await repository.RunAsync(script, "test");

        Assert.Equal(1, test.ExitCode);
        Assert.Equal("13 passed, 1 failed, 1 skipped", test.LastLine);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_crashed_test_host_counts_as_a_failure(string script)
    {
        repository.StandIn(exitCode: 1, (Total: 10, Executed: 10, Passed: 10));

        var test = await repository.RunAsync(script, "test");

        Assert.Equal(1, test.ExitCode);
        Assert.Contains("a test host crashed", test.Output, StringComparison.Ordinal);
        Assert.Equal("10 passed, 1 failed, 0 skipped", test.LastLine);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_run_without_any_test_is_a_failure(string script)
    {
        repository.StandIn(exitCode: 0);

        var test = await repository.RunAsync(script, "test");

        Assert.Equal(1, test.ExitCode);
        Assert.Contains("no test ran", test.Output, StringComparison.Ordinal);
        Assert.Equal("0 passed, 0 failed, 0 skipped", test.LastLine);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Arguments_after_test_go_to_the_test_runner(string script)
    {
        repository.StandIn(exitCode: 0, (Total: 1, Executed: 1, Passed: 1));

        await repository.RunAsync(script, "test", "--filter", "Name~two words");

        Assert.Contains("[--filter][Name~two words]", Calls(), StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Projects_that_restore_are_packed_and_the_others_are_named(string script)
    {
        repository.AddProject("Good");
        repository.AddProject("Bad", $"""<PackageReference Include="{MissingPackage}" Version="1.0.0" />""");
        repository.WriteSolution();

        var pack = await repository.RunAsync(script, "pack");

        Assert.True(pack.ExitCode == 0, pack.Output);
        Assert.Contains("LEFT OUT: src/Bad/Bad.csproj", pack.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["Good.1.0.0.nupkg"],
            Directory.GetFiles(Path.Combine(repository.Root, "artifacts", "packages")).Select(Path.GetFileName)
        );
        Assert.Equal("Good.1.0.0.nupkg", pack.LastLine);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Programs_are_published_for_each_platform_that_has_a_runtime(string script)
    {
        repository.PublishingStandIn();

        var publish = await repository.RunAsync(script, "publish");

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

    [Theory, BuildSh, BuildPs1]
    public async Task Programs_are_published_for_the_given_platforms_with_their_runtime(string script)
    {
        repository.PublishingStandIn();

        var publish = await repository.RunAsync(script, "publish", "linux-arm64");

        Assert.Equal("linux-arm64/conveyor-node", publish.LastLine);
        var calls = Calls().TrimEnd('\n').Split('\n');
        Assert.Equal(2, calls.Length);
        Assert.All(
            calls,
            call =>
            {
                Assert.Contains("[-r][linux-arm64]", call, StringComparison.Ordinal);
                Assert.Contains("[--self-contained][true]", call, StringComparison.Ordinal);
            }
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task For_this_kind_of_machine_a_native_program_is_published(string script)
    {
        repository.PublishingStandIn();

        var publish = await repository.RunAsync(script, "publish", "linux-x64");

        Assert.True(publish.ExitCode == 0, publish.Output);
        Assert.Collection(
            Calls().TrimEnd('\n').Split('\n'),
            call =>
            {
                Assert.Contains("[src/ConveyorActors.Cli/", call, StringComparison.Ordinal);
                Assert.Contains("[-p:ConveyorNative=true]", call, StringComparison.Ordinal);
                Assert.Contains("[-r][linux-x64]", call, StringComparison.Ordinal);
            },
            call =>
            {
                Assert.Contains("[src/ConveyorActors.Node/", call, StringComparison.Ordinal);
                Assert.Contains("[--self-contained][true]", call, StringComparison.Ordinal);
            }
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Without_a_linker_the_published_program_includes_the_runtime(string script)
    {
        repository.PublishingStandIn(canBeNative: false);

        var publish = await repository.RunAsync(script, "publish", "linux-x64");

        Assert.Equal("linux-x64/conveyor-node", publish.LastLine);
        Assert.Contains(
            "LEFT OUT: conveyor as a native program: it includes the .NET runtime and starts more slowly: Platform linker ('gcc') not found in PATH\n",
            publish.Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            2,
            Calls().Split('\n').Count(c => c.Contains("[--self-contained][true]", StringComparison.Ordinal))
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Publishing_for_a_platform_without_a_runtime_fails(string script)
    {
        repository.PublishingStandIn();

        var publish = await repository.RunAsync(script, "publish", "win-x64");

        Assert.Equal((1, $"{script}: no program could be published."), (publish.ExitCode, publish.LastLine));
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_documentation_covers_the_projects_that_are_built(string script)
    {
        repository.DocfxStandIn(exitCode: 0);

        var docs = await repository.RunAsync(script, "docs");

        Assert.Equal((0, "artifacts/docs/index.html"), (docs.ExitCode, docs.LastLine));
        var calls = Calls();
        Assert.InRange(
            calls.IndexOf("[docfx][packaging/docfx.json][--warningsAsErrors]", StringComparison.Ordinal),
            calls.IndexOf("[build]", StringComparison.Ordinal) + 1,
            int.MaxValue
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_warning_of_docfx_fails_the_documentation(string script)
    {
        repository.DocfxStandIn(exitCode: 255);

        var docs = await repository.RunAsync(script, "docs");

        Assert.Equal(
            (1, $"{script}: the documentation could not be made (see above)."),
            (docs.ExitCode, docs.LastLine)
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task An_unknown_verb_ends_with_the_usage_and_exit_code_2(string script)
    {
        var answer = await repository.RunAsync(script, "destroy");

        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("no verb 'destroy'", answer.Output, StringComparison.Ordinal);
        Assert.Contains($"usage: ./{script} VERB", answer.Output, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_usage_text_of_an_unknown_verb_is_not_on_standard_output(string script) =>
        Assert.Equal((2, ""), Parts(await repository.RunForOutputAsync(script, "", "destroy")));

    [Theory, BuildSh, BuildPs1]
    public async Task The_help_is_that_of_the_other_script(string script)
    {
        var help = await repository.RunForOutputAsync(script, "", "help");

        var lines = File.ReadAllText(Path.Combine(repository.Root, "build.sh"));
        var start = lines.IndexOf("usage: ", StringComparison.Ordinal);
        var expected = lines[start..lines.IndexOf("END\n", start, StringComparison.Ordinal)];
        Assert.Equal((0, expected.Replace("build.sh", script, StringComparison.Ordinal)), Parts(help));
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_native_program_gets_arguments_and_input_unchanged_and_its_exit_code_is_used(string script)
    {
        repository.ProgramStandIn();

        await AssertProgramRunsAsync(script, ["run", "run"], "run", "");
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_program_that_is_not_native_is_started_by_the_runtime(string script)
    {
        repository.ProgramStandIn("x.targets(1,5): error : Platform linker ('gcc') not found in PATH. [x.csproj]");

        await AssertProgramRunsAsync(script, ["run", "run"], "run", "conveyor.dll\n");
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_library_is_measured_on_the_runtime_and_the_program_as_it_was_published(string script)
    {
        repository.ProgramStandIn();

        await AssertProgramRunsAsync(script, ["bench"], "bench", "built.dll\n");
        await AssertProgramRunsAsync(script, ["bench", "--run"], "bench][--run", "");
    }

    /// <summary>Asserts what the program gets from a command line that begins with the given words.</summary>
    async Task AssertProgramRunsAsync(string script, string[] words, string begins, string starter)
    {
        string[] arguments = ["--stage", "slim=cut -f1,3", "-v:x", "", "*", "--", "$HOME", "say \"hi\"", "C:\\a b\\"];

        var run = await repository.RunForOutputAsync(script, "first\nlast\n", [.. words, .. arguments]);

        Assert.Equal(
            (
                7,
                $"{starter}{Path.GetTempPath().TrimEnd('/')}\n[{begins}][{string.Join("][", arguments)}]\nfirst\nlast\n"
            ),
            Parts(run)
        );
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_reason_why_the_program_is_not_native_is_named(string script)
    {
        (string Said, string Reason)[] reasons =
        [
            (
                "x.targets(1,5): error : Platform linker ('clang' or 'gcc') not found in PATH. Ensure you have it. [x.csproj]",
                "Platform linker ('clang' or 'gcc') not found in PATH"
            ),
            (
                "x.targets(1,5): error : Symbol stripping tool ('objcopy') not found in PATH. Make sure it is. [x.csproj]",
                "Symbol stripping tool ('objcopy') not found in PATH"
            ),
            (
                "x.csproj : error NU1101: Unable to find package runtime.linux-x64.Microsoft.DotNet.ILCompiler. [x.csproj]",
                "NU1101: Unable to find package runtime.linux-x64.Microsoft.DotNet.ILCompiler."
            ),
            (
                "x.targets(2,5): error MSB3073: The command \"\"gcc\" \"conveyor.o\" -o \"conveyor\"\" exited with code 1. [x.csproj]",
                "the linker gcc failed (see above)"
            ),
            (
                "x.targets(2,5): error MSB3073: The command \"\"/x/ilc\" @\"x.rsp\"\" exited with code 137. [x.csproj]",
                "its compiler was killed, as for want of memory"
            ),
        ];
        foreach (var (said, reason) in reasons)
        {
            repository.ProgramStandIn(said);
            repository.DeletePublishedProgram();

            var run = await repository.RunAsync(script, "run", "run");

            Assert.Equal(7, run.ExitCode);
            Assert.Contains(
                $"LEFT OUT: conveyor as a native program: it needs the .NET runtime and starts more slowly: {reason}",
                run.Output,
                StringComparison.Ordinal
            );
        }
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_program_that_was_not_native_is_not_tried_again_by_run(string script)
    {
        repository.ProgramStandIn("x.targets(1,5): error : Platform linker ('gcc') not found in PATH. [x.csproj]");
        var first = await repository.RunAsync(script, "run", "run");

        var second = await repository.RunAsync(script, "run", "run");

        Assert.Contains("Platform linker", first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Platform linker", second.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"LEFT OUT: conveyor as a native program, as before: ./{script} build tries it again and says why not\n",
            second.Output,
            StringComparison.Ordinal
        );
        Assert.Equal(7, second.ExitCode);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task An_error_in_the_code_is_no_reason_to_publish_another_program(string script)
    {
        repository.ProgramStandIn("x.cs(1,5): error CS1002: ; expected [x.csproj]");

        var run = await repository.RunAsync(script, "run", "run");

        Assert.Equal((1, $"{script}: conveyor could not be published (see above)."), (run.ExitCode, run.LastLine));
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_program_that_is_the_same_stays_as_it_is(string script)
    {
        repository.ProgramStandIn();
        var path = Path.Combine(repository.Root, "artifacts", "conveyor", "conveyor");
        await repository.RunAsync(script, "run", "run");
        var first = File.GetLastWriteTimeUtc(path);

        await repository.RunAsync(script, "run", "run");
        var same = File.GetLastWriteTimeUtc(path);
        File.AppendAllText(Path.Combine(repository.Root, "program"), "# changed\n");
        await repository.RunAsync(script, "run", "run");

        Assert.Equal(first, same);
        Assert.EndsWith("# changed\n", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(repository.Root, "artifacts", "conveyor.new")));
    }

    [Theory, BuildSh, BuildPs1]
    public async Task The_layout_is_checked_even_if_no_source_has_another_tool(string script)
    {
        repository.ToolsStandIn(csharpier: true);

        var build = await repository.RunAsync(script, "build");

        Assert.Equal(0, build.ExitCode);
        Assert.Contains(
            "LEFT OUT: a tool of .config/dotnet-tools.json: Version 7.6.9 of package powershell is not found\n",
            build.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("[csharpier][check][.]", Calls(), StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task An_unchecked_layout_is_named(string script)
    {
        repository.ToolsStandIn(csharpier: false);

        var build = await repository.RunAsync(script, "build");

        Assert.Equal(0, build.ExitCode);
        Assert.Contains(
            "LEFT OUT: the layout of the code is not checked: Version",
            build.Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("[check]", Calls(), StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Coverage_is_reported_by_project_and_a_line_that_several_reports_have_counts_once(string script)
    {
        repository.CoverageStandIn(("B", 1, 0), ("B", 1, 7), ("B", 1, 0), ("B", 2, 0), ("B", 3, 0), ("A", 1, 1));

        var coverage = await repository.RunAsync(script, "coverage", "--filter", "Name~x");

        Assert.Equal(0, coverage.ExitCode);
        Assert.Contains("Tests failed while coverage was measured", coverage.Output, StringComparison.Ordinal);
        Assert.Equal(
            [$"{"A", -32} 100.0 % of 1 lines", $"{"B", -32}  33.3 % of 3 lines"],
            coverage.Output.TrimEnd('\n').Split('\n')[^2..]
        );
        Assert.EndsWith("[--filter][Name~x]", Calls(), StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Coverage_without_any_report_is_an_error(string script)
    {
        repository.CoverageStandIn();

        var coverage = await repository.RunAsync(script, "coverage");

        Assert.Equal((1, $"{script}: no coverage was measured."), (coverage.ExitCode, coverage.LastLine));
    }

    [Theory, BuildSh, BuildPs1]
    public async Task Arguments_after_mutate_are_passed_to_Stryker_for_the_tests_of_the_engine(string script)
    {
        repository.StrykerStandIn(exitCode: 0);

        var mutate = await repository.RunAsync(script, "mutate", "--mutate", "Admission/*.cs");

        Assert.Equal(0, mutate.ExitCode);
        Assert.Contains(
            "ConveyorActors.Buffers.Tests\n[stryker][--config-file][../mutation.json]",
            mutate.Output,
            StringComparison.Ordinal
        );
        Assert.EndsWith("[--mutate][Admission/*.cs]", mutate.LastLine, StringComparison.Ordinal);
    }

    [Theory, BuildSh, BuildPs1]
    public async Task A_Stryker_that_fails_is_an_error(string script)
    {
        repository.StrykerStandIn(exitCode: 3);

        var mutate = await repository.RunAsync(script, "mutate");

        Assert.Equal((1, $"{script}: Stryker failed (see above)."), (mutate.ExitCode, mutate.LastLine));
    }

    static (int, string) Parts(ScriptResult result) => (result.ExitCode, result.Output);

    string Calls() => File.ReadAllText(Path.Combine(repository.Root, "calls"));
}
