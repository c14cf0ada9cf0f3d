namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>A pipeline never deadlocks on its own limits, however small.</summary>
public sealed class TinyLimitTests : RunTests
{
    const int Unlimited = 1000;

    [UnixTheory]
    // total, per stage, per source, stages, workers, sources
    [InlineData(1, Unlimited, Unlimited, 1, 1, 1)]
    [InlineData(1, Unlimited, Unlimited, 3, 1, 3)]
    [InlineData(1, Unlimited, Unlimited, 2, 3, 2)]
    [InlineData(2, Unlimited, Unlimited, 3, 2, 3)]
    [InlineData(3, Unlimited, Unlimited, 3, 3, 1)]
    [InlineData(Unlimited, 1, Unlimited, 1, 3, 3)]
    [InlineData(Unlimited, 1, Unlimited, 3, 1, 1)]
    [InlineData(Unlimited, 1, Unlimited, 3, 3, 3)]
    [InlineData(Unlimited, 2, Unlimited, 2, 2, 2)]
    [InlineData(Unlimited, 3, Unlimited, 3, 2, 1)]
    [InlineData(Unlimited, Unlimited, 1, 3, 3, 3)]
    [InlineData(Unlimited, Unlimited, 1, 1, 1, 2)]
    [InlineData(Unlimited, Unlimited, 2, 2, 3, 3)]
    [InlineData(Unlimited, Unlimited, 3, 3, 1, 2)]
    [InlineData(1, 1, 1, 3, 3, 3)]
    [InlineData(2, 1, 3, 3, 2, 2)]
    [InlineData(3, 2, 1, 2, 1, 3)]
    public async Task Stages_that_multiply_their_input_go_through_any_limits(
        int total,
        int perStage,
        int perSource,
        int stages,
        int workers,
        int sources
    )
    {
        var limits = new BufferSettings
        {
            MaxTotalRecords = total,
            MaxPerStage = perStage,
            MaxPerSource = perSource,
        };
        var names = new[] { "a", "b", "c" }[..sources];
        var commands = new[] { "sed p", "awk '{print; print; print}'", "sed p" }[..stages];
        var factor = new[] { 2, 6, 12 }[stages - 1];

        var report = await RunAsync(
            Definition(
                [.. names.Select(n => Source(n, Numbers(5, n)))],
                [.. commands.Select((c, i) => Stage(c, workers, $"stage {i}"))]
            ) with
            {
                Limits = limits,
                KeepOrder = true,
            }
        );

        AssertAllSettled(report);
        foreach (var name in names)
            Assert.Equal(
                Numbers(5, name).SelectMany(line => Enumerable.Repeat(line, factor)),
                Written().Where(l => l.StartsWith(name, StringComparison.Ordinal))
            );
    }

    [UnixTheory]
    [InlineData(10, 1)]
    [InlineData(10, 2)]
    [InlineData(14, 3)]
    public async Task Large_results_get_the_bytes_that_later_lines_release(int bytes, int workers)
    {
        var limits = new BufferSettings { MaxTotalBytes = bytes };
        var lines = new[] { "aaa", "bbb", "ccc", "ddd", "eee", "fff" };

        // Each line is 3 bytes before and 8 after: while other lines wait, no result finds the room it needs.
        var report = await RunAsync(
            Definition([Source("a", lines)], Stage("sed 's/$/12345/'", workers, "grow") with { Batch = 1 }) with
            {
                Limits = limits,
                KeepOrder = true,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(lines.Select(line => line + "12345"), Written());
    }

    [UnixTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Failing_lines_go_through_any_limits(int limit)
    {
        var limits = new BufferSettings
        {
            MaxTotalRecords = limit,
            MaxPerStage = limit,
            MaxPerSource = limit,
        };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(10)), Source("b", Numbers(10))],
                Stage(StageRunTests.FailsOn("3", "4", "10"), 2, "first") with
                {
                    Retries = 1,
                },
                Stage("awk '{for(i=0;i<5;i++) print}'", 2, "second")
            ) with
            {
                Limits = limits,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(6, report.Progress.Snapshot.Total.DeadLettered);
        Assert.Equal(2 * 7 * 5, report.Progress.LinesWritten);
        AssertNothingPending(report);
    }

    [UnixTheory]
    [InlineData(1, FullMode.Reject)]
    [InlineData(2, FullMode.Reject)]
    [InlineData(3, FullMode.Reject)]
    public async Task Refused_sources_continue_when_there_is_room(int limit, FullMode rule)
    {
        var limits = new BufferSettings { MaxTotalRecords = limit };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(20)), Source("b", Numbers(20)), Source("c", Numbers(20))],
                Stage("cat") with
                {
                    FullMode = rule,
                }
            ) with
            {
                Limits = limits,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(60, report.Progress.LinesWritten);
    }

    [UnixFact]
    public async Task Bytes_can_be_the_scarce_resource_as_well_as_records()
    {
        var limits = new BufferSettings { MaxTotalBytes = 12, MaxBytesPerSource = 8 };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(30, "line ")), Source("b", Numbers(30, "line "))],
                Stage("sed p", 2, "one"),
                Stage("sed p", 2, "two")
            ) with
            {
                Limits = limits,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(240, report.Progress.LinesWritten);
    }
}
