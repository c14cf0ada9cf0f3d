using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Storage.Tests.Crashes;
using ConveyorActors.Tests;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Crashes;

/// <summary>
/// Real processes and SIGKILL: each kill is the crash of several pipelines, each in a state of its own and under an
/// oracle of its own. CONVEYOR_JOURNAL_CRASHES says how many processes (default 6; 100 with <c>./build.sh test
/// --all</c>), CONVEYOR_CRASH_SEED with which seed.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output) : IDisposable
{
    const int Pipelines = 17;

    // Small, so that snapshots are taken and events deleted in the midst of it; and no refusals because the machine is
    // busy.
    const string Settings = """

        akka { loglevel = ERROR, stdout-loglevel = OFF }
        conveyor {
          persistence = on
          ask-timeout = 60 s
          journal { snapshot-after = 16 KiB, delete-after = 100 ms, refuse-after = 60 s, max-event-bytes = 4 KiB }
        }
        """;

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Acknowledged_records_survive_a_kill_and_settled_ones_do_not_return()
    {
        var kills = Thoroughness.Count("CONVEYOR_JOURNAL_CRASHES", 4, 100);
        var seed = Thoroughness.Seed("CONVEYOR_CRASH_SEED");
        output.WriteLine($"{kills} kills of {Pipelines} pipelines, seed {seed}");
        var random = new Random(seed);
        var oracles = Enumerable.Range(0, Pipelines).Select(_ => new CrashOracle()).ToArray();
        var hocon = Path.Combine(database.Folder, "crasher.conf");
        await File.WriteAllTextAsync(hocon, database.Hocon + Settings);
        await using var node = new JournalNode(database, Settings);
        var next = new CrashingProcess(hocon);
        // On a busy machine a process may die before it settles anything.
        for (var kill = 0; kill < kills || kill < 5 * kills && oracles.Sum(o => o.Settlings) == 0; kill++)
        {
            try
            {
                using var process = next;
                next = new(hocon);
                var order =
                    $"{random.Next(1_000_000)} {string.Join(' ', oracles.Select(o => string.Join(',', o.Next)))}";
                // Now and then at once, most often in the midst of the work.
                await process.WorkAndDieAsync(
                    order,
                    random.Next(1, random.Next(4) == 0 ? 30 : 400),
                    (number, line) => oracles[number].Hear(line)
                );
                await Task.WhenAll(oracles.Select((oracle, number) => CheckAsync(node, oracle, $"crash{number}")));
            }
            catch (Exception e)
            {
                next.Dispose();
                throw new InvalidOperationException($"kill {kill} of seed {seed}: {e.Message}", e);
            }
        }
        next.Dispose();
        var (acknowledged, settlings) = (oracles.Sum(o => o.Acknowledged), oracles.Sum(o => o.Settlings));
        output.WriteLine($"{acknowledged} acknowledged, {settlings} settlings acknowledged");
        Assert.True(acknowledged > 0 && settlings > 0, "the processes did nothing that could be checked");
    }

    static async Task CheckAsync(JournalNode node, CrashOracle oracle, string name)
    {
        try
        {
            await using var pipeline = await node.Storage().OpenedAsync(name);
            Assert.True((await pipeline.GetSnapshotAsync(name)).IsConserved);
            oracle.Check(
                await pipeline.PeekAsync(name, "one", int.MaxValue),
                await pipeline.PeekAsync(name, "two", int.MaxValue)
            );
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"pipeline {name}: {e.Message}", e);
        }
    }

    public void Dispose() => database.Dispose();
}
