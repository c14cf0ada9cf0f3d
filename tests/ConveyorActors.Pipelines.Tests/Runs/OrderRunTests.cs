namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class OrderRunTests : RunTests
{
    /// <summary>
    /// Every other command fails, whatever it is given; each takes its own time. Now and then it fails so often in a
    /// row that the stage would be paused as one that fails as a whole, so stages with it have
    /// <see cref="StageFailureMode.DeadLetter"/>: with 1,000 retries no line becomes a dead letter.
    /// </summary>
    const string Unreliable =
        "r=$(od -An -N1 -tu1 /dev/urandom); sleep 0.00$((r % 10)); [ $((r % 2)) -ne 0 ] || exit 1; cat";

    [UnixTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Four_workers_keep_the_order_despite_random_failures(int sources)
    {
        var stage = Stage(Unreliable, workers: 4) with
        {
            Batch = 7,
            Retries = 1000,
            OnStageFailure = StageFailureMode.DeadLetter,
            Backoff = new BackoffSettings { First = TimeSpan.FromMilliseconds(1), Max = TimeSpan.FromMilliseconds(3) },
        };
        var names = new[] { "a", "b", "c" }[..sources];

        var report = await RunAsync(
            Definition([.. names.Select(n => Source(n, Numbers(300 / sources, n)))], stage) with
            {
                KeepOrder = true,
            }
        );

        AssertAllSettled(report);
        foreach (var name in names)
            Assert.Equal(
                Numbers(300 / sources, name),
                Written().Where(l => l.StartsWith(name, StringComparison.Ordinal))
            );
        Assert.InRange(Level(report, "work").Retries, 1, long.MaxValue);
    }

    [UnixFact]
    public async Task Order_is_kept_when_failures_may_be_retried_at_once()
    {
        var stage = Stage(Unreliable, workers: 4) with
        {
            Batch = 5,
            Retries = 1000,
            OnStageFailure = StageFailureMode.DeadLetter,
            Backoff = BackoffSettings.None,
        };

        AssertAllSettled(await RunAsync(Definition([Source("a", Numbers(200))], stage) with { KeepOrder = true }));

        Assert.Equal(Numbers(200), Written());
    }

    [UnixFact]
    public async Task Order_is_kept_through_several_stages_in_little_room()
    {
        var stage = Stage(Unreliable, workers: 3) with
        {
            Batch = 4,
            Retries = 1000,
            Backoff = BackoffSettings.None,
            OnStageFailure = StageFailureMode.DeadLetter,
        };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(60))],
                stage with
                {
                    Name = "one",
                },
                stage with
                {
                    Name = "two",
                    Command = Unreliable + " | sed p",
                },
                stage with
                {
                    Name = "three",
                }
            ) with
            {
                KeepOrder = true,
                Limits = new BufferSettings { MaxPerStage = 5 },
            }
        );

        AssertAllSettled(report);
        Assert.Equal(Numbers(60).SelectMany(n => new[] { n, n }), Written());
    }

    [UnixFact]
    public async Task Order_is_kept_around_dead_letters()
    {
        var poison = Numbers(200).Where((_, i) => i % 9 == 0).ToArray();
        var stage = Stage(StageRunTests.FailsOn(poison), workers: 4) with { Batch = 6, Retries = 1 };

        var report = await RunAsync(Definition([Source("a", Numbers(200))], stage) with { KeepOrder = true });

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(Numbers(200).Except(poison), Written());
        Assert.Equal(poison.Length, Dead().Length);
    }
}
