using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>
/// The dry run of new limits says what the change then does: what it drops, which sources it pauses and which levels
/// are over.
/// </summary>
public sealed class LimitPlanPropertyTests(ITestOutputHelper output)
{
    static readonly string[] Stages = ["x", "y", "z"],
        Sources = ["a", "b", "c"];

    [Fact]
    public void The_plan_of_new_limits_matches_the_effect_of_the_change()
    {
        var dropped = 0L;
        RandomRuns.Check(output, 2_000, actions => dropped += Run(actions, waits: false));
        Assert.True(dropped > 1_000, $"only {dropped} records were dropped in all runs");
    }

    [Fact]
    public void The_plan_of_new_limits_is_a_lower_bound_when_hops_and_offers_wait() =>
        RandomRuns.Check(output, 1_000, actions => Run(actions, waits: true));

    static long Run(int[] actions, bool waits)
    {
        var manager = new BufferManager<byte[]>(
            new()
            {
                MaxTotalRecords = 60,
                MaxPerStage = 30,
                MaxPerSource = 40,
                MaxTotalBytes = 600,
                MaxBytesPerStage = 400,
                MaxBytesPerSource = 400,
            },
            new()
            {
                Clock = new FakeClock(),
                SizeOf = r => r.Length,
                Seed = 1,
            }
        );
        var dropped = 0L;
        foreach (var action in actions)
        {
            var digits = new Digits(action);
            var (kind, stage, source, number) = (
                digits.Next(waits ? 10 : 8),
                Stages[digits.Next(3)],
                Sources[digits.Next(3)],
                digits.Next(24)
            );
            switch (kind)
            {
                case 0 or 1 or 2:
                    manager.BufferBatchForStage(stage, source, Make(1 + number % 6, number));
                    break;
                case 3:
                    manager.GetBatch(stage, 1 + number % 4);
                    break;
                case 4:
                    manager.RequestCredits(stage, source, 1 + number % 4, TimeSpan.FromMinutes(1), number);
                    break;
                case 5:
                    manager.ConfigureStage(stage, new() { FullMode = Rule(number, waits) });
                    break;
                case 6:
                    manager.Complete(manager.GetBatch(stage, 1 + number % 4));
                    break;
                case 7:
                    dropped += Change(manager, action >> 6, waits);
                    break;
                case 8:
                    _ = manager.BufferBatchForStageAsync(stage, source, Make(1 + number % 6, number)).AsTask();
                    break;
                default:
                    var lease = manager.GetBatch(stage, new BatchRequest(1 + number % 4) { OneSource = true });
                    if (lease.Count > 0)
                        manager.Hop(lease, null, Stages[number % 3], Make(1 + number % 8, number));
                    break;
            }
        }
        return dropped + Change(manager, actions.Length, waits);
    }

    static FullMode Rule(int number, bool waits) =>
        (number % 3) switch
        {
            0 => FullMode.DropOldest,
            1 => FullMode.Reject,
            _ => waits ? FullMode.Wait : FullMode.DropNewest,
        };

    static byte[][] Make(int count, int number) =>
        [.. Enumerable.Range(0, count).Select(i => new byte[(number + i) % 21])];

    static long Change(BufferManager<byte[]> manager, int by, bool waits)
    {
        var digits = new Digits(by);
        var planned = manager.Settings with
        {
            MaxTotalRecords = 10 + digits.Next(60),
            MaxPerStage = 2 + digits.Next(30),
            MaxPerSource = 2 + digits.Next(40),
            MaxTotalBytes = by % 5 == 0 ? null : 100 + digits.Next(600),
            MaxBytesPerStage = by % 7 == 0 ? null : 20 + digits.Next(400),
            MaxBytesPerSource = 30 + digits.Next(400),
            BackpressureThreshold = by % 2 == 0 ? 0.8 : 0.5,
            LowWatermark = by % 2 == 0 ? 0.6 : 0.3,
            Stage = new() { FullMode = Rule(by, waits) },
        };
        var before = manager.GetSnapshot();
        var paused = Sources.Where(s => manager.GetSignal(s).Kind == BackpressureKind.Pause).ToArray();
        var plan = manager.PlanLimits(planned);
        Assert.Equivalent(before, manager.GetSnapshot());
        manager.ChangeLimits(planned);
        var after = manager.GetSnapshot();
        var dropped = after.Total.Dropped - before.Total.Dropped;
        Assert.True(after.IsConserved);
        if (before.Total.Hopping > 0 || before.Stages.Any(s => s.WaitingOffers > 0))
        {
            foreach (var stage in after.Stages)
                Assert.True(
                    Dropped(before, after, stage.Stage) >= Evicted(plan, stage.Stage),
                    $"the plan says more than was dropped at {stage.Stage}"
                );
            return dropped;
        }
        foreach (var stage in after.Stages)
            Assert.Equal(Evicted(plan, stage.Stage), Dropped(before, after, stage.Stage));
        Assert.Equal(plan.Rows.Sum(r => r.Evicted), dropped);
        string[] over =
        [
            .. after
                .Stages.Where(s => s.Level.Fill > 1 || Dropped(before, after, s.Stage) > 0)
                .Select(s => $"stage {s.Stage}"),
            .. after.Sources.Where(s => s.Level.Fill > 1).Select(s => $"source {s.Source}"),
        ];
        Assert.Equal(
            (after.Total.Fill > 1 ? over.Append("manager") : over).Order(),
            plan.Rows.Select(r => r.Level).Order()
        );
        Assert.Equal(
            after
                .Sources.Select(s => s.Source)
                .Where(s => manager.GetSignal(s).Kind == BackpressureKind.Pause)
                .Except(paused)
                .Order(),
            plan.Paused
        );
        return dropped;
    }

    static long Evicted(LimitChange plan, string stage) =>
        plan.Rows.SingleOrDefault(r => r.Level == $"stage {stage}")?.Evicted ?? 0;

    static long Dropped(PipelineSnapshot before, PipelineSnapshot after, string stage) =>
        after.Stages.Single(s => s.Stage == stage).Level.Dropped
        - before.Stages.Single(s => s.Stage == stage).Level.Dropped;
}
