using System.Collections.Concurrent;
using Akka.Event;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests;

/// <summary>A stop refuses, passes on, waits for consumers, reports, and leaves no actor behind.</summary>
public class ConveyorStopTests : TestKit
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20),
        Soon = TimeSpan.FromMilliseconds(200);
    static readonly BufferTarget Target = new("shop", "enrich", "web-1");

    readonly ConveyorSystem conveyor;

    public ConveyorStopTests()
        : base(
            """
            akka.loglevel = OFF
            conveyor.buffer-actors.count = 2
            conveyor.buffer-actors.batch-age = 1 h
            conveyor.buffer-actors.retry.max = 10 ms
            conveyor.coordinated-shutdown = off
            """
        )
    {
        conveyor = ConveyorSystem.Get(Sys);
    }

    static ConveyorRecord[] Many(int count, string prefix = "") =>
        [.. Enumerable.Range(0, count).Select(i => new ConveyorRecord($"{prefix}{i}", new byte[1]))];

    Task Limit(int records) =>
        conveyor
            .Service.ConfigureAsync(
                "shop",
                new()
                {
                    MaxTotalRecords = records,
                    MaxPerStage = records,
                    MaxPerSource = records,
                }
            )
            .AsTask();

    [Fact]
    public async Task Records_held_by_buffer_actors_are_passed_on_and_reported()
    {
        conveyor.Buffers.Tell(new EnqueueBatch(Target, Many(5)));
        conveyor.CreateWriter().Tell(new EnqueueBatch(new("bank", "load", "atm"), Many(7)));
        var report = await conveyor.StopAsync(Soon).WaitAsync(Patience);
        Assert.Equal(
            (0, 12, 5, 7),
            (
                report.BufferActorRemaining,
                report.Remaining,
                report.Pipelines["shop"].Remaining,
                report.Pipelines["bank"].Remaining
            )
        );
        Assert.Equal(12, conveyor.BufferActors.Sum(c => c.PassedOn));
        Assert.Contains("pipeline shop: ", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumers_may_finish_until_the_deadline()
    {
        conveyor.Buffers.Tell(new EnqueueBatch(Target, Many(5)));
        var leasing = conveyor.Service.GetBatchAsync("shop", "enrich", new(10) { Wait = true });
        var stopping = conveyor.StopAsync(TimeSpan.FromHours(1));
        var batch = await leasing.AsTask().WaitAsync(Patience);
        Assert.False(stopping.IsCompleted);
        Assert.Equal(5, (await conveyor.Service.CompleteAsync("shop", "enrich", batch.Id)).Settled);
        Assert.Equal(0, (await stopping.WaitAsync(Patience)).Remaining); // long before the deadline
    }

    [Fact]
    public async Task New_records_are_refused_as_stopping_while_and_after_it_stops()
    {
        conveyor.Buffers.Tell(new EnqueueBatch(Target, Many(1)));
        await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience);
        var stopping = conveyor.StopAsync(Patience);
        Assert.Equal(
            EnqueueOutcome.Stopping,
            (await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience)).Status
        );
        var batch = await conveyor.Service.GetBatchAsync("shop", "enrich", new(10));
        await conveyor.Service.CompleteAsync("shop", "enrich", batch.Id);
        Assert.Equal(0, (await stopping.WaitAsync(Patience)).Remaining);
        Assert.Equal(
            EnqueueOutcome.Stopping,
            (await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience)).Status
        );
        Assert.Equal(
            EnqueueOutcome.Stopping,
            (await conveyor.CreateWriter().Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience)).Status
        );
    }

    [Fact]
    public async Task All_actors_end_and_a_second_stop_has_the_same_report()
    {
        var guardian = await Sys.ActorSelection("/user/conveyor").ResolveOne(Patience);
        Watch(guardian);
        var first = conveyor.StopAsync(Soon);
        var second = conveyor.StopAsync(TimeSpan.Zero);
        Assert.Same(await first.WaitAsync(Patience), await second.WaitAsync(Patience));
        Assert.Same(await first, await conveyor.StopAsync());
        await ExpectTerminatedAsync(guardian, Patience);
        Assert.Equal("nothing was buffered", (await first).ToString());
    }

    [Fact]
    public async Task A_stop_without_time_ends_at_once_and_counts_the_remaining_records()
    {
        await Limit(3);
        var writer = conveyor.CreateWriter();
        writer.Tell(new EnqueueBatch(Target, Many(10)));
        await conveyor.Service.GetSignalAsync("shop", "web-1");
        var report = await conveyor.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
        Assert.Equal(10, report.Remaining);
    }

    [Fact]
    public async Task Records_without_room_at_any_stage_are_reported_as_lost()
    {
        await Limit(3);
        var losses = CreateTestProbe();
        Sys.EventStream.Subscribe(losses.Ref, typeof(Dropped));
        var writer = conveyor.CreateWriter();
        writer.Tell(new EnqueueBatch(Target, Many(10)));
        var report = await conveyor.StopAsync(Soon).WaitAsync(Patience);
        Assert.Equal((7, 3, 10), (report.BufferActorRemaining, report.Pipelines["shop"].Remaining, report.Remaining));
        Assert.StartsWith("7 records lost", losses.ExpectMsg<Dropped>(Patience).Reason, StringComparison.Ordinal);
        Assert.Contains("buffer actors: 7 remaining", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            (0, 3, 7),
            (
                conveyor.BufferActors.Sum(c => c.Depth),
                conveyor.BufferActors.Sum(c => c.PassedOn),
                conveyor.BufferActors.Sum(c => c.Lost)
            )
        );
    }

    [Fact]
    public async Task Waiters_for_room_are_told_that_the_wait_is_over()
    {
        await conveyor.Service.ConfigureAsync(
            "shop",
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        var asking = conveyor.CreateWriter().Ask<EnqueueResult>(new EnqueueBatch(Target, Many(5)), Patience);
        var report = await conveyor.StopAsync(Soon).WaitAsync(Patience);
        var answer = await asking;
        Assert.Equal((EnqueueOutcome.Draining, 2), (answer.Status, answer.Consumed));
        Assert.Equal((0, 2), (report.BufferActorRemaining, report.Remaining));
    }

    [Fact]
    public async Task Records_sent_during_a_stop_are_accounted_for()
    {
        await Limit(10_000_000); // nothing is refused for want of room, however long it takes until the stop
        var (said, sent, stopped) = (new ConcurrentBag<EnqueueResult>(), 0L, 0);
        var door = conveyor.Buffers;
        var producers = Enumerable
            .Range(0, 3)
            .Select(p =>
                Task.Run(async () =>
                {
                    for (var i = 0; Volatile.Read(ref stopped) == 0; i++)
                    {
                        BufferTarget target = new("shop", "enrich", $"web-{p}");
                        door.Tell(new EnqueueBatch(target, Many(3, $"{p}-{i}-")), ActorRefs.NoSender);
                        Interlocked.Add(ref sent, 4);
                        said.Add(
                            await door.Ask<EnqueueResult>(new Enqueue(target, new($"{p}-{i}-asked", default)), Patience)
                        );
                    }
                })
            )
            .ToArray();
        await AwaitAssertAsync(() => Assert.True(said.Count > 100), Patience);
        var report = await conveyor.StopAsync(Soon).WaitAsync(Patience);
        Volatile.Write(ref stopped, 1);
        await Task.WhenAll(producers).WaitAsync(Patience);
        var cores = conveyor.BufferActors;
        Assert.Equal(sent, cores.Sum(c => c.PassedOn + c.Refused + c.Lost + c.Depth));
        Assert.Contains(said, s => s.Status == EnqueueOutcome.Stopping);

        // What was accepted is in the report: from fire and forget what was passed on, from who asked what they were
        // told.
        var shop = report.Pipelines["shop"];
        Assert.Equal(0, shop.Settled);
        var refusedAsked = said.Where(s => s.Status is not (EnqueueOutcome.Stopping or EnqueueOutcome.BufferFull))
            .Count(s => s.Consumed == 0);
        Assert.Equal(cores.Sum(c => c.PassedOn) - refusedAsked, shop.Remaining);
    }

    [Fact]
    public async Task A_deadline_out_of_range_is_refused_and_stops_nothing()
    {
        foreach (var wrong in (TimeSpan[])[TimeSpan.FromTicks(-1), TimeSpan.FromDays(2), TimeSpan.MaxValue])
        {
            var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => conveyor.StopAsync(wrong));
            Assert.StartsWith(
                $"deadline is {wrong}; it must be from zero to one day.",
                refused.Message,
                StringComparison.Ordinal
            );
        }
        Assert.True((await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience)).IsAccepted);
    }

    [Fact]
    public async Task A_manager_ended_from_outside_refuses_offers_as_stopping()
    {
        var guardian = await Sys.ActorSelection("/user/conveyor").ResolveOne(Patience);
        Watch(guardian);
        guardian.Tell(PoisonPill.Instance);
        await ExpectTerminatedAsync(guardian, Patience);
        Assert.Equal(
            EnqueueOutcome.Stopping,
            (await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Many(1)[0]), Patience)).Status
        );
    }
}
