using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>
/// Under strict order, each source's records are out with one consumer at a time, however many leases it has; and no
/// consumer is kept from its own.
/// </summary>
public sealed class HeldLeasePropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void Held_leases_belong_to_one_consumer() =>
        RandomRuns.Check(output, 5_000, actions => new Run().Play(actions));

    sealed class Run
    {
        const int Consumers = 3,
            Sources = 3;

        readonly BufferManager<int> manager = new(
            new()
            {
                MaxTotalRecords = 60,
                Stage = new()
                {
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                    Quantum = 2,
                },
            },
            new() { Clock = new FakeClock() }
        );
        readonly List<(Lease<int> Lease, List<BufferedRecord<int>> Open)>[] held =
        [
            [],
            [],
            [],
        ];
        int lastValue;

        public void Play(int[] actions)
        {
            foreach (var action in actions)
            {
                var digits = new Digits(action);
                var (kind, consumer, source, number) = (
                    digits.Next(6),
                    digits.Next(Consumers),
                    digits.Next(Sources),
                    digits.Next(40)
                );
                switch (kind)
                {
                    case 0 or 1:
                        manager.BufferBatchForStage(
                            "s",
                            $"{source}",
                            [.. Enumerable.Range(0, 1 + number % 5).Select(_ => ++lastValue)]
                        );
                        break;
                    case 2 or 3:
                        LeaseSome(consumer, 1 + number % 7, number);
                        break;
                    case 4:
                        Settle(consumer, number, complete: true);
                        break;
                    default:
                        Settle(consumer, number, complete: false);
                        break;
                }
                Check();
            }
            manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        void LeaseSome(int consumer, int max, int number)
        {
            // Once it has a lease a consumer names one of its own, whichever; those of one consumer are all beside one
            // another.
            var mine = held[consumer];
            var lease = manager.GetBatch(
                "s",
                new BatchRequest(max) { HeldLease = mine.Count == 0 ? 0 : mine[number % mine.Count].Lease.Id }
            );
            if (lease.Count > 0)
            {
                mine.Add((lease, [.. lease]));
                return;
            }
            foreach (var waits in manager.Peek("s", 1_000))
                Assert.Contains(
                    held,
                    h => !ReferenceEquals(h, mine) && h.Any(l => l.Open.Any(r => r.SourceId == waits.SourceId))
                );
        }

        void Settle(int consumer, int number, bool complete)
        {
            if (held[consumer].Count == 0)
                return;
            var (lease, open) = held[consumer][number % held[consumer].Count];
            var some = open.Where((_, i) => (number >> (i % 5) & 1) == 1).Select(r => r.Sequence).ToArray();
            if (number % 4 == 0)
                some = [.. open.Select(r => r.Sequence)];
            var result = complete
                ? manager.Complete(lease, some)
                : manager.ReturnToBuffer(lease, some, "failed", charge: number % 2 == 0);
            Assert.Equal(some.Length, result.Settled);
            open.RemoveAll(r => some.Contains(r.Sequence));
            held[consumer].RemoveAll(l => l.Open.Count == 0);
        }

        void Check()
        {
            Assert.True(manager.GetSnapshot().IsConserved);
            for (var source = 0; source < Sources; source++)
                Assert.InRange(held.Count(h => h.Any(l => l.Open.Any(r => r.SourceId == $"{source}"))), 0, 1);
            foreach (var source in manager.Peek("s", 1_000).GroupBy(r => r.SourceId))
                Assert.Equal(source.Select(r => r.Sequence).Order(), source.Select(r => r.Sequence));
        }
    }
}
