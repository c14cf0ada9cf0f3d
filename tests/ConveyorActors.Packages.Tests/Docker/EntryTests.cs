using System.Diagnostics;
using System.Runtime.Versioning;

namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>The programs, started outside a container as the images and the compose file start them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class EntryTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SignalFact]
    public async Task A_node_starts_with_the_variables_of_the_image_and_of_the_compose_file()
    {
        // What names other containers names this machine instead.
        var environment = Compose.EnvironmentOf("node-1");
        environment["CONVEYOR_NODE_HOST"] = "127.0.0.1";
        environment["CONVEYOR_NODE_SEEDS"] = "";
        environment["CONVEYOR_NODE_JOURNAL"] = "sqlite:journal.db";
        environment.Remove("CONVEYOR_NODE_JOURNAL_PASSWORD");
        environment["CONVEYOR_NODE_PORT"] = "0";
        var (exitCode, said) = await RunAsync("node", environment, until: "conveyor-node: up: ");
        Assert.True(exitCode == 0, said);
        Assert.DoesNotContain("is not known and not used", said, StringComparison.Ordinal);
    }

    [SignalFact]
    public async Task A_variable_unknown_to_a_node_would_be_named()
    {
        var (_, said) = await RunAsync(
            "node",
            new() { ["CONVEYOR_NODE_SEED"] = "node-1:4053", ["CONVEYOR_NODE_PORT"] = "0" },
            until: "conveyor-node: up: "
        );
        Assert.Contains("CONVEYOR_NODE_SEED is not known and not used", said, StringComparison.Ordinal);
    }

    [SignalFact]
    public async Task A_server_starts_with_the_variables_of_the_image_and_a_key()
    {
        var (exitCode, said) = await RunAsync(
            "serve",
            new()
            {
                ["Conveyor__Listen"] = "127.0.0.1:0",
                ["Conveyor__Data"] = "records",
                ["Conveyor__Insecure"] = "true",
                ["CONVEYOR_API_KEY"] = new string('k', 32),
            },
            until: "http://127.0.0.1:"
        );
        Assert.True(exitCode == 0, said);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder.Path, "records")));
    }

    [SignalFact]
    public async Task A_server_of_the_image_without_a_key_does_not_start()
    {
        var (exitCode, said) = await RunAsync("serve", [], until: null);
        Assert.Equal(2, exitCode);
        Assert.Contains("CONVEYOR_API_KEY", said, StringComparison.Ordinal);
    }

    /// <summary>Starts an image's program, waits until it has said something, and ends it with SIGTERM.</summary>
    async Task<(int ExitCode, string Said)> RunAsync(
        string stage,
        Dictionary<string, string> environment,
        string? until
    )
    {
        var project = Dockerfile.Images.Single(i => i.Stage == stage).Project;
        var entry = Dockerfile.EntryOf(stage);
        var program = Path.Combine(
            Repository.Root,
            $"src/ConveyorActors.{project}/bin/{Repository.Configuration}/net10.0",
            $"{Path.GetFileName(entry[0])}.dll"
        );
        var start = new ProcessStartInfo("dotnet", [program, .. entry[1..]])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (
            var name in start
                .Environment.Keys.Where(n => n.StartsWith("CONVEYOR", StringComparison.OrdinalIgnoreCase))
                .ToList()
        )
            start.Environment.Remove(name);
        foreach (var (name, value) in Dockerfile.VariablesOf(stage).Concat(environment))
            start.Environment[name] = value.Replace(
                "/app/",
                $"{Repository.Root}/packaging/docker/",
                StringComparison.Ordinal
            );

        using var process = Process.Start(start)!;
        var lines = new List<string>();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        DataReceivedEventHandler hear = (_, line) =>
        {
            lock (lines)
                lines.Add(line.Data ?? "");
            if (until is not null && line.Data?.Contains(until, StringComparison.Ordinal) == true)
                seen.TrySetResult();
        };
        process.OutputDataReceived += hear;
        process.ErrorDataReceived += hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var ended = process.WaitForExitAsync(limit.Token);
            if (await Task.WhenAny(seen.Task, ended) == seen.Task)
                Process.Start("kill", ["-TERM", $"{process.Id}"]).Dispose();
            await ended;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            lock (lines)
                Assert.Fail($"{stage} did not say '{until}' and end within {Patience}: {string.Join('\n', lines)}");
        }
        lock (lines)
            return (process.ExitCode, string.Join('\n', lines));
    }

    sealed class SignalFactAttribute : FactAttribute
    {
        public SignalFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no SIGTERM." : null;
    }
}
