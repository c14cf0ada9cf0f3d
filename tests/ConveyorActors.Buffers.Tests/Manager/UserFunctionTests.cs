namespace ConveyorActors.Buffers.Tests.Manager;

public class UserFunctionTests
{
    [Fact]
    public async Task The_functions_of_the_user_run_outside_every_lock()
    {
        BufferManager<int>? manager = null;
        var calls = 0;
        await using var made = manager = new(
            new()
            {
                MaxTotalBytes = 1_000,
                Stage = new() { Duplicates = new(), MaxRetries = 0 },
            },
            new() { SizeOf = _ => Ask(1), IdOf = i => Ask(i).ToString() }
        );

        manager.BufferForStage("filter", "kafka-1", 1);
        manager.BufferBatchForStage("filter", "kafka-1", [2, 3]);
        manager.Hop(manager.GetBatch("filter", 2), null, "enrich", new[] { 4, 5 });
        manager.ReturnToBuffer(manager.GetBatch("enrich", 1), "bad");
        manager.ReplayDeadLetters("enrich");
        Assert.True(calls >= 8, $"asked {calls} times");
        Assert.True(manager.GetSnapshot().IsConserved);

        int Ask(int value)
        {
            // On another thread, so that a lock held here would be noticed however it is taken.
            calls++;
            Assert.True(Task.Run(() => manager!.GetSnapshot()).Wait(TimeSpan.FromSeconds(10)), "a lock is held");
            return value;
        }
    }
}
