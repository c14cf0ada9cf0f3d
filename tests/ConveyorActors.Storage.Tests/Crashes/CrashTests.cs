using System.Diagnostics;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Storage.Tests.Crashes;

/// <summary>
/// Real processes and SIGKILL. CONVEYOR_CRASHES says how often (30, or 200 with `--all`), CONVEYOR_CRASH_SEED with
/// which seed.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Acknowledged_data_survives_a_kill_and_settled_data_does_not_return()
    {
        var crashes = Thoroughness.Count("CONVEYOR_CRASHES", 15, 200);
        var seed = Thoroughness.Seed("CONVEYOR_CRASH_SEED");
        output.WriteLine($"{crashes} crashes, seed {seed}");
        var random = new Random(seed);
        using var directory = new TempDirectory();
        var oracle = new CrashOracle();
        for (var crash = 0; crash < crashes; crash++)
        {
            try
            {
                await KillOneAsync(directory.Path, oracle, random);
                await CheckAsync(directory.Path, oracle);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"crash {crash} of seed {seed}: {e.Message}", e);
            }
        }
        output.WriteLine($"{oracle.Acknowledged} acknowledged, {oracle.Settlings} settlings acknowledged");
        Assert.True(oracle.Acknowledged > 0 && oracle.Settlings > 0, "the children did nothing that could be checked");
    }

    /// <summary>
    /// Lets a child work for a while, and kills it: after a number of things done, or a time that may end before it has
    /// opened the directory.
    /// </summary>
    static async Task KillOneAsync(string path, CrashOracle oracle, Random random)
    {
        var lines = random.Next(4) == 0 ? int.MaxValue : random.Next(1, 60);
        var time = lines == int.MaxValue ? TimeSpan.FromMilliseconds(random.Next(50, 400)) : Patience;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Crasher, path, random.Next(1_000_000).ToString() }.Concat(oracle.Next))
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        using var timer = new CancellationTokenSource(time);
        await using var killing = timer.Token.Register(child.Kill);
        var heard = 0;
        // What it said before it died counts, also what is read after that.
        while (await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (IsDone(line) && ++heard == lines)
                child.Kill();
            oracle.Hear(line);
        }
        await child.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await errors);
        Assert.Equal(137, child.ExitCode);
    }

    /// <summary>
    /// True for a line about something that is on disk. Offers that are refused say much and do nothing, the more the
    /// slower the disk is.
    /// </summary>
    static bool IsDone(string line) => !line.EndsWith('\r') && !line.StartsWith("offer ", StringComparison.Ordinal);

    static async Task CheckAsync(string path, CrashOracle oracle)
    {
        await using (var directory = DataDirectory.Open(path))
        {
            Assert.Empty(directory.Findings);
            oracle.Check(directory.Peek("crash", "one", int.MaxValue), directory.Peek("crash", "two", int.MaxValue));
        }
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(path));
        if ((await service.GetPipelinesAsync()).Count > 0)
            Assert.True((await service.GetSnapshotAsync("crash")).IsConserved);
    }

    static string Crasher => Path.Combine(AppContext.BaseDirectory, "ConveyorActors.Storage.Crasher.dll");
}
