using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>
/// The leases of a stage under random calls, compared with lists: what waits, what each lease has open, the retries,
/// and the dead letters. A lease may take whatever the rules allow; all that follows from it is exact.
/// </summary>
public sealed class StageLeaseModelTests
{
    const int MaxRetries = 2;
    static readonly string[] Sources = ["a", "b", "c"];

    [Theory]
    [InlineData(LeaseOrder.OneLeasePerSource)]
    [InlineData(LeaseOrder.Shared)]
    public void Leases_do_what_plain_lists_do(LeaseOrder order)
    {
        var seed = Thoroughness.Seed("CONVEYOR_LEASE_SEED");
        var random = new Random(seed);
        for (var round = 0; round < Thoroughness.Count("CONVEYOR_LEASE_ROUNDS", 150, 20_000); round++)
        {
            var run = new Run(order, random);
            for (var step = 0; step < 60; step++)
            {
                var call = run.Act();
                var because = $"seed {seed}, round {round}, step {step}: {call}";
                Assert.Equal((because, run.Expected()), (because, run.Actual()));
            }
        }
    }

    sealed class Item(string source, int number)
    {
        public int Retries;

        public string Source => source;

        public int Number => number;
    }

    sealed class Run(LeaseOrder order, Random random)
    {
        readonly StageBuffer<int> stage = StageForTests.Make(
            StageForTests.Plain with
            {
                LeaseOrder = order,
                MaxRetries = MaxRetries,
                Quantum = 1 + random.Next(4),
            }
        );
        readonly List<Item> waiting = [];
        readonly List<(Lease<int> Lease, List<Item> Open)> leases = [];
        readonly List<int> dead = [];
        int completed,
            retries,
            lastNumber;
        long now;

        public string Act()
        {
            switch (random.Next(9))
            {
                case 0 or 1:
                    var (source, count) = (Sources[random.Next(3)], random.Next(4));
                    stage.Fill(source, lastNumber + 1, lastNumber + count, now);
                    for (var i = 0; i < count; i++)
                        waiting.Add(new(source, ++lastNumber));
                    return $"Fill {source} {count}";
                case 2 or 3:
                    return Lease(1 + random.Next(6), random.Next(3) == 0);
                case 4 when leases.Count > 0:
                    return Settle("Complete", (id, some) => stage.Complete(id, some, now), _ => completed++);
                case 5 when leases.Count > 0:
                    return Settle("Return", (id, some) => stage.ReturnToBuffer(id, some, "failed", true, now), Charge);
                case 6 when leases.Count > 0:
                    return Settle(
                        "ReturnUncharged",
                        (id, some) => stage.ReturnToBuffer(id, some, "stopped", false, now),
                        item => PutBack(item)
                    );
                case 7 when leases.Count > 0:
                    return Settle(
                        "DeadLetter",
                        (id, some) => stage.DeadLetter(id, some, "rejected", now),
                        item => dead.Add(item.Number)
                    );
                default:
                    now += random.Next(300);
                    stage.ProcessDue(now);
                    foreach (var one in leases.Where(l => l.Lease.DeadlineMs <= now).OrderBy(l => l.Lease.Id).ToArray())
                        Fail(one);
                    return $"Tick {now}";
            }
        }

        string Lease(int max, bool oneSource)
        {
            var servable = order == LeaseOrder.Shared ? waiting : waiting.Where(w => !IsOut(w.Source)).ToList();
            Assert.Equal(servable.Count > 0, stage.CanServeNow);
            var given = stage.GetBatch(max, now, oneSource);
            Assert.Equal(servable.Count > 0, given is not null);
            if (given is null)
                return "Lease nothing";
            List<Item> open = [.. given.Records().Select(r => waiting.Single(w => w.Number == r))];
            Assert.InRange(open.Count, 1, max);
            Assert.Equal(open.Select(i => i.Retries), given.Select(r => r.RetryCount));
            foreach (var taken in open.GroupBy(i => i.Source))
                Assert.Equal(taken, servable.Where(w => w.Source == taken.Key).Take(taken.Count()));
            Assert.InRange(open.Select(i => i.Source).Distinct().Count(), 1, oneSource ? 1 : 3);
            waiting.RemoveAll(open.Contains);
            leases.Add((given, open));
            return $"Lease {string.Join(',', open.Select(i => i.Number))}";
        }

        bool IsOut(string source) => leases.Exists(l => l.Open.Exists(i => i.Source == source));

        string Settle(string name, Func<long, long[]?, SettleResult> call, Action<Item> settle)
        {
            var (lease, open) = leases[random.Next(leases.Count)];
            var some = random.Next(2) == 0 ? [.. open] : open.Where(_ => random.Next(2) == 0).ToArray();
            var isAll = some.Length == open.Count && random.Next(2) == 0;
            var deadBefore = dead.Count;
            foreach (var item in some)
                settle(item);
            open.RemoveAll(some.Contains);
            var result = call(lease.Id, isAll ? null : [.. some.Select(i => (long)i.Number)]);
            Assert.Equal(new(SettleStatus.Ok, some.Length, dead.Count - deadBefore), result);
            leases.RemoveAll(l => l.Open.Count == 0);
            return $"{name} {string.Join(',', some.Select(i => i.Number))}";
        }

        void Charge(Item item)
        {
            retries++;
            if (item.Retries == MaxRetries)
                dead.Add(item.Number);
            else
            {
                item.Retries++;
                PutBack(item);
            }
        }

        /// <summary>A single open record is charged; of several none is.</summary>
        void Fail((Lease<int> Lease, List<Item> Open) failed)
        {
            leases.Remove(failed);
            foreach (var item in failed.Open)
                if (failed.Open.Count == 1)
                    Charge(item);
                else
                    PutBack(item);
        }

        void PutBack(Item item) => waiting.Insert(waiting.TakeWhile(w => w.Number < item.Number).Count(), item);

        public string Expected() =>
            $"{Shown(waiting.Select(w => (w.Number, w.Retries)))} open {Shown(leases.Select(l => l.Open.Count))}"
            + $" dead {Shown(dead)} completed {completed} retries {retries}"
            + $" lost {dead.Count} accepted {lastNumber} pending {waiting.Count}+{leases.Sum(l => l.Open.Count)}";

        public string Actual()
        {
            stage.AssertConserved();
            return $"{Shown(stage.Peek(999).OrderBy(r => r.Sequence).Select(r => (r.Record, r.RetryCount)))}"
                + $" open {Shown(stage.Leases.OrderBy(l => l.Id).Select(l => l.Open))} dead {Shown(stage.Dead())}"
                + $" completed {Sum(c => c.Completed)} retries {Sum(c => c.Retries)}"
                + $" lost {Sum(c => c.Losses.DeadLettered)} accepted {Sum(c => c.Accepted)}"
                + $" pending {stage.Buffered}+{stage.InFlight}";
        }

        long Sum(Func<QueueCounts, long> count) => stage.Queues.Sum(q => count(q.Counts));

        static string Shown<T>(IEnumerable<T> values) => $"[{string.Join(' ', values)}]";
    }
}
