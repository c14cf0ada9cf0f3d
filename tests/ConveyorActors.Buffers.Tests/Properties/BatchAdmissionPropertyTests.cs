using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>Records that are admitted together, and the same records decided on one by one.</summary>
public sealed class BatchAdmissionPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void Admitting_records_together_has_the_outcome_of_admitting_them_one_by_one() =>
        RandomRuns.Check(
            output,
            20_000,
            actions =>
            {
                using var pair = new Pair(new Random(actions.FirstOrDefault()));
                foreach (var action in actions)
                    pair.Act(new Random(action));
            }
        );

    /// <summary>
    /// Two managers that get the same calls. In one, a window for duplicates is set: each record has to be looked up
    /// there, so that none are admitted together.
    /// </summary>
    sealed class Pair : IDisposable
    {
        static readonly string[] Stages = ["parse", "store"];
        static readonly string[] Sources = ["a", "b"];

        readonly FakeClock clock = new();
        readonly BufferManager<string> together,
            oneByOne;
        readonly Queue<(Lease<string> Together, Lease<string> OneByOne)> leases = new();
        int made;

        public Pair(Random random)
        {
            var settings = Settings(random);
            (together, oneByOne) = (Manager(settings), Manager(WithDuplicates(settings)));
        }

        public void Dispose()
        {
            together.Dispose();
            oneByOne.Dispose();
        }

        public void Act(Random random)
        {
            switch (random.Next(7))
            {
                case <= 2:
                    var (stage, source) = (Stages[random.Next(2)], Sources[random.Next(2)]);
                    var records = Make(random);
                    Assert.Equal(
                        Shown(oneByOne.BufferBatchForStage(stage, source, records)),
                        Shown(together.BufferBatchForStage(stage, source, records))
                    );
                    break;
                case 3:
                    var request = new BatchRequest(1 + random.Next(6)) { OneSource = true };
                    var from = Stages[random.Next(2)];
                    leases.Enqueue((together.GetBatch(from, request), oneByOne.GetBatch(from, request)));
                    break;
                case 4 when leases.TryDequeue(out var hopped):
                    var (target, results) = (Stages[random.Next(2)], Make(random));
                    if (hopped.Together.Count > 0)
                        Assert.Equal(
                            oneByOne.Hop(hopped.OneByOne, null, target, results),
                            together.Hop(hopped.Together, null, target, results)
                        );
                    break;
                case 5 when leases.TryDequeue(out var done):
                    Assert.Equal(oneByOne.Complete(done.OneByOne), together.Complete(done.Together));
                    break;
                case 6:
                    var settings = Settings(random);
                    together.ChangeLimits(settings);
                    oneByOne.ChangeLimits(WithDuplicates(settings));
                    break;
            }
            AssertSame();
        }

        void AssertSame()
        {
            var (expected, actual) = (oneByOne.GetSnapshot(), together.GetSnapshot());
            Assert.Equal(expected.Total, actual.Total);
            Assert.Equal(
                expected.Sources.Select(s => (s.Source, s.Level, s.Signal.Kind)),
                actual.Sources.Select(s => (s.Source, s.Level, s.Signal.Kind))
            );
            Assert.Equal(expected.Stages.Select(s => s.Level), actual.Stages.Select(s => s.Level));
            Assert.Equal(expected.Losses, actual.Losses);
            foreach (var stage in Stages)
            {
                Assert.Equal(Shown(oneByOne.Peek(stage, 100)), Shown(together.Peek(stage, 100)));
                Assert.Equal(
                    oneByOne.GetDeadLetters(stage).Select(d => d.Record.Record),
                    together.GetDeadLetters(stage).Select(d => d.Record.Record)
                );
            }
        }

        /// <summary>
        /// An offer's result without the delay of its signal: this is of the fill at which the signal changed, and a
        /// fill changes once when records are admitted together.
        /// </summary>
        static (OfferResult, BackpressureKind) Shown(OfferResult result) =>
            (result with { Signal = default }, result.Signal.Kind);

        static IEnumerable<(string, long)> Shown(IEnumerable<BufferedRecord<string>> records) =>
            records.Select(r => (r.Record, r.Sequence));

        static BufferSettings Settings(Random random) =>
            new()
            {
                MaxTotalRecords = 3 + random.Next(12),
                MaxPerStage = 2 + random.Next(8),
                MaxPerSource = 2 + random.Next(8),
                MaxTotalBytes = random.Next(4) == 0 ? null : 6 + random.Next(40),
                MaxBytesPerStage = random.Next(3) == 0 ? null : 4 + random.Next(30),
                MaxBytesPerSource = random.Next(3) == 0 ? null : 4 + random.Next(30),
                Stage = new() { FullMode = (FullMode)random.Next(4), MaxDeadLetters = 1_000 },
            };

        static BufferSettings WithDuplicates(BufferSettings settings) =>
            settings with
            {
                Stage = settings.Stage with { Duplicates = new() },
            };

        /// <summary>Makes up to six records of 0 to 8 bytes, each with an id of its own.</summary>
        string[] Make(Random random)
        {
            var records = new string[random.Next(7)];
            for (var i = 0; i < records.Length; i++)
                records[i] = $"{++made} {new string('x', random.Next(9))}";
            return records;
        }

        BufferManager<string> Manager(BufferSettings settings) =>
            new(
                settings,
                new()
                {
                    Clock = clock,
                    SizeOf = static r => r.Length - r.IndexOf(' ', StringComparison.Ordinal) - 1,
                    IdOf = static r => r[..r.IndexOf(' ', StringComparison.Ordinal)],
                }
            );
    }
}
