using System.Collections.Concurrent;
using System.Reflection;
using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Observing;

/// <summary>What the log says, by the names of the events.</summary>
public class EventTests : ConveyorTestKit
{
    readonly ConcurrentQueue<LogEvent> heard = new();

    public EventTests()
        : base(
            """
            akka.loglevel = INFO
            conveyor.buffer-actors { count = 1, capacity = 4, batch-size = 4, batch-age = 1 ms, retry { first = 1 ms, max = 2 ms } }
            """
        ) => Sys.EventStream.Subscribe(new Ear(Sys, m => heard.Enqueue((LogEvent)m)), typeof(LogEvent));

    static string Text(LogEvent logged) => $"{logged.Message}";

    IEnumerable<LogEvent> Of(string name) => heard.Where(e => Text(e).Contains($"[{name}]", StringComparison.Ordinal));

    void Look() => Sys.ActorSelection("/system/conveyor-events").Tell(EventActor.Check.Instance);

    /// <summary>Waits for an event and checks its level and that its values have names.</summary>
    async Task<string> Logged(string name, LogLevel level = LogLevel.WarningLevel)
    {
        LogEvent? found = null;
        await AwaitAssertAsync(
            () =>
            {
                Look();
                Assert.NotNull(found = Of(name).FirstOrDefault());
            },
            Patience,
            TimeSpan.FromMilliseconds(20)
        );
        Assert.Equal(level, found!.LogLevel());
        Assert.Contains(
            "{EventName}",
            Assert.IsAssignableFrom<LogMessage>(found.Message).Format,
            StringComparison.Ordinal
        );
        return Text(found);
    }

    [Fact]
    public async Task Dead_letters_are_logged_for_each_stage_and_not_for_each_record()
    {
        await Offer(MakeMany("r", 3));
        var lease = await Service.GetBatchAsync(Pipeline, Stage, new(3));
        await Service.DeadLetterAsync(Pipeline, Stage, lease.Id, null, "bad");
        Assert.Contains(
            "3 records of stage 'enrich' in pipeline 'shop' became dead letters; 3 are kept.",
            await Logged(ConveyorEvents.RecordsDeadLettered),
            StringComparison.Ordinal
        );
        await Service.PurgeDeadLettersAsync(Pipeline, Stage, 2);
        Assert.Contains(
            "2 dead letters of stage 'enrich' in pipeline 'shop' were purged",
            await Logged(ConveyorEvents.DeadLettersDiscarded),
            StringComparison.Ordinal
        );
        Assert.Single(Of(ConveyorEvents.RecordsDeadLettered));
    }

    [Fact]
    public async Task A_full_stage_is_logged_once_a_minute_with_the_number_it_refused()
    {
        await Configure(new() { MaxPerStage = 2, MaxPerSource = 4 });
        await Offer(MakeMany("r", 5));
        Assert.Contains(
            "Stage 'enrich' in pipeline 'shop' refused 3 records since it was last logged (StageFull); 2 are pending.",
            await Logged(ConveyorEvents.RecordsRefused),
            StringComparison.Ordinal
        );
        await Offer(MakeMany("s", 5));
        await Service.DeadLetterAsync(
            Pipeline,
            Stage,
            (await Service.GetBatchAsync(Pipeline, Stage, new(1))).Id,
            null,
            "bad"
        );
        await Logged(ConveyorEvents.RecordsDeadLettered); // a look later
        Assert.Single(Of(ConveyorEvents.RecordsRefused));
    }

    [Fact]
    public async Task A_lease_that_passes_its_deadline_is_logged_once_with_its_holder()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = TimeSpan.FromMilliseconds(100) } });
        await Offer(MakeMany("r", 2));
        var consumer = CreateTestProbe("consumer");
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new(2)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(
            $"Lease {lease.Id} of {consumer.Ref.Path} passed its deadline with 2 records of stage 'enrich' in pipeline 'shop'",
            await Logged(ConveyorEvents.LeaseExpired),
            StringComparison.Ordinal
        );
        await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id));
        Assert.Single(Of(ConveyorEvents.LeaseExpired));
    }

    [Fact]
    public async Task A_consumer_that_dies_with_leases_is_logged()
    {
        await Offer(MakeMany("r", 2));
        var consumer = CreateTestProbe("consumer");
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new(2)), consumer.Ref);
        await consumer.ExpectMsgAsync<Leased>(Patience);
        Sys.Stop(consumer.Ref);
        Assert.Contains(
            $"Consumer {consumer.Ref.Path} died; its 1 leases of stage 'enrich' in pipeline 'shop'",
            await Logged(ConveyorEvents.ConsumerDied),
            StringComparison.Ordinal
        );
    }

    [
        Theory,
        InlineData("pipelines"),
        InlineData("pipelines/shop"),
        InlineData("pipelines/shop/stage-enrich"),
        InlineData("core-0")
    ]
    public async Task An_actor_of_the_buffers_that_restarts_is_logged(string path)
    {
        await Offer(Make("1"));
        (await Find(path)).Tell(Kill.Instance);
        Assert.Contains(
            $"/user/conveyor/{path} failed on ",
            await Logged(ConveyorEvents.ActorRestarted),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Full_buffer_actors_and_refusals_by_their_stage_are_logged_once_a_minute()
    {
        await Configure(new() { MaxPerStage = 1, MaxPerSource = 4 });
        string[] stages = ["enrich", "store"];
        foreach (var stage in stages)
            await Service.BufferForStageAsync(Pipeline, stage, Source, Make("first"));
        foreach (var stage in stages)
            Conveyor.Buffers.Tell(new EnqueueBatch(new(Pipeline, stage, Source), MakeMany(stage, 2)));
        for (var i = 0; i < 10; i++)
            Conveyor.Buffers.Tell(new EnqueueBatch(new(Pipeline, "other", Source), MakeMany($"{i}-", 4)));
        Assert.Contains(
            "Buffer actor 0 is full (capacity 4)",
            await Logged(ConveyorEvents.BufferActorFull),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Buffer actor 0 keeps 2 records that stage '",
            await Logged(ConveyorEvents.BufferActorHeld),
            StringComparison.Ordinal
        );
        Assert.Single(Of(ConveyorEvents.BufferActorFull));
        Assert.Single(Of(ConveyorEvents.BufferActorHeld));
    }

    [Fact]
    public async Task Records_that_a_buffer_actor_loses_are_logged()
    {
        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        Conveyor.Buffers.Tell(new EnqueueBatch(new(Pipeline, Stage, Source), MakeMany("r", 2)));
        Assert.Contains(
            "Buffer actor 0 lost 2 records",
            await Logged(ConveyorEvents.BufferActorLost),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Dropped_and_expired_records_are_logged_at_info()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                MaxPerSource = 4,
                Stage = new() { FullMode = FullMode.DropOldest, TimeToLive = TimeSpan.FromSeconds(5) },
            }
        );
        await Offer(MakeMany("r", 3));
        Assert.Contains(
            "Stage 'enrich' in pipeline 'shop' dropped 1 records",
            await Logged(ConveyorEvents.RecordsDropped, LogLevel.InfoLevel),
            StringComparison.Ordinal
        );
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains(
            "2 records of stage 'enrich' in pipeline 'shop' outlived",
            await Logged(ConveyorEvents.RecordsExpired, LogLevel.InfoLevel),
            StringComparison.Ordinal
        );
    }

    [
        Theory,
        InlineData(0, ConveyorEvents.Stopped, LogLevel.InfoLevel),
        InlineData(2, ConveyorEvents.StopCutShort, LogLevel.WarningLevel)
    ]
    public async Task A_stop_is_logged_and_a_stop_cut_off_by_its_deadline_is_a_warning(
        int records,
        string name,
        LogLevel level
    )
    {
        if (records > 0)
            await Offer(MakeMany("r", records));
        await Conveyor.StopAsync(TimeSpan.Zero);
        var logged = Assert.Single(Of(name));
        Assert.Equal(level, logged.LogLevel());
    }

    [Fact]
    public async Task Records_that_are_processed_without_error_are_not_logged()
    {
        await Offer(MakeMany("r", 50));
        await Service.CompleteAsync(Pipeline, Stage, (await Service.GetBatchAsync(Pipeline, Stage, new(50))).Id);
        Look();
        await Service.DeadLetterAsync(Pipeline, Stage, (await OfferAndLease()).Id, null, "bad");
        await Logged(ConveyorEvents.RecordsDeadLettered);
        Assert.Single(typeof(ConveyorEvents).GetFields().SelectMany(f => Of(f.Name)));
    }

    async Task<LeasedBatch> OfferAndLease()
    {
        await Offer(Make("x"));
        return await Service.GetBatchAsync(Pipeline, Stage, new(1));
    }

    [Fact]
    public void Every_event_is_in_the_documentation()
    {
        var names = typeof(ConveyorEvents)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => (string)f.GetRawConstantValue()!)
            .ToArray();
        var documented = File.ReadLines(Path.Combine(Root, "docs", "Akka.md"))
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Split('`')[1])
            .ToHashSet();
        Assert.NotEmpty(names);
        Assert.Empty(names.Except(documented));
    }

    static string Root
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                    return folder.FullName;
            throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
        }
    }
}
