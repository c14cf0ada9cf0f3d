using ConveyorActors.Buffers.Flow;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Progress;

public class FrameMakerTests
{
    [Fact]
    public void Stages_are_in_the_order_of_the_pipeline_and_others_follow()
    {
        var snapshot = Numbers.Snapshot([
            Numbers.Stage("a", Numbers.Level()),
            Numbers.Stage("b", Numbers.Level()),
            Numbers.Stage("c", Numbers.Level()),
        ]);

        Assert.Equal(
            ["c", "b", "a"],
            new FrameMaker(["c", "b"]).CreateFrame(Numbers.Progress(snapshot)).Stages.Select(s => s.Name)
        );
    }

    [Fact]
    public void Time_left_is_shown_when_the_size_is_known()
    {
        var frame = new FrameMaker([]).CreateFrame(
            Numbers.Progress(Numbers.Snapshot([]), 10, new SourceProgress("a", 25, 100, 5, false))
        );

        Assert.Equal(0.25, frame.Overall.Share);
        Assert.Equal(30, frame.Overall.TimeLeft!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Lines_that_wait_in_the_buffers_are_not_settled()
    {
        var snapshot = Numbers.Snapshot([]) with { Total = Numbers.Level() with { PendingBytes = 80 } };

        var overall = new FrameMaker([])
            .CreateFrame(Numbers.Progress(snapshot, 10, new SourceProgress("a", 100, 100, 5, true)))
            .Overall;

        Assert.Equal((100, 20, 0.2), (overall.BytesRead, overall.BytesDone, overall.Share));
        Assert.Equal(40, overall.TimeLeft!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Read_ahead_bytes_and_ends_of_waiting_lines_are_not_settled()
    {
        var snapshot = Numbers.Snapshot([]) with
        {
            Total = Numbers.Level() with { Buffered = 7, InFlight = 3, PendingBytes = 20 },
        };

        var overall = new FrameMaker([])
            .CreateFrame(
                Numbers.Progress(snapshot, 10, new SourceProgress("a", 90, 100, 15, false) { BytesTaken = 40 })
            )
            .Overall;

        Assert.Equal((90, 10, 0.1), (overall.BytesRead, overall.BytesDone, overall.Share));
        Assert.Equal(90, overall.TimeLeft!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void No_remaining_time_is_shown_when_a_size_is_not_known()
    {
        var frame = new FrameMaker([]).CreateFrame(
            Numbers.Progress(
                Numbers.Snapshot([]),
                10,
                new SourceProgress("a", 25, 100, 5, false),
                new SourceProgress("stdin", 5, null, 1, false)
            )
        );

        Assert.Null(frame.Overall.Share);
        Assert.Null(frame.Overall.TimeLeft);
        Assert.Equal(30, frame.Overall.BytesRead);
    }

    [Fact]
    public void An_empty_input_is_all_read() =>
        Assert.Equal(
            1,
            new FrameMaker([])
                .CreateFrame(Numbers.Progress(Numbers.Snapshot([]), 1, new SourceProgress("a", 0, 0, 0, true)))
                .Overall.Share
        );

    [Fact]
    public void Sources_show_their_signal_and_credits()
    {
        var snapshot = Numbers.Snapshot([], Numbers.Source("a", BackpressureSignal.Pause, 42));

        var row = Assert.Single(
            new FrameMaker([])
                .CreateFrame(Numbers.Progress(snapshot, 1, new SourceProgress("a", 1, 2, 3, false)))
                .Sources
        );

        Assert.Equal(("a", BackpressureSignal.Pause, 42L, 3L), (row.Name, row.Signal, row.Credits, row.Lines));
    }

    [Fact]
    public void Rates_follow_the_current_work()
    {
        var rates = new RateMeter();

        Assert.Equal(100, rates.Update("x", 100, TimeSpan.FromSeconds(1)), 3);
        Assert.Equal(100, rates.Update("x", 100, TimeSpan.FromSeconds(1)), 3);
        for (var second = 2; second < 30; second++)
            rates.Update("x", 100, TimeSpan.FromSeconds(second));
        Assert.InRange(rates.Update("x", 100, TimeSpan.FromSeconds(30)), 0, 1);
    }
}
