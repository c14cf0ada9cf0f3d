using System.Diagnostics;
using ConveyorActors.Tests;

namespace ConveyorActors.Samples.Tests;

/// <summary>Each sample is a small program that prints what it says it does.</summary>
public sealed class SampleTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly string Root = FindRoot();

    public static TheoryData<string> Samples() =>
        [.. Directory.GetDirectories(Path.Combine(Root, "samples")).Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_prints_the_content_of_its_output_file(string sample)
    {
        var folder = Path.Combine(Root, "samples", sample);
        // Where a package cannot be had, build.sh leaves the sample out, and says so.
        if (!File.Exists(Path.Combine(folder, "obj", "project.assets.json")))
            return;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var program = Path.Combine(folder, "bin", configuration, "net10.0", $"{sample}.dll");
        var start = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = Path.GetTempPath() };
        start.Environment.Remove("ASPNETCORE_URLS");
        var (exitCode, output) = await ProcessOutput.ReadAsync(start, Patience);
        Assert.Equal(Lines(await File.ReadAllTextAsync(Path.Combine(folder, "output.txt"))), Lines(output));
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_has_under_a_hundred_lines_of_code(string sample) =>
        Assert.InRange(
            Directory
                .GetFiles(Path.Combine(Root, "samples", sample), "*.cs")
                .Sum(file => File.ReadAllLines(file).Count(line => line.Any(char.IsLetterOrDigit))),
            1,
            99
        );

    static string[] Lines(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n');

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                return folder.FullName;
        throw new InvalidOperationException(
            $"No ConveyorActors.sln above {AppContext.BaseDirectory}: the tests are not run inside the repository."
        );
    }
}
