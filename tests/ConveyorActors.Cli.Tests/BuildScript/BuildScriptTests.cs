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
            call => Assert.Contains("[-r][linux-arm64][--self-contained][true]", call, StringComparison.Ordinal)
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
    public async Task The_program_gets_arguments_and_input_unchanged_and_its_exit_code_is_used(string script)
    {
        repository.ProgramStandIn();
        string[] arguments = ["--stage", "slim=cut -f1,3", "-v:x", "", "*", "--", "$HOME", "say \"hi\"", "C:\\a b\\"];

        var run = await repository.RunForOutputAsync(script, "first\nlast\n", ["run", "run", .. arguments]);

        Assert.Equal(
            (7, $"{Path.GetTempPath().TrimEnd('/')}\n[run][{string.Join("][", arguments)}]\nfirst\nlast\n"),
            Parts(run)
        );
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
