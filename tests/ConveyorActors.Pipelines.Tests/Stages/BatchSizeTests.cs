using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Tests.Stages;

public sealed class BatchSizeTests
{
    static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(2);

    [Fact]
    public void A_number_set_by_the_user_stays()
    {
        var size = new BatchSize(500);
        size.RecordSuccess(500, 500, AtOnce);
        size.RecordFailure(500);
        Assert.Equal(500, size.Lines);
    }

    [Fact]
    public void Batches_of_quick_commands_grow_to_the_most_lines()
    {
        var size = new BatchSize(null);
        Assert.Equal(BatchSize.First, size.Lines);
        for (var i = 0; i < 20; i++)
            size.RecordSuccess(size.Lines, size.Lines, AtOnce);
        Assert.Equal(BatchSize.MaxLines, size.Lines);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(3_000_000)]
    public void Batches_grow_to_one_MiB_at_most(int lineBytes)
    {
        var size = new BatchSize(null);
        for (var i = 0; i < 20; i++)
            size.RecordSuccess(size.Lines, (long)size.Lines * lineBytes, AtOnce);
        Assert.Equal(Math.Max(1, BatchSize.MaxBytes / lineBytes), size.Lines);
    }

    /// <summary>The longer a command takes for each line, the sooner its batch is large enough.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(10.0)]
    [InlineData(1_000.0)]
    public void A_batch_stops_growing_when_its_command_takes_longer(double millisecondsPerLine)
    {
        var size = new BatchSize(null);
        for (var i = 0; i < 20; i++)
            size.RecordSuccess(size.Lines, size.Lines, TimeSpan.FromMilliseconds(millisecondsPerLine * size.Lines));
        Assert.InRange(millisecondsPerLine * size.Lines, 0, Math.Max(400, millisecondsPerLine * BatchSize.First * 2));
    }

    [Fact]
    public void A_batch_grows_while_most_of_its_time_is_the_start_of_the_command()
    {
        var size = new BatchSize(null);
        for (var i = 0; i < 20; i++)
            size.RecordSuccess(size.Lines, size.Lines, TimeSpan.FromMilliseconds(300 + 0.01 * size.Lines));
        Assert.InRange(size.Lines, 10_000, BatchSize.MaxLines);
    }

    [Fact]
    public void A_success_with_fewer_lines_does_not_prove_that_more_lines_work()
    {
        var size = new BatchSize(null);
        size.RecordSuccess(BatchSize.First - 1, 100, AtOnce);
        Assert.Equal(BatchSize.First, size.Lines);
    }

    [Fact]
    public void A_failed_batch_halves_the_size_of_the_next_batch_but_its_parts_do_not()
    {
        var size = new BatchSize(null);
        for (var i = 0; i < 3; i++)
            size.RecordSuccess(size.Lines, size.Lines, AtOnce);
        var large = size.Lines;

        size.RecordFailure(large);
        for (var part = large / 4; part > 0; part /= 2)
            size.RecordFailure(part);

        Assert.Equal(large / 2, size.Lines);
        for (var i = 0; i < 40; i++)
            size.RecordFailure(size.Lines);
        Assert.Equal(1, size.Lines);
    }
}
