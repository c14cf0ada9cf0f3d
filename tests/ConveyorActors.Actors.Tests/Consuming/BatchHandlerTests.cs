using Akka.Event;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Consuming;

public sealed class BatchHandlerTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A cancelled token wakes the records that wait for their turn before it calls what gives them back. When the
    /// handler is done in between, they must be given back all the same.
    /// </summary>
    [Fact]
    public async Task Records_that_wait_in_a_batch_are_returned_when_the_handler_finishes_first()
    {
        using var slots = new SemaphoreSlim(1);
        using var ending = new CancellationTokenSource();
        using var isHandled = new ManualResetEventSlim();
        var first = new TaskCompletionSource<RecordResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isBetween = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var given = new List<int[]>();
        var handle = BatchHandlers.ForRecords(
            (_, _) =>
            {
                // Called after those that wake the waiting records, and before the one that gives them back.
                ending.Token.UnsafeRegister(
                    _ =>
                    {
                        isBetween.SetResult();
                        isHandled.Wait(Patience);
                    },
                    null
                );
                return first.Task;
            },
            keepOrder: false,
            slots,
            NoLogger.Instance
        );
        var handling = handle(Batch(3), ending.Token, CancellationToken.None, given.Add);
        var cancelling = ending.CancelAsync();
        await isBetween.Task.WaitAsync(Patience);
        first.SetResult(RecordResult.Completed);
        var results = await handling.WaitAsync(Patience);
        isHandled.Set();
        await cancelling.WaitAsync(Patience);
        Assert.Equal([RecordResult.Completed, null, null], results);
        Assert.Equal([1, 2], Assert.Single(given));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Records_that_wait_in_a_batch_are_returned_once(bool keepOrder)
    {
        for (var round = 0; round < 1_000; round++)
        {
            using var slots = new SemaphoreSlim(0);
            using var ending = new CancellationTokenSource();
            var given = new List<int[]>();
            var handle = BatchHandlers.ForRecords(
                (_, _) => Task.FromResult(RecordResult.Completed),
                keepOrder,
                slots,
                NoLogger.Instance
            );
            var handling = handle(Batch(3), ending.Token, CancellationToken.None, given.Add);
            await ending.CancelAsync();
            Assert.All(await handling.WaitAsync(Patience), Assert.Null);
            Assert.Equal([0, 1, 2], Assert.Single(given));
        }
    }

    static LeasedBatch Batch(int count) =>
        new(
            1,
            "pack",
            DateTimeOffset.MaxValue,
            [
                .. Enumerable
                    .Range(1, count)
                    .Select(i => new BufferedRecord<ConveyorRecord>(
                        new($"{i}", default),
                        "north",
                        "shop",
                        "pack",
                        DateTimeOffset.UnixEpoch,
                        0,
                        i
                    )),
            ]
        );
}
