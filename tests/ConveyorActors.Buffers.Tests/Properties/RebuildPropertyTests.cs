using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

public sealed class RebuildPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void A_stage_rebuilt_from_its_events_is_the_same() =>
        RandomRuns.Check(output, 15_000, actions => new Run(actions.FirstOrDefault()).Play(actions));

    /// <summary>
    /// One sequence, played on a stage that tells its events; then the events are applied to another one.
    /// </summary>
    sealed class Run
    {
        static readonly string[] SourceNames = ["a", "b", "c"];
        static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

        readonly List<StageEvent<int>> events = [];
        readonly StageSettings settings;
        readonly StageBuffer<int> stage;
        readonly List<Lease<int>> leases = [];
        long now = 1_000;
        int lastValue;

        public Run(int seed)
        {
            var digits = new Digits(seed);
            settings = new StageSettings
            {
                LeaseOrder = digits.Next(2) == 0 ? LeaseOrder.OneLeasePerSource : LeaseOrder.Shared,
                MaxRetries = digits.Next(4),
                Backoff =
                    digits.Next(3) == 0
                        ? BackoffSettings.None
                        : new()
                        {
                            First = TimeSpan.FromSeconds(2),
                            Max = TimeSpan.FromSeconds(9),
                            Jitter = 0.5,
                        },
                TimeToLive = digits.Next(3) == 0 ? TimeSpan.FromSeconds(20) : null,
                MaxDeadLetters = digits.Next(3) == 0 ? 2 : 1_000,
                LeaseTimeout = TimeSpan.FromSeconds(7),
                Quantum = 2,
            };
            stage = new("pipeline", "parse", settings, DateOf, events.Add, seed);
        }

        public void Play(int[] actions)
        {
            var played = new List<string>();
            try
            {
                foreach (var action in actions)
                {
                    Act(new Digits(action), played);
                    stage.AssertInvariants();
                }
                stage.ProcessDue(now);
                Compare();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{settings}: {string.Join(", ", played)}", e);
            }
        }

        void Act(Digits digits, List<string> played)
        {
            var (kind, source, number) = (digits.Next(12), digits.Next(3), digits.Next(60));
            played.Add($"{kind}/{source}/{number}");
            switch (kind)
            {
                case 0 or 1 or 2:
                    var values = Enumerable.Range(lastValue + 1, 1 + number % 4).ToArray();
                    lastValue += values.Length;
                    stage.Add(SourceNames[source], values, number % 2 == 0 ? [] : [.. values.Select(v => v % 5)], now);
                    break;
                case 3 or 4:
                    if (stage.GetBatch(1 + number % 6, now, oneSource: number % 2 == 0) is { } lease)
                        leases.Add(lease);
                    break;
                case 5:
                    Settle(number, (lease, some) => stage.Complete(lease.Id, some, now));
                    break;
                case 6:
                    Settle(number, (lease, some) => stage.ReturnToBuffer(lease.Id, some, "failed", charge: true, now));
                    break;
                case 7:
                    Settle(
                        number,
                        (lease, some) => stage.ReturnToBuffer(lease.Id, some, "not tried", charge: false, now)
                    );
                    break;
                case 8:
                    Settle(
                        number,
                        (lease, some) =>
                            number % 3 == 0
                                ? stage.DeadLetter(lease.Id, some, "poison", now)
                                : stage.Hop(lease.Id, some, now)
                    );
                    break;
                case 9:
                    Settle(number, (lease, _) => stage.Abandon([lease.Id], "died", now));
                    break;
                case 10:
                    now += 500 * (1 + number % 20);
                    stage.ProcessDue(now);
                    break;
                default:
                    if (number % 4 == 0)
                        stage.DeadLetters.Remove(1 + number % 3, discarded: number % 2 == 0);
                    else if (number % 4 == 1)
                        stage.Oldest.Drop(now);
                    else if (number % 4 == 2)
                        stage.DeadLetters.AddResult(
                            stage.GetOrAddQueue(SourceNames[source], now),
                            ++lastValue,
                            5,
                            LossReason.ResultTooLarge,
                            "too large",
                            now
                        );
                    else if (leases.Count > 0)
                        stage.Renew(leases[number % leases.Count].Id, now);
                    break;
            }
        }

        void Settle(int number, Func<Lease<int>, long[]?, SettleResult> settle)
        {
            leases.RemoveAll(l => l.State != Lease<int>.LeaseState.Open);
            if (leases.Count == 0)
                return;
            var lease = leases[number % leases.Count];
            // Some of a lease, all of it by name, or all of it.
            long[]? some = (number % 3) switch
            {
                0 => null,
                1 => [.. lease.Sequences],
                _ => [.. lease.Sequences.Where((_, i) => (number >> (i % 4) & 1) == 1)],
            };
            Assert.NotEqual(SettleStatus.UnknownLease, settle(lease, some).Status);
        }

        void Compare()
        {
            var rebuilt = new StageBuffer<int>("pipeline", "parse", settings, DateOf, seed: 1);
            foreach (var happened in events)
                rebuilt.Apply(happened, now);
            rebuilt.AssertInvariants();
            var told = events.Count;

            // Leased records count as buffered, at their place.
            var leased = stage.Leases.SelectMany(l =>
                Enumerable.Range(0, l.Count).Where(i => !l.Leased.IsSettled(i)).Select(i => l[i])
            );
            var expected = stage.Peek(int.MaxValue).Concat(leased).ToLookup(r => r.SourceId);
            var actual = rebuilt.Peek(int.MaxValue).ToLookup(r => r.SourceId);
            foreach (var source in SourceNames)
                Assert.Equal(expected[source].OrderBy(r => r.Sequence), actual[source]);
            Assert.Equal((stage.Buffered + stage.InFlight, 0), (rebuilt.Buffered, rebuilt.InFlight));
            Assert.Equal(stage.DeadLetters.List(int.MaxValue), rebuilt.DeadLetters.List(int.MaxValue));
            Assert.Equal(stage.DeadLetters.Count, rebuilt.DeadLetters.Count);
            foreach (var line in stage.Queues)
            {
                Assert.Equal(line.PendingBytes, rebuilt.FindQueue(line.SourceId)?.PendingBytes ?? 0);
                Assert.Equal(line.SleepsUntil, rebuilt.FindQueue(line.SourceId)?.SleepsUntil ?? 0);
            }

            // From here on both go the same way: what was leased is given back without a charge, of which there is no
            // event.
            foreach (var lease in stage.Leases.ToArray())
                stage.ReturnToBuffer(lease.Id, null, "restart", charge: false, now);
            Assert.Equal(told, events.Count);
            stage.Add("a", [-1], [], now);
            rebuilt.Add("a", [-1], [], now);
            for (var step = 0; step < 24; step++, now += 500)
                Assert.Equal(Served(stage), Served(rebuilt));
            Assert.Equal((0, 0), (stage.Buffered, rebuilt.Buffered));
        }

        BufferedRecord<int>[] Served(StageBuffer<int> from)
        {
            // In one lease or, where a poison record was looked for, in several.
            var served = new List<BufferedRecord<int>>();
            while (from.GetBatch(1_000, now) is { } lease)
            {
                served.AddRange(lease);
                from.Complete(lease.Id, null, now);
            }
            return [.. served.OrderBy(r => r.Sequence)];
        }

        static DateTimeOffset DateOf(long ms) => Start.AddMilliseconds(ms);
    }
}
