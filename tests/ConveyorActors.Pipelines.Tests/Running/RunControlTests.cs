using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Tests.Running;

public sealed class RunControlTests
{
    /// <summary>
    /// Threads that take turns on every core: somebody is too early in each run of this, where that is possible at all.
    /// </summary>
    [Fact]
    public async Task Work_cancelled_by_the_end_of_the_run_sees_that_the_run_has_ended()
    {
        const int tries = 20_000;
        var early = 0;
        await Task.WhenAll(
                Enumerable
                    .Range(0, Environment.ProcessorCount * 4)
                    .Select(_ =>
                        Task.Factory.StartNew(
                            () =>
                            {
                                for (var i = 0; i < tries; i++)
                                {
                                    var control = new RunControl();
                                    using var seen = new ManualResetEventSlim();
                                    using var _ = control.Ending.Register(() =>
                                    {
                                        if (!control.Ended.IsCompleted)
                                            Interlocked.Increment(ref early);
                                        seen.Set();
                                    });
                                    control.Fail("it broke");
                                    Assert.True(seen.Wait(TimeSpan.FromSeconds(20)));
                                }
                            },
                            TaskCreationOptions.LongRunning
                        )
                    )
            )
            .WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, early);
    }
}
