using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>Records that are admitted together, and the same records decided on one by one.</summary>
public sealed class TogetherPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void Admitting_records_together_has_the_outcome_of_admitting_them_one_by_one() =>
        RandomRuns.Check(
            output,
            20_000,
            actions =>
            {
                using var pair = new Pair(actions.FirstOrDefault());
                foreach (var action in actions)
                    pair.Act(new Digits(action));
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

        public Pair(int seed)
        {
            var digits = new Digits(seed);
            var fullMode = (FullMode)digits.Next(4);
            var settings = new BufferSettings
            {
                MaxTotalRecords = 3 + digits.Next(12),
                MaxPerStage = 2 + digits.Next(8),
                MaxPerSource = 2 + digits.Next(8),
                MaxTotalBytes = digits.Next(4) == 0 ? null : 6 + digits.Next(40),
                MaxBytesPerStage = digits.Next(3) == 0 ? null : 4 + digits.Next(30),
                MaxBytesPerSource = digits.Next(3) == 0 ? null : 4 + digits.Next(30),
                Stage = new() { FullMode = fullMode, MaxDeadLetters = 1_000 },
            };
            together = Manager(settings);
            oneByOne = Manager(settings with { Stage = settings.Stage with { Duplicates = new() } });
        }

        public void Dispose()
        {
            together.Dispose();
            oneByOne.Dispose();
        }

        public void Act(Digits digits)
        {
            switch (digits.Next(5))
            {
                case 0 or 1:
                    var (stage, source) = (Stages[digits.Next(2)], Sources[digits.Next(2)]);
                    var records = Make(digits.Next(7), ref digits);
                    Assert.Equal(
                        oneByOne.BufferBatchForStage(stage, source, records) with
                        {
                            Signal = default,
                        },
                        together.BufferBatchForStage(stage, source, records) with
                        {
                            Signal = default,
                        }
                    );
                    break;
                case 2:
                    var request = new BatchRequest(1 + digits.Next(6)) { OneSource = true };
                    var from = Stages[digits.Next(2)];
                    leases.Enqueue((together.GetBatch(from, request), oneByOne.GetBatch(from, request)));
                    break;
                case 3 when leases.TryDequeue(out var hopped):
                    var (target, results) = (Stages[digits.Next(2)], Make(digits.Next(7), ref digits));
                    if (hopped.Together.Count > 0)
                        Assert.Equal(
                            oneByOne.Hop(hopped.OneByOne, null, target, results),
                            together.Hop(hopped.Together, null, target, results)
                        );
                    break;
                case 4 when leases.TryDequeue(out var done):
                    Assert.Equal(oneByOne.Complete(done.OneByOne), together.Complete(done.Together));
                    break;
            }
            AssertSame();
        }

        void AssertSame()
        {
            var (expected, actual) = (oneByOne.GetSnapshot(), together.GetSnapshot());
            Assert.Equal(expected.Total, actual.Total);
            // Not their signals: a signal depends on the fills on the way, and together there are fewer of them.
            Assert.Equal(
                expected.Sources.Select(s => (s.Source, s.Level)),
                actual.Sources.Select(s => (s.Source, s.Level))
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

        static IEnumerable<(string, long)> Shown(IEnumerable<BufferedRecord<string>> records) =>
            records.Select(r => (r.Record, r.Sequence));

        /// <summary>Makes records of 1 to 9 bytes, each with an id of its own.</summary>
        string[] Make(int count, ref Digits digits)
        {
            var records = new string[count];
            for (var i = 0; i < count; i++)
                records[i] = $"{++made} {new string('x', 1 + digits.Next(9))}";
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
