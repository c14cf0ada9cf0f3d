using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Buffers.Tests.Properties;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>
/// What storage and persistent actors will lean on: the events of a stage, applied in order, make the same stage again.
/// </summary>
public class StageBufferRebuildTests(ITestOutputHelper output)
{
    [Fact]
    public void The_events_of_a_stage_rebuild_it() => RandomRuns.Check(output, 5_000, actions => Play(actions));

    static void Play(int[] actions)
    {
        var settings = new StageSettings
        {
            MaxRetries = 1,
            LeaseTimeout = TimeSpan.FromMilliseconds(50),
            TimeToLive = TimeSpan.FromMilliseconds(500),
            MaxDeadLetters = 3,
            Quantum = 2,
            Backoff = new() { First = TimeSpan.FromMilliseconds(20), Jitter = 0 },
        };
        var events = new List<StageEvent<int>>();
        var stage = new StageBuffer<int>("analytics", "filter", settings, Date, events.Add, seed: 1);
        var leases = new List<Lease<int>>();
        long now = 0;
        var next = 0;
        foreach (var action in actions)
        {
            var digits = new Digits(action);
            var lease = leases.Count > 0 ? leases[^1] : null;
            switch (digits.Next(9))
            {
                case 0 or 1:
                    int[] records = [.. Enumerable.Range(next, digits.Next(4))];
                    next += records.Length;
                    stage.Add($"source-{digits.Next(3)}", records, records.Select(r => r % 5).ToArray(), now);
                    break;
                case 2:
                    if (stage.GetBatch(1 + digits.Next(4), now) is { } given)
                        leases.Add(given);
                    break;
                case 3 when lease is not null:
                    stage.Complete(lease.Id, Some(lease, ref digits), now);
                    break;
                case 4 when lease is not null:
                    stage.ReturnToBuffer(lease.Id, Some(lease, ref digits), "failed", charge: digits.Next(3) > 0, now);
                    break;
                case 5 when lease is not null:
                    stage.DeadLetter(lease.Id, Some(lease, ref digits), "rejected", now);
                    break;
                case 6:
                    stage.Oldest.Drop(now);
                    break;
                case 7:
                    stage.DeadLetters.Remove(1 + digits.Next(2), discarded: true);
                    break;
                default:
                    now += digits.Next(60);
                    stage.ProcessDue(now);
                    break;
            }
        }

        // After a rebuild no lease is out: what was in flight waits again, at its place and uncharged.
        foreach (var lease in leases)
            stage.ReturnToBuffer(lease.Id, null, "rebuilt", charge: false, now);
        var again = new StageBuffer<int>("analytics", "filter", settings, Date, seed: 1);
        foreach (var happened in events)
            again.Apply(happened, now);

        Assert.Equal(Shown(stage), Shown(again));
        Assert.Equal(stage.DeadLetters.List(int.MaxValue), again.DeadLetters.List(int.MaxValue));
        Assert.Equal((stage.Buffered, 0), (again.Buffered, again.InFlight));
        stage.Add("source-0", [-1], [0], now);
        again.Add("source-0", [-1], [0], now);
        Assert.Equal(Shown(stage)[^1].Sequence, Shown(again)[^1].Sequence);
    }

    static List<BufferedRecord<int>> Shown(StageBuffer<int> stage) =>
        [.. stage.Peek(int.MaxValue).OrderBy(r => r.Sequence)];

    static long[]? Some(Lease<int> lease, ref Digits digits)
    {
        var keep = digits.Next(3);
        return keep == 0 ? null : [.. lease.Sequences.Where((_, i) => i % 2 == keep - 1)];
    }

    static DateTimeOffset Date(long ms) => DateTimeOffset.UnixEpoch.AddMilliseconds(ms);
}
