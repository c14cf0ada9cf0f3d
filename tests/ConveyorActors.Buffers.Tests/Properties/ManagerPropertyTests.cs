using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;
using static ConveyorActors.Buffers.Tests.Properties.ManagerModel;

namespace ConveyorActors.Buffers.Tests.Properties;

public sealed class ManagerPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void A_manager_behaves_like_the_model() =>
        RandomRuns.Check(output, 70_000, actions => new Run(actions.FirstOrDefault()).Play(actions));

    /// <summary>One sequence, played on the manager and on the model side by side.</summary>
    sealed class Run
    {
        static readonly string[] StageNames = ["filter", "enrich"];
        static readonly string[] SourceNames = ["a", "b", "c"];

        readonly FakeClock clock = new();
        readonly BufferSettings settings;
        readonly BufferManager<int> manager;
        readonly ManagerModel model;
        readonly Dictionary<LeaseModel, Lease<int>> leases = [];
        readonly Dictionary<Grant, CreditGrant> grants = [];
        long now;
        int lastValue;

        public Run(int seed)
        {
            var digits = new Digits(seed);
            settings = new BufferSettings
            {
                MaxTotalRecords = 1 + digits.Next(12),
                MaxPerStage = 1 + digits.Next(10),
                MaxPerSource = 1 + digits.Next(8),
                Stage = new StageSettings
                {
                    FullMode = digits.Next(3) switch
                    {
                        0 => FullMode.Reject,
                        1 => FullMode.DropOldest,
                        _ => FullMode.DropNewest,
                    },
                    MaxRetries = digits.Next(3),
                    Backoff = BackoffSettings.None,
                    Quantum = 2,
                },
            };
            manager = new(settings, new() { Clock = clock });
            model = new ManagerModel(settings).Start();
        }

        public void Play(int[] actions)
        {
            var played = new List<string>();
            try
            {
                Play(actions, played);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{settings}: {string.Join(", ", played)}", e);
            }
        }

        void Play(int[] actions, List<string> played)
        {
            foreach (var action in actions)
            {
                var digits = new Digits(action);
                var (kind, stage, source, number) = (
                    digits.Next(10),
                    digits.Next(StageCount),
                    digits.Next(SourceCount),
                    digits.Next(40)
                );
                played.Add($"{kind}/{StageNames[stage]}/{SourceNames[source]}/{number}");
                switch (kind)
                {
                    case 0 or 1 or 2:
                        Offer(stage, source, 1 + number % 6);
                        break;
                    case 3 or 4:
                        LeaseSome(stage, 1 + number % 7);
                        break;
                    case 5:
                        Settle(number, complete: true, charge: false);
                        break;
                    case 6:
                        Settle(number, complete: false, charge: true);
                        break;
                    case 7:
                        Settle(number, complete: false, charge: number % 2 == 0);
                        break;
                    case 8:
                        Credit(stage, source, number);
                        break;
                    default:
                        Advance(1 + number % 8);
                        break;
                }
                model.Observe();
                Compare();
            }
            manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        void Offer(int stage, int source, int count)
        {
            model.Use(source);
            var values = Enumerable.Range(lastValue + 1, count).ToArray();
            lastValue += count;
            var result =
                count == 1
                    ? manager.BufferForStage(StageNames[stage], SourceNames[source], values[0])
                    : manager.BufferBatchForStage(StageNames[stage], SourceNames[source], values);
            int accepted = 0,
                evicted = 0;
            var status = OfferStatus.Accepted;
            foreach (var value in values)
            {
                var one = model.Offer(stage, source, value, null, ref evicted);
                if (one == OfferStatus.Accepted && status == OfferStatus.Accepted)
                    accepted++;
                else
                {
                    // What follows the first refused record is refused with it, whatever a try of its own would say.
                    if (status == OfferStatus.Accepted)
                        status = one;
                    Assert.NotEqual(OfferStatus.Accepted, one);
                }
            }
            Assert.Equal((status, accepted, evicted), (result.Status, result.Accepted, result.Evicted));
        }

        void LeaseSome(int stage, int max)
        {
            var expected = Math.Min(max, model.Available(stage));
            var lines = Enumerable
                .Range(0, SourceCount)
                .Select(s => model.Held(stage, s) == 0 ? model.Lines[stage, s].Count : 0)
                .ToArray();
            var lease = manager.GetBatch(StageNames[stage], max);
            var limits = lease
                .Select(r => model.Limits[stage, Array.IndexOf(SourceNames, r.SourceId)])
                .Where(l => l > 0)
                .ToArray();
            var isNarrowed = Enumerable.Range(0, SourceCount).Any(s => model.Limits[stage, s] > 0);
            if (!isNarrowed)
                Assert.Equal(expected, lease.Count);
            else
                Assert.InRange(
                    lease.Count,
                    Math.Min(1, expected),
                    Math.Min(expected, limits.DefaultIfEmpty(int.MaxValue).Min())
                );
            if (expected == 0)
                return;
            foreach (var mine in lease.GroupBy(r => Array.IndexOf(SourceNames, r.SourceId)))
                if (model.HasSuspects(stage, mine.Key))
                    Assert.All(mine, r => Assert.InRange(r.Sequence, 1, model.SuspectsUpTo[stage, mine.Key]));
            var taken = new List<Item>();
            foreach (var record in lease)
            {
                var source = Array.IndexOf(SourceNames, record.SourceId);
                var line = model.Lines[stage, source];
                var head = line[0];
                Assert.Equal(
                    (head.Value, head.Retries, head.Sequence),
                    (record.Record, record.RetryCount, record.Sequence)
                );
                line.RemoveAt(0);
                taken.Add(head);
            }
            if (!isNarrowed)
                AssertFair(lines, taken);
            var held = new LeaseModel(stage, taken, now + 30);
            model.Leases.Add(held);
            leases[held] = lease;
        }

        /// <summary>No source gets more than two turns ahead of another one that still has records.</summary>
        void AssertFair(int[] lines, List<Item> taken)
        {
            var served = Enumerable.Range(0, SourceCount).Select(s => taken.Count(i => i.Source == s)).ToArray();
            for (var s = 0; s < SourceCount; s++)
            for (var other = 0; other < SourceCount; other++)
                if (lines[other] > served[other])
                    Assert.True(
                        served[s] - served[other] <= 2 * settings.Stage.Quantum,
                        $"{served[s]} of one, {served[other]} of another"
                    );
        }

        void Settle(int number, bool complete, bool charge)
        {
            if (model.Leases.Count == 0)
                return;
            var held = model.Leases[number % model.Leases.Count];
            var lease = leases[held];
            var some =
                number % 3 == 0 ? held.Items.ToArray() : [.. held.Items.Where((_, i) => (number >> (i % 4) & 1) == 1)];
            var all = some.Length == held.Items.Count;
            long[]? sequences = all && number % 2 == 0 ? null : [.. some.Select(i => i.Sequence)];
            var result = complete
                ? manager.Complete(lease, sequences)
                : manager.ReturnToBuffer(lease, sequences, "failed", charge);
            Assert.Equal((SettleStatus.Ok, some.Length), (result.Status, result.Settled));
            if (complete)
                model.Complete(held, some);
            else
                model.Return(held, some, charge);
        }

        void Credit(int stage, int source, int number)
        {
            var mine = model.Grants.FirstOrDefault(g => g.Stage == stage && g.Source == source);
            switch (number % 3)
            {
                case 0:
                    model.Use(source);
                    var wanted = 1 + number % 5;
                    var granted = manager.RequestCredits(
                        StageNames[stage],
                        SourceNames[source],
                        wanted,
                        TimeSpan.FromSeconds(20)
                    );
                    var free = Math.Min(
                        settings.MaxTotalRecords - model.TotalRoom,
                        Math.Min(
                            settings.MaxPerStage - model.StageRoom(stage),
                            settings.MaxPerSource - model.SourceRoom(source)
                        )
                    );
                    Assert.Equal(Math.Clamp(free, 0, wanted), granted.Records);
                    if (granted.Records == 0)
                        return;
                    grants[model.Promise(stage, source, granted.Records, now + 20)] = granted;
                    return;
                case 1 when mine is not null:
                    var evicted = 0;
                    Assert.Equal(
                        OfferStatus.Accepted,
                        manager.BufferForStage(StageNames[stage], SourceNames[source], ++lastValue, grants[mine]).Status
                    );
                    model.Offer(stage, source, lastValue, mine, ref evicted);
                    if (mine.Left == 0)
                        model.Grants.Remove(mine);
                    return;
                case 2 when mine is not null:
                    Assert.Equal(mine.Left, manager.GiveBackCredits(grants[mine]));
                    model.Grants.Remove(mine);
                    return;
            }
        }

        void Advance(int steps)
        {
            // Step by step, so that what falls due in between is seen in between: all times here are multiples of five
            // seconds.
            for (var i = 0; i < steps; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(5));
                model.Reach(now += 5);
                model.Observe();
            }
        }

        void Compare()
        {
            var snapshot = manager.GetSnapshot();
            Assert.True(snapshot.IsConserved, snapshot.ToString());
            Assert.Equal(model.TotalRoom, snapshot.Total.Used);
            Assert.InRange(snapshot.Total.Used, 0, settings.MaxTotalRecords);
            Assert.Equal(
                (model.Offered, model.Refused, model.Completed, model.Dropped),
                (snapshot.Total.Offered, snapshot.Total.Refused, snapshot.Total.Completed, snapshot.Total.Dropped)
            );
            foreach (var stage in snapshot.Stages)
            {
                var s = Array.IndexOf(StageNames, stage.Stage);
                Assert.InRange(stage.Level.Used, 0, settings.MaxPerStage);
                Assert.Equal(model.StageRoom(s), stage.Level.Used);
                Assert.Equal(model.Dead[s], manager.GetDeadLetters(stage.Stage).Select(d => d.Record.Record));
            }
            foreach (var source in snapshot.Sources)
            {
                var s = Array.IndexOf(SourceNames, source.Source);
                Assert.InRange(source.Level.Used, 0, settings.MaxPerSource);
                Assert.Equal(model.SourceRoom(s), source.Level.Used);
                Assert.Equal((source.Source, model.Kind(s)), (source.Source, source.Signal.Kind));
                Assert.Equal(
                    Math.Min(settings.MaxTotalRecords - model.TotalRoom, settings.MaxPerSource - model.SourceRoom(s)),
                    source.AvailableCredits
                );
            }
        }
    }
}
