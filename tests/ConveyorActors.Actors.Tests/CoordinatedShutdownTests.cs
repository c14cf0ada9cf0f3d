using Akka.Event;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests;

public class CoordinatedShutdownTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static async Task<(ConveyorSystem Conveyor, string[] Said)> ShutDown(
        string configuration,
        string timeout = "service-requests-done.timeout = 1 s",
        int records = 2,
        bool areThere = false
    )
    {
        System.Collections.Concurrent.ConcurrentQueue<object> heard = new();
        var system = ActorSystem.Create(
            "shutdown",
            configuration
                + """

                akka.loggers = []
                akka.stdout-loglevel = OFF
                akka.loglevel = INFO
                akka.coordinated-shutdown.phases.
                """
                + timeout
        );
        system.EventStream.Subscribe(new Ear(system, heard.Enqueue), typeof(LogEvent));
        var conveyor = ConveyorSystem.Get(system);
        conveyor.Buffers.Tell(
            new EnqueueBatch(
                new("shop", "enrich", "web-1"),
                (ConveyorRecord[])[.. Enumerable.Range(0, records).Select(i => new ConveyorRecord($"{i}", default))]
            )
        );
        if (areThere)
            Assert.True(SpinWait.SpinUntil(() => conveyor.BufferActors.Sum(c => c.PassedOn) == records, Patience));
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience);
        Assert.True(system.WhenTerminated.IsCompleted);
        return (conveyor, [.. heard.Cast<LogEvent>().Select(h => $"{h.LogLevel()}: {h.Message}")]);
    }

    [Fact]
    public async Task Shutdown_drains_the_buffers_and_logs_the_remaining_records()
    {
        var (conveyor, said) = await ShutDown("");
        Assert.Equal(2, (await conveyor.StopAsync().WaitAsync(Patience)).Pipelines["shop"].Remaining);
        Assert.Contains(
            said,
            s =>
                s.StartsWith(
                    "WarningLevel: The buffers are stopped, and not empty: pipeline shop: ",
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData("", 30_000, 42_500)]
    [InlineData("conveyor.stop-deadline = 2 m", 120_000, 155_000)]
    [InlineData("conveyor.stop-deadline = 10 ms", 10, 5_013)]
    [InlineData("akka.coordinated-shutdown.default-phase-timeout = 1 s", 30_000, 42_500)]
    public void The_phase_is_given_the_time_that_the_stop_deadline_needs(string configuration, int deadline, int phase)
    {
        using var system = ActorSystem.Create("phase", configuration);
        Assert.Equal(deadline, ConveyorSystem.Get(system).Settings.StopDeadline.TotalMilliseconds);
        Assert.Equal(
            phase,
            CoordinatedShutdown.Get(system).Timeout(CoordinatedShutdown.PhaseServiceRequestsDone).TotalMilliseconds
        );
    }

    [Theory]
    [InlineData("service-requests-done.timeout = 1 s", true)]
    [InlineData("service-requests-done.timeout = 30 s", true)]
    [InlineData("service-requests-done.timeout = 60 s", false)]
    [InlineData("service-stop.timeout = 1 s", false)]
    public async Task A_phase_that_is_too_short_for_the_stop_deadline_is_named_at_the_start(
        string timeout,
        bool isNamed
    )
    {
        var (_, said) = await ShutDown("conveyor.stop-deadline = 25 s", timeout, 0);
        Assert.Equal(
            isNamed,
            said.Any(s =>
                s.StartsWith(
                    "WarningLevel: conveyor.stop-deadline is 00:00:25, but the phase service-requests-done",
                    StringComparison.Ordinal
                )
                && s.Contains(
                    "Set akka.coordinated-shutdown.phases.service-requests-done.timeout to 37 s or more.",
                    StringComparison.Ordinal
                )
            )
        );
    }

    [Fact]
    public void A_phase_whose_time_was_read_before_the_start_is_named_too()
    {
        System.Collections.Concurrent.ConcurrentQueue<object> heard = new();
        using var system = ActorSystem.Create("early", "akka.loggers = []\nakka.stdout-loglevel = OFF");
        system.EventStream.Subscribe(new Ear(system, heard.Enqueue), typeof(LogEvent));
        CoordinatedShutdown.Get(system);
        ConveyorSystem.Get(system);
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                    heard.Any(h =>
                        $"{((LogEvent)h).Message}".StartsWith(
                            "conveyor.stop-deadline is 00:00:30",
                            StringComparison.Ordinal
                        )
                    ),
                Patience
            )
        );
    }

    [Fact]
    public async Task Work_cut_off_by_the_deadline_is_logged_with_numbers()
    {
        var (_, said) = await ShutDown("conveyor.stop-deadline = 50 ms", "service-stop.timeout = 5 s", areThere: true);
        Assert.Contains(
            said,
            s =>
                s.Contains(
                    "records that remain: 2, in buffer actors: 0; deadline: 00:00:00.0500000",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task A_disabled_extension_does_not_start_the_buffers()
    {
        var (_, said) = await ShutDown("conveyor.coordinated-shutdown = off");
        Assert.DoesNotContain(said, s => s.Contains("The buffers are stopped", StringComparison.Ordinal));
    }
}
