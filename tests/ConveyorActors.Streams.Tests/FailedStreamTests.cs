using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>
/// A stream that fails is a consumer that died: what it held comes again, and the record that it died of is found.
/// </summary>
public sealed class FailedStreamTests(ActorSystemFixture fixture) : StreamTest(fixture)
{
    static readonly RestartSettings AtOnce = RestartSettings.Create(
        TimeSpan.FromMilliseconds(1),
        TimeSpan.FromMilliseconds(2),
        0
    );

    Source<LeasedRecord, NotUsed> FromStage(int batch = 256) =>
        BufferSource.FromStage(Service, Pipeline, Stage, ByClock with { BatchSize = batch });

    static T Fail<T>(LeasedRecord element) => throw new FormatException($"{element.Record.Id} is no number");

    /// <summary>Ways to handle elements and complete them at the end, some of which hold many between.</summary>
    static readonly Dictionary<
        string,
        Func<Source<LeasedRecord, NotUsed>, Func<LeasedRecord, LeasedRecord>, Source<LeasedRecord, NotUsed>>
    > Operators = new()
    {
        ["Select"] = static (source, handle) => source.Select(handle),
        ["SelectAsync"] = static (source, handle) =>
            source.SelectAsync(
                4,
                async element =>
                {
                    await Task.Yield();
                    return handle(element);
                }
            ),
        ["SelectAsyncUnordered"] = static (source, handle) =>
            source.SelectAsyncUnordered(
                8,
                async element =>
                {
                    await Task.Yield();
                    return handle(element);
                }
            ),
        ["Buffer"] = static (source, handle) => source.Buffer(20, OverflowStrategy.Backpressure).Select(handle),
        ["Async"] = static (source, handle) => source.Async().Select(handle).Async(),
        ["Grouped"] = static (source, handle) =>
            source
                .GroupedWithin(7, TimeSpan.FromMilliseconds(5))
                .Select(group => group.Select(handle).ToArray())
                .SelectMany(g => g),
    };

    public static TheoryData<string> OperatorNames => [.. Operators.Keys];

    static async Task<LeasedRecord> Complete(LeasedRecord element)
    {
        await element.Complete();
        return element;
    }

    [Theory, MemberData(nameof(OperatorNames))]
    public async Task A_poison_record_behind_handles_is_charged_alone_and_its_source_continues(string with)
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 2 });
        await Offer(Records(100));
        var kill = RestartSource
            .WithBackoff(
                () =>
                    Operators[with]
                        (FromStage(), e => e.Record.Id == "r50" ? Fail<LeasedRecord>(e) : e)
                        .SelectAsync(1, Complete),
                AtOnce
            )
            .ViaMaterialized(KillSwitches.Single<LeasedRecord>(), Keep.Right)
            .To(Sink.Ignore<LeasedRecord>())
            .Run(Materializer);
        await Eventually(async () => (await StageNow()).Level.Pending == 0, "nothing is pending");
        kill.Shutdown();
        var letter = Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10));
        Assert.Equal(("r50", "r50 is no number"), (letter.Record.Record.Id, letter.LastError));
        var level = (await StageNow()).Level;
        // its own: two retries, and the one that made it a dead letter
        Assert.Equal((99, 3), (level.Completed, level.Retries));
        await NothingIsOut();
    }

    [Fact]
    public async Task The_error_of_a_record_is_that_of_its_function_even_if_an_operator_wraps_it()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        await Offer(Records(1));
        var failing = FromStage()
            .Select(LeasedRecord (_) => throw new AggregateException(new FormatException("no number")))
            .RunWith(Sink.Ignore<LeasedRecord>(), Materializer);

        await Assert.ThrowsAnyAsync<Exception>(() => failing.WaitAsync(Bound));
        await Eventually(async () => (await StageNow()).DeadLetters == 1, "there is a dead letter");

        Assert.Equal("no number", Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).LastError);
    }

    sealed class NoMessageException(bool throws) : Exception
    {
        public override string Message => throws ? throw new InvalidOperationException("no resources") : null!;
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_stream_whose_exception_has_no_message_returns_its_records(bool throws)
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        await Offer(Records(1));
        var failing = FromStage()
            .Select(LeasedRecord (_) => throw new NoMessageException(throws))
            .RunWith(Sink.Ignore<LeasedRecord>(), Materializer);

        await Assert.ThrowsAnyAsync<Exception>(() => failing.WaitAsync(Bound));
        await Eventually(async () => (await StageNow()).DeadLetters == 1, "there is a dead letter");

        Assert.Equal(
            typeof(NoMessageException).ToString(),
            Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).LastError
        );
    }

    [Fact]
    public async Task A_poison_record_behind_a_completing_source_is_charged_alone()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 2 });
        await Offer(Records(100));
        var kill = RestartSource
            .WithBackoff(
                () =>
                    BufferSource
                        .CompletingFromStage(Service, Pipeline, Stage, ByClock)
                        .Select(r => r.Id == "r50" ? throw new FormatException("no number") : r),
                AtOnce
            )
            .ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
            .To(Sink.Ignore<ConveyorRecord>())
            .Run(Materializer);
        await Eventually(
            async () => (await StageNow()).Level is { DeadLettered: 1, Buffered: 0 },
            "only the last one is left, in hand"
        );
        kill.Shutdown();
        await NothingIsOut();
        Assert.Equal(3, (await StageNow()).Level.Retries); // its own
        Assert.Equal("r50", Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).Record.Record.Id);
    }

    [Fact]
    public async Task Records_held_downstream_at_a_failure_are_retried_in_halves_uncharged()
    {
        await Offer(Records(20));
        var held = new List<LeasedRecord>();
        var failing = FromStage()
            .Select(e =>
            {
                held.Add(e);
                return held.Count == 8 ? Fail<LeasedRecord>(e) : e;
            })
            .RunWith(Sink.Ignore<LeasedRecord>(), Materializer);
        await Assert.ThrowsAsync<FormatException>(() => failing.WaitAsync(Bound));
        await NothingIsOut();
        Assert.Equal(0, (await StageNow()).Level.Retries);
        Assert.Equal(SettleStatus.UnknownLease, await held[0].Complete()); // it is the buffer's again
        Assert.Equal(
            ["r1", "r2", "r3", "r4"],
            (await Service.GetBatchAsync(Pipeline, Stage, new(20))).Records.Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task Records_completed_before_the_stream_failed_stay_completed()
    {
        await Offer(Records(20));
        var failing = FromStage()
            .SelectAsync(1, Complete)
            .Select(e => e.Record.Id == "r9" ? Fail<LeasedRecord>(e) : e)
            .RunWith(Sink.Ignore<LeasedRecord>(), Materializer);
        await Assert.ThrowsAsync<FormatException>(() => failing.WaitAsync(Bound));
        await NothingIsOut();
        Assert.InRange((await StageNow()).Level.Completed, 9, 10);
        Assert.Equal(20, (await StageNow()).Level.Completed + (await TakeAll()).Length);
    }

    [Fact]
    public async Task Elements_held_by_an_operator_behind_a_completing_source_are_lost_on_failure()
    {
        await Offer(Records(20));
        var failing = BufferSource
            .CompletingFromStage(Service, Pipeline, Stage, ByClock)
            .Grouped(5)
            .Select(group => group.Any(r => r.Id == "r7") ? throw new FormatException("no number") : group)
            .RunWith(Sink.Ignore<IEnumerable<ConveyorRecord>>(), Materializer);
        await Assert.ThrowsAsync<FormatException>(() => failing.WaitAsync(Bound));
        await NothingIsOut();
        // r6 to r9 are gone, and r10 is charged
        Assert.Equal((9, 1), ((await StageNow()).Level.Completed, (await StageNow()).Level.Retries));
    }

    [Fact]
    public async Task Random_poison_records_holds_and_restarts_charge_no_other_record()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var (stage, names) = ($"stage-{seed}", Operators.Keys.ToArray());
            await Service.ConfigureStageAsync(
                Pipeline,
                stage,
                new() { Backoff = BackoffSettings.None, MaxRetries = random.Next(0, 3) }
            );
            var poison = Enumerable.Range(0, random.Next(0, 6)).Select(_ => $"r{random.Next(1, 61)}").ToHashSet();
            for (var s = 0; s < 3; s++)
                await Service.BufferBatchForStageAsync(
                    Pipeline,
                    stage,
                    $"source-{s}",
                    Records(60).Select(r => r with { Id = s == 0 ? r.Id : $"{s}-{r.Id}" }).ToArray()
                );
            var (with, done, settings) = (
                names[random.Next(names.Length)],
                new System.Collections.Concurrent.ConcurrentDictionary<string, int>(),
                ByClock with
                {
                    BatchSize = random.Next(1, 64),
                }
            );
            var kill = RestartSource
                .WithBackoff(
                    () =>
                        Operators[with]
                            (
                                BufferSource.FromStage(Service, Pipeline, stage, settings),
                                e =>
                                {
                                    if (poison.Contains(e.Record.Id))
                                        return Fail<LeasedRecord>(e);
                                    done.AddOrUpdate(e.Record.Id, 1, static (_, n) => n + 1);
                                    return e;
                                }
                            )
                            .SelectAsync(1, Complete),
                    AtOnce
                )
                .ViaMaterialized(KillSwitches.Single<LeasedRecord>(), Keep.Right)
                .To(Sink.Ignore<LeasedRecord>())
                .Run(Materializer);
            await Eventually(
                async () => (await StageNow(stage)).Level.Pending == 0,
                $"seed {seed}, {with}: nothing is pending"
            );
            kill.Shutdown();
            var level = (await StageNow(stage)).Level;
            Assert.True(level.IsConserved);
            Assert.Equal(
                poison.Order(),
                (await Service.GetDeadLettersAsync(Pipeline, stage, 1_000)).Select(d => d.Record.Record.Id).Order()
            );
            Assert.Equal(180 - poison.Count, level.Completed);
            Assert.Equal(180 - poison.Count, done.Count);
        }
    }
}
