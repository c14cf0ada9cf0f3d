using System.IO.Compression;
using System.Reflection.Metadata;

namespace ConveyorActors.Packages.Tests;

/// <summary>The packages as users get them: what is in them, and that new projects can use them.</summary>
public sealed class PackageTests(PackedRepository packages) : IClassFixture<PackedRepository>
{
    const string Tool = "ConveyorActors.Cli";

    [Fact]
    public void Every_package_has_a_readme_a_licence_an_icon_tags_and_a_description()
    {
        Assert.Contains("ConveyorActors.Buffers", packages.Names);
        Assert.Contains(Tool, packages.Names);
        foreach (var name in packages.Names)
        {
            var metadata = packages.MetadataOf(name);
            Assert.Equal("Apache-2.0", metadata["license"].Value);
            Assert.Equal("expression", metadata["license"].Attribute("type")?.Value);
            Assert.Equal("README.md", metadata["readme"].Value);
            Assert.Equal("icon.png", metadata["icon"].Value);
            Assert.Contains("backpressure", metadata["tags"].Value, StringComparison.Ordinal);
            Assert.True(
                metadata["description"].Value.Length > 40,
                $"{name} has the description '{metadata["description"].Value}'; it must say what the package is."
            );
            Assert.DoesNotContain("1.0.0", metadata["version"].Value, StringComparison.Ordinal);

            using var package = ZipFile.OpenRead(packages.FileOf(name));
            Assert.Equal(Repository.Text("packaging/README.md"), Text(package, "README.md"));
            Assert.InRange(package.GetEntry("icon.png")!.Length, 100, 5_000);
        }
    }

    [Fact]
    public void Every_library_has_documentation_and_symbols()
    {
        foreach (var name in packages.Names.Where(name => name != Tool))
        {
            using var package = ZipFile.OpenRead(packages.FileOf(name));
            Assert.NotNull(package.GetEntry($"lib/net10.0/{name}.dll"));
            Assert.Contains("<summary>", Text(package, $"lib/net10.0/{name}.xml"), StringComparison.Ordinal);
            using var symbols = ZipFile.OpenRead(packages.FileOf(name, ".snupkg"));
            Assert.NotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
        }
    }

    [Fact]
    public void Packages_of_one_build_have_one_version_and_refer_to_each_other_by_it()
    {
        var version = packages.VersionOf("ConveyorActors.Buffers");
        foreach (var name in packages.Names)
        {
            Assert.Equal(version, packages.VersionOf(name));
            if (!packages.MetadataOf(name).TryGetValue("dependencies", out var dependencies))
                continue;
            foreach (
                var dependency in dependencies
                    .Descendants()
                    .Where(d =>
                        d.Attribute("id")?.Value.StartsWith("ConveyorActors.", StringComparison.Ordinal) == true
                    )
            )
                Assert.Equal(version, dependency.Attribute("version")?.Value);
        }
    }

    [Fact]
    public void Binaries_name_source_files_by_paths_that_are_the_same_on_every_machine()
    {
        if (Repository.Configuration != "Release")
            return;
        foreach (var name in packages.Names.Where(name => name != Tool))
        {
            using var symbols = ZipFile.OpenRead(packages.FileOf(name, ".snupkg"));
            using var file = symbols.GetEntry($"lib/net10.0/{name}.pdb")!.Open();
            using var copy = new MemoryStream();
            file.CopyTo(copy);
            copy.Position = 0;
            using var provider = MetadataReaderProvider.FromPortablePdbStream(copy);
            var reader = provider.GetMetadataReader();
            foreach (var document in reader.Documents)
            {
                var path = reader.GetString(reader.GetDocument(document).Name);
                Assert.False(path.Contains(Repository.Root, StringComparison.Ordinal), $"{name} names {path}");
            }
        }
    }

    [WholeFact]
    public async Task A_new_project_restores_builds_and_runs_the_code_of_both_readmes()
    {
        var withAkka = packages.Names.Contains("ConveyorActors.Streams");
        var (quickStart, printed) = ReadmeCode.OfPackages(Repository.Text("packaging/README.md"));
        var folder = CreateProject(
            "user",
            ReadmeCode.Program(quickStart, Repository.Text("README.md"), withAkka),
            packages.Names.Where(name => name != Tool)
        );

        var (exitCode, output) = await Command.RunAsync(
            "dotnet",
            folder,
            packages.Installed,
            "build",
            "-c",
            "Release",
            "-v",
            "quiet",
            "-o",
            "out"
        );
        Assert.True(exitCode == 0, $"{output}\n{File.ReadAllText(Path.Combine(folder, "Program.cs"))}");

        (exitCode, output) = await Command.RunAsync(
            "dotnet",
            folder,
            packages.Installed,
            "out/user.dll",
            "quick-start"
        );
        Assert.Equal((0, printed), (exitCode, output.TrimEnd()));
        (exitCode, output) = await Command.RunAsync("dotnet", folder, packages.Installed, "out/user.dll");
        Assert.True(exitCode == 0, output);
        Assert.EndsWith(withAkka ? "6 blocks" : "5 blocks", output.TrimEnd(), StringComparison.Ordinal);
    }

    [WholeFact]
    public async Task A_new_web_project_installs_the_packages_and_replies_as_the_documents_say()
    {
        var folder = Path.Combine(packages.Work, "shop");
        await DotnetAsync(packages.Work, "new", "web", "-o", "shop", "--no-restore");
        foreach (var name in new[] { "ConveyorActors.Hosting", "ConveyorActors.Http" })
            await DotnetAsync(folder, "add", "package", name, "--version", packages.VersionOf(name), "--no-restore");
        var program = WebCode.Program(Repository.Text("docs/Hosting.md"), Repository.Text("docs/Http.md"));
        File.WriteAllText(Path.Combine(folder, "Program.cs"), program);
        File.WriteAllText(
            Path.Combine(folder, "appsettings.json"),
            """{ "Logging": { "LogLevel": { "Default": "None" } } }"""
        );

        await DotnetAsync(folder, "build", "-c", "Release", "-v", "quiet", "-o", "out", "-p:NuGetAudit=false");
        var output = await DotnetAsync(folder, "out/shop.dll");

        Assert.Equal(
            $"""
            POST /orders/order-1: 202
            written: order-1
            GET /health: 200 Healthy
            {WebCode.Exchanges(Repository.Text("docs/Http.md"))}
            """,
            output.TrimEnd()
        );
    }

    [WholeFact]
    public async Task The_tutorial_can_be_followed_with_the_packages()
    {
        await DotnetAsync(packages.Work, "new", "console", "-o", "tutorial", "--no-restore");
        var folder = Path.Combine(packages.Work, "tutorial");
        foreach (var part in TutorialPart.Read(Repository.Text("docs/Tutorial.md")))
        {
            foreach (var name in part.Packages)
                await DotnetAsync(folder, "add", "package", name, "--prerelease");
            if (part.Steps.Count == 0)
                continue;
            var (code, runs) = part.Steps[^1];
            File.WriteAllText(Path.Combine(folder, "Program.cs"), code);
            await DotnetAsync(folder, "build", "-v", "quiet", "-p:NuGetAudit=false");
            foreach (var (arguments, expected) in runs)
            {
                string[] run = ["run", "--no-build", .. arguments];
                Assert.Equal(expected, (await Command.RunAsync("dotnet", folder, packages.Installed, run)).Output);
            }
        }
    }

    [WholeFact]
    public async Task The_tool_installs_and_runs_its_demo()
    {
        var folder = Path.Combine(packages.Work, "tool");
        var (exitCode, output) = await Command.RunAsync(
            "dotnet",
            packages.Work,
            packages.Installed,
            "tool",
            "install",
            Tool,
            "--version",
            packages.VersionOf(Tool),
            "--tool-path",
            folder
        );
        Assert.True(exitCode == 0, output);

        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? "conveyor.exe" : "conveyor");
        (exitCode, output) = await Command.RunAsync(program, packages.Work, packages.Installed, "--version");
        Assert.True(exitCode == 0, output);
        Assert.Equal($"conveyor {packages.VersionOf(Tool)}", output.Trim());

        (exitCode, output) = await Command.RunAsync(
            program,
            packages.Work,
            packages.Installed,
            "demo",
            "--seconds",
            "5"
        );
        Assert.True(exitCode == 0, output);
        Assert.Contains("adds up", output, StringComparison.Ordinal);
    }

    [WholeFact]
    public async Task A_new_test_project_inherits_the_contract_suite_and_runs_it()
    {
        var folder = Directory.CreateDirectory(Path.Combine(packages.Work, "suite")).FullName;
        const string testing = "ConveyorActors.Testing";
        var used = new[] { "Microsoft.NET.Test.Sdk", "xunit", "xunit.runner.visualstudio" }
            .Select(id => (Id: id, Version: Repository.VersionOf(id)))
            .Append((Id: testing, Version: packages.VersionOf(testing)));
        File.WriteAllText(
            Path.Combine(folder, "suite.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {string.Join(
                '\n',
                used.Select(p => $"""    <PackageReference Include="{p.Id}" Version="{p.Version}" />""")
            )}
              </ItemGroup>
            </Project>
            """
        );
        File.WriteAllText(
            Path.Combine(folder, "Tests.cs"),
            """
            using ConveyorActors.Buffers.Service;
            using ConveyorActors.Testing.Contracts;

            public sealed class MyTests : BufferServiceContract
            {
                protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) => new(new EmbeddedBufferService(clock));
            }
            """
        );

        var (exitCode, output) = await Command.RunAsync("dotnet", folder, packages.Installed, "test", "-c", "Release");
        Assert.True(exitCode == 0, output);
        Assert.Matches(@"Passed: +\d{3},", output);
    }

    /// <summary>Creates a console project that refers to packages only, and returns its folder.</summary>
    string CreateProject(string name, string code, IEnumerable<string> used)
    {
        var folder = Directory.CreateDirectory(Path.Combine(packages.Work, name)).FullName;
        var references = string.Join(
            '\n',
            used.Select(id => $"""    <PackageReference Include="{id}" Version="{packages.VersionOf(id)}" />""")
        );
        File.WriteAllText(
            Path.Combine(folder, $"{name}.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {references}
              </ItemGroup>
            </Project>
            """
        );
        File.WriteAllText(Path.Combine(folder, "Program.cs"), code);
        return folder;
    }

    /// <summary>Runs dotnet, which must end with 0, and returns what it printed.</summary>
    async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        var (exitCode, output) = await Command.RunAsync("dotnet", folder, packages.Installed, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)}: {output}");
        return output;
    }

    static string Text(ZipArchive package, string entry)
    {
        using var reader = new StreamReader(package.GetEntry(entry)!.Open());
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
