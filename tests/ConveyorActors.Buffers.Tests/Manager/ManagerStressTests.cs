using System.Diagnostics;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Everything at once, on real threads, while another thread looks whether the account balances at every moment.
/// </summary>
[Collection(StressCollection.Name)]
public sealed class ManagerStressTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(FullMode.Reject, false)]
    [InlineData(FullMode.Reject, true)]
    [InlineData(FullMode.DropOldest, false)]
    [InlineData(FullMode.DropNewest, true)]
    public async Task Limits_hold_and_everything_is_conserved_at_every_moment(FullMode rule, bool inBytes)
    {
        var run = new Run(
            StressSeed.Next(output, $"{nameof(ManagerStressTests)} {rule}{(inBytes ? " in bytes" : "")}"),
            rule,
            inBytes
        );
        await run.PlayAsync();
        output.WriteLine(run.Summary);
    }

    /// <summary>An item has <see cref="Producer"/> and number for its name, and 1 to 4 bytes.</summary>
    readonly record struct Item(int Producer, int Number)
    {
        public int Bytes => 1 + Number % 4;
    }

    sealed class Run
    {
        const int Producers = 3,
            Consumers = 3,
            MostPerProducer = 1 << 20;
        static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.2);
        static readonly string[] StageNames = ["parse", "enrich", "store"];
        static readonly string[] SourceNames = ["web", "log", "bus", "file"];

        readonly int seed;
        readonly bool inBytes;
        readonly BufferSettings[] limits;
        readonly BufferManager<Item> manager;
        readonly SignalSubscription[] subscriptions;
        readonly byte[][] settled = new byte[Producers][];
        readonly Dictionary<(string, string), Delivery> deliveries = [];
        readonly Stopwatch watch = Stopwatch.StartNew();
        long accepted,
            droppedAtDoor,
            completed,
            deadLettered,
            hopped,
            snapshots,
            credits;
        volatile bool isProduced;

        public Run(int seed, FullMode rule, bool inBytes)
        {
            (this.seed, this.inBytes) = (seed, inBytes);
            var wide = new BufferSettings
            {
                MaxTotalRecords = 90,
                MaxPerStage = 40,
                MaxPerSource = 35,
                MaxTotalBytes = inBytes ? 180 : null,
                MaxBytesPerStage = inBytes ? 80 : null,
                MaxBytesPerSource = inBytes ? 90 : null,
                Stage = new()
                {
                    FullMode = rule,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                    LeaseTimeout = TimeSpan.FromMinutes(10),
                    MaxDeadLetters = 0,
                    Quantum = 4,
                },
            };
            // Dropping the oldest to fit a lowered limit settles records too; the limits are changed all the same.
            limits =
            [
                wide,
                wide with
                {
                    MaxTotalRecords = 60,
                    MaxPerStage = 30,
                    MaxPerSource = 38,
                    MaxTotalBytes = inBytes ? 150 : null,
                },
            ];
            manager = new(wide, new() { SizeOf = inBytes ? static i => i.Bytes : null });
            subscriptions = [.. SourceNames.Select(s => manager.SubscribeSignals(s))];
            for (var p = 0; p < Producers; p++)
                settled[p] = new byte[MostPerProducer];
            foreach (var stage in StageNames)
            foreach (var source in SourceNames)
                deliveries[(stage, source)] = new();
        }

        public string Summary =>
            $"{accepted:N0} accepted, {droppedAtDoor:N0} dropped at the door, {completed:N0} completed, {deadLettered:N0} dead-lettered, "
            + $"{hopped:N0} hopped, {credits:N0} by credit, {snapshots:N0} snapshots in {watch.ElapsedMilliseconds} ms";

        bool Drops => limits[0].Stage.FullMode is FullMode.DropOldest;

        public async Task PlayAsync()
        {
            var producing = Enumerable.Range(0, Producers).Select(p => Within.Thread(() => Produce(p))).ToArray();
            var consuming = Enumerable.Range(0, Consumers).Select(c => Within.Thread(() => Consume(c))).ToArray();
            var sampling = Within.Thread(Sample);
            await Within.Reason(
                Task.WhenAny(Task.WhenAll(producing), FirstFault([.. producing, .. consuming, sampling]))
            );
            isProduced = true;
            await Within.Reason(Task.WhenAll([.. producing, .. consuming, sampling]));
            await CheckEnd();
            await manager.DisposeAsync();
        }

        static async Task FirstFault(Task[] tasks)
        {
            var left = tasks.ToList();
            while (left.Count > 0)
            {
                var first = await Task.WhenAny(left);
                if (first.IsFaulted)
                    return;
                left.Remove(first);
            }
        }

        void Produce(int producer)
        {
            var random = new Random(seed + producer);
            var number = 0;
            while (watch.Elapsed < Duration && number < MostPerProducer - 100)
            {
                var (stage, source) = (StageNames[random.Next(3)], SourceNames[random.Next(4)]);
                switch (random.Next(8))
                {
                    case < 4:
                        var one = manager.BufferForStage(stage, source, new(producer, number));
                        Note(one, 1);
                        if (one.Consumed == 1)
                            number++;
                        break;
                    case < 7:
                        var batch = new Item[1 + random.Next(12)];
                        for (var i = 0; i < batch.Length; i++)
                            batch[i] = new(producer, number + i);
                        var some = manager.BufferBatchForStage(stage, source, batch);
                        Note(some, batch.Length);
                        number += some.Consumed;
                        break;
                    default:
                        UseCredits(random, stage, source, producer, ref number);
                        break;
                }
                if (random.Next(64) == 0)
                    Thread.Yield();
            }
        }

        void Note(OfferResult result, int offered)
        {
            Assert.InRange(result.Accepted, 0, offered);
            Assert.True(result.Credits >= 0, "credits are never negative");
            if (result.Status == OfferStatus.Accepted)
                Assert.Equal(offered, result.Accepted);
            Interlocked.Add(ref accepted, result.Accepted);
            if (result.Status == OfferStatus.Dropped)
                Interlocked.Add(ref droppedAtDoor, result.Consumed - result.Accepted);
        }

        void UseCredits(Random random, string stage, string source, int producer, ref int number)
        {
            var isShort = random.Next(4) == 0;
            var grant = manager.RequestCredits(
                stage,
                source,
                1 + random.Next(6),
                TimeSpan.FromMilliseconds(isShort ? 1 : 600_000),
                inBytes ? 4 : 0
            );
            var used = random.Next(grant.Records + 1);
            for (var i = 0; i < used; i++)
            {
                var result = manager.BufferForStage(stage, source, new(producer, number), grant);
                Note(result, 1);
                if (!isShort)
                    // never refused, also when limits were lowered meanwhile
                    Assert.Equal(OfferStatus.Accepted, result.Status);
                number += result.Consumed;
                Interlocked.Increment(ref credits);
            }
            if (isShort)
                return; // it expires
            Assert.Equal(grant.Records - used, manager.GiveBackCredits(grant));
            Assert.Equal(0, manager.GiveBackCredits(grant));
        }

        void Consume(int consumer)
        {
            var random = new Random(seed + 100 + consumer);
            while (!isProduced || manager.GetSnapshot().Total.Pending > 0)
            {
                var (stage, hops) = (random.Next(3), random.Next(2) == 0);
                var lease = manager.GetBatch(
                    StageNames[stage],
                    new BatchRequest(1 + random.Next(20)) { OneSource = hops }
                );
                if (lease.Count == 0)
                {
                    Thread.Yield();
                    continue;
                }
                CheckDelivery(lease);
                Settle(random, lease, stage, hops);
            }
        }

        void Settle(Random random, Lease<Item> lease, int stage, bool hops)
        {
            var records = lease.ToArray();
            var some = records.Where(_ => random.Next(3) > 0).ToArray();
            var rest = records.Except(some).ToArray();
            switch (random.Next(isProduced ? 6 : 8))
            {
                case 0 or 1 or 2 when hops && stage < 2:
                    Interlocked.Add(ref hopped, records.Length);
                    Check(
                        manager.Hop(lease, null, StageNames[stage + 1], records.Select(r => r.Record).ToArray()),
                        records.Length
                    );
                    break;
                case 3 when hops && stage < 2:
                    Interlocked.Add(ref hopped, some.Length);
                    Check(
                        manager.Hop(
                            lease,
                            Sequences(some),
                            StageNames[stage + 1],
                            some.Select(r => r.Record).ToArray()
                        ),
                        some.Length,
                        some.Length > 0
                    );
                    Return(lease, rest, charge: true);
                    break;
                case 4:
                    MarkSettled(some, ref deadLettered);
                    Check(manager.DeadLetter(lease, Sequences(some), "poison"), some.Length);
                    MarkSettled(rest, ref completed);
                    if (rest.Length > 0)
                        Check(manager.Complete(lease), rest.Length);
                    break;
                case 5 or 6:
                    MarkSettled(some, ref completed);
                    Check(manager.Complete(lease, Sequences(some)), some.Length);
                    Return(lease, rest, random.Next(2) == 0);
                    break;
                case 7:
                    Return(lease, records, random.Next(2) == 0);
                    break;
                default:
                    MarkSettled(records, ref completed);
                    Check(manager.Complete(lease), records.Length);
                    break;
            }
        }

        static long[] Sequences(BufferedRecord<Item>[] records) => [.. records.Select(r => r.Sequence)];

        static void Check(SettleResult result, int expected, bool some = true) =>
            Assert.Equal(
                (some ? SettleStatus.Ok : SettleStatus.UnknownLease, expected),
                (result.Status, result.Settled)
            );

        void Return(Lease<Item> lease, BufferedRecord<Item>[] records, bool charge)
        {
            if (records.Length == 0)
                return;
            foreach (var record in records)
            {
                var delivery = deliveries[(lease.StageId, record.SourceId)];
                lock (delivery)
                    delivery.Returned.Add(record.Sequence);
            }
            Check(manager.ReturnToBuffer(lease, Sequences(records), "failed", charge), records.Length);
        }

        void MarkSettled(BufferedRecord<Item>[] records, ref long counter)
        {
            foreach (var record in records)
            {
                ref var mark = ref settled[record.Record.Producer][record.Record.Number];
                Assert.Equal(0, Interlocked.Exchange(ref mark, 1));
            }
            Interlocked.Add(ref counter, records.Length);
        }

        /// <summary>What has been seen of one source at one stage.</summary>
        sealed class Delivery
        {
            public long Last;
            public readonly SortedSet<long> Returned = [];
        }

        /// <summary>
        /// First in, first out: a line's records come in the order of their sequences, and none is passed by a later
        /// one after it was returned.
        /// </summary>
        void CheckDelivery(Lease<Item> lease)
        {
            foreach (var record in lease)
            {
                var delivery = deliveries[(lease.StageId, record.SourceId)];
                lock (delivery)
                {
                    if (record.Sequence > delivery.Last)
                    {
                        if (!Drops)
                            Assert.True(delivery.Returned.Count == 0, $"{record} passed a record that was returned");
                        delivery.Last = record.Sequence;
                    }
                    else
                    {
                        Assert.True(
                            delivery.Returned.Contains(record.Sequence),
                            $"{record} was delivered twice, or late"
                        );
                        if (!Drops)
                            Assert.Equal(delivery.Returned.Min, record.Sequence);
                        delivery.Returned.Remove(record.Sequence);
                    }
                }
            }
        }

        void Sample()
        {
            var random = new Random(seed + 200);
            var changed = 0;
            while (!isProduced)
            {
                var now = manager.GetSnapshot();
                snapshots++;
                Assert.True(now.IsConserved, now.ToString());
                CheckLevel(now.Total, limits.Max(l => l.MaxTotalRecords), limits.Max(l => l.MaxTotalBytes));
                foreach (var stage in now.Stages)
                    CheckLevel(stage.Level, limits.Max(l => l.MaxPerStage), limits.Max(l => l.MaxBytesPerStage));
                foreach (var source in now.Sources)
                {
                    CheckLevel(source.Level, limits.Max(l => l.MaxPerSource), limits.Max(l => l.MaxBytesPerSource));
                    Assert.True(source.AvailableCredits >= 0);
                }
                if (random.Next(20) == 0)
                    manager.ChangeLimits(limits[++changed % 2]);
                if (random.Next(4) == 0)
                    Thread.Yield();
            }
            manager.ChangeLimits(limits[0]);
        }

        static void CheckLevel(LevelSnapshot level, long most, long? mostBytes)
        {
            Assert.InRange(level.Used, 0, most);
            Assert.InRange(level.PendingBytes, 0, mostBytes ?? long.MaxValue);
            Assert.True(
                level.Buffered >= 0 && level.InFlight >= 0 && level.Granted >= 0 && level.Hopping >= 0,
                level.ToString()
            );
            // The fill counts the bytes of credits, too.
            var fullest = Math.Max(
                (double)most / level.Limit,
                mostBytes is { } bytes ? (double)bytes / level.LimitBytes!.Value : 0
            );
            Assert.True(level.Fill <= fullest + 1e-9, level.ToString());
        }

        async Task CheckEnd()
        {
            var least = Math.Min(limits[0].MaxTotalRecords, limits[0].MaxPerSource);
            // Credits that were left to expire are the last to go.
            await Task.Run(() =>
                Cores.Eventually.True(
                    () => manager.GetSnapshot().Total.Used == 0,
                    $"room is still taken: {manager.GetSnapshot()}"
                )
            );
            var end = manager.GetSnapshot();
            Assert.True(end.IsConserved, end.ToString());
            Assert.Equal(0, end.Total.Pending);
            Assert.All(SourceNames, s => Assert.Equal(least, manager.AvailableCredits(s)));
            Assert.Equal(deadLettered, end.Total.DeadLettered);
            Assert.Equal(completed + hopped, end.Total.Completed);
            var marks = settled.Sum(s => s.Sum(m => (long)m));
            Assert.Equal(completed + deadLettered, marks);
            // Each accepted record was settled once by its consumer, or dropped by the stage's rule where it was or
            // where it hopped to.
            var ledger = manager.GetLedger();
            Assert.Equal(
                accepted,
                marks + ledger[LossReason.DroppedOldest] + ledger[LossReason.DroppedNewest] - droppedAtDoor
            );
            for (var s = 0; s < SourceNames.Length; s++)
            {
                Assert.Equal(BackpressureSignal.None, manager.GetSignal(SourceNames[s]));
                BackpressureSignal? last = null;
                while (subscriptions[s].TryRead(out var next))
                    last = next; // the same signal again wakes a source that was refused
                if (last is { } told)
                    Assert.Equal(BackpressureSignal.None, told);
            }
            Assert.True(accepted > 500 && snapshots > 5, Summary);
        }
    }
}
