using System.Collections.Concurrent;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Consuming;

public class BufferConsumerTests : ConveyorTestKit
{
    readonly ConcurrentQueue<string> handled = new();

    // Its delays are real ones: the clock of the tests stands still.
    static BufferConsumerSettings Settings =>
        new(Pipeline, Stage)
        {
            FirstRetryDelay = TimeSpan.FromMilliseconds(1),
            MaxRetryDelay = TimeSpan.FromMilliseconds(20),
        };

    IActorRef Consume(BufferConsumerSettings settings, Func<BufferedRecord<ConveyorRecord>, RecordResult> handle) =>
        Sys.ActorOf(BufferConsumerActor.Props(Service, settings, handle));

    RecordResult Handle(BufferedRecord<ConveyorRecord> record)
    {
        handled.Enqueue(record.Record.Id);
        return RecordResult.Completed;
    }

    async Task NothingIsLeft(int completed)
    {
        var now = await Eventually(s => s.Total.Pending == 0 && s.Total.Completed == completed);
        Assert.True(now.IsConserved);
        Assert.Empty(now.Stages.SelectMany(s => s.Leases));
    }

    [Theory]
    [InlineData(1, 1, true), InlineData(3, 1, true), InlineData(2, 4, true), InlineData(2, 4, false)]
    public async Task Every_record_is_handled_and_completed(int leases, int concurrency, bool keepOrder)
    {
        Consume(
            Settings with
            {
                BatchSize = 7,
                Leases = leases,
                Concurrency = concurrency,
                KeepOrder = keepOrder,
            },
            Handle
        );
        await Offer(MakeMany("r", 500));
        await NothingIsLeft(500);
        var expected = MakeMany("r", 500).Select(r => r.Id);
        if (keepOrder)
            Assert.Equal(expected, handled);
        else
            Assert.Equal(expected.Order(), handled.Order());
    }

    [Fact]
    public async Task The_number_of_records_handled_at_a_time_is_limited()
    {
        var (now, most) = (0, 0);
        Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings with
                {
                    BatchSize = 10,
                    Leases = 4,
                    Concurrency = 3,
                    KeepOrder = false,
                },
                async (record, _) =>
                {
                    var inHand = Interlocked.Increment(ref now);
                    InterlockedMax(ref most, inHand);
                    await Task.Yield();
                    Interlocked.Decrement(ref now);
                    return RecordResult.Completed;
                }
            )
        );
        await Offer(MakeMany("r", 300));
        await NothingIsLeft(300);
        Assert.InRange(most, 1, 3);
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }

    sealed class NoMessageException(bool throws) : Exception
    {
        public override string Message => throws ? throw new InvalidOperationException("no resources") : null!;
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_handler_whose_exception_has_no_message_charges_its_record_alone(bool throws)
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        Consume(Settings, record => record.Record.Id == "r1" ? throw new NoMessageException(throws) : Handle(record));
        await Offer(MakeMany("r", 3));
        await NothingIsLeft(2);
        Assert.Equal(["r2", "r3"], handled);
        Assert.Equal(
            ("r1", typeof(NoMessageException).ToString()),
            (await Service.GetDeadLettersAsync(Pipeline, Stage, 10))
                .Select(d => (d.Record.Record.Id, d.LastError))
                .Single()
        );
    }

    [Fact]
    public async Task Each_record_ends_with_the_result_of_its_handler()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        Consume(
            Settings,
            record =>
                record.Record.Id switch
                {
                    "r1" => RecordResult.DeadLettered("not JSON"),
                    "r2" => RecordResult.Hopped("store", Make("result-1"), Make("result-2")),
                    "r3" => RecordResult.Returned("no such customer"),
                    "r4" => throw new FormatException("no number"),
                    "r5" => RecordResult.Hopped("store", Make("result-3")),
                    _ => RecordResult.Completed,
                }
        );
        await Offer(MakeMany("r", 6));
        var now = await Eventually(s => s.Stages.Single(t => t.Stage == Stage).Level.Pending == 0);
        Assert.True(now.IsConserved);
        Assert.Equal(
            [("r1", "not JSON"), ("r3", "no such customer"), ("r4", "no number")],
            (await Service.GetDeadLettersAsync(Pipeline, Stage, 10))
                .Select(d => (d.Record.Record.Id, d.LastError))
                .OrderBy(d => d.Id)
        );
        Assert.Equal(
            ["result-1", "result-2", "result-3"],
            (await Service.PeekAsync(Pipeline, "store", 10)).Select(r => r.Record.Id)
        );
    }

    public static TheoryData<string, string> BadHandlers =>
        new()
        {
            { "no task", "The handler returned null; it must return a Task<RecordResult>." },
            { "no result", "The handler returned null; it must return a RecordResult." },
            { "a null among results", "results[1] is null; it must be a record. (Parameter 'results')" },
            {
                "no target",
                "targetStage is null; it must be a name of 1 to 200 characters without control characters. (Parameter 'targetStage')"
            },
        };

    [Theory]
    [MemberData(nameof(BadHandlers))]
    public async Task An_invalid_result_of_a_handler_charges_its_record_and_names_valid_results(
        string handler,
        string error
    )
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings,
                (record, _) =>
                    handler switch
                    {
                        _ when record.Record.Id != "r1" => Task.FromResult(RecordResult.Completed),
                        "no task" => null!,
                        "no result" => Task.FromResult<RecordResult>(null!),
                        "no target" => Task.FromResult(RecordResult.Hopped(null!, Make("result"))),
                        _ => Task.FromResult(RecordResult.Hopped("store", Make("result"), null!)),
                    }
            )
        );
        await Offer(MakeMany("r", 3));
        var now = await Eventually(s => s.Total.Pending == 0);
        Assert.Equal((2, 1), (now.Total.Completed, now.Total.DeadLettered));
        Assert.Equal(
            ("r1", error),
            Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)) is var d
                ? (d.Record.Record.Id, d.LastError)
                : default
        );
    }

    [Fact]
    public async Task A_returned_record_is_not_overtaken_by_later_records_of_its_source()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 10 });
        var failures = 3;
        Consume(
            Settings,
            record => record.Record.Id == "r3" && failures-- > 0 ? RecordResult.Returned("busy") : Handle(record)
        );
        await Offer(MakeMany("r", 10));
        await NothingIsLeft(10);
        Assert.Equal(MakeMany("r", 10).Select(r => r.Id), handled);
        Assert.Equal(3, (await GetSnapshot()).Total.Retries); // only r3's
    }

    [Fact]
    public async Task A_record_whose_handler_throws_is_charged_alone()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 2 });
        Consume(
            Settings,
            record => record.Record.Id == "r50" ? throw new FormatException("no number") : Handle(record)
        );
        await Offer(MakeMany("r", 100));
        var now = await Eventually(s => s.Total.Pending == 0);
        // its own: two retries, and the one that made it a dead letter
        Assert.Equal((99, 1, 3), (now.Total.Completed, now.Total.DeadLettered, now.Total.Retries));
        Assert.Equal("r50", Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).Record.Record.Id);
    }

    [Fact]
    public async Task A_batch_whose_handler_throws_is_halved_until_the_failing_record_is_alone()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 2 });
        Sys.ActorOf(
            BufferConsumerActor.PropsForBatches(
                Service,
                Settings with
                {
                    Leases = 1,
                },
                (batch, _) =>
                {
                    if (batch.Records.Any(r => r.Record.Id == "r50"))
                        throw new FormatException("no number");
                    foreach (var record in batch.Records)
                        handled.Enqueue(record.Record.Id);
                    return Task.FromResult<IReadOnlyList<RecordResult>>([
                        .. batch.Records.Select(_ => RecordResult.Completed),
                    ]);
                }
            )
        );
        await Offer(MakeMany("r", 100));
        var now = await Eventually(s => s.Total.Pending == 0);
        Assert.Equal((99, 1), (now.Total.Completed, now.Total.DeadLettered));
        Assert.Equal("r50", Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).Record.Record.Id);
        Assert.Equal(MakeMany("r", 100).Select(r => r.Id).Where(id => id != "r50"), handled);
    }

    [Fact]
    public async Task A_batch_handler_that_returns_too_few_results_fails_the_batch()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 0 });
        Sys.ActorOf(
            BufferConsumerActor.PropsForBatches(
                Service,
                Settings,
                (_, _) => Task.FromResult<IReadOnlyList<RecordResult>>([])
            )
        );
        await Offer(Make("r1"));
        await Eventually(s => s.Total.DeadLettered == 1);
        Assert.Equal(
            "The handler of a batch of 1 records returned 0 results; it must return one for each record.",
            Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10)).LastError
        );
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Twenty_restarts_leave_one_waiting_consumer_and_no_lease(bool byItsParent)
    {
        var props = BufferConsumerActor.Props(Service, Settings with { Leases = 1 }, Handle);
        var parent = Sys.ActorOf(Props.Create(() => new Parent(props)));
        var consumer = await parent.Ask<IActorRef>("child", Patience);
        await Eventually(s => s.Stages is [{ WaitingConsumers: 1 }]);
        for (var i = 0; i < 20; i++)
        {
            if (byItsParent)
                parent.Tell("restart");
            else
                consumer.Tell(Kill.Instance);
        }
        consumer = await parent.Ask<IActorRef>("child", Patience);
        await consumer.Ask<ActorIdentity>(new Identify(1), Patience);
        await Eventually(s => s.Stages is [{ WaitingConsumers: 1, Leases: [] }]);
        await Offer(MakeMany("r", 1_000));
        await NothingIsLeft(1_000);
        Assert.Equal(MakeMany("r", 1_000).Select(r => r.Id), handled);
    }

    /// <summary>
    /// A parent that restarts its child whatever has happened to it, and is restarted itself by a message.
    /// </summary>
    sealed class Parent : UntypedActor
    {
        readonly IActorRef child;

        public Parent(Props props) => child = Context.ActorOf(props, "consumer");

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

        protected override void OnReceive(object message)
        {
            if (message is "restart")
                throw new FormatException("the parent fails");
            Sender.Tell(child);
        }
    }

    [Fact]
    public async Task Restarts_and_stops_while_it_works_lose_and_charge_nothing()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { MaxRetries = 0 });
        var random = new Random(7);
        var props = BufferConsumerActor.Props(
            Service,
            Settings with
            {
                BatchSize = 20,
                Concurrency = 2,
                KeepOrder = false,
            },
            async (record, cancellationToken) =>
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                return Handle(record);
            }
        );
        var parent = Sys.ActorOf(Props.Create(() => new Parent(props)));
        var consumer = await parent.Ask<IActorRef>("child", Patience);
        for (var i = 0; i < 100; i++)
        {
            await Offer(MakeMany($"{i}-", 30));
            if (random.Next(2) == 0)
                consumer.Tell(Kill.Instance);
            else
                parent.Tell("restart");
            consumer = await parent.Ask<IActorRef>("child", Patience);
        }
        await NothingIsLeft(3_000);
        Assert.Equal(3_000, handled.Distinct().Count());
        Assert.Equal((0, 0), ((await GetSnapshot()).Total.Retries, (await GetSnapshot()).Total.DeadLettered));
    }

    [Fact]
    public async Task A_consumer_stopped_by_hand_returns_unstarted_records_and_settles_the_others()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var consumer = Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings,
                async (record, _) =>
                {
                    begun.TrySetResult();
                    await go.Task;
                    return Handle(record);
                }
            )
        );
        await Offer(MakeMany("r", 10));
        await begun.Task.WaitAsync(Patience);
        consumer.Tell(PoisonPill.Instance);
        await ExpectTerminated(consumer);
        go.SetResult();
        var now = await Eventually(s => s.Total.InFlight == 0);
        Assert.Equal((1, 9, 0), (now.Total.Completed, now.Total.Buffered, now.Total.Retries));
    }

    [Theory]
    [InlineData(1, true), InlineData(1, false), InlineData(4, true)]
    public async Task A_consumer_stopped_by_hand_returns_unstarted_records_at_once(int concurrency, bool keepOrder)
    {
        var (begun, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        var settings = Settings with { BatchSize = 20, Leases = 1, Concurrency = concurrency, KeepOrder = keepOrder };
        var consumer = Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                settings,
                async (record, _) =>
                {
                    begun.Release();
                    await go.Task; // whatever its token says
                    return Handle(record);
                }
            )
        );
        await Service.BufferBatchForStageAsync(Pipeline, Stage, "one", MakeMany("a", 5));
        await Service.BufferBatchForStageAsync(Pipeline, Stage, "other", MakeMany("b", 5));
        Assert.True(await begun.WaitAsync(Patience));
        consumer.Tell(PoisonPill.Instance);
        await ExpectTerminated(consumer);
        // those that are being handled, and no other
        var now = await Eventually(s => s.Total.InFlight <= Math.Min(concurrency, 2));
        Assert.Equal((10, 0), (now.Total.Pending, now.Total.Retries));
        go.SetResult();
        now = await Eventually(s => s.Total.InFlight == 0);
        Assert.Equal((handled.Count, 10 - handled.Count), (now.Total.Completed, now.Total.Buffered));
    }

    [Fact]
    public async Task A_stop_does_not_wait_forever_for_a_handler_that_ignores_its_token()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var consumer = Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings with
                {
                    StopTimeout = TimeSpan.FromMilliseconds(20),
                },
                async (record, _) =>
                {
                    begun.TrySetResult();
                    await go.Task;
                    return Handle(record);
                }
            )
        );
        await Offer(MakeMany("r", 3));
        await begun.Task.WaitAsync(Patience);
        consumer.Tell(StopConsuming.Instance);
        await ExpectTerminated(consumer);
        await Eventually(s => s.Total is { InFlight: 1, Buffered: 2 });
        go.SetResult();
        var now = await Eventually(s => s.Total.InFlight == 0);
        Assert.Equal((1, 2, 0), (now.Total.Completed, now.Total.Buffered, now.Total.Retries));
    }

    [Fact]
    public async Task A_consumer_told_to_stop_finishes_its_records()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var consumer = Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings with
                {
                    BatchSize = 10,
                    Leases = 1,
                },
                async (record, _) =>
                {
                    begun.TrySetResult();
                    await go.Task;
                    return Handle(record);
                }
            )
        );
        await Offer(MakeMany("r", 15));
        await begun.Task.WaitAsync(Patience);
        consumer.Tell(StopConsuming.Instance);
        go.SetResult();
        await ExpectTerminated(consumer);
        Assert.Equal((10, 5), ((await GetSnapshot()).Total.Completed, (await GetSnapshot()).Total.Buffered));
    }

    [Fact]
    public async Task A_stop_returns_records_that_take_too_long_uncharged()
    {
        var begun = new TaskCompletionSource();
        var consumer = Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings with
                {
                    StopTimeout = TimeSpan.FromMilliseconds(20),
                },
                async (_, cancellationToken) =>
                {
                    begun.TrySetResult();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                    return RecordResult.Completed;
                }
            )
        );
        await Offer(MakeMany("r", 3));
        await begun.Task.WaitAsync(Patience);
        consumer.Tell(StopConsuming.Instance);
        await ExpectTerminated(consumer);
        // The record of a handler that needs longer than the stop timeout to end is returned after the actor has stopped.
        var now = await Eventually(s => s.Total.Buffered == 3);
        Assert.Equal(0, now.Total.Retries);
    }

    [Fact]
    public async Task The_consumer_stops_with_its_pipeline_after_the_remaining_records()
    {
        await Offer(MakeMany("r", 50));
        var consumer = Consume(Settings with { BatchSize = 10 }, Handle);
        Watch(consumer);
        Assert.Equal(0, (await Service.StopAsync(Pipeline, TimeSpan.FromHours(1))).Remaining);
        await ExpectTerminatedAsync(consumer, Patience);
        Assert.Equal(50, handled.Count);
    }

    [Fact]
    public async Task A_stopped_stage_is_queried_again_with_growing_delay()
    {
        var consumer = Consume(Settings, Handle);
        for (var i = 0; i < 3; i++)
        {
            await Eventually(s => s.Stages is [{ WaitingConsumers: > 0 }]);
            var stage = await Find($"pipelines/{Pipeline}/stage-{Stage}");
            Sys.Stop(stage);
            await ExpectTerminated(stage);
            await Offer(MakeMany($"{i}-", 10));
            await NothingIsLeft(10 * (i + 1));
        }
        Assert.Equal(30, handled.Count);
        Assert.Equal(consumer, (await consumer.Ask<ActorIdentity>(new Identify(1), Patience)).Subject);
    }

    [Fact]
    public async Task Leases_are_renewed_during_work_and_end_when_it_takes_too_long()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseTimeout = TimeSpan.FromSeconds(30) });
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                Settings with
                {
                    Clock = Clock,
                    Leases = 1,
                    HandlingTimeout = TimeSpan.FromMinutes(2),
                },
                async (record, _) =>
                {
                    begun.TrySetResult();
                    await go.Task;
                    return Handle(record);
                }
            )
        );
        await Offer(MakeMany("r", 5));
        await begun.Task.WaitAsync(Patience);
        for (var i = 0; i < 9; i++)
        {
            var before = (await GetSnapshot()).Stages.Single().Leases.Single().Deadline;
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Eventually(s => s.Stages.Single().Leases is [{ } lease] && lease.Deadline > before);
        }
        Clock.Advance(TimeSpan.FromMinutes(2));
        await Eventually(s => s.Stages.Single().Leases is []);
        go.SetResult();
    }

    [Theory]
    [InlineData("BatchSize", 0, "BatchSize is 0; it must be from 1 to 1,000,000.")]
    [InlineData("Leases", 1_001, "Leases is 1001; it must be from 1 to 1,000.")]
    [InlineData("Concurrency", -1, "Concurrency is -1; it must be from 1 to 10,000.")]
    public void A_wrong_number_is_refused_by_name(string setting, int value, string message)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() =>
            setting switch
            {
                "BatchSize" => Settings with { BatchSize = value },
                "Leases" => Settings with { Leases = value },
                _ => Settings with { Concurrency = value },
            }
        );
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(25 * 60 * 60 * 1000L)]
    public void A_wrong_duration_is_refused_by_name(long milliseconds)
    {
        var wrong = TimeSpan.FromMilliseconds(milliseconds);
        (string Name, Func<object> Set)[] all =
        [
            ("LeaseTimeout", () => Settings with { LeaseTimeout = wrong }),
            ("StopTimeout", () => Settings with { StopTimeout = wrong }),
            ("FirstRetryDelay", () => Settings with { FirstRetryDelay = wrong }),
            ("MaxRetryDelay", () => Settings with { MaxRetryDelay = wrong }),
        ];
        foreach (var (name, set) in all)
            Assert.StartsWith(
                $"{name} is {wrong}; it must be from 1 ms to 1 day.",
                Assert.Throws<ArgumentOutOfRangeException>(set).Message,
                StringComparison.Ordinal
            );
    }
}
