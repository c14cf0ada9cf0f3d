using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

public sealed class HopPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void Hops_lose_repeat_and_reorder_nothing_under_any_limits() =>
        RandomRuns.Check(output, 30_000, actions => new Run(actions.FirstOrDefault()).Play(actions));

    /// <summary>
    /// Records are lists of numbers; a stage makes children of a record by adding a number to its list. So at the end
    /// it is known which results must have arrived, each once, and each source's in the order of the lists.
    /// </summary>
    sealed class Run
    {
        static readonly string[] StageNames = ["parse", "enrich", "store"];
        static readonly string[] SourceNames = ["a", "b"];

        readonly FakeClock clock = new();
        readonly BufferManager<int[]> manager;
        readonly BufferSettings settings;
        readonly List<int[]>[] expected =
        [
            [],
            [],
        ];
        readonly List<int[]>[] arrived =
        [
            [],
            [],
        ];
        readonly int[] offered = new int[2];
        readonly List<Lease<int[]>> leases = [];
        readonly bool inBytes;

        public Run(int seed)
        {
            var digits = new Digits(seed);
            inBytes = digits.Next(3) == 0;
            settings = new BufferSettings
            {
                MaxTotalRecords = 1 + digits.Next(6),
                MaxPerStage = 1 + digits.Next(4),
                MaxPerSource = 1 + digits.Next(4),
                MaxTotalBytes = inBytes ? 4 + digits.Next(10) : null,
                MaxBytesPerStage = inBytes ? 4 + digits.Next(6) : null,
                Stage = new StageSettings
                {
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000,
                    Quantum = 1,
                },
            };
            // A record's size is the length of its list: 1 to 3 bytes, so that each can be held by itself.
            manager = new(settings, new() { Clock = clock, SizeOf = static r => r.Length });
        }

        public void Play(int[] actions)
        {
            var played = new List<string>();
            try
            {
                foreach (var action in actions)
                {
                    Act(new Digits(action), played);
                    Check();
                }
                played.Add("drain");
                Drain();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"{settings}: {string.Join(", ", played)}; {manager.GetSnapshot().Total}",
                    e
                );
            }
            manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        void Act(Digits digits, List<string> played)
        {
            var (kind, stage, source, number) = (digits.Next(6), digits.Next(3), digits.Next(2), digits.Next(60));
            played.Add($"{kind}/{stage}/{source}/{number}");
            switch (kind)
            {
                case 0 or 1:
                    if (manager.BufferForStage("parse", SourceNames[source], [offered[source]]).IsAccepted)
                        offered[source]++;
                    break;
                case 2:
                    var lease = manager.GetBatch(
                        StageNames[stage],
                        new BatchRequest(1 + number % 3) { OneSource = true }
                    );
                    if (lease.Count > 0)
                        leases.Add(lease);
                    break;
                case 3 or 4:
                    if (leases.Count > 0)
                        HopOn(leases[number % leases.Count], number % 4);
                    break;
                default:
                    if (leases.Count == 0)
                        break;
                    var returned = leases[number % leases.Count];
                    leases.Remove(returned);
                    manager.ReturnToBuffer(returned, "failed");
                    break;
            }
        }

        /// <summary>Makes so many children of each record, or takes the record in at the last stage.</summary>
        void HopOn(Lease<int[]> lease, int children)
        {
            leases.Remove(lease);
            var source = Array.IndexOf(SourceNames, lease[0].SourceId);
            var depth = Array.IndexOf(StageNames, lease.StageId);
            if (depth == 2)
            {
                arrived[source].AddRange(lease.Select(r => r.Record));
                Assert.Equal(lease.Count, manager.Complete(lease).Settled);
                return;
            }
            var results = lease
                .SelectMany(r => Enumerable.Range(0, children).Select(c => (int[])[.. r.Record, c]))
                .ToArray();
            if (depth == 1)
                expected[source].AddRange(results);
            Assert.True(manager.Hop(lease, null, StageNames[depth + 1], results).IsOk);
        }

        void Drain()
        {
            while (leases.Count > 0)
                HopOn(leases[0], 2);
            for (var rounds = 0; manager.GetSnapshot().Total.Pending > 0; rounds++)
            {
                Assert.True(rounds < 10_000, "the pipeline stands still");
                foreach (var stage in StageNames)
                {
                    var lease = manager.GetBatch(stage, new BatchRequest(2) { OneSource = true });
                    if (lease.Count > 0)
                        HopOn(lease, 1);
                    Check();
                }
            }
            for (var source = 0; source < 2; source++)
                Assert.Equal(expected[source].Select(Shown), arrived[source].Select(Shown));
            Assert.Equal(0, manager.GetSnapshot().Total.Used);
            // Nothing is owed any more either: all the room can be had again.
            Assert.Equal(Math.Min(settings.MaxTotalRecords, settings.MaxPerSource), manager.AvailableCredits("a"));
            foreach (var stage in StageNames)
                Assert.Equal(
                    Math.Min(Math.Min(settings.MaxTotalRecords, settings.MaxPerSource), settings.MaxPerStage),
                    manager.AvailableCredits(stage, "a")
                );
        }

        void Check()
        {
            var snapshot = manager.GetSnapshot();
            Assert.True(snapshot.IsConserved, snapshot.ToString());
            Assert.InRange(snapshot.Total.Used, 0, settings.MaxTotalRecords);
            Assert.True(snapshot.Total.Fill <= 1, $"the manager's fill is {snapshot.Total.Fill}");
            foreach (var stage in snapshot.Stages)
                Assert.True(
                    stage.Level.Fill <= 1 && stage.Level.Used >= 0,
                    $"{stage.Stage}'s fill is {stage.Level.Fill}"
                );
            foreach (var source in snapshot.Sources)
                Assert.True(source.Level.Fill <= 1, $"{source.Source}'s fill is {source.Level.Fill}");
        }

        static string Shown(int[] record) => string.Join('.', record);
    }
}
