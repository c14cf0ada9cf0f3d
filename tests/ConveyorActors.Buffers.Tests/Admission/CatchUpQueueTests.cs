using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Tests.Admission;

/// <summary>Offers that wait for a store or a budget are made in order, each once.</summary>
public sealed class CatchUpQueueTests
{
    static readonly OfferResult Accepted = new(OfferStatus.Accepted, 1, 1, 0, default, 0);

    readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<int> asked = [];
    readonly List<int> made = [];
    readonly CatchUpQueue queue;

    public CatchUpQueueTests() =>
        queue = new(records =>
        {
            asked.Add(records);
            return caughtUp.Task;
        });

    [Fact]
    public async Task Offers_are_made_in_order_once_the_wait_is_over()
    {
        Assert.False(queue.IsInUse);
        var offers = Enumerable.Range(1, 3).Select(n => Wait(n)).ToArray();
        Assert.True(queue.IsInUse);
        Assert.Empty(made);
        Assert.All(offers, o => Assert.False(o.IsCompleted));
        caughtUp.SetResult();
        Assert.All(await Within.Reason(Task.WhenAll(offers)), r => Assert.Equal(Accepted, r));
        Assert.Equal([1, 2, 3], made);
        Assert.Equal([1, 2, 3], asked);
        Assert.True(SpinWait.SpinUntil(() => !queue.IsInUse, Within.Bound));

        Assert.Equal(Accepted, await Within.Reason(Wait(4))); // it serves again
        Assert.Equal([1, 2, 3, 4], made);
    }

    [Fact]
    public async Task An_offer_that_is_cancelled_is_not_made()
    {
        using var cancel = new CancellationTokenSource();
        var (first, second) = (Wait(1, cancel.Token), Wait(2));
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(first));
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        caughtUp.SetResult();
        await Within.Reason(second);
        Assert.Equal([2], made);
    }

    [Fact]
    public async Task A_cancellation_after_the_offer_began_does_not_end_the_wait()
    {
        using var cancel = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var result = new TaskCompletionSource<OfferResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var offer = queue
            .WaitAsync(
                () =>
                {
                    begun.SetResult();
                    return new(result.Task);
                },
                1,
                cancel.Token
            )
            .AsTask();
        caughtUp.SetResult();
        await Within.Reason(begun.Task);
        await cancel.CancelAsync();
        Assert.False(offer.IsCompleted);
        result.SetResult(Accepted);
        Assert.Equal(Accepted, await Within.Reason(offer));
    }

    [Fact]
    public async Task An_offer_that_throws_passes_its_exception_on_and_the_next_is_made()
    {
        var wrong = queue.WaitAsync(() => throw new InvalidOperationException("no"), 1, default).AsTask();
        var gone = queue.WaitAsync(() => throw new OperationCanceledException(), 1, default).AsTask();
        var next = Wait(3);
        caughtUp.SetResult();
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => Within.Reason(wrong))).Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(gone));
        Assert.True(gone.IsCanceled);
        Assert.Equal(Accepted, await Within.Reason(next));
    }

    Task<OfferResult> Wait(int number, CancellationToken cancellationToken = default) =>
        queue
            .WaitAsync(
                () =>
                {
                    made.Add(number);
                    return new(Accepted);
                },
                number,
                cancellationToken
            )
            .AsTask();
}
