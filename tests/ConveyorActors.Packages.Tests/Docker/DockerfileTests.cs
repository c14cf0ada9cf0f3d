using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>The Dockerfile, as far as it can be checked where no container runs.</summary>
public sealed class DockerfileTests
{
    public static TheoryData<string, string> Images()
    {
        var images = new TheoryData<string, string>();
        foreach (var (stage, project) in Dockerfile.Images)
            images.Add(stage, project);
        return images;
    }

    [Fact]
    public void Every_file_copied_from_the_repository_exists_and_is_not_ignored()
    {
        var allowed = Repository
            .Text($"{Dockerfile.Path}.dockerignore")
            .Split('\n')
            .Where(line => line.StartsWith('!'))
            .Select(line => line[1..])
            .ToArray();
        var copied = Dockerfile.Instructions.Where(i => i.Name == "COPY" && i.Flag("from") is null).ToArray();
        Assert.True(copied.Length >= 3);
        foreach (var source in copied.SelectMany(i => i.Words.SkipLast(1)))
        {
            var path = Path.Combine(Repository.Root, source);
            Assert.True(File.Exists(path) || Directory.Exists(path), $"COPY {source}: there is no such file");
            Assert.Contains(source.TrimEnd('/'), allowed);
        }
    }

    [Fact]
    public void Files_copied_between_stages_are_created_before()
    {
        var copies = Dockerfile.Instructions.Where(i => i.Name == "COPY" && i.Flag("from") is not null).ToArray();
        Assert.NotEmpty(copies);
        foreach (var copy in copies)
        {
            var stages = StagesOf(copy.Flag("from")!);
            var runs = stages.SelectMany(stage => Dockerfile.Of(stage, "RUN")).Select(run => run.Arguments);
            Assert.Contains(runs, run => run.Split(' ').Contains(copy.Words[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_is_chiselled_and_its_program_runs_as_a_user_that_is_not_root(string stage, string project)
    {
        var from = Dockerfile.Of(stage, "FROM").Single().Words[0];
        var framework = Regex.Match(Repository.Text("Directory.Build.props"), @"<TargetFramework>net(?<v>[\d.]+)<");
        Assert.Matches(
            $@"^mcr\.microsoft\.com/dotnet/(runtime|aspnet):{framework.Groups["v"].Value}-\w+-chiseled$",
            from
        );
        Assert.Equal("$APP_UID", Dockerfile.Of(stage, "USER").Single().Arguments);
        // The base image has the frameworks that the program asks for.
        if (BuiltFile(project, ".runtimeconfig.json") is { } file)
        {
            using var config = JsonDocument.Parse(File.ReadAllText(file));
            Assert.Equal(
                from.Contains("aspnet", StringComparison.Ordinal),
                config.RootElement.ToString().Contains("Microsoft.AspNetCore.App", StringComparison.Ordinal)
            );
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_starts_the_program_that_its_build_publishes(string stage, string project)
    {
        var path = $"src/ConveyorActors.{project}/ConveyorActors.{project}.csproj";
        var name = Regex.Match(Repository.Text(path), "<AssemblyName>(?<name>.+?)<").Groups["name"].Value;
        var copy = Dockerfile.Of(stage, "COPY").Single(c => c.Words[1] == "/app");
        var publish = Dockerfile.Of(copy.Flag("from")!, "RUN").Single().Arguments;
        Assert.Contains($"dotnet publish {path} ", publish, StringComparison.Ordinal);
        Assert.EndsWith($"-o {copy.Words[0]}", publish, StringComparison.Ordinal);
        Assert.Equal($"/app/{name}", Dockerfile.EntryOf(stage)[0]);
    }

    [Fact]
    public void The_ports_are_the_default_ports_of_the_programs()
    {
        Assert.Equal("4053", Dockerfile.Of("node", "EXPOSE").Single().Arguments);
        Assert.Matches("(?m)^ +port = 4053$", Repository.Text("hocon/node.conf"));
        Assert.EndsWith(
            $":{Dockerfile.Of("serve", "EXPOSE").Single().Arguments}",
            Dockerfile.VariablesOf("serve")["Conveyor__Listen"],
            StringComparison.Ordinal
        );
    }

    [WholeFact]
    public async Task The_files_that_are_copied_are_enough_to_publish_both_programs()
    {
        using var folder = new TemporaryFolder();
        foreach (var copy in Dockerfile.Of("source", "COPY"))
        foreach (var source in copy.Words.SkipLast(1))
            Copy(
                Path.Combine(Repository.Root, source),
                Path.Combine(folder.Path, copy.Words[^1], source.EndsWith('/') ? "" : source)
            );
        var packages =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var (stage, _) in Dockerfile.Images)
        {
            var from = Dockerfile.Of(stage, "COPY").Single(c => c.Words[1] == "/app").Flag("from")!;
            var output = Path.Combine(folder.Path, "out", stage);
            string[] command =
            [
                .. Dockerfile
                    .Of(from, "RUN")
                    .Single()
                    .Arguments.Replace("$TARGETARCH", "amd64", StringComparison.Ordinal)
                    .Replace("$VERSION", "7.7.7", StringComparison.Ordinal)
                    .Split(' ')
                    .SkipLast(1),
                output,
            ];
            var (exitCode, said) = await Command.RunAsync(command[0], folder.Path, packages, command[1..]);
            Assert.True(exitCode == 0, said);
            var program = Path.Combine(output, Path.GetFileName(Dockerfile.EntryOf(stage)[0]));
            Assert.True(File.Exists(program), $"{program} was not published");
            if (!OperatingSystem.IsLinux())
                continue;
            (exitCode, said) = await Command.RunAsync(program, folder.Path, packages, "--version");
            Assert.True(exitCode == 0 && said.Contains(" 7.7.7", StringComparison.Ordinal), said);
        }
    }

    /// <summary>Returns a stage and those that it begins with.</summary>
    static IEnumerable<string> StagesOf(string stage)
    {
        for (var next = stage; Dockerfile.Of(next, "FROM").SingleOrDefault() is { } from; next = from.Words[0])
            yield return next;
    }

    static string? BuiltFile(string project, string ending)
    {
        var folder = Path.Combine(
            Repository.Root,
            "src",
            $"ConveyorActors.{project}",
            "bin",
            Repository.Configuration,
            "net10.0"
        );
        return Directory.Exists(folder) ? Directory.GetFiles(folder, $"conveyor*{ending}").Single() : null;
    }

    /// <summary>Copies a file or a folder without what builds have made in it.</summary>
    static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
            return;
        }
        foreach (var entry in Directory.EnumerateFileSystemEntries(from))
            if (Path.GetFileName(entry) is not ("bin" or "obj"))
                Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
    }
}
