using System.Diagnostics;
using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Storage.Tests.Crashes;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Crashes;

/// <summary>Real processes and SIGKILL. CONVEYOR_JOURNAL_CRASHES says how often (default 8), CONVEYOR_CRASH_SEED with which seed.</summary>
public sealed class CrashTests(ITestOutputHelper output) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Small, so that snapshots are taken and events deleted in the midst of it; and no refusals because the machine is busy.
    const string Settings =
        """

        akka { loglevel = ERROR, stdout-loglevel = OFF }
        conveyor {
          persistence = on
          ask-timeout = 60 s
          journal { snapshot-after = 16 KiB, delete-after = 100 ms, refuse-after = 60 s, max-event-bytes = 4 KiB }
        }
        """;

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task What_was_acknowledged_survives_a_kill_at_any_moment_and_nothing_settled_comes_back()
    {
        var crashes = Setting("CONVEYOR_JOURNAL_CRASHES", 8);
        var seed = Setting("CONVEYOR_CRASH_SEED", Random.Shared.Next());
        output.WriteLine($"{crashes} crashes, seed {seed}");
        var random = new Random(seed);
        var oracle = new CrashOracle();
        var hocon = Path.Combine(database.Folder, "crasher.conf");
        await File.WriteAllTextAsync(hocon, database.Hocon + Settings);
        await using var node = new JournalNode(database, Settings);
        for (var crash = 0; crash < crashes; crash++)
        {
            try
            {
                await KillOneAsync(hocon, oracle, random);
                await using var pipeline = await node.Storage().OpenedAsync("crash");
                Assert.True((await pipeline.SnapshotAsync("crash")).IsConserved);
                oracle.Check(await pipeline.PeekAsync("crash", "one", int.MaxValue), await pipeline.PeekAsync("crash", "two", int.MaxValue));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"crash {crash} of seed {seed}: {e.Message}", e);
            }
        }
        output.WriteLine($"{oracle.Receipts} receipts, {oracle.Settlings} settled with a receipt");
        Assert.True(oracle.Receipts > crashes && oracle.Settlings > crashes, "the children did nothing that could be checked");
    }

    /// <summary>Lets a child work until it has said so much, and kills it.</summary>
    static async Task KillOneAsync(string hocon, CrashOracle oracle, Random random)
    {
        var lines = random.Next(1, 200);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Crasher, hocon, random.Next(1_000_000).ToString() }.Concat(oracle.Next)) start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        try
        {
            // What it said before it died counts, also what is read after that.
            var heard = 0;
            while (await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
            {
                if (!line.StartsWith("offer ", StringComparison.Ordinal) && ++heard == lines) child.Kill();
                oracle.Hear(line);
            }
        }
        finally
        {
            child.Kill();
        }
        await child.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await errors);
        Assert.Equal(137, child.ExitCode);
    }

    static string Crasher => Path.Combine(AppContext.BaseDirectory, "ConveyorActors.Persistence.Crasher.dll");

    static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var given) ? given : otherwise;

    public void Dispose() => database.Dispose();
}
